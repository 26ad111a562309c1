"""Searching for residents, and the overview of one."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from hub.api.shapes.claims import Claim
from hub.api.shapes.commands import CommandState
from hub.api.shapes.fields import Bsn, Day, Input, Links, Shape, Text, cents
from hub.api.shapes.findings import Finding
from hub.api.shapes.holds import Hold


class Search(Input):
    """Whom to look for: by BSN, or by surname and birth date."""

    bsn = Bsn()
    surname = Text(least=1)
    birth_date = Day()

    @validates_schema(skip_on_field_errors=True)
    def _enough(self, data: dict[str, Any], **_: Any) -> None:
        if ("bsn" in data) == bool({"surname", "birth_date"} & data.keys()) or (
            "bsn" not in data and not {"surname", "birth_date"} <= data.keys()
        ):
            raise ValidationError("Vul een BSN in, of een achternaam én een geboortedatum.")


_LINKS = {
    "self": "residents.overview",
    "claims": "claims.of_resident",
    "holds": "holds.of_resident",
    "commands": "commands.of_resident",
}


class Person(Shape):
    """Who a resident is, as the most complete and newest source tells."""

    resident_id = fields.String()
    name = fields.String()
    birth_date = fields.Date(allow_none=True)
    address = fields.String()
    phone = fields.String()
    email = fields.String()
    links = Links(_LINKS, {"resident_id": "resident_id"})


class Found(Shape):
    """What a search came to. `elsewhere`: the hub knows somebody outside your caseload."""

    people = fields.List(fields.Nested(Person))
    elsewhere = fields.Boolean()


class AsOf(Input):
    """As it was known at the end of a day in the past."""

    as_of = Day()


_NAMES = {"type": "array", "items": {"type": "string"}}


class ClosedGroup(Shape):
    """What stays shut, and which sharing cases could open it."""

    title = fields.String()
    cases = fields.List(fields.String())


class Permit(Shape):
    """What you may see here, and on which ground: as it is logged."""

    role = fields.String()
    reads = fields.Function(lambda one: sorted(one.reads), metadata=_NAMES)
    writes = fields.Function(lambda one: sorted(one.writes), metadata=_NAMES)
    ground = fields.String()
    closed = fields.List(fields.Nested(ClosedGroup))
    emergency_until = fields.AwareDateTime(allow_none=True)


class StreamState(Shape):
    """A stream of a source, and when it last told all it had to say."""

    source = fields.String(attribute="title")
    stream = fields.String(allow_none=True)
    heard_at = fields.AwareDateTime(allow_none=True)
    as_of = fields.AwareDateTime(allow_none=True)


class DebtCase(Shape):
    """A debt-help case."""

    source = fields.String()
    organisation = fields.String()
    phase = fields.String()
    reference = fields.String()
    starts_on = Day()
    intake_on = Day(allow_none=True)
    plan_on = Day(allow_none=True)
    ends_on = Day(allow_none=True)
    end_reason = fields.String()
    total = cents(allow_none=True)


class RegisterEntry(Shape):
    """An entry in a register, such as VISH."""

    source = fields.String()
    register = fields.String()
    reference = fields.String()
    kind = fields.String()
    phase = fields.String()
    party = fields.String()
    starts_on = Day()
    ends_on = Day(allow_none=True)
    end_reason = fields.String()


class Moment(Shape):
    """One line of the timeline."""

    on = Day()
    text = fields.String()
    source = fields.String()
    kind = fields.String()
    amount = cents(allow_none=True)


class Flag(Shape):
    """What the resident says of the data (AVG 16, 18, 21)."""

    kind = fields.String()
    title = fields.String()
    article = fields.String()
    advice = fields.String()
    about = fields.String()
    text = fields.String()
    recorded_at = fields.AwareDateTime()


class EarlySignal(Shape):
    """Arrears that a partner reported."""

    source = fields.String()
    reference = fields.String()
    partner = fields.String()
    partner_type = fields.String()
    amount = cents(allow_none=True)
    arisen_on = Day(allow_none=True)
    signalled_on = Day(allow_none=True)
    status = fields.String()


class SignalCase(Shape):
    """The case in which signals of one address came together."""

    source = fields.String()
    reference = fields.String()
    matched_on = Day(allow_none=True)
    taken_up_on = Day(allow_none=True)
    result = fields.String()


class ContactAttempt(Shape):
    """An attempt to reach the resident."""

    source = fields.String()
    on = Day()
    channel = fields.String()
    part_of_day = fields.String()
    reached = fields.Boolean(allow_none=True)


class Contact(Shape):
    """How the resident can be reached, as one source knows it."""

    source = fields.String()
    kind = fields.String()
    value = fields.String()
    permitted = fields.Boolean(allow_none=True)
    noted_on = Day(allow_none=True)


class Arrangement(Shape):
    """A proposal to pay, and what came of it."""

    source = fields.String()
    party = fields.String()
    kind = fields.String()
    status = fields.String()
    on = Day()
    amount = cents(allow_none=True)
    months = fields.Integer(allow_none=True)


class Message(Shape):
    """Any other message, to or from a party or the resident."""

    source = fields.String()
    direction = fields.String()
    party = fields.String()
    type = fields.String()
    sent_on = Day()
    due_on = Day(allow_none=True)
    status = fields.String()


class LinkedCase(Shape):
    """A case in another system of the municipality."""

    source = fields.String()
    number = fields.String()
    type = fields.String()
    title = fields.String()
    status = fields.String()
    starts_on = Day(allow_none=True)
    ends_on = Day(allow_none=True)


def _more(shape: type[Shape], table: str) -> fields.List[Any]:
    return fields.List(fields.Nested(shape), attribute=f"more.{table}", dump_default=[])


class Overview(Shape):
    """Everything of a resident that the permit opens.

    With `atLeast` a source is silent, and `total` a lower bound. `listed` are claims that only a
    debt-help file names.
    """

    permit = fields.Nested(Permit)
    person = fields.Nested(Person)
    flags = fields.List(fields.Nested(Flag))
    known_to_help = fields.Boolean()
    total = cents()
    at_least = fields.Boolean()
    claims = fields.List(fields.Nested(Claim))
    listed_total = cents()
    listed = fields.List(fields.Nested(Claim))
    silent = fields.List(fields.Nested(StreamState))
    sources = fields.List(fields.Nested(StreamState))
    holds = fields.List(fields.Nested(Hold))
    cases = fields.List(fields.Nested(DebtCase))
    entries = fields.List(fields.Nested(RegisterEntry))
    findings = fields.List(fields.Nested(Finding))
    commands = fields.List(fields.Nested(CommandState))
    timeline = fields.List(fields.Nested(Moment))
    early_signals = _more(EarlySignal, "early_signal")
    signal_cases = _more(SignalCase, "signal_case")
    contact_attempts = _more(ContactAttempt, "contact_attempt")
    contacts = _more(Contact, "contact")
    arrangements = _more(Arrangement, "arrangement")
    messages = _more(Message, "message")
    linked_cases = _more(LinkedCase, "linked_case")
