"""Costs of collection and interest on late payment, as dated data with their source.

Kostenwet invordering rijksbelastingen (BWBR0002645, arts 2-4), copies dated 1 January 2024, 2025
and 2026; invorderingsrente as in Stb. 2025, 383 and the overview of the VNG. Earlier years are
left out: not every amount of them could be read. The costs are indexed each 1 January (art. 8);
the last year known here stays in use until the next one is added.

Tariffs are whole euros, claims and answers are integer euro cents.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

#: From this claim on an aanmaning has the higher tariff (art. 2); not indexed.
AANMANING_THRESHOLD = 454_00

#: A dwangbevel costs more for every full step above the first one (art. 3(1)); not indexed.
DWANGBEVEL_STEP = 45_00


@dataclass(frozen=True, slots=True)
class Tariff:
    """The costs charged from `valid_from` on, in whole euros."""

    valid_from: date
    source: str
    aanmaning_low: int
    aanmaning_high: int
    dwangbevel_base: int
    dwangbevel_per_step: int
    dwangbevel_most: int
    seizure: int
    record: int  # any other exploit, receipt or record: so also a hernieuwd bevel (art. 3(2))
    sale: int
    hour: int  # of seizure or sale, each beyond the fourth
    notices: int
    witness: int


@dataclass(frozen=True, slots=True)
class InterestRate:
    """The yearly invorderingsrente from `valid_from` on, in basis points (430 is 4,3%)."""

    valid_from: date
    source: str
    basis_points: int


TARIFFS = (
    Tariff(
        date(2024, 1, 1), "BWBR0002645, 2024-01-01", 9, 19, 49, 4, 14_597, 69, 19, 88, 19, 34, 6
    ),
    Tariff(
        date(2025, 1, 1), "BWBR0002645, 2025-01-01", 9, 21, 53, 5, 15_677, 74, 21, 94, 21, 37, 7
    ),
    Tariff(
        date(2026, 1, 1), "BWBR0002645, 2026-01-01", 10, 22, 56, 5, 16_524, 78, 22, 100, 22, 39, 7
    ),
)

INTEREST_RATES = tuple(
    InterestRate(**row)
    for row in tomllib.loads((Path(__file__).parent / "interest.toml").read_text("utf-8"))["rate"]
)


def tariff(on: date) -> Tariff:
    """Return the tariff in force on a day. Raises LookupError before the first known one."""
    for row in reversed(TARIFFS):
        if row.valid_from <= on:
            return row
    raise LookupError(
        f"no Kostenwet tariff is known for {on}; the first is {TARIFFS[0].valid_from}"
    )


def aanmaning_cost(claim_cents: int, on: date) -> int:
    """Return what an aanmaning for this claim costs, in cents (Kostenwet art. 2)."""
    row = tariff(on)
    return 100 * (row.aanmaning_high if claim_cents >= AANMANING_THRESHOLD else row.aanmaning_low)


def dwangbevel_cost(claim_cents: int, on: date) -> int:
    """Return what a dwangbevel for this claim costs, in cents (Kostenwet art. 3(1)).

    Whether the claim includes the costs of the aanmaning is for the municipality to say.
    """
    row = tariff(on)
    steps = max(0, claim_cents - DWANGBEVEL_STEP) // DWANGBEVEL_STEP
    return 100 * min(row.dwangbevel_base + steps * row.dwangbevel_per_step, row.dwangbevel_most)


def beslag_cost(on: date) -> int:
    """Return what the seizure of goods and its record cost, in cents (Kostenwet art. 4)."""
    return 100 * tariff(on).seizure


def renewed_order_cost(on: date) -> int:
    """Return what a hernieuwd bevel costs, in cents (Kostenwet art. 3(2))."""
    return 100 * tariff(on).record


def sale_cost(on: date, hours: int = 0) -> int:
    """Return what a sale and its record cost, with `hours` beyond the fourth (Kostenwet art. 4)."""
    row = tariff(on)
    return 100 * (row.sale + hours * row.hour)


def interest_rate(on: date) -> InterestRate:
    """Return the interest rate of a day. Raises LookupError before the first known one."""
    for row in reversed(INTEREST_RATES):
        if row.valid_from <= on:
            return row
    raise LookupError(f"no interest rate is known for {on}; the first is of 2023-01-01")


def interest(claim_cents: int, first: date, last: date, days_in_year: int = 365) -> int:
    """Return simple interest in cents over the days `first` up to and including `last`.

    Each stretch of days counts at its own rate; part of a cent is dropped. The year of 365 days
    is an assumption (it may be 360), as is that no small amount is left uncharged.
    """
    return claim_cents * _weight(first, last) // (10_000 * days_in_year)


def late_interest(
    claim_cents: int,
    due_on: date,
    paid_on: date,
    deferred: Iterable[tuple[date, date]] = (),
    days_in_year: int = 365,
) -> int:
    """Return the interest on a claim paid late, in cents (Iw 28(2) and (3)).

    It runs from the day after `due_on` until the day before the payment, and not on the days of
    uitstel: `deferred` has the first and last day of each, which may overlap.
    """
    weight, day, end = 0, due_on + _DAY, paid_on - _DAY
    for first, last in sorted(deferred):
        weight += _weight(day, min(first - _DAY, end))
        day = max(day, last + _DAY)
    return claim_cents * (weight + _weight(day, end)) // (10_000 * days_in_year)


def _weight(day: date, last: date) -> int:
    """Return the sum of the rates of these days, in basis points; 0 when there are none."""
    weight = 0
    while day <= last:
        rate = interest_rate(day)
        until = min([last, *(r.valid_from - _DAY for r in INTEREST_RATES if r.valid_from > day)])
        weight += rate.basis_points * ((until - day).days + 1)
        day = until + _DAY
    return weight


_DAY = timedelta(days=1)
