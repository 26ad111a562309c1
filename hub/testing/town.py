"""A small municipality for contract tests: as many residents as asked for, known to every register.

Each resident has a claim at the municipality, a hold, a debt-help case with the same debt, an
entry in VISH and a question to a creditor, so that every connector has something to read.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hub.testing.world import (
    Case,
    Dossier,
    LedgerEvent,
    ListedDebt,
    Organisation,
    Person,
    Sent,
    TaxClaim,
    TaxHold,
    VishEntry,
)

_SPACE = uuid.UUID("9c1f6f8e-7f0f-4b06-8f2b-7d6f0a6f1c11")

#: The first BSN of the test range; every eleventh or so after it passes the elfproef.
FIRST_BSN = 999990000


def test_bsns(count: int) -> list[str]:
    """Return so many BSNs of the test range that pass the elfproef."""
    found: list[str] = []
    number = FIRST_BSN
    while len(found) < count:
        digits = [int(one) for one in str(number)]
        if sum(d * w for d, w in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True)) % 11 == 0:
            found.append(str(number))
        number += 1
    return found


test_bsns.__test__ = False  # type: ignore[attr-defined]  # its name is no test


def organisation(code: str, number: int) -> Organisation:
    """Return a covenant participant."""
    return Organisation(
        code=code,
        name=f"Organisatie {code.title()}",
        kind="gemeente",
        kvk=f"9999{number:04}",
        skp_id=str(uuid.uuid5(_SPACE, code)),
        signed_on=date(2022, 4, 1),
        valid_from=date(2022, 4, 1),
    )


@dataclass
class Town:
    """A municipality of `residents` people and `parties` covenant participants."""

    residents: int = 6
    parties: int = 3
    today: date = date(2026, 11, 23)
    code: str = "9999"
    name: str = "Voorbeeldstad"

    organisations: tuple[Organisation, ...] = ()

    def __post_init__(self) -> None:
        """Name the covenant participants; the first is the municipality itself."""
        names = ["stad", *(f"partij{number}" for number in range(1, self.parties))]
        made = [organisation(name, number) for number, name in enumerate(names, start=1)]
        self.organisations = tuple(made)

    def dossiers(self) -> Iterator[Dossier]:
        """Yield every resident's dossier."""
        for number, bsn in enumerate(test_bsns(self.residents)):
            yield dossier(number, bsn, self.today)


def dossier(number: int, bsn: str, today: date) -> Dossier:
    """Return what all registers know of resident `number`."""
    who = Person(
        number=number,
        bsn=bsn,
        initials="A.B.",
        prefix="van der" if number % 2 else "",
        surname=f"Proef{number}",
        birth_date=date(1960 + number % 40, 5, 1),
        sex="Vrouw" if number % 2 else "Man",
        street="Schijnstraat",
        house_number=str(number + 1),
        addition="",
        postcode="9999 XX",
        city="Voorbeeldstad",
        phone="",
        email="",
    )
    claim = _claim(number)
    begun = today - timedelta(days=90)
    return Dossier(
        person=who,
        claims=(claim,),
        holds=(_hold(number, today),),
        case=_case(who, claim, begun),
        vish=(VishEntry(f"VISH-2026-{number:06}", "stabilisatie", begun),),
        sent=(Sent("balance_request", "stad", today - timedelta(days=3), "saldo", today),),
    )


def _claim(number: int) -> TaxClaim:
    reference = f"2026-{number:05}"
    imposed, due = date(2026, 2, 1), date(2026, 3, 15)
    events = (
        LedgerEvent(f"{reference}-1", "opgelegd", imposed, 10_000 + number),
        LedgerEvent(f"{reference}-2", "betaling", date(2026, 3, 1), -2_500),
    )
    return TaxClaim(reference, "stad", "ozb", 2026, imposed, due, "aanslag", events)


def _hold(number: int, today: date) -> TaxHold:
    until = today + timedelta(days=60)
    return TaxHold(f"PZ-2026-{number:05}", "stad", "schuldhulp", today, until, today)


def _case(who: Person, claim: TaxClaim, begun: date) -> Case:
    debt = ListedDebt("Organisatie Stad", "99990001", claim.number, "Publiek", 75, begun)
    intake, plan = begun + timedelta(days=14), begun + timedelta(days=30)
    return Case((who,), begun, intake, plan, debts=(debt,))
