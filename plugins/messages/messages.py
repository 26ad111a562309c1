"""What the hub wants to send, and what became of it.

Statuses and their meaning are those of NotifyNL's documentation. Of a message the hub keeps its
kind, template, days and status: never the address, the number or the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hub.clock import AMSTERDAM
from hub.connector import Command, Fact, RecordError
from plugins.messages.templates import CHANNELS, Template

#: What NotifyNL says of a message, and what the caseworker reads.
STATUSES = {
    "created": "klaargezet",
    "sending": "onderweg",
    "pending": "onderweg",
    "sent": "verstuurd naar het buitenland",
    "delivered": "afgeleverd",
    "temporary-failure": "niet aangekomen",
    "permanent-failure": "niet aangekomen: adres klopt niet",
    "technical-failure": "niet verstuurd door een storing",
    "pending-virus-check": "klaargezet",
    "virus-scan-failed": "niet verstuurd: bijlage geweigerd",
    "validation-failed": "niet verstuurd: brief afgekeurd",
    "accepted": "bij de drukker",
    "received": "gedrukt en op de post",
    "cancelled": "ingetrokken",
    "returned-letter": "teruggekomen",
}

#: What the same word means for one kind of message, where it says more; at most forty letters.
OF_KIND = {
    ("sms", "permanent-failure"): "niet aangekomen: nummer klopt niet",
    ("sms", "temporary-failure"): "niet aangekomen: telefoon onbereikbaar",
    ("email", "temporary-failure"): "niet aangekomen: postvak vol of filter",
    ("letter", "permanent-failure"): "niet verstuurd: niet te drukken",
    ("letter", "technical-failure"): "niet verstuurd: storing bij de drukker",
}

#: After these nothing changes any more, but that a letter may still come back.
FINAL = frozenset(STATUSES) - {"created", "sending", "pending", "pending-virus-check", "accepted"}

_CHANNEL_OF = {theirs: ours for ours, theirs in CHANNELS.items()}

#: What is kept of a message: all that a record may hold.
KEPT = ("id", "reference", "type", "status", "created_at", "sent_at", "completed_at", "template_id")

FIELDS = frozenset(KEPT)

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
#: One mailbox, and nothing that a mail header would read as a list, a name or a comment.
_MAILBOX = re.compile(
    r"[^@\s,;:<>()\[\]\"\\]{1,64}@[^@\s,;:<>()\[\]\"\\.]+(\.[^@\s,;:<>()\[\]\"\\.]+)+"
)
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{7,18}")


@dataclass(frozen=True, slots=True)
class Post:
    """One message to send. `to` is an address, a number, or the lines of a postal address.

    `senders` is what NotifyNL is told of who answers go to, where the settings say so.
    """

    channel: str
    to: tuple[str, ...]
    template: Template | None = None
    subject: str = ""
    body: str = ""
    collection: bool = True
    personalisation: Mapping[str, Any] = field(default_factory=dict)
    senders: Mapping[str, str] = field(default_factory=dict)

    def request(self, key: str) -> dict[str, Any]:
        """Return the message as NotifyNL wants it; `key` becomes its reference."""
        told: dict[str, Any] = {"reference": key, "personalisation": dict(self.personalisation)}
        told["template_id"] = self.template.id if self.template else ""
        told |= {name: id_ for name, id_ in self.senders.items() if id_}
        if self.channel == "brief":
            lines = {f"address_line_{number}": line for number, line in enumerate(self.to, start=1)}
            told["personalisation"] |= lines
        else:
            told["email_address" if self.channel == "e-mail" else "phone_number"] = self.to[0]
        return told

    def hidden(self, text: str) -> str:
        """Return a text of the other side without what it may repeat of this message."""
        told = [*self.to, *map(str, self.personalisation.values())]
        for value in sorted(filter(None, told), key=len, reverse=True):
            text = text.replace(value, "…")
        text = _ADDRESS.sub("…", text)
        return re.sub(r"\d[\d ]{6,}\d", "…", text)[:200]


def read_post(command: Command, templates: Mapping[str, Template]) -> Post:
    """Return the message in a command. Raises RecordError with every fault, quoting nothing.

    Data: `channel` (sms, e-mail, brief), `to` (for a letter three to seven lines), and either
    `template` with `personalisation`, or for e-mail `subject` and `body`. A message without a
    template counts as collection, unless `collection` is false.
    """
    data = command.data
    channel = str(data.get("channel", ""))
    told = data.get("to") or ()
    to = (told,) if isinstance(told, str) else tuple(map(str, told))
    template = templates.get(str(data.get("template") or ""))
    faults = [*_faults(data, channel, to), *_template_faults(data, channel, template)]
    if faults:
        raise RecordError(faults)
    return Post(
        channel,
        to,
        template,
        str(data.get("subject") or ""),
        str(data.get("body") or ""),
        template.collection if template else data.get("collection") is not False,
        data.get("personalisation") or {},
    )


def _faults(data: Mapping[str, Any], channel: str, to: tuple[str, ...]) -> Iterator[str]:
    if channel not in CHANNELS:
        yield f"channel is een van: {', '.join(CHANNELS)}"
    elif channel == "brief" and not 3 <= len(to) <= 7:
        yield "to heeft drie tot zeven adresregels"
    elif channel == "e-mail" and not (len(to) == 1 and _MAILBOX.fullmatch(to[0])):
        yield "to is geen e-mailadres"
    elif channel == "sms" and not (len(to) == 1 and _PHONE.fullmatch(to[0])):
        yield "to is geen telefoonnummer"
    if not isinstance(data.get("personalisation") or {}, Mapping):
        yield "personalisation is geen groep velden"


def _template_faults(
    data: Mapping[str, Any], channel: str, template: Template | None
) -> Iterator[str]:
    if template and channel in CHANNELS and template.channel != channel:
        yield f"dit sjabloon is voor {template.channel}"
    if template:
        return
    if data.get("template"):
        yield "dit sjabloon staat niet in de instellingen"
    elif channel != "e-mail":
        yield "template ontbreekt; alleen e-mail kan zonder sjabloon"
    else:
        yield from (f"{name} ontbreekt" for name in ("subject", "body") if not data.get(name))


def sent_fact(command: Command, key: str, post: Post, reference: str, status: str) -> Fact:
    """Return what the hub keeps of a message it just sent."""
    template = post.template.name if post.template else ""
    told = {
        "person": dict(command.person),
        "conversation": key,
        "direction": "out",
        "type": post.channel,
        "reference": reference,
        "sent_on": command.created_at.astimezone(AMSTERDAM).date().isoformat(),
        "status": status,
        "details": {"template": template, "collection": post.collection},
    }
    return Fact("message", key, told)


def kept_of(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a message what may be kept: no address, number, name or text."""
    template = told.get("template")
    id_ = template.get("id") if isinstance(template, dict) else told.get("template_id")
    found = {name: told.get(name) for name in KEPT if told.get(name) is not None}
    return found | ({"template_id": id_} if id_ else {})


def of_receipt(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a callback of NotifyNL in the shape of a message in its list.

    A delivery receipt says `notification_type`; the notice of a letter that came back has the
    number under another name and no status.
    """
    if "notification_id" in told:
        back = {"id": told["notification_id"], "type": "letter", "status": "returned-letter"}
        return kept_of({**told, **back, "created_at": told.get("date_sent")})
    return kept_of({**told, "type": told.get("notification_type")})


def parse_status(value: Any) -> list[Fact]:
    """Return what became of a message. Raises RecordError with every fault."""
    if not isinstance(value, dict):
        raise RecordError("bericht is geen groep velden")
    faults = [f"bericht.{name} ontbreekt" for name in ("id", "reference") if not value.get(name)]
    if value.get("type") not in _CHANNEL_OF:
        faults.append(f"bericht.type is onbekend; bekend zijn: {', '.join(_CHANNEL_OF)}")
    if not isinstance(value.get("status"), str):
        faults.append("bericht.status ontbreekt")
    sent = moment_of(value.get("sent_at") or value.get("created_at"))
    if sent is None:
        faults.append("bericht.created_at is geen tijdstip")
    if faults or sent is None:
        raise RecordError(faults)
    status = value["status"]
    details = {"status_code": status, "template_id": value.get("template_id") or ""}
    if done := moment_of(value.get("completed_at")):
        details["completed_on"] = done.astimezone(AMSTERDAM).date().isoformat()
    data = {
        "conversation": str(value["reference"])[:40],
        "direction": "out",
        "type": _CHANNEL_OF[value["type"]],
        "reference": str(value["id"]),
        "sent_on": sent.astimezone(AMSTERDAM).date().isoformat(),
        "status": OF_KIND.get((value["type"], status)) or STATUSES.get(status, status[:40]),
        "details": details,
    }
    return [Fact("message", str(value["id"]), data)]


def moment_of(value: Any) -> datetime | None:
    """Return a moment that NotifyNL tells, in UTC; None for anything else.

    Its documentation shows moments with a Z, and in answers about a message without a zone.
    """
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
