"""Debt help as DDAS SHV v1.0 tells it: from a canonical `debt_case` to a traject and its clients.

What the source told in DDAS words (`details`) is told again; the named fields of the case fill
what it left open. Rules of the standard that its schema does not hold: a traject is told when it
overlaps the period, its municipality is the responsible one, a client has a BSN or else birth
date, sex, postcode and house number. Money is whole euros; the standard gives no rule for
rounding, ours is half up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.ddas_delivery.shape import REASONS, SOLUTIONS, TRAJECT, day, whole_euros


def traject_json(case: Mapping[str, Any], municipality: str) -> dict[str, Any]:
    """Return a case as a traject without its clients."""
    told = dict(case.get("details") or {})
    for path, value in _named(case).items():
        name, _, part = path.partition(".")
        if not part:
            told.setdefault(name, value)
        elif value is not None:
            inside = told.get(name)
            told[name] = {part: value} | (inside if isinstance(inside, dict) else {})
    return {"gemeentecode": municipality} | (TRAJECT(told) or {})


def _named(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the named fields of a case tell, by the path of DDAS."""
    ends, reason = case.get("ends_on"), case.get("end_reason")
    reached = {
        "startdatum": case.get("starts_on"),
        "einddatum": ends,
        "aanmelding.startdatum": case.get("starts_on"),
        "intake.startdatum": case.get("intake_on"),
        "planVanAanpak.datumAfronding": case.get("plan_on"),
        "oplossing.soort": case.get("solution") if case.get("solution") in SOLUTIONS else None,
        "oplossing.startdatum": case.get("solution_on"),
        "uitstroom.datum": ends,
        "uitstroom.datumBeeindigingsbeschikking": ends,
        "totaalSchuldbedragBijAanvangSchuld": whole_euros(case.get("total")),
    }
    # A reason that DDAS does not know is no reason to tell another one.
    return reached | {"uitstroom.reden": reason if reason in REASONS else None}


def client_json(person: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a client, None when DDAS could not know who it is. With a BSN nothing else is told."""
    if person.get("bsn"):
        return {"Burgerservicenummer": person["bsn"]}
    sex = person.get("gender")
    told = {
        "Geboortedatum": day(person.get("birth_date")),
        "Geslachtsaanduiding": sex if sex in ("Man", "Vrouw", "Onbekend") else None,
        "Postcode": person.get("postcode"),
        "Huisnummer": person.get("house_number"),
    }
    if not all(told.values()):
        return None
    return told | {"Huisnummertoevoeging": person.get("addition") or ""}
