"""Which signals belong together: those of one address in one matching period.

Early signals are counted and taken up per address per month (Divosa, monitor vroegsignalering):
two or more in a month are one report ("meervoudig"); one that follows another of the six months
before it is "opeenvolgend". On which day of the month a period begins is for the municipality.

The worklist proposes the same of one resident's signals (together.py); tests hold it to this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

#: How far back an earlier signal makes a report a consecutive one.
LOOK_BACK = relativedelta(months=6)


@dataclass(frozen=True, slots=True)
class Period:
    """A matching period; both days are part of it."""

    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Match:
    """Signals to take up as one; `signals` holds their references, the oldest first."""

    period: Period
    signals: tuple[str, ...]
    consecutive: bool

    @property
    def multiple(self) -> bool:
        """Tell whether more than one signal came in."""
        return len(self.signals) > 1


def period_of(day: date, first_day: int = 1) -> Period:
    """Return the period in which `day` falls; periods begin on day `first_day` (1 to 28)."""
    if not 1 <= first_day <= 28:
        raise ValueError("a period begins on day 1 to 28: every month has those")
    starts = day.replace(day=first_day)
    if day < starts:
        starts -= relativedelta(months=1)
    return Period(starts, starts + relativedelta(months=1) - timedelta(days=1))


def propose(signals: Iterable[Mapping[str, Any]], first_day: int = 1) -> list[Match]:
    """Return which canonical early_signals to take up as one, the oldest report first.

    A signal without an address is matched by its person, as v1.2 tells a BSN and nothing else. A
    signal on no day belongs to no period.
    """
    known = [one for one in signals if one["signalled_on"]]
    known.sort(key=lambda one: (one["signalled_on"], one["reference"]))
    places: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for one in known:
        places.setdefault(_place(one), []).append(one)
    found = [match for of_place in places.values() for match in _matches(of_place, first_day)]
    return sorted(found, key=lambda one: (one.period.starts_on, one.signals))


def _matches(of_place: list[Mapping[str, Any]], first_day: int) -> Iterable[Match]:
    periods: dict[Period, list[str]] = {}
    for one in of_place:
        period = period_of(one["signalled_on"], first_day)
        periods.setdefault(period, []).append(one["reference"])
    days = [one["signalled_on"] for one in of_place]
    for period, references in periods.items():
        since = period.starts_on - LOOK_BACK
        earlier = any(since <= day < period.starts_on for day in days)
        yield Match(period, tuple(references), earlier)


def _place(signal: Mapping[str, Any]) -> tuple[str, ...]:
    who = signal["person"]
    postcode = (who.get("postcode") or "").replace(" ", "").upper()
    number = (who.get("house_number") or "").strip()
    if postcode and number:
        return ("address", postcode, number, (who.get("addition") or "").strip().casefold())
    if who.get("bsn"):
        return ("person", who["bsn"])
    return ("alone", signal["reference"])
