"""Dutch working days and the local calendar, as a table a lawyer can read."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.clock import FrozenClock, add_working_days, is_working_day


@pytest.mark.parametrize(
    ("why", "begin", "count", "end"),
    [
        ("Friday and one working day is Monday", date(2026, 11, 20), 1, date(2026, 11, 23)),
        ("over Good Friday and Easter Monday", date(2026, 4, 2), 1, date(2026, 4, 7)),
        ("over Hemelvaart (14 May 2026)", date(2026, 5, 13), 1, date(2026, 5, 15)),
        ("over Christmas and the weekend", date(2026, 12, 24), 1, date(2026, 12, 28)),
        ("over New Year", date(2026, 12, 31), 1, date(2027, 1, 4)),
        ("ten working days from Friday 6 November", date(2026, 11, 6), 10, date(2026, 11, 20)),
        ("back over a weekend", date(2026, 11, 23), -1, date(2026, 11, 20)),
        ("none", date(2026, 11, 22), 0, date(2026, 11, 22)),
    ],
)
def test_working_days(why: str, begin: date, count: int, end: date) -> None:
    assert add_working_days(begin, count) == end, why


def test_kings_day_moves_from_a_sunday_to_saturday() -> None:
    assert not is_working_day(date(2026, 4, 27))
    assert is_working_day(date(2025, 4, 28)), "27 April 2025 was a Sunday: celebrated on the 26th"


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.integers(1, 40))
def test_a_term_ends_on_a_working_day_and_longer_terms_end_later(begin: date, count: int) -> None:
    end = add_working_days(begin, count)
    assert is_working_day(end)
    assert end < add_working_days(begin, count + 1)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 7, 1, 21, 59, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 22, 0, tzinfo=UTC), date(2026, 7, 2)),
        (datetime(2026, 12, 1, 22, 59, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 12, 1, 23, 0, tzinfo=UTC), date(2026, 12, 2)),
    ],
)
def test_today_is_the_day_in_amsterdam(moment: datetime, day: date) -> None:
    assert FrozenClock(moment).today() == day


def test_a_frozen_clock_refuses_a_moment_without_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        FrozenClock(datetime(2026, 1, 1))  # noqa: DTZ001
