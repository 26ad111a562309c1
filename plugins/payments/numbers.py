"""Which statements of an account were seen, by the number that the bank gave them.

A bank numbers its statements without gaps. One that is missing between two others was lost on the
way: nobody would see that money came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from plugins.payments.camt import Numbered

#: How many missing numbers are named in a sentence.
NAMED = 5

#: How many years are remembered of an account.
YEARS = 2


def add_numbers(told: Mapping[str, Any], numbers: Iterable[Numbered]) -> dict[str, Any]:
    """Return what was seen with these numbers added: account, year, and runs of numbers."""
    found = {account: dict(years) for account, years in told.items()}
    for account, year, number in numbers:
        years = found.setdefault(account, {})
        years[year] = _with(years.get(year, []), number)
        for old in sorted(years)[:-YEARS]:
            del years[old]
    return found


def _with(runs: list[list[int]], number: int) -> list[list[int]]:
    made: list[list[int]] = []
    for first, last in sorted([*runs, [number, number]]):
        if made and first <= made[-1][1] + 1:
            made[-1] = [made[-1][0], max(made[-1][1], last)]
        else:
            made.append([first, last])
    return made


def gaps(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each account and year in which statements are missing."""
    for account, years in sorted(told.items()):
        for year, runs in sorted(years.items()):
            between = pairwise(runs)
            missing = [(before[1] + 1, after[0] - 1) for before, after in between]
            names = [str(a) if a == b else f"{a} t/m {b}" for a, b in missing]
            if names:
                more = " en meer" if len(names) > NAMED else ""
                yield (
                    f"Van rekening {account} ontbreken in {year} afschriften van de bank: nummer "
                    f"{', '.join(names[:NAMED])}{more}. Vraag de bank om ze opnieuw te sturen."
                )
