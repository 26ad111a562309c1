"""From the events of a claim to steps, each with what it did to costs, interest and principal.

The order in which events arrive does not matter: they count by day, on one day what is charged
before what is paid and what is undone last, then by key. The same key twice is the same event.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from hub.balance.parts import (
    FORGIVENESS_ORDER,
    PAYMENT_ORDER,
    Parts,
    add,
    give_back,
    take,
    undo,
)

#: Steps of collection: what they add are costs (Kostenwet).
COST_KINDS = (
    "herinnering",
    "aanmaning",
    "dwangbevel",
    "vooraankondiging",
    "vordering",
    "beslag",
    "invorderingsstap",
)

#: Money of the debtor, paid or set off.
MONEY_KINDS = ("betaling", "verrekening")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that changed the balance by `amount` cents (positive when it grows).

    `kind` is one of schemas.claim.EVENTS or "betaling". `undoes` is the key of the payment that
    this reverses, empty where the source does not name one.
    """

    key: str
    on: date
    kind: str
    amount: int
    undoes: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """An event, what it did to each part (`change`), and what was owed after it (`after`)."""

    event: Event
    change: Parts
    after: Parts


def steps_of(events: Iterable[Event], until: date | None = None) -> list[Step]:
    """Return the steps in order, up to and including the day `until` when given.

    The balance after the last step is the sum of all amounts, to the cent. Raises ValueError
    when one key comes with two contents: which of the two happened is then unknown.
    """
    state, steps = Parts(), []
    open_payments: dict[str, Parts] = {}
    for event in sorted(_once(events), key=_place):
        if until is not None and event.on > until:
            break
        after = _after(state, event, open_payments)
        change = after.minus(state)
        if event.kind in MONEY_KINDS and event.amount < 0:
            open_payments[event.key] = change
        steps.append(Step(event, change, after))
        state = after
    return steps


def balance_on(events: Iterable[Event], day: date) -> Parts:
    """Return what was owed of each part at the end of a day."""
    steps = steps_of(events, day)
    return steps[-1].after if steps else Parts()


def name_reversals(events: Iterable[Event]) -> list[Event]:
    """Return the events with a payment named by each reversal whose source names none.

    That is the last payment of the same amount before it that nothing else undoes: money that a
    bank takes back is taken back whole. Without such a payment the reversal stays unnamed.
    """
    found: list[Event] = []
    ordered = sorted(_once(events), key=_place)
    taken = {one.undoes for one in ordered if one.undoes}
    for one in ordered:
        if _reverses(one) and not one.undoes:
            fits = [
                past.key
                for past in found
                if past.kind == one.kind and past.amount == -one.amount and past.key not in taken
            ]
            one = Event(one.key, one.on, one.kind, one.amount, fits[-1] if fits else "")
            taken.add(one.undoes)
        found.append(one)
    return found


def _once(events: Iterable[Event]) -> list[Event]:
    found: dict[str, Event] = {}
    for event in events:
        if found.setdefault(event.key, event) != event:
            raise ValueError(f"event {event.key} comes with two contents")
    return list(found.values())


def _reverses(event: Event) -> bool:
    return event.kind in MONEY_KINDS and event.amount > 0


def _place(event: Event) -> tuple[date, int, str]:
    if event.kind == "opgelegd":
        rank = 0
    elif _reverses(event):
        rank = 3
    else:
        rank = 1 if event.amount >= 0 else 2
    return event.on, rank, event.key


def _after(state: Parts, event: Event, open_payments: dict[str, Parts]) -> Parts:
    if event.amount < 0:
        return take(state, -event.amount, _order(event.kind))
    if event.kind in COST_KINDS:
        return add(state, event.amount, "costs")
    if event.kind == "rente":
        return add(state, event.amount, "interest")
    if _reverses(event) and (taken := open_payments.pop(event.undoes, None)):
        return undo(state, event.amount, taken)
    if _reverses(event) or event.kind == "teruggave":
        return give_back(state, event.amount)
    return add(state, event.amount, "principal")


def _order(kind: str) -> tuple[str, ...]:
    if kind == "rente":
        return ("interest", "costs", "principal")
    return PAYMENT_ORDER if kind in (*MONEY_KINDS, *COST_KINDS) else FORGIVENESS_ORDER
