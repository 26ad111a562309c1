"""Questions to the BRP, as its OpenAPI writes them. A search never goes by wildcard."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from plugins.brp.settings import CANDIDATE

#: How many BSNs one question may hold.
MOST = 20

#: As the specification allows them; a name with another character is not asked for.
_SURNAME = re.compile(r"[a-zA-Z0-9À-ž .\-']{1,200}\Z")
_PREFIX = re.compile(r"[a-zA-Z ']{1,10}\Z")
_POSTCODE = re.compile(r"[1-9][0-9]{3} ?[A-Za-z]{2}\Z")
_NUMBER = re.compile(r"[1-9][0-9]{0,4}\Z")

Question = dict[str, Any]


def by_bsn(bsns: Sequence[str], fields: Sequence[str]) -> Question:
    """Return the question about at most MOST persons, whose BSNs are known."""
    return {
        "type": "RaadpleegMetBurgerservicenummer",
        "fields": list(fields),
        "burgerservicenummer": list(bsns),
    }


def by_details(person: Mapping[str, Any]) -> Question | None:
    """Return the search for a person without BSN; None when too little is known.

    A name must be known: whoever lives at an address alone is not yet the one we look for.
    """
    surname = str(person.get("surname") or "").strip()
    if not _SURNAME.match(surname):
        return None
    return _by_name(surname, person) or _by_address(surname, person)


def _by_name(surname: str, person: Mapping[str, Any]) -> Question | None:
    born = person.get("birth_date")
    if not born:
        return None
    found = _search("ZoekMetGeslachtsnaamEnGeboortedatum", surname)
    found["geboortedatum"] = born.isoformat() if isinstance(born, date) else str(born)
    prefix = str(person.get("prefix") or "").strip()
    return found | ({"voorvoegsel": prefix} if _PREFIX.match(prefix) else {})


def _by_address(surname: str, person: Mapping[str, Any]) -> Question | None:
    postcode = str(person.get("postcode") or "").strip()
    number = str(person.get("house_number") or "").strip()
    if not (_POSTCODE.match(postcode) and _NUMBER.match(number)):
        return None
    found = _search("ZoekMetPostcodeEnHuisnummer", surname)
    return found | {"postcode": postcode, "huisnummer": int(number)}


def _search(kind: str, surname: str) -> Question:
    # Who died is left out of a search by default, and is whom we most need to know of.
    return {
        "type": kind,
        "fields": list(CANDIDATE),
        "geslachtsnaam": surname,
        "inclusiefOverledenPersonen": True,
    }
