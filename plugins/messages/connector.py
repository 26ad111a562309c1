"""The connector of letters and messages: sends them, and reads what became of them."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from hub.connector import (
    Answer,
    Batch,
    CheckStep,
    Command,
    ConfigError,
    ConfigSchema,
    Connector,
    Context,
    Cursor,
    Fact,
    Incoming,
    PermanentError,
    Receipt,
    Record,
    RecordError,
    Role,
    Stream,
    probe,
    read_json,
)
from plugins.messages.mail import Mailer
from plugins.messages.messages import (
    FIELDS,
    FINAL,
    STATUSES,
    Post,
    kept_of,
    moment_of,
    of_receipt,
    parse_status,
    read_post,
    sent_fact,
)
from plugins.messages.notify import Notify, Rejected, meaning_of
from plugins.messages.settings import Settings
from plugins.messages.templates import CHANNELS, read_templates

STREAM = "statuses"

#: The sentence for a collection letter to a resident whose collection is paused.
ON_HOLD = (
    "Niet verstuurd: dit is een incassobericht, en voor deze inwoner geldt een incassopauze. "
    "Berichten die geen incasso zijn, kunt u wel sturen."
)


class MessageConnector(Connector):
    """Speaks with NotifyNL and with a mail server."""

    name: ClassVar[str] = "messages"
    title: ClassVar[str] = "Brieven en berichten"
    role: ClassVar[Role] = "channel"
    config: ClassVar[type[ConfigSchema]] = Settings
    streams: ClassVar[tuple[Stream, ...]] = (
        Stream(STREAM, "Wat er van berichten werd", "changes", version=2),
    )
    commands: ClassVar[tuple[str, ...]] = ("send_message",)
    fields = {STREAM: FIELDS}
    # A letter must not wait for a mailbox that is full.
    order = "none"

    def __init__(self, config: Any, context: Context) -> None:
        super().__init__(config, context)
        self._templates = read_templates(config["templates"])
        self._notify = Notify(config, self.http, context.clock)
        self._mailer = Mailer(config, self.http)

    def check(self) -> Iterator[CheckStep]:
        """Look whether NotifyNL knows our key and templates, and the mail server lets us in."""
        if self._notify.ready:
            yield from (CheckStep(*step) for step in probe(self.settings["url"]))
            known = self._notify.templates()
            yield CheckStep("Aanmelden", True, "NotifyNL kent de sleutel.")
            step = self._check_templates(known)
            yield step
            if not step.ok:
                return
        if self._mailer.ready:
            yield self._mailer.check()
            if not self._mailer.sealed:
                text = "Let op: e-mail gaat onversleuteld naar de mailserver. Kies starttls of tls."
                yield CheckStep("Versleuteling", True, text)

    def _check_templates(self, known: dict[str, dict[str, Any]]) -> CheckStep:
        faults = [
            f"{one.name} bestaat daar niet"
            if one.id not in known
            else f"{one.name} is daar geen {one.channel}"
            for one in self._templates.values()
            if known.get(one.id, {}).get("type") != CHANNELS[one.channel]
        ]
        if faults:
            text = f"Sjablonen kloppen niet met NotifyNL: {'; '.join(faults)}."
            return CheckStep("Sjablonen", False, text)
        ours = {one.id for one in self._templates.values()}
        left = sorted(str(told.get("name")) for id_, told in known.items() if id_ not in ours)
        more = f" Niet ingesteld, en dus niet te sturen: {', '.join(left)}." if left else ""
        return CheckStep("Sjablonen", True, f"{len(ours)} sjablonen zijn klaar voor gebruik.{more}")

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield what became of messages, back to the oldest that was under way."""
        if not self._notify.ready:
            yield Batch([], caught_up=True)
            return
        since = (cursor or {}).get("since", "")
        oldest, last = _form(self.context.clock.now()), ""
        while True:
            page = self._notify.page({"older_than": last} if last else {})
            told = [one for one in page if isinstance(one, dict)]
            # What has no moment is kept, so that it is refused in words.
            recent = [one for one in told if not _created(one) or _created(one) >= since]
            waiting = [_created(one) for one in recent if one.get("status") not in FINAL]
            oldest = min([oldest, *filter(None, waiting)])
            records = [_record(kept_of(one)) for one in recent if one.get("reference")]
            if len(recent) < len(told) or not told:
                yield Batch(records, cursor={"since": oldest}, caught_up=True)
                return
            yield Batch(records)
            if last == (last := str(told[-1].get("id"))):
                raise PermanentError(
                    "NotifyNL stuurt steeds dezelfde pagina. Er is niets verwijderd.",
                    "the list of messages goes in a circle",
                )

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return what became of one message. Raises RecordError."""
        try:
            value = read_json(raw, "Het bericht")
        except PermanentError as error:
            raise RecordError(error.user) from error
        return parse_status(value)

    def receive(self, call: Incoming) -> Answer:
        """Take a callback of NotifyNL: a delivery receipt, or a letter that came back."""
        headers = {name.lower(): value for name, value in call.headers.items()}
        token = self.settings["callback_token"]
        scheme, _, given = headers.get("authorization", "").partition(" ")
        same = hmac.compare_digest(given.strip().encode(), token.encode())
        if not (token and scheme.lower() == "bearer" and same):
            return Answer(403)
        if call.method != "POST":
            return Answer(405, headers={"Allow": "POST"})
        try:
            value = read_json(call.body, "De melding")
        except PermanentError:
            return Answer(400)
        told = of_receipt(value) if isinstance(value, dict) else {}
        if not told.get("id"):
            return Answer(400)
        # A message that is not ours has no reference, and a text that was received no status.
        if not told.get("reference") or not told.get("status"):
            return Answer(204)
        return Answer(204, batch=Batch([_record(told)], caught_up=True), stream=STREAM)

    def send(self, command: Command, key: str) -> Receipt:
        """Send one message. Raises HubError."""
        if command.kind != "send_message":
            return super().send(command, key)
        try:
            post = read_post(command, self._templates)
        except RecordError as error:
            faults = "; ".join(error.problems)
            return Receipt("refused", message=f"Dit bericht kan niet worden verstuurd: {faults}.")
        post = replace(post, senders=self._senders(post.channel))
        if post.collection and command.data.get("hold"):
            return Receipt("refused", message=ON_HOLD)
        way = self._by_notify if post.template else self._by_mail
        return way(command, key, post)

    def _senders(self, channel: str) -> dict[str, str]:
        """Return who answers to a message of this channel go to, as NotifyNL numbers them."""
        if channel == "brief":
            return {}
        name = "email_reply_to_id" if channel == "e-mail" else "sms_sender_id"
        return {name: self.settings[name]}

    def inquire(self, key: str) -> Receipt | None:
        """Ask NotifyNL for the message with this reference.

        A mail server tells nothing: what may not have arrived there is sent again under the same
        message number.
        """
        found = self._notify.find(key) if self._notify.ready else None
        return _receipt(found, ()) if found else None

    def _by_notify(self, command: Command, key: str, post: Post) -> Receipt:
        if not self._notify.ready:
            raise ConfigError(
                "Voor een bericht met een sjabloon is een sleutel van NotifyNL nodig.",
                "no key of NotifyNL",
            )
        # NotifyNL would send a second one for the same reference, so it is asked first.
        found = self._notify.find(key)
        try:
            told = found or self._notify.send(CHANNELS[post.channel], post.request(key))
        except Rejected as error:
            why = meaning_of(error.told) or post.hidden(error.told)
            return Receipt("refused", message=f"NotifyNL weigert: {why}")
        id_ = str(told.get("id") or "")
        return _receipt(told, (sent_fact(command, key, post, id_, STATUSES["created"]),))

    def _by_mail(self, command: Command, key: str, post: Post) -> Receipt:
        if not self._mailer.ready:
            raise ConfigError(
                "Voor e-mail zonder sjabloon is een mailserver nodig. Vul die in.",
                "no mail server",
            )
        number = self._mailer.send(post, command, key)
        fact = sent_fact(command, key, post, key, "aan de mailserver gegeven")
        return Receipt("delivered", number[:64], "De e-mail is verstuurd.", facts=(fact,))


def _receipt(found: dict[str, Any], facts: tuple[Fact, ...]) -> Receipt:
    text = "NotifyNL heeft het bericht aangenomen."
    return Receipt("delivered", str(found.get("id") or ""), text, facts=facts)


def _record(kept: dict[str, Any]) -> Record:
    return Record.json(str(kept.get("id"))[:64], kept)


def _created(one: dict[str, Any]) -> str:
    """Return when a message was made, in one form, so that texts can be compared."""
    moment = moment_of(one.get("created_at"))
    return _form(moment) if moment else ""


def _form(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
