"""The calendar of matching: which signals of one address fall in one period."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.early_signals.matching import Match, Period, period_of, propose

HOME = {"postcode": "9999XX", "house_number": "1", "addition": ""}


def signal(reference: str, day: str | None, **who: Any) -> dict[str, Any]:
    on = date.fromisoformat(day) if day else None
    return {"reference": reference, "signalled_on": on, "person": who or HOME}


def shown(found: list[Match]) -> list[tuple[str, tuple[str, ...], bool]]:
    return [(one.period.starts_on.isoformat(), one.signals, one.consecutive) for one in found]


@pytest.mark.parametrize(
    ("day", "first_day", "starts", "ends"),
    [
        ("2026-05-01", 1, "2026-05-01", "2026-05-31"),
        ("2026-05-31", 1, "2026-05-01", "2026-05-31"),
        ("2024-02-29", 1, "2024-02-01", "2024-02-29"),
        ("2026-02-28", 1, "2026-02-01", "2026-02-28"),
        ("2026-12-31", 1, "2026-12-01", "2026-12-31"),
        ("2026-01-01", 15, "2025-12-15", "2026-01-14"),
        ("2026-01-15", 15, "2026-01-15", "2026-02-14"),
        ("2026-02-27", 28, "2026-01-28", "2026-02-27"),
        ("2024-02-29", 28, "2024-02-28", "2024-03-27"),
        ("2026-03-29", 28, "2026-03-28", "2026-04-27"),
    ],
)
def test_a_period_is_a_month_from_its_first_day(
    day: str, first_day: int, starts: str, ends: str
) -> None:
    found = period_of(date.fromisoformat(day), first_day)
    assert found == Period(date.fromisoformat(starts), date.fromisoformat(ends))


@given(st.dates(date(2019, 1, 1), date(2032, 12, 31)), st.integers(1, 28))
def test_every_day_falls_in_one_period(day: date, first_day: int) -> None:
    found = period_of(day, first_day)
    assert found.starts_on <= day <= found.ends_on
    after = period_of(found.ends_on + timedelta(days=1), first_day)
    assert after.starts_on == found.ends_on + timedelta(days=1)
    assert period_of(found.starts_on, first_day) == found == period_of(found.ends_on, first_day)


@pytest.mark.parametrize("first_day", [0, 29, 31])
def test_a_day_that_not_every_month_has_begins_nothing(first_day: int) -> None:
    with pytest.raises(ValueError, match="every month"):
        period_of(date(2026, 5, 1), first_day)


def test_two_signals_of_one_address_in_one_month_are_one_report() -> None:
    found = propose(
        [
            signal("B", "2026-05-31", postcode="9999 xx", house_number="1 "),
            signal("A", "2026-05-01"),
            signal("C", "2026-06-01"),
            signal("D", "2026-05-02", postcode="9999XX", house_number="1", addition="a"),
        ]
    )
    assert shown(found) == [
        ("2026-05-01", ("A", "B"), False),
        ("2026-05-01", ("D",), False),
        ("2026-06-01", ("C",), True),
    ]
    assert [one.multiple for one in found] == [True, False, False]


@pytest.mark.parametrize(
    ("earlier", "consecutive"),
    [("2026-04-30", True), ("2025-11-01", True), ("2025-10-31", False)],
)
def test_one_that_follows_within_six_months_is_consecutive(earlier: str, consecutive: bool) -> None:
    found = propose([signal("A", earlier), signal("B", "2026-05-20")])
    assert [one.consecutive for one in found] == [False, consecutive]


def test_without_an_address_a_person_is_the_place_and_without_both_nobody_is_matched() -> None:
    found = propose(
        [
            signal("A", "2026-05-01", bsn="999990019"),
            signal("B", "2026-05-02", bsn="999990019"),
            signal("C", "2026-05-03", surname="Jansen"),
            signal("D", "2026-05-04", surname="Jansen"),
            signal("E", None),
        ]
    )
    assert [one.signals for one in found] == [("A", "B"), ("C",), ("D",)]
    assert "999990019" not in repr(found)


def test_the_order_in_which_signals_come_makes_no_difference() -> None:
    signals = [signal(str(number), f"2026-0{1 + number % 3}-10") for number in range(9)]
    assert propose(signals) == propose(signals[::-1])
