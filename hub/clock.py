"""Time as the hub sees it: one clock, always passed in, and Dutch working days.

Times are aware and in UTC; `today()` is the calendar day in Europe/Amsterdam.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class Clock:
    """The real clock."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """Return the calendar day in Europe/Amsterdam."""
        return self.now().astimezone(AMSTERDAM).date()


class FrozenClock(Clock):
    """A clock that stands still until it is moved: for tests and for replaying the past."""

    def __init__(self, moment: datetime | date) -> None:
        if not isinstance(moment, datetime):
            moment = datetime(moment.year, moment.month, moment.day, 9, tzinfo=AMSTERDAM)
        if moment.tzinfo is None:
            raise ValueError("a frozen clock needs a moment with a time zone")
        self._moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        """Return the moment the clock was set to."""
        return self._moment

    def move(self, **delta: float) -> None:
        """Move the clock by `timedelta(**delta)`."""
        self._moment += timedelta(**delta)


@lru_cache(maxsize=32)
def _holidays(year: int) -> holidays.HolidayBase:
    # The library's public list: Good Friday is in it, Liberation Day every fifth year only.
    return holidays.country_holidays("NL", years=year)


@lru_cache(maxsize=4096)
def is_working_day(day: date) -> bool:
    """Tell whether `day` is a Dutch working day: no weekend, no national holiday."""
    return day.weekday() < 5 and day not in _holidays(day.year)


def add_working_days(day: date, count: int) -> date:
    """Return the day `count` working days after `day` (before it when negative).

    The day itself does not count, as terms start on the day after.
    """
    step = timedelta(days=1 if count >= 0 else -1)
    left = abs(count)
    while left:
        day += step
        left -= is_working_day(day)
    return day
