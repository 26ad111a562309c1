"""What a simulated Allegro holds: a request for every debt-help case, and mediations.

Values are texts, as they travel. Numbers and letters follow the case's own days.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hub.testing.world import Case, ListedDebt

Values = dict[str, Any]


@dataclass
class Book:
    """One relation: requests and mediations by their number, each with its creditors."""

    relation: int
    requests: dict[int, Values] = field(default_factory=dict)
    mediations: dict[int, Values] = field(default_factory=dict)
    creditors: dict[tuple[str, int], Values] = field(default_factory=dict)


def book_of(relation: int, case: Case) -> Book:
    """Return the book of a client: one request, and a mediation when creditors agreed."""
    book = Book(relation)
    book.requests[1] = _request(relation, case)
    book.creditors["srv", 1] = _sums(
        "AangemeldBedrag TeruggemeldBedrag BerekendBedrag",
        [_asked(relation, number, debt) for number, debt in enumerate(case.debts, start=1)],
    )
    if case.arrangement_on and not case.ended_on:
        book.mediations[1] = _mediation(relation, case)
        book.creditors["sb", 1] = _sums(
            "TeruggemeldBedrag BerekendBedrag GereserveerdBedrag DoorbetaaldBedrag "
            "PrognoseRestschuld",
            [_mediated(relation, number, debt) for number, debt in enumerate(case.debts, start=1)],
        )
    return book


def _letter(case: Case) -> str:
    if case.arrangement_on:
        return "G"
    return "C" if case.stabilised_on or case.plan_on else "A"


def _request(relation: int, case: Case) -> Values:
    total = str(sum(debt.euros for debt in case.debts))
    ended = "Z" if case.ended_on else "I" if case.arrangement_on else ""
    head = {
        "RelatieCode": str(relation),
        "Volgnummer": "1",
        "IsNPS": "false",
        "Status": _letter(case),
        "Statustekst": f"Status {_letter(case)}",
        "Aanvraagdatum": _moment(case.registered_on),
        "ExtraStatus": "",
    }
    return {
        "InfoHeader": head,
        "Startdatum": _moment(case.registered_on),
        "Einddatum": _moment(case.ended_on),
        "Eindstatus": ended,
        "Medewerker": "Medewerker 1",
        "Opdrachtgever": "1",
        "VTLB": "1450.5",
        "DatumBerekening": _moment(case.plan_on or case.intake_on),
        "TotaalAangemeldeSchuld": total,
        "TotaalTeruggemeldeSchuld": total,
        "Aanvraagdatum": _moment(case.registered_on),
    }


def _mediation(relation: int, case: Case) -> Values:
    return {
        "InfoHeader": {"RelatieCode": str(relation), "Volgnummer": "1", "IsNPS": "false"},
        "Medewerker": "Medewerker 1",
        "Opdrachtgever": "1",
        "Startdatum": _moment(case.arrangement_on),
        "TotaalAantalMaanden": "18",
        "VTLB": "1450.5",
        "DatumBerekening": _moment(case.arrangement_on),
        "DatumOverzicht": _moment(case.arrangement_on),
        "TotaalSchuldbedrag": str(sum(debt.euros for debt in case.debts)),
    }


def _creditor(relation: int, number: int, debt: ListedDebt) -> Values:
    return {
        "RelatieCode": str(relation),
        "Volgnummer": "1",
        # The number of a creditor's relation is Allegro's own.
        "CodeEiser": str(50_000 + sum(map(ord, debt.creditor_name)) % 10_000),
        "NaamEiser": debt.creditor_name,
        "UniekVolgnummer": str(number),
        "Referentie": debt.reference,
        "TeruggemeldBedrag": str(debt.euros),
    }


def _asked(relation: int, number: int, debt: ListedDebt) -> Values:
    return _creditor(relation, number, debt) | {
        "AangemeldBedrag": str(debt.euros),
        "IndicatieOpgaaf": "T",
    }


def _mediated(relation: int, number: int, debt: ListedDebt) -> Values:
    return _creditor(relation, number, debt) | {"PrognoseRestschuld": str(debt.euros)}


def _sums(names: str, creditors: list[Values]) -> Values:
    told: Values = {"Eisers": creditors}
    for name in names.split():
        told[f"Som{name}"] = str(sum(int(one.get(name, 0)) for one in creditors))
    return told


def _moment(day: date | None) -> str:
    return f"{day.isoformat()}T00:00:00" if day else ""
