"""Claims: what a source says of a debt, what happened to it, and how it is being paid."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

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

#: Collection stages in order (rules.md 1.2); "onbekend" where a source does not tell.
STAGES = (
    "aanslag",
    "herinnering",
    "aanmaning",
    "dwangbevel",
    "vooraankondiging",
    "vordering",
    "beslag",
    "oninbaar",
    "voldaan",
    "overgedragen",
    "onbekend",
)

#: What kind of debt. Names of levies as in base-registers.md 2.6, others by DDAS debt sort.
CLAIM_TYPES = (
    "ozb",
    "afvalstoffenheffing",
    "rioolheffing",
    "hondenbelasting",
    "parkeerbelasting",
    "precariobelasting",
    "toeristenbelasting",
    "leges",
    "watersysteemheffing",
    "zuiveringsheffing",
    "verontreinigingsheffing",
    "biz",
    "grafrechten",
    "marktgeld",
    "forensenbelasting",
    "bijstand",
    "zorg",
    "publiek",
    "nuts",
    "overig",
)

#: Events in the life of a claim. Payments are records of their own; "invorderingsstap" is a step
#: of which the source does not say which.
EVENTS = (
    "opgelegd",
    "herinnering",
    "aanmaning",
    "dwangbevel",
    "vooraankondiging",
    "vordering",
    "beslag",
    "rente",
    "kwijtschelding",
    "vermindering",
    "correctie",
    "verrekening",
    "teruggave",
    "annulering",
    "uitstel",
    "retour",
    "overgedragen",
    "oninbaar",
    "invorderingsstap",
)


class ClaimLine(RecordSchema):
    """One line of an assessment: for what, and how much in cents."""

    description = Text(most=500, required=True)
    amount = Cents(required=True)
    object = Text(load_default="")


class ClaimStatement(RecordSchema):
    """What one source says of one claim on one day (`as_of`, the peildatum).

    `creditor` is an organisation's code or Schuldenknooppunt id, empty when the source only
    knows a name. `reference` is the creditor's number when the source knows it. `unit` is the
    smallest unit of the amounts in cents: 100 where a source only tells whole euros. An answer
    to a question of ours may give the `conversation` instead of the person. `limitation_on` is
    the day on which the claim lapses (verjaring) as the source reckons it. `original_creditor`
    (name or code) and `original_reference` are of whom the claim was before it was handed over to
    who tells it now. `collective` is a total over all claims of the creditor, told as one.
    """

    person = Nested(Person, allow_none=True, load_default=None)
    conversation = Text(most=40, load_default="")
    creditor = Text(most=40, load_default="")
    creditor_name = Text(load_default="")
    creditor_kvk = Text(most=8, load_default="")
    reference = Text(most=64, load_default="")
    type = Choice(CLAIM_TYPES, required=True)
    description = Text(most=2000, load_default="")
    tax_year = Whole(allow_none=True, load_default=None)
    principal = Cents(allow_none=True, load_default=None)
    costs = Cents(allow_none=True, load_default=None)
    interest = Cents(allow_none=True, load_default=None)
    paid = Cents(allow_none=True, load_default=None)
    open = Cents(required=True)
    unit = Whole(load_default=1)
    stage = Choice(STAGES, load_default="onbekend")
    imposed_on = Day(allow_none=True, load_default=None)
    due_on = Day(allow_none=True, load_default=None)
    as_of = Day(required=True)
    payment_reference = Text(most=16, load_default="")
    limitation_on = Day(allow_none=True, load_default=None)
    transferred_to = Text(load_default="")
    original_creditor = Text(load_default="")
    original_reference = Text(most=64, load_default="")
    collective = Flag(load_default=False)
    lines = Rows(ClaimLine)
    disputed = Flag(load_default=False)
    direct_debit = Flag(load_default=False)
    details = Details()

    @validates_schema
    def _about_someone(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["person"] is None and not data["conversation"]:
            raise ValidationError("ontbreekt: van wie deze vordering is, is onbekend", "person")


class ClaimEvent(RecordSchema):
    """One immutable fact in a claim's life. `claim` is the source's key of the claim.

    `amount` is the change of the open balance in cents: positive when it grows.
    """

    claim = Text(most=100, required=True)
    kind = Choice(EVENTS, required=True)
    on = Day(required=True)
    amount = Cents(load_default=0)
    description = Text(most=500, load_default="")


class Payment(RecordSchema):
    """Money received for a claim; `amount` in cents, positive (negative when reversed)."""

    claim = Text(most=100, required=True)
    on = Day(required=True)
    amount = Cents(required=True)
    method = Text(most=40, load_default="")


class BankPayment(RecordSchema):
    """Money on one of our bank accounts, known by the payment reference it carries.

    `amount` in cents, negative when it went back; `account` is the creditor's own IBAN.
    """

    payment_reference = Text(most=16, required=True)
    on = Day(required=True)
    amount = Cents(required=True)
    account = Text(most=34, required=True)
    bank_reference = Text(most=64, load_default="")
    kind = Choice(("bij", "storno"), required=True)


class Installment(RecordSchema):
    """One term of a payment plan: due when, how much, and what was paid, in cents."""

    due_on = Day(required=True)
    amount = Cents(required=True)
    paid_on = Day(allow_none=True, load_default=None)
    paid = Cents(allow_none=True, load_default=None)


class PaymentPlan(RecordSchema):
    """An arrangement to pay in terms (betalingsregeling)."""

    person = Nested(Person, required=True)
    claim = Text(most=100, required=True)
    starts_on = Day(required=True)
    ends_on = Day(allow_none=True, load_default=None)
    terms = Whole(required=True)
    term_amount = Cents(required=True)
    status = Choice(("lopend", "nagekomen", "vervallen"), required=True)
    direct_debit = Flag(load_default=False)
    missed = Whole(allow_none=True, load_default=None)
    installments = Rows(Installment)
    details = Details()


class Remission(RecordSchema):
    """A request for remission (kwijtschelding) and what came of it."""

    person = Nested(Person, required=True)
    claim = Text(most=100, required=True)
    requested_on = Day(required=True)
    decided_on = Day(allow_none=True, load_default=None)
    outcome = Choice(("aangevraagd", "toegekend", "gedeeltelijk", "afgewezen"), required=True)
    amount = Cents(load_default=0)
    details = Details()
