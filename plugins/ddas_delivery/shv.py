"""Debt help as DDAS SHV v1.0 tells it: from a canonical `debt_case` to a traject and its clients.

What the source told in DDAS words (`details`) is told again, and nothing is added to it; of a
source that speaks no DDAS the named fields of the case are told. Rules of the standard that its
schema does not hold: a traject is told when it overlaps the period, its municipality is the
responsible one, a client has a BSN or else birth date, sex, postcode and house number. Money is
whole euros; the standard gives no rule for rounding, ours is half up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from plugins.ddas_delivery.shape import TRAJECT, day, whole_euros


def traject_json(case: Mapping[str, Any], municipality: str) -> dict[str, Any]:
    """Return a case as a traject without its clients."""
    told = TRAJECT(case.get("details") or {}) or {}
    if not _BEGINNINGS & told.keys():
        # The source speaks no DDAS: then what the hub made of it is all there is.
        told = told | (TRAJECT(_named(case)) or {})
    return {"gemeentecode": municipality} | told


#: By one of these a traject of a source that speaks DDAS begins.
_BEGINNINGS = {
    "startdatum",
    "aanmelding",
    "intake",
    "planVanAanpak",
    "stabilisatie",
    "schuldregeling",
    "oplossing",
}


def _named(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the named fields of a case tell, in the groups of DDAS.

    A code that DDAS does not know is no reason to tell another one; the table leaves it out.
    """
    return {
        "startdatum": case.get("starts_on"),
        "einddatum": case.get("ends_on"),
        "totaalSchuldbedragBijAanvangSchuld": whole_euros(case.get("total")),
        "intake": {"startdatum": case.get("intake_on")},
        "planVanAanpak": {"datumAfronding": case.get("plan_on")},
        "oplossing": {"soort": case.get("solution"), "startdatum": case.get("solution_on")},
        "uitstroom": {"datum": case.get("ends_on"), "reden": case.get("end_reason")},
    }


def traject_of(case: Mapping[str, Any]) -> tuple[str, ...]:
    """Return by what the records of one traject are known: two clients are two records.

    They share a reference; or, where a source knows none, a key that ends in the number of the
    client, and everything else that is told.
    """
    if case.get("reference"):
        return (case["source"], "reference", case["reference"])
    key, _, number = case["key"].rpartition(":")
    if number not in ("0", "1"):
        return (case["source"], "key", case["key"])
    details = json.dumps(case.get("details") or {}, sort_keys=True)
    return (case["source"], "clients", key, str(case["starts_on"]), details)


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
