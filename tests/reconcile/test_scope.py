"""Terms in working days as rules ask after them: the last beginning whose term is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.clock import add_working_days
from hub.reconcile.engine import Scope


@given(st.dates(date(2024, 1, 1), date(2032, 1, 1)), st.integers(0, 40))
def test_a_term_that_began_then_is_over_and_one_a_day_later_is_not(today: date, count: int) -> None:
    scope = Scope("9999", datetime(2026, 1, 1, tzinfo=UTC), today)
    begin = scope.working_days_passed(count)
    assert add_working_days(begin, count) < today
    assert add_working_days(begin + timedelta(days=1), count) >= today
