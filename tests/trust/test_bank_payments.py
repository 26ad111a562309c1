"""What the bank saw stands beside the claim until the creditor tells it too; who sees it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from book import BSNS, Book, add_source, book_plugin, facts_record, read_all, resident_of

from hub.core import Hub
from hub.overview.claims import ClaimView
from hub.overview.resident import resident_overview
from hub.reconcile import reconcile
from hub.security.permits import permit

REFERENCE = "5000056789012345"
CLAIM = {
    "person": {"bsn": BSNS[0], "surname": "Proef"},
    "reference": "A1",
    "creditor": "stad",
    "type": "ozb",
    "open": 10_000,
    "as_of": "2026-11-20",
    "payment_reference": REFERENCE,
}


def on_bank(key: str, on: str, amount: int, reference: str = REFERENCE) -> Any:
    kind = "bij" if amount > 0 else "storno"
    told = {"payment_reference": reference, "on": on, "amount": amount, "kind": kind}
    return facts_record(key, ("bank_payment", key, {**told, "account": "NL02ABNA0123456789"}))


def view_of(make_hub: Any, payments: list[Any], events: list[Any], role: str) -> ClaimView:
    tax, bank = Book(), Book()
    hub: Hub = make_hub(
        book_plugin(tax, "tax_book"), book_plugin(bank, "bank", "register", register="tax")
    )
    told = [
        ("payment", f"E{at}", {"claim": "A1", "on": on, "amount": -amount})
        for at, (on, amount) in enumerate(events)
    ]
    tax.put("claims", facts_record("A1", ("claim_statement", "A1", CLAIM), *told))
    bank.put("claims", *payments)
    for name in ("tax_book", "bank"):
        add_source(hub, name)
        read_all(hub, name)
    reconcile(hub)
    with hub.reader.connect() as connection:
        resident_id = resident_of(connection, hub, BSNS[0])
        assert resident_id is not None
        allowed = permit(connection, hub, "iemand", role, resident_id)
        assert allowed is not None
        view = resident_overview(connection, hub, allowed)
    assert view is not None
    (claim,) = view.claims
    return claim


CASES: dict[str, tuple[list[tuple[str, int]], list[tuple[str, int]], list[bool], int]] = {
    # name: what the bank saw, what the creditor told, told of each, still under way
    "yesterday": ([("2026-11-22", 2500)], [], [False], 2500),
    "told the day after": ([("2026-11-19", 2500)], [("2026-11-20", -2500)], [True], 0),
    "of another amount": ([("2026-11-19", 2500)], [("2026-11-20", -2400)], [False], 2500),
    "long before": ([("2026-11-19", 2500)], [("2026-11-15", -2500)], [False], 2500),
    "a month later": ([("2026-10-01", 2500)], [("2026-11-01", -2500)], [True], 0),
    "twice, told once": (
        [("2026-11-18", 2500), ("2026-11-19", 2500)],
        [("2026-11-20", -2500)],
        [True, False],
        2500,
    ),
    "went back": ([("2026-11-18", 2500), ("2026-11-21", -2500)], [], [False, False], 0),
    "told, then went back": (
        [("2026-11-10", 2500), ("2026-11-21", -2500)],
        [("2026-11-11", -2500)],
        [True, False],
        -2500,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_payment_is_held_against_one_of_the_creditor(make_hub: Any, name: str) -> None:
    seen, told, booked, under_way = CASES[name]
    payments = [on_bank(f"B{at}", on, amount) for at, (on, amount) in enumerate(seen)]
    claim = view_of(make_hub, payments, told, "collector")
    assert [one.booked for one in claim.bank] == booked
    assert claim.under_way == under_way
    assert claim.open == 10_000, "the creditor's word decides what is owed"


def test_a_payment_of_another_claim_stays_away(make_hub: Any) -> None:
    other = on_bank("B1", "2026-11-22", 2500, "12234534622567")
    assert view_of(make_hub, [other], [], "collector").bank == []


def test_days_are_those_of_the_bank(make_hub: Any) -> None:
    (one,) = view_of(make_hub, [on_bank("B1", "2026-11-22", 2500)], [], "collector").bank
    assert (one.on, one.kind) == (date(2026, 11, 22), "bij")


def test_how_to_pay_is_told_with_a_code_that_a_bank_can_read(make_hub: Any) -> None:
    claim = view_of(make_hub, [on_bank("B1", "2026-11-22", 2500)], [], "collector")
    assert claim.pay is not None
    told = (claim.pay.iban, claim.pay.amount, claim.pay.reference)
    assert told == ("NL02ABNA0123456789", 10_000, REFERENCE)
    assert claim.pay.code.startswith("data:image/svg+xml")


def test_nothing_is_told_without_an_account(make_hub: Any) -> None:
    assert view_of(make_hub, [], [], "collector").pay is None
