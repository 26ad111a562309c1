"""The beslagvrije voet: situation, yearly income in euros, amount per month."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rates.bvv import (
    SITUATIONS,
    after_partner,
    at_income,
    indication,
    most,
    without_address,
)

JANUARY = date(2026, 1, 1)

TABLE = [
    ("a", 20_000, 1_331_43),  # 1.331,425: half a cent, rounded up here
    ("a", 25_000, 1_366_86),
    ("a", 30_000, 1_482_38),
    ("a", 40_000, 1_821_80),
    ("a", 60_000, 2_191_42),
    ("b", 25_000, 1_331_43),
    ("b", 35_000, 1_489_16),
    ("b", 50_000, 1_928_51),
    ("c", 28_000, 1_902_02),
    ("c", 40_000, 2_175_29),
    ("c", 55_000, 2_580_02),
    ("d", 30_000, 1_905_04),
    ("d", 45_000, 2_361_28),
    ("d", 60_000, 2_803_80),
    ("d", 90_000, 3_155_31),
]


@pytest.mark.parametrize(("situation", "euros", "cents"), TABLE)
def test_indication_in_january_2026(situation: str, euros: int, cents: int) -> None:
    assert indication(situation, euros * 100, JANUARY) == cents


@pytest.mark.parametrize(
    ("on", "amounts"),
    [
        ("2021-01-01", (1_661_40, 1_779_52, 2_199_34, 2_317_45)),
        ("2025-01-01", (2_071_24, 2_242_24, 2_739_03, 2_855_96)),
        ("2026-06-30", (2_191_42, 2_526_69, 2_881_41, 3_155_31)),
        ("2026-07-01", (2_208_48, 2_543_75, 2_905_79, 3_179_68)),
    ],
)
def test_maxima_by_date(on: str, amounts: tuple[int, ...]) -> None:
    assert tuple(most(one, date.fromisoformat(on)) for one in SITUATIONS) == amounts


def test_five_percent_of_the_income_is_always_payable() -> None:
    assert at_income(1_500_00, 1_401_50) == 1_331_43
    assert at_income(1_300_00, 1_401_50) == 1_300_00


@pytest.mark.parametrize("on", [date(2025, 12, 31), date(2027, 1, 1)])
def test_no_indication_outside_2026(on: date) -> None:
    with pytest.raises(LookupError, match="no norms are known"):
        indication("a", 0, on)


def test_no_maximum_before_2021() -> None:
    with pytest.raises(LookupError, match="no maximum is known for 2020-12-31"):
        most("a", date(2020, 12, 31))


def test_at_most_half_goes_off_for_the_partner() -> None:
    # rules.md 4.4: situation c with EUR 40.000 a year, and a partner with EUR 1.500 a month.
    assert after_partner(indication("c", 40_000_00, JANUARY), 1_500_00) == 1_087_65
    assert after_partner(2_175_29, 500_00) == 1_675_29
    assert after_partner(2_175_29, 0) == 2_175_29


def test_without_an_address_it_is_less_than_half_the_norm_of_a_couple() -> None:
    assert without_address(JANUARY) == 951_01
    assert without_address(date(2026, 7, 1)) == 963_20


def test_five_percent_of_a_benefit() -> None:
    # rules.md 4.4: EUR 1.401,50 with holiday pay leaves EUR 70,07 to pay.
    assert 1_401_50 - at_income(most("a", JANUARY), 1_401_50) == 70_07


@given(
    st.sampled_from(SITUATIONS),
    st.integers(0, 200_000_00),
    st.integers(0, 10_000_00),
    st.sampled_from([JANUARY, date(2026, 6, 30), date(2026, 7, 1), date(2026, 12, 31)]),
)
def test_more_income_never_leaves_less_and_never_more_than_the_maximum(
    situation: str, income: int, more: int, on: date
) -> None:
    free = indication(situation, income, on)
    assert free <= indication(situation, income + more, on) <= most(situation, on)
    assert indication(situation, 0, on) <= free
    assert free // 2 <= after_partner(free, more) <= free
