"""A tiny municipality for tests of connectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from hub.testing.world import Dossier, LedgerEvent, Organisation, Person, TaxClaim

TODAY = date(2026, 11, 23)

STAD = Organisation(
    "stad",
    "Gemeente Stad",
    "gemeente",
    "99990001",
    "a7c1f0a8-55f0-4b7e-9f3a-0d3b4a5c6d70",
    date(2022, 4, 1),
    date(2022, 4, 1),
)


def person(number: int = 0, bsn: str = "999990019") -> Person:
    """A fictitious resident."""
    return Person(
        number,
        bsn,
        "A.B.",
        "van",
        "Proef",
        date(1980, 5, 1),
        "Vrouw",
        "Schijnstraat",
        "1",
        "",
        "9999 XX",
        "Voorbeeldstad",
        "",
        "",
    )


def claim(number: str = "2026-1", cents: int = 12345) -> TaxClaim:
    """A claim that was imposed and nothing else."""
    imposed = LedgerEvent(f"{number}-1", "opgelegd", date(2026, 2, 1), cents)
    return TaxClaim(
        number, "stad", "ozb", 2026, date(2026, 2, 1), date(2026, 3, 15), "aanslag", (imposed,)
    )


@dataclass
class Town:
    """A municipality of the dossiers it is given."""

    people: tuple[Dossier, ...]
    code: str = "9999"
    name: str = "Voorbeeldstad"
    today: date = TODAY
    organisations: tuple[Organisation, ...] = (STAD,)

    def dossiers(self) -> Iterator[Dossier]:
        """Yield the dossiers."""
        yield from self.people
