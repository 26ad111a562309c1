"""Interest on late payment over a period: claim, first and last day, cents."""

from __future__ import annotations

from datetime import date

import pytest

from hub.rates.kostenwet import INTEREST_RATES, interest

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
