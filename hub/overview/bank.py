"""Money that the bank saw for a claim, and whether the creditor has told of it yet.

Nothing is taken off a claim: the creditor's word decides what is owed. It is shown so that nobody
is chased for a bill that is paid, and so that a debit that bounced is seen at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from hub.core import Hub
from hub.store import bank_payment, source, standing

#: How far apart the days may be on which a bank and a ledger book the same payment.
EARLIER, LATER = timedelta(days=3), timedelta(days=31)


@dataclass(frozen=True)
class BankPayment:
    """Money on our account for a claim, in cents; negative when it went back (storno).

    `booked` tells whether the creditor told of it as well.
    """

    on: date
    amount: int
    kind: str
    booked: bool


def bank_rows(
    connection: Connection,
    hub: Hub,
    references: Iterable[str],
    sees: Callable[[int, str], bool],
    at: datetime | None,
) -> dict[str, list[Row[Any]]]:
    """Return the bank payments with one of these references that may be shown, by reference."""
    query = (
        select(bank_payment)
        .join(source, source.c.id == bank_payment.c.source_id)
        .where(
            source.c.municipality == hub.municipality,
            bank_payment.c.payment_reference.in_({one for one in references if one}),
            standing(bank_payment, at),
        )
        .order_by(bank_payment.c.on, bank_payment.c.id)
    )
    found: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(query):
        if sees(row.source_id, "bank_payment"):
            found.setdefault(row.payment_reference, []).append(row)
    return found


def beside(payments: Sequence[Row[Any]], events: Sequence[Row[Any]]) -> list[BankPayment]:
    """Return the bank payments of a claim, each held against one event of the creditor at most."""
    told = sorted(events, key=lambda event: (event.on, event.id))
    found = []
    for row in payments:
        match = next((event for event in told if _same(row, event)), None)
        if match is not None:
            told.remove(match)
        found.append(BankPayment(row.on, row.amount, row.kind, match is not None))
    return found


def _same(payment: Row[Any], event: Row[Any]) -> bool:
    """Tell whether an event is this payment; what was paid makes the balance that much lower."""
    fits = -EARLIER <= event.on - payment.on <= LATER
    return fits and int(event.amount) == -int(payment.amount)
