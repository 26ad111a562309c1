"""Interest on late payment over a period: claim, first and last day, cents."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rates.kostenwet import INTEREST_RATES, interest, late_interest

TABLE = [
    # A year of 365 days is 4%; a leap year counts one day more.
    (1_000_00, "2025-01-01", "2025-12-31", 40_00),
    (1_000_00, "2024-01-01", "2024-12-31", 40_10),
    (3_650_00, "2024-02-29", "2024-02-29", 40),
    (3_650_00, "2024-02-28", "2024-03-01", 1_20),
    # One day on each side of a change of rate.
    (3_650_00, "2023-06-30", "2023-07-01", 20 + 30),
    (3_650_00, "2023-12-31", "2024-01-01", 30 + 40),
    (3_650_00, "2025-12-31", "2026-01-01", 40 + 43),
    # All four rates: 181 days at 2%, 184 at 3%, 731 at 4% and 31 at 4,3%.
    (3_650_00, "2023-01-01", "2026-01-31", 36_20 + 55_20 + 292_40 + 13_33),
    # Part of a cent is dropped once, at the end: two days of 0,54 cents are one cent.
    (50_00, "2025-01-01", "2025-01-01", 0),
    (50_00, "2025-01-01", "2025-01-02", 1),
    (0, "2025-01-01", "2025-12-31", 0),
]


@pytest.mark.parametrize(("claim", "first", "last", "cents"), TABLE)
def test_interest_over_a_period(claim: int, first: str, last: str, cents: int) -> None:
    assert interest(claim, date.fromisoformat(first), date.fromisoformat(last)) == cents


def test_a_year_of_360_days_costs_more() -> None:
    assert interest(3_600_00, date(2025, 1, 1), date(2025, 1, 10), days_in_year=360) == 4_00


def test_rates_stand_oldest_first_and_each_has_its_source() -> None:
    days = [row.valid_from for row in INTEREST_RATES]
    assert days == sorted(set(days))
    assert all(row.source for row in INTEREST_RATES)


@pytest.mark.parametrize(
    ("due_on", "paid_on", "deferred", "cents"),
    [
        # EUR 3.650 at 4% is 40 cents a day: nothing on the due day, nothing on the day of payment.
        ("2025-03-01", "2025-03-01", [], 0),
        ("2025-03-01", "2025-03-02", [], 0),
        ("2025-03-01", "2025-03-03", [], 40),
        ("2025-03-01", "2025-03-12", [], 4_00),
        # Ten days, of which four with uitstel; then with all of them, and with more than that.
        ("2025-03-01", "2025-03-12", [("2025-03-04", "2025-03-07")], 2_40),
        ("2025-03-01", "2025-03-12", [("2025-03-02", "2025-03-11")], 0),
        ("2025-03-01", "2025-03-12", [("2025-01-01", "2025-12-31")], 0),
        # Two stretches that overlap count once; one before the due day counts for nothing.
        ("2025-03-01", "2025-03-12", [("2025-03-04", "2025-03-07")] * 2, 2_40),
        (
            "2025-03-01",
            "2025-03-12",
            [("2025-03-03", "2025-03-05"), ("2025-03-04", "2025-03-07")],
            2_00,
        ),
        ("2025-03-01", "2025-03-12", [("2025-01-01", "2025-02-01")], 4_00),
        # Over the change of rate: nine days at 40 cents and nine at 43.
        ("2025-12-22", "2026-01-10", [], 3_60 + 3_87),
    ],
)
def test_interest_on_what_is_paid_late(
    due_on: str, paid_on: str, deferred: list[tuple[str, str]], cents: int
) -> None:
    uitstel = [(date.fromisoformat(a), date.fromisoformat(b)) for a, b in deferred]
    due, paid = date.fromisoformat(due_on), date.fromisoformat(paid_on)
    assert late_interest(3_650_00, due, paid, uitstel) == cents


DAYS = st.dates(date(2023, 1, 2), date(2027, 1, 1))


@given(DAYS, st.integers(0, 500), st.lists(st.tuples(DAYS, st.integers(0, 90)), max_size=4))
def test_days_of_uitstel_are_the_days_left_out(
    due_on: date, late: int, told: list[tuple[date, int]]
) -> None:
    paid_on = due_on + timedelta(days=late)
    uitstel = [(first, first + timedelta(days=length)) for first, length in told]
    # With 365 · 10.000 cents each day counts its rate in cents, so nothing is rounded.
    counted = sum(
        interest(3_650_000, day, day)
        for day in (due_on + timedelta(days=n) for n in range(1, late))
        if not any(first <= day <= last for first, last in uitstel)
    )
    assert late_interest(3_650_000, due_on, paid_on, uitstel) == counted


@given(st.integers(0, 10_000_00), DAYS, st.integers(0, 900), st.integers(0, 900))
def test_a_period_cut_in_two_loses_less_than_a_cent(
    claim: int, first: date, days: int, more: int
) -> None:
    cut = first + timedelta(days=days)
    last = cut + timedelta(days=more)
    parts = interest(claim, first, cut) + interest(claim, cut + timedelta(days=1), last)
    assert 0 <= interest(claim, first, last) - parts <= 1
