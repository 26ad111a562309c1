"""The costs of collection, as a lawyer would check them: claim, step, year, amount."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rates.kostenwet import (
    aanmaning_cost,
    beslag_cost,
    dwangbevel_cost,
    interest,
    interest_rate,
    renewed_order_cost,
    sale_cost,
    tariff,
)

# Claim in cents, then whole euros: aanmaning and dwangbevel in 2024, 2025 and 2026.
TABLE = [
    # claim     aanmaning      dwangbevel
    (30_00, (9, 9, 10), (49, 53, 56)),
    (45_00, (9, 9, 10), (49, 53, 56)),
    (89_99, (9, 9, 10), (49, 53, 56)),
    (90_00, (9, 9, 10), (53, 58, 61)),
    (250_00, (9, 9, 10), (65, 73, 76)),
    (453_99, (9, 9, 10), (85, 98, 101)),
    (454_00, (19, 21, 22), (85, 98, 101)),
    (750_00, (19, 21, 22), (109, 128, 131)),
    (1_200_00, (19, 21, 22), (149, 178, 181)),
    (5_000_00, (19, 21, 22), (489, 603, 606)),
]
YEARS = (2024, 2025, 2026)


@pytest.mark.parametrize(("claim", "aanmaning", "dwangbevel"), TABLE)
def test_costs_per_claim_and_year(
    claim: int, aanmaning: tuple[int, ...], dwangbevel: tuple[int, ...]
) -> None:
    days = [date(year, 6, 1) for year in YEARS]
    assert tuple(aanmaning_cost(claim, day) // 100 for day in days) == aanmaning
    assert tuple(dwangbevel_cost(claim, day) // 100 for day in days) == dwangbevel


@pytest.mark.parametrize(("year", "most"), [(2024, 14_597), (2025, 15_677), (2026, 16_524)])
def test_a_dwangbevel_never_costs_more_than_its_maximum(year: int, most: int) -> None:
    assert dwangbevel_cost(1_000_000_00, date(year, 1, 1)) == most * 100


@pytest.mark.parametrize(("year", "euros"), [(2024, 69), (2025, 74), (2026, 78)])
def test_seizure_per_year(year: int, euros: int) -> None:
    assert beslag_cost(date(year, 12, 31)) == euros * 100


def test_costs_change_on_the_first_of_january() -> None:
    assert aanmaning_cost(100_00, date(2025, 12, 31)) == 9_00
    assert aanmaning_cost(100_00, date(2026, 1, 1)) == 10_00


def test_the_last_known_tariff_stays_in_use() -> None:
    assert aanmaning_cost(100_00, date(2030, 1, 1)) == 10_00


def test_a_day_before_the_first_known_tariff_is_refused() -> None:
    with pytest.raises(LookupError, match="no Kostenwet tariff is known for 2023-12-31"):
        aanmaning_cost(100_00, date(2023, 12, 31))


@pytest.mark.parametrize(
    ("on", "basis_points"),
    [
        (date(2023, 1, 1), 200),
        (date(2023, 6, 30), 200),
        (date(2023, 7, 1), 300),
        (date(2024, 1, 1), 400),
        (date(2025, 12, 31), 400),
        (date(2026, 1, 1), 430),
    ],
)
def test_interest_rate_by_date(on: date, basis_points: int) -> None:
    assert interest_rate(on).basis_points == basis_points


def test_no_interest_rate_before_2023() -> None:
    with pytest.raises(LookupError, match="no interest rate is known for 2022-12-31"):
        interest_rate(date(2022, 12, 31))


def test_interest_over_one_year() -> None:
    assert interest(1_000_00, date(2025, 1, 1), date(2025, 12, 31)) == 40_00


def test_interest_counts_each_day_at_its_own_rate() -> None:
    # 10 days at 4% and 10 days at 4,3% of EUR 3.650: 4,00 + 4,30.
    assert interest(3_650_00, date(2025, 12, 22), date(2026, 1, 10)) == 8_30


def test_no_days_no_interest() -> None:
    assert interest(1_000_00, date(2026, 5, 2), date(2026, 5, 1)) == 0


@pytest.mark.parametrize(
    ("year", "record", "sale", "hour", "notices", "witness"),
    [(2024, 19, 88, 19, 34, 6), (2025, 21, 94, 21, 37, 7), (2026, 22, 100, 22, 39, 7)],
)
def test_records_and_sales_per_year(
    year: int, record: int, sale: int, hour: int, notices: int, witness: int
) -> None:
    on = date(year, 7, 1)
    assert renewed_order_cost(on) == record * 100
    assert (sale_cost(on), sale_cost(on, 3)) == (sale * 100, (sale + 3 * hour) * 100)
    assert (tariff(on).notices, tariff(on).witness) == (notices, witness)


def test_what_waiting_costs_who_owes_250_euros_in_2026() -> None:
    # rules.md 1.3 and user story 4: EUR 10, then EUR 76, together EUR 86 or 34%.
    on = date(2026, 6, 1)
    steps = [aanmaning_cost(250_00, on), dwangbevel_cost(250_00, on)]
    assert steps == [10_00, 76_00]
    assert 100 * sum(steps) // 250_00 == 34


@given(st.integers(0, 500_000_00), st.integers(0, 45_00), st.sampled_from(YEARS))
def test_a_larger_claim_never_costs_less_and_a_step_costs_one_step(
    claim: int, more: int, year: int
) -> None:
    on = date(year, 1, 1)
    for cost in (aanmaning_cost, dwangbevel_cost):
        assert cost(claim, on) <= cost(claim + more, on)
    step = dwangbevel_cost(claim + 45_00, on) - dwangbevel_cost(claim, on)
    assert step in (0, 100 * tariff(on).dwangbevel_per_step) or claim > 100_000_00
    assert dwangbevel_cost(claim, on) <= 100 * tariff(on).dwangbevel_most
