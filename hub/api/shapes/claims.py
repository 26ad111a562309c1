"""Claims: what counts, what everybody says of it, and how it came to that."""

from __future__ import annotations

from marshmallow import fields

from hub.api.paging import Page
from hub.api.shapes.fields import Day, Links, Shape, cents


class Claim(Shape):
    """A claim with the amount that counts: that of the source with the most authority.

    An amount is null when your role may not see how the claim is made up, or nobody tells.
    """

    id = fields.Integer()
    creditor = fields.String()
    creditor_code = fields.String()
    reference = fields.String()
    type = fields.String()
    description = fields.String()
    tax_year = fields.Integer(allow_none=True)
    stage = fields.String()
    open = cents()
    principal = cents(allow_none=True)
    costs = cents(allow_none=True)
    interest = cents(allow_none=True)
    paid = cents(allow_none=True)
    under_way = cents()
    due_on = Day(allow_none=True)
    as_of = Day()
    source = fields.String()
    heard_at = fields.AwareDateTime(allow_none=True)
    silent = fields.Boolean()
    from_creditor = fields.Boolean()
    on_hold = fields.Boolean()
    held_until = Day(allow_none=True)
    links = Links({"self": "claims.one"}, {"claim_id": "id"})


class Claims(Page):
    """One page of the claims of a resident."""

    items = fields.List(fields.Nested(Claim))


class Statement(Shape):
    """What one source says of the claim; `difference` is to the amount that counts."""

    source = fields.String()
    role = fields.String()
    counts = fields.Boolean()
    open = cents()
    unit = cents()
    stage = fields.String()
    as_of = Day()
    received_at = fields.AwareDateTime()
    difference = cents()


class ClaimEvent(Shape):
    """Something that happened to the claim."""

    on = Day()
    kind = fields.String()
    amount = cents(allow_none=True)


class Parts(Shape):
    """What is owed of each part; `over` is paid too much."""

    costs = cents()
    interest = cents()
    principal = cents()
    over = cents()


class Step(Shape):
    """One step of the balance: what happened, what it did to each part, what was left after it."""

    on = Day(attribute="step.event.on")
    kind = fields.String(attribute="step.event.kind")
    amount = cents(attribute="step.event.amount")
    text = fields.String()
    remark = fields.String()
    change = fields.Nested(Parts, attribute="step.change")
    after = fields.Nested(Parts, attribute="step.after")
    balance = cents(attribute="step.after.balance")


class BuildUp(Shape):
    """How the amount came about; `difference` says so where the steps end elsewhere."""

    lines = fields.List(fields.Nested(Step))
    total = cents()
    stated = cents()
    unit = cents()
    by_now = cents(allow_none=True)
    difference = fields.String()


class BankPayment(Shape):
    """Money that the bank saw; `booked` when the creditor told of it as well."""

    on = Day()
    amount = cents()
    kind = fields.String()
    booked = fields.Boolean()


class Pay(Shape):
    """How the claim can be paid."""

    name = fields.String()
    iban = fields.String()
    amount = cents()
    reference = fields.String()


class PaymentPlan(Shape):
    """A payment plan."""

    starts_on = Day()
    ends_on = Day(allow_none=True)
    terms = fields.Integer()
    term_amount = cents()
    status = fields.String()
    missed = fields.Integer(allow_none=True)


class Remission(Shape):
    """A request for remission, and what was decided."""

    requested_on = Day()
    decided_on = Day(allow_none=True)
    outcome = fields.String()
    amount = cents()


class ClaimDetail(Claim):
    """A claim with its statements, events and the steps of its balance."""

    statements = fields.List(fields.Nested(Statement))
    events = fields.List(fields.Nested(ClaimEvent))
    build_up = fields.Nested(BuildUp, allow_none=True)
    bank = fields.List(fields.Nested(BankPayment))
    pay = fields.Nested(Pay, allow_none=True)
    plan = fields.Nested(PaymentPlan, allow_none=True)
    remission = fields.Nested(Remission, allow_none=True)
