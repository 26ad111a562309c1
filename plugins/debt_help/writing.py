"""Writing DDAS v1.0: a case of the hub, or of a municipality's simulator, as a traject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from plugins.debt_help.facts import OWN_DETAILS

if TYPE_CHECKING:
    from hub.testing.world import Case, ListedDebt, Person

#: Which day of a canonical case stands where, for cases of systems that tell no details.
_DAYS = (
    ("starts_on", "", "startdatum"),
    ("intake_on", "intake", "startdatum"),
    ("plan_on", "planVanAanpak", "datumAfronding"),
    ("solution_on", "oplossing", "startdatum"),
    ("ends_on", "", "einddatum"),
)

#: The client's fields, by the field of the person.
_CLIENT = {
    "bsn": "Burgerservicenummer",
    "gender": "Geslachtsaanduiding",
    "postcode": "Postcode",
    "house_number": "Huisnummer",
    "addition": "Huisnummertoevoeging",
}


def traject_of(cases: Sequence[Mapping[str, Any]], municipality: str) -> dict[str, Any]:
    """Return the canonical debt cases of one traject, one per client, as DDAS v1.0 tells them.

    What the source told (details) goes before what is derived from the case itself.
    """
    case = cases[0]
    details = case.get("details") or {}
    told = {name: value for name, value in details.items() if name not in OWN_DETAILS}
    for field, group, name in _DAYS:
        day = _iso(case.get(field))
        if day and not details:
            (told.setdefault(group, {}) if group else told)[name] = day
    told.setdefault("gemeentecode", municipality)
    return told | {"client": [_client_of(one["person"]) for one in cases]}


def _client_of(person: Mapping[str, Any]) -> dict[str, str]:
    born = _iso(person.get("birth_date")) or person.get("birth_date_text")
    told = {name: person.get(field) for field, name in _CLIENT.items()} | {"Geboortedatum": born}
    return {name: value for name, value in told.items() if value}


def _iso(day: date | str | None) -> str | None:
    return day.isoformat() if isinstance(day, date) else day


# --- the simulator's own cases -----------------------------------------------------------------


def traject_json(case: Case, municipality: str, reference_field: str) -> dict[str, Any]:
    """Return a case as DDAS tells it; what is not known is left out."""
    dates: dict[str, dict[str, date | None]] = {
        "aanmelding": {"startdatum": case.registered_on},
        "intake": {"startdatum": case.intake_on},
        "planVanAanpak": {"datumAfronding": case.plan_on},
        "stabilisatie": {"startdatum": case.stabilised_on},
        "schuldregeling": {"datum": case.arrangement_on},
        "uitstroom": {"datum": case.ended_on, "datumBeeindigingsbeschikking": case.ended_on},
    }
    told: dict[str, Any] = {
        "gemeentecode": municipality,
        "startdatum": case.registered_on.isoformat(),
        "client": [_client_json(person) for person in case.clients],
        "schulden": [_debt_json(debt, reference_field) for debt in case.debts],
        "totaalSchuldbedragBijAanvangSchuld": sum(debt.euros for debt in case.debts),
    }
    for name, days in dates.items():
        if known := {key: day.isoformat() for key, day in days.items() if day}:
            told[name] = known
    if case.ended_on:
        told["einddatum"] = case.ended_on.isoformat()
        told["uitstroom"] |= {"reden": case.end_reason or "Overig"}
    return told


def _client_json(person: Person) -> dict[str, str]:
    return {
        "Burgerservicenummer": person.bsn,
        "Geboortedatum": person.birth_date.isoformat(),
        "Geslachtsaanduiding": person.sex,
        "Postcode": person.postcode,
        "Huisnummer": person.house_number,
        "Huisnummertoevoeging": person.addition,
    }


def _debt_json(debt: ListedDebt, reference_field: str) -> dict[str, Any]:
    name = debt.creditor_name
    told = {
        "bedrag": debt.euros,
        "peildatum": debt.as_of.isoformat(),
        "schuldsoort": debt.sort,
        "zakelijkeSchuld": False,
        "schuldeiser": {"naam": name, "Naam": name, "kvknummer": debt.creditor_kvk},
    }
    return told | ({reference_field: debt.reference} if debt.reference else {})
