"""The days on which European banks settle direct debits (TARGET, the calendar of the ECB).

Not the Dutch working days: King's Day is one for banks, and 1 May is none.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import holidays

_DAY = timedelta(days=1)


@lru_cache(maxsize=32)
def _closed(year: int) -> frozenset[date]:
    return frozenset(holidays.financial_holidays("XECB", years=year))


def is_open(day: date) -> bool:
    """Tell whether banks settle on this day."""
    return day.weekday() < 5 and day not in _closed(day.year)


def next_open(day: date) -> date:
    """Return this day, or the first after it on which banks settle."""
    while not is_open(day):
        day += _DAY
    return day


def open_before(day: date) -> date:
    """Return the last day before this one on which banks settle."""
    day -= _DAY
    while not is_open(day):
        day -= _DAY
    return day
