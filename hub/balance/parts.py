"""The parts of a debt, and where money goes first. All amounts are integer euro cents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

#: A payment goes to the costs first, then the interest, then the claim itself (Iw 1990 art. 7(1)).
PAYMENT_ORDER = ("costs", "interest", "principal")

#: What is forgiven or lowered is the claim itself first; nobody pays for what is not owed.
FORGIVENESS_ORDER = ("principal", "interest", "costs")

#: Undone money comes back in the opposite order: what was reached last comes back first.
_UNDONE = ("over", "principal", "interest", "costs")


@dataclass(frozen=True, slots=True)
class Parts:
    """What is owed of each part, and what was paid too much (`over`); none is ever negative.

    As a difference between two moments each may be negative.
    """

    costs: int = 0
    interest: int = 0
    principal: int = 0
    over: int = 0

    @property
    def balance(self) -> int:
        """Return what is left to pay; negative when too much was paid."""
        return self.costs + self.interest + self.principal - self.over

    def minus(self, other: Parts) -> Parts:
        """Return this less the other, part by part."""
        return Parts(
            self.costs - other.costs,
            self.interest - other.interest,
            self.principal - other.principal,
            self.over - other.over,
        )


def take(state: Parts, amount: int, order: Sequence[str]) -> Parts:
    """Lower the parts by `amount` in this order; what is left over is kept as overpaid."""
    for name in order:
        there = getattr(state, name)
        part = min(there, amount)
        state, amount = replace(state, **{name: there - part}), amount - part
    return replace(state, over=state.over + amount)


def add(state: Parts, amount: int, part: str) -> Parts:
    """Raise one part by `amount`. What was paid too much stays apart: set-off is a decision."""
    return replace(state, **{part: getattr(state, part) + amount})


def give_back(state: Parts, amount: int) -> Parts:
    """Return money to the debtor: first what was paid too much, the rest is owed again."""
    back = min(state.over, amount)
    return add(replace(state, over=state.over - back), amount - back, "principal")


def undo(state: Parts, amount: int, taken: Parts) -> Parts:
    """Undo `amount` of a payment that changed the parts by `taken`, exactly where it went.

    What was overpaid and is returned since then, or goes beyond the payment, is owed again.
    """
    for name in _UNDONE:
        if name == "over":
            part = min(amount, taken.over, state.over)
            state = replace(state, over=state.over - part)
        else:
            part = min(amount, -getattr(taken, name))
            state = add(state, part, name)
        amount -= part
    return give_back(state, amount)
