"""Debt help: the case, the entries in registers, and the pause of collection."""

from __future__ import annotations

from schemas.fields import (
    Cents,
    Choice,
    Day,
    Details,
    Flag,
    Nested,
    RecordSchema,
    Rows,
    Text,
    Whole,
)
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
    reference = Text(most=64, load_default="")
    total = Cents(allow_none=True, load_default=None)
    unit = Whole(load_default=1)
    solution = Text(most=40, load_default="")
    solution_on = Day(allow_none=True, load_default=None)
    details = Details()


#: National registers in which a resident can stand.
REGISTERS = ("vish", "cir", "ccbr", "waarborgfonds", "dbr")


class RegisterEntry(RecordSchema):
    """An entry in a national register such as VISH.

    `kind` is what the register calls it (Wsnp, bewind…), `party` who acts for the person there.
    After `destroy_on` no copy may be kept (CIR and CCBR: six months after the end).
    """

    person = Nested(Person, required=True)
    register = Choice(REGISTERS, required=True)
    reference = Text(most=64, required=True)
    phase = Choice((*PHASES, ""), load_default="")
    starts_on = Day(required=True)
    ends_on = Day(allow_none=True, load_default=None)
    kind = Text(most=60, load_default="")
    party = Text(load_default="")
    end_reason = Text(load_default="")
    destroy_on = Day(allow_none=True, load_default=None)
    details = Details()


class EarlySignal(RecordSchema):
    """Arrears that a partner reported (vroegsignaal); codes as the source wrote them are kept."""

    person = Nested(Person, required=True)
    reference = Text(most=64, required=True)
    partner = Text(load_default="")
    partner_type = Text(most=60, load_default="")
    amount = Cents(allow_none=True, load_default=None)
    unit = Whole(load_default=1)
    arisen_on = Day(allow_none=True, load_default=None)
    signalled_on = Day(allow_none=True, load_default=None)
    crisis = Flag(load_default=False)
    warm_handover = Flag(load_default=False)
    status = Text(most=80, load_default="")
    status_code = Text(most=120, load_default="")
    details = Details()


class SignalCase(RecordSchema):
    """Signals of one address taken together, and the result (vroegsignaalzaak).

    `internal_reason` is why a signal was not taken up; it never leaves the municipality.
    """

    person = Nested(Person, required=True)
    reference = Text(most=64, required=True)
    signals = Rows(Text(most=64))
    matched_on = Day(allow_none=True, load_default=None)
    period_starts_on = Day(allow_none=True, load_default=None)
    period_ends_on = Day(allow_none=True, load_default=None)
    taken_up_on = Day(allow_none=True, load_default=None)
    result = Text(most=80, load_default="")
    result_code = Text(most=120, load_default="")
    internal_reason = Text(load_default="")
    details = Details()


class LinkedCase(RecordSchema):
    """A case (zaak) in another system of the municipality."""

    person = Nested(Person, required=True)
    number = Text(most=64, required=True)
    type = Text(most=120, load_default="")
    title = Text(load_default="")
    status = Text(most=120, load_default="")
    starts_on = Day(allow_none=True, load_default=None)
    ends_on = Day(allow_none=True, load_default=None)
    details = Details()


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
