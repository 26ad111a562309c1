"""Which moment is meant by a day in the past."""

from __future__ import annotations

from datetime import date, datetime, time

from hub.clock import AMSTERDAM
from hub.core import Hub
from hub.errors import ConfigError


def end_of(hub: Hub, day: date) -> datetime:
    """Return the end of a day that has been. Raises ConfigError for another one."""
    if day.year < 2000 or day > hub.clock.today():
        raise ConfigError("Kies een dag die al geweest is, als 2026-03-31.")
    return datetime.combine(day, time.max, AMSTERDAM)
