"""In which state a bill is: one table, of which the first rule that fits decides.

The order is that of the published example (AFIS, see docs/connectors/ledger.md). One rule differs:
a reminder counts when its level is reached, without asking whether the due date has passed, as no
reminder is sent before it and a record must read the same on any day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: The level of dunning at which a bill is handed to the tax department's collection.
HANDED_OVER = 3


@dataclass(frozen=True, slots=True)
class Bill:
    """What decides the state of a bill. Amounts in cents; `parts` (negative) was paid in part."""

    amount: int
    parts: int
    cleared: bool
    level: int
    blocked: bool
    reversed: bool
    due: bool
    terms: str
    method: str
    mandate: bool
    paylink: bool


@dataclass(frozen=True, slots=True)
class State:
    """A state: its name, the stage that it is, and the rule by which a bill is in it.

    `counts` is false when nothing of the bill is owed here any more.
    """

    name: str
    stage: str
    fits: Callable[[Bill], bool]
    counts: bool = True


def _in_terms(bill: Bill) -> bool:
    # B003 and up is a number of terms; so is what begins with 0.
    number = bill.terms[1:] if bill.terms.startswith("B") else ""
    return bill.terms.startswith("0") or (number.isdecimal() and int(number) >= 3)


#: The table. The stage of an open bill is that of its level where the state does not say.
STATES: tuple[State, ...] = (
    State("in geschil", "", lambda b: not b.cleared and b.blocked),
    State("geannuleerd", "voldaan", lambda b: b.reversed, counts=False),
    State(
        "overgedragen", "overgedragen", lambda b: b.cleared and b.level == HANDED_OVER, counts=False
    ),
    State("teruggave", "", lambda b: b.amount + b.parts < 0),
    State("herinnerd", "herinnering", lambda b: not b.cleared and b.due and b.level in (1, 2)),
    State("in termijnen", "", _in_terms),
    State("automatische incasso", "", lambda b: b.mandate and b.method != "B"),
    State("zelf betalen", "", lambda b: not b.cleared and b.method == "B" and not b.paylink),
    State("deels betaald", "", lambda b: not b.cleared and b.parts != 0),
    State("open", "", lambda b: not b.cleared),
    State("betaald", "voldaan", lambda b: b.cleared),
)


def state_of(bill: Bill) -> State:
    """Return the first state that fits; a bill is open or cleared, so one always does."""
    return next(one for one in STATES if one.fits(bill))


def stage_of(bill: Bill) -> str:
    """Return the stage of collection of a bill."""
    told = state_of(bill).stage
    if told or bill.cleared:
        return told or "voldaan"
    # A level above the reminders is about to be handed over: at least it was reminded.
    return "herinnering" if bill.level else "aanslag"


def open_cents(bill: Bill) -> int:
    """Return what is still owed here, negative when it is to be paid back."""
    return bill.amount + bill.parts if state_of(bill).counts and not bill.cleared else 0
