"""What the fund goes by, as its published acceptance criteria say; only the demo decides with it.

Amounts are in cents. The limits are those of the guarantee category in the criteria.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from plugins.schuldenknooppunt.elements import Tree

#: The guarantee categories that the fund knows.
CATEGORIES = ("100", "200", "300", "400", "500")

#: From this gross amount a person looks at a request, and from this one it is refused.
BY_HAND_FROM, REFUSED_FROM = 500_000, 1_000_000

#: A longer term is looked at by a person; a loan that ran longer is not taken over.
MONTHS = 36

#: A definite amount may lie less than this share (percent) from the one that was assessed before.
DEVIATION = 5

Decision = Literal["granted", "by_hand", "refused"]


@dataclass(frozen=True)
class Loan:
    """What a decision rests on: cents, months, and when a loan that is taken over was paid out."""

    gross: int
    months: int
    paid_out_on: date | None = None

    @staticmethod
    def of(told: Tree) -> Loan:
        """Return the loan of a command, under the hub's names."""
        paid = told.get("paid_out_on")
        return Loan(told["gross_loan"], told["months"], date.fromisoformat(paid) if paid else None)


def decide(loan: Loan, today: date, assessed: Loan | None = None) -> Decision:
    """Return what becomes of a request; `assessed` is the loan as it was granted pro forma."""
    if loan.paid_out_on and _months_between(loan.paid_out_on, today) >= MONTHS:
        return "refused"
    if loan.gross >= REFUSED_FROM:
        return "refused"
    if assessed and _within(loan, assessed):
        return "granted"
    if loan.gross >= BY_HAND_FROM or loan.months > MONTHS:
        return "by_hand"
    return "granted"


def _within(loan: Loan, assessed: Loan) -> bool:
    apart = abs(loan.gross - assessed.gross) * 100
    return apart < DEVIATION * assessed.gross and loan.months <= assessed.months


def _months_between(first: date, last: date) -> int:
    months = (last.year - first.year) * 12 + last.month - first.month
    return months - (last.day < first.day)
