"""What parties of the chain agree and write to each other."""

from __future__ import annotations

from schemas.fields import Cents, Choice, Day, Details, Flag, Nested, RecordSchema, Text, Whole
from schemas.person import Person

#: Sent by us, or received by us.
DIRECTIONS = ("out", "in")


class Participant(RecordSchema):
    """An organisation bound by a covenant, with its terms (registers.md 3.2, 3.3).

    Terms are working days unless the name says days. `code` is the hub's code of the
    organisation, the same as the owner of its source.
    """

    covenant = Text(most=40, load_default="CLO")
    code = Text(most=40, required=True)
    name = Text(required=True)
    kind = Choice(("gemeente", "waterschap", "belastingsamenwerking", "kredietbank"), required=True)
    kvk = Text(most=8, load_default="")
    skp_id = Text(most=36, load_default="")
    signed_on = Day(required=True)
    valid_from = Day(required=True)
    valid_until = Day(allow_none=True, load_default=None)
    prior_consent = Flag(load_default=False)
    pause_days = Whole(load_default=240)
    hold_confirm_working_days = Whole(load_default=1)
    balance_working_days = Whole(load_default=15)
    checked_on = Day(allow_none=True, load_default=None)
    exclusions = Text(most=1000, load_default="")
    obstacle = Text(most=500, load_default="")
    note = Text(most=500, load_default="")


class Notice(RecordSchema):
    """A Kennisgeving: a creditor is told that someone gets debt help."""

    person = Nested(Person, required=True)
    conversation = Text(most=40, required=True)
    direction = Choice(DIRECTIONS, required=True)
    party = Text(most=40, required=True)
    sent_on = Day(required=True)


class BalanceRequest(RecordSchema):
    """A Saldoverzoek: a creditor is asked what someone owes."""

    person = Nested(Person, required=True)
    conversation = Text(most=40, required=True)
    direction = Choice(DIRECTIONS, required=True)
    party = Text(most=40, required=True)
    sent_on = Day(required=True)


class BalanceAnswer(RecordSchema):
    """The answer to a Saldoverzoek or Kennisgeving. `conversation` binds it to the question.

    `total` is the sum of the open claims in cents, absent when the creditor gave none.
    """

    conversation = Text(most=40, required=True)
    direction = Choice(DIRECTIONS, required=True)
    party = Text(most=40, required=True)
    answered_on = Day(required=True)
    outcome = Choice(("saldo", "geen_medewerking", "klant_onbekend"), required=True)
    reason = Text(most=500, load_default="")
    total = Cents(allow_none=True, load_default=None)


class Arrangement(RecordSchema):
    """A proposal to pay and what came of it. `percentage` in hundredths of a per cent."""

    person = Nested(Person, allow_none=True, load_default=None)
    conversation = Text(most=40, load_default="")
    direction = Choice(DIRECTIONS, required=True)
    party = Text(most=40, required=True)
    kind = Choice(("SB", "SK", "SA", "BR", "HF", ""), load_default="")
    status = Choice(
        ("voorgesteld", "heroverweging", "akkoord", "geweigerd", "beeindigd"), required=True
    )
    on = Day(required=True)
    percentage = Whole(allow_none=True, load_default=None)
    amount = Cents(allow_none=True, load_default=None)
    claim_amount = Cents(allow_none=True, load_default=None)
    months = Whole(allow_none=True, load_default=None)
    reason = Text(most=500, load_default="")
    details = Details()


class Message(RecordSchema):
    """Any other message: what kind, from or to whom, and by when an answer is due."""

    person = Nested(Person, allow_none=True, load_default=None)
    conversation = Text(most=40, load_default="")
    direction = Choice(DIRECTIONS, required=True)
    party = Text(most=40, load_default="")
    type = Text(most=60, required=True)
    reference = Text(most=64, load_default="")
    answers = Text(most=64, load_default="")
    sent_on = Day(required=True)
    due_on = Day(allow_none=True, load_default=None)
    status = Text(most=40, load_default="")
    text = Text(most=2000, load_default="")
    details = Details()
