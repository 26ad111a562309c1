"""The connector of a tax authority: its claims, its holds, and orders about holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import requests
from marshmallow import ValidationError, fields, validate, validates_schema

from hub.connector import (
    Batch,
    CheckStep,
    Command,
    ConfigSchema,
    Connector,
    Context,
    Cursor,
    Fact,
    HubError,
    PermanentError,
    Receipt,
    Record,
    RecordError,
    Stream,
    setting,
)
from plugins.tax.envelope import KEPT, DeliveryReader, Header
from plugins.tax.messages import (
    CLAIMS,
    CONTACTS,
    HOLDS,
    parse_claim,
    parse_contacts,
    parse_hold,
    schema_faults,
)
from plugins.tax.names import CLAIM_FIELDS, CONTACT_FIELDS, HOLD_FIELDS
from plugins.tax.orders import LIFT, SET, HoldOrder
from plugins.tax.transport import (
    Chunks,
    FolderTransport,
    HttpTransport,
    Transport,
    delivery,
)

BATCH = 5000

#: How many claims a connection test looks at.
TESTED = 20

_NEEDED = {"http": ("url", "username", "password"), "folder": ("folder",)}


class TaxConfig(ConfigSchema):
    """The settings of a tax authority."""

    transport = setting(
        fields.String,
        "Manier van leveren",
        "Kies http als het belastingsysteem zelf antwoord geeft. Kies folder als het bestanden "
        "in een map zet.",
        validate=validate.OneOf(["http", "folder"], error="Kies http of folder."),
    )
    url = setting(
        fields.String,
        "Adres",
        "Alleen bij http: het adres van het belastingsysteem, zoals https://belastingen.example.",
        load_default="",
        validate=validate.Regexp(
            r"(https?://\S+)?\Z", error="Vul een adres in dat begint met https://."
        ),
    )
    username = setting(
        fields.String,
        "Gebruikersnaam",
        "Alleen bij http: de naam van het account dat de levering mag ophalen.",
        load_default="",
    )
    password = setting(
        fields.String,
        "Wachtwoord",
        "Alleen bij http: het wachtwoord van dit account.",
        secret=True,
        load_default="",
    )
    folder = setting(
        fields.String,
        "Map met leveringen",
        "Alleen bij folder: de map op deze server waarin de organisatie haar leveringen zet.",
        load_default="",
    )
    changes_only = setting(
        fields.Boolean,
        "Alleen wijzigingen ophalen",
        "Alleen bij http: haal na de eerste keer alleen op wat er veranderd is. Zet dit aan als "
        "het belastingsysteem dit kan.",
        group="Lezen",
        load_default=False,
    )

    @validates_schema
    def _enough(self, data: dict[str, Any], **kwargs: Any) -> None:
        empty = [name for name in _NEEDED.get(data["transport"], ()) if not data[name]]
        if empty:
            text = f"Vul dit in: het is nodig bij de manier van leveren {data['transport']}."
            raise ValidationError({name: [text] for name in empty})


class TaxConnector(Connector):
    """Reads the nightly delivery of claims, the holds and the contacts; sets and lifts holds."""

    name = "tax"
    title = "Gemeentelijke belastingen"
    role = "creditor"
    config = TaxConfig
    streams = (
        Stream("claims", "Vorderingen", "snapshot", version=3),
        Stream("holds", "Incassopauzes", "snapshot"),
        Stream("contacts", "Contactgegevens en contactpogingen", "snapshot"),
    )
    commands = ("set_hold", "lift_hold")
    fields = {"claims": CLAIM_FIELDS, "holds": HOLD_FIELDS, "contacts": CONTACT_FIELDS}

    def __init__(self, config: Mapping[str, Any], context: Context) -> None:
        super().__init__(config, context)
        self.office: Transport = (
            HttpTransport(config, context)
            if config["transport"] == "http"
            else FolderTransport(config)
        )

    @classmethod
    def speaks(cls, url: str, http: requests.Session) -> bool:
        """Tell whether a delivery begins at the usual path; no more than its header is read."""
        with closing(delivery(url, http)) as chunks:
            DeliveryReader(chunks, CLAIMS)
        return True

    def check(self) -> Iterator[CheckStep]:
        """Yield whether the office is reached, and whether its lists can be read."""
        for step in self._reach():
            yield step
            if not step.ok:
                return
        for name, look in (
            ("Proefrecord", self._try_claim),
            ("Incassopauzes", lambda: self._try_list(self.office.holds(), HOLDS, "incassopauzes")),
            (
                "Contactgegevens",
                lambda: self._try_list(self.office.contacts(), CONTACTS, "contactgegevens"),
            ),
        ):
            step = _tried(name, look)
            yield step
            if not step.ok:
                return

    def _reach(self) -> Iterator[CheckStep]:
        try:
            yield from self.office.check()
        except HubError as error:
            yield CheckStep("Toegang", False, error.user)

    def _try_claim(self) -> str:
        """Return what is known of the delivery. Raises RecordError when no claim in it fits."""
        with closing(self.office.claims(None)) as chunks:
            reader = DeliveryReader(chunks, CLAIMS)
            _check_moment(reader.header, None, self.context.clock.now())
            found = [one for one in islice(reader, TESTED) if not one.deleted]
        faults = [fault for one in found if (fault := self._fault(one))]
        if faults and len(faults) == len(found):
            raise RecordError(f"Vordering {faults[0]}")
        moment = reader.header.sent_at
        told = (
            f"De levering van {reader.header.sender} is gemaakt op {moment:%d-%m-%Y om %H:%M} uur "
            "en is leesbaar."
        )
        if faults:
            told += f" Van de eerste {len(found)} vorderingen passen er {len(found) - len(faults)}."
            told += f" De andere worden afgekeurd; vordering {faults[0]}."
        return told

    def _fault(self, one: Record) -> str:
        """Return what is wrong with a claim, by this format and by the canonical records."""
        try:
            problems = schema_faults(list(self.parse("claims", one.raw)))
        except RecordError as error:
            problems = error.problems
        return f"{one.key}: {'; '.join(problems[:5])}" if problems else ""

    def _try_list(self, chunks: Chunks | None, shape: Any, what: str) -> str:
        if chunks is None:
            return f"Deze bron levert geen {what}; de hub toont ze dan niet."
        with closing(chunks):
            count = sum(1 for _ in DeliveryReader(chunks, shape))
        return f"De lijst met {what} is leesbaar; er staan er {count} op."

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield a list in batches, as a stream; see envelope.DeliveryReader for its errors.

        A source without a list of holds or contacts is caught up on it: silence is no statement.
        """
        if stream == "claims":
            yield from self._batches(self.office.claims(cursor), CLAIMS, cursor)
        elif stream == "holds":
            yield from self._list(self.office.holds(), HOLDS, cursor)
        elif stream == "contacts":
            yield from self._list(self.office.contacts(), CONTACTS, cursor)
        else:
            yield from super().read(stream, cursor)

    def _list(self, chunks: Chunks | None, shape: Any, cursor: Cursor | None) -> Iterator[Batch]:
        if chunks is None:
            yield Batch([], caught_up=True)
        else:
            yield from self._batches(chunks, shape, cursor)

    def _batches(self, chunks: Chunks, shape: Any, cursor: Cursor | None) -> Iterator[Batch]:
        with closing(chunks):
            reader = DeliveryReader(chunks, shape)
            _check_moment(reader.header, cursor, self.context.clock.now())
            records = iter(reader)
            while len(batch := list(islice(records, BATCH))) == BATCH:
                yield Batch(batch)
            # Only here is the count known to be right; a cursor before it would skip the rest.
            yield Batch(
                batch,
                cursor=reader.header.cursor(),
                complete=reader.complete,
                caught_up=not reader.nameless,
            )

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the facts of one claim or hold. Raises RecordError with every problem in it."""
        if stream == "claims":
            return parse_claim(raw, self.context.owner)
        if stream == "holds":
            return parse_hold(raw, self.context.owner)
        if stream == "contacts":
            return parse_contacts(raw)
        return super().parse(stream, raw)

    def send(self, command: Command, key: str) -> Receipt:
        """Ask the office to set or lift a hold.

        `data` of set_hold: ground, starts_on, ends_on, scope, and reference to change a hold; of
        lift_hold: reference. Raises TransientError when the answer is unclear.
        """
        if command.kind not in self.commands:
            return super().send(command, key)
        # The moment of the order, not of the attempt: a repeated order must be the same message.
        header = Header(
            sender=self.context.municipality,
            receiver=self.context.owner,
            reference=key,
            sent_at=command.created_at,
            function=SET if command.kind == "set_hold" else LIFT,
            sender_application="Schuldenhub",
            receiver_application="Belastingen",
        )
        return self.office.send(header, _order(command, key))

    def inquire(self, key: str) -> Receipt | None:
        """Return the office's answer to order `key`; None when it never arrived."""
        return self.office.inquire(key)


def _order(command: Command, key: str) -> HoldOrder:
    data = {name: str(value) for name, value in command.data.items() if value is not None}
    if command.kind == "lift_hold":
        # The office knows whose hold it is, so it hears no more of the person.
        return HoldOrder(key, LIFT, reference=data.get("reference", ""))
    bsn = command.person.get("bsn")
    if not bsn:
        raise PermanentError(
            "Van deze inwoner is geen BSN bekend. Zonder BSN kan het belastingkantoor geen "
            "incassopauze zetten.",
            "set_hold for a person without BSN",
        )
    names = ("reference", "ground", "scope", "starts_on", "ends_on")
    return HoldOrder(key, SET, bsn=bsn, **{name: data.get(name, "") for name in names})


def _check_moment(header: Header, cursor: Cursor | None, now: datetime) -> None:
    """Raise PermanentError when a list is older than the last one read, or from the future."""
    last = (cursor or {}).get("delivered_at")
    # An hour of slack, because Dutch time in a header is ambiguous when summer time ends.
    if last and header.sent_at < datetime.fromisoformat(last) - timedelta(hours=1):
        raise PermanentError(
            f"De levering van {header.sent_at:%d-%m-%Y %H:%M} is ouder dan de levering die al is "
            f"gelezen. {KEPT}",
            "delivery is older than the last one",
        )
    # A moment far ahead would make every later delivery look old.
    if header.sent_at > now + timedelta(days=1):
        raise PermanentError(
            f"De levering draagt een tijdstip in de toekomst: {header.sent_at:%d-%m-%Y %H:%M}. "
            f"{KEPT}",
            "delivery is dated in the future",
        )


def _tried(name: str, look: Callable[[], str]) -> CheckStep:
    try:
        return CheckStep(name, True, look())
    except HubError as error:
        return CheckStep(name, False, error.user)
