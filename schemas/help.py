"""Debt help: the case, the entries in registers, and the pause of collection."""

from __future__ import annotations

from schemas.fields import Choice, Day, Nested, RecordSchema, Text
from schemas.person import Person

#: Phases of a debt case in order (NVVK process as DDAS names it).
PHASES = (
    "aanmelding",
    "intake",
    "plan_van_aanpak",
    "stabilisatie",
    "schuldregeling",
    "nazorg",
    "uitstroom",
)


class DebtCase(RecordSchema):
    """One person's debt-help case (schuldhulptraject); `plan_on` is when the plan was made."""

    person = Nested(Person, required=True)
    organisation = Text(load_default="")
    phase = Choice(PHASES, required=True)
    starts_on = Day(required=True)
    intake_on = Day(allow_none=True, load_default=None)
    plan_on = Day(allow_none=True, load_default=None)
    ends_on = Day(allow_none=True, load_default=None)
    end_reason = Text(most=100, load_default="")


class RegisterEntry(RecordSchema):
    """An entry in a national register such as VISH."""

    person = Nested(Person, required=True)
    register = Choice(("vish",), required=True)
    reference = Text(most=64, required=True)
    phase = Choice((*PHASES, ""), load_default="")
    starts_on = Day(required=True)
    ends_on = Day(allow_none=True, load_default=None)


class Hold(RecordSchema):
    """A pause of collection as the creditor confirms it. It carries no debt-help content."""

    person = Nested(Person, required=True)
    creditor = Text(most=40, load_default="")
    reference = Text(most=64, required=True)
    scope = Text(most=100, load_default="alle vorderingen")
    ground = Text(most=100, required=True)
    starts_on = Day(required=True)
    ends_on = Day(allow_none=True, load_default=None)
    confirmed_on = Day(required=True)
