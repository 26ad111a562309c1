"""How other registers write people down: with slips, gaps, old addresses and married names.

The rates are our own estimate of what a file typed in by hand looks like; each is drawn apart.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from hub.testing.world import Person

#: How often each thing happens to a description.
RATES = {
    "no_name": 0.15,  # signals name an address and a birth date
    "slip_in_name": 0.03,
    "no_accents": 0.5,
    "prefix_in_name": 0.1,
    "double_name": 0.04,
    "first_initial_only": 0.15,
    "no_initials": 0.05,
    "birth_date_swapped": 0.005,
    "birth_date_slip": 0.01,
    "birth_date_year_only": 0.005,
    "no_birth_date": 0.01,
    "moved": 0.04,
    "slip_in_postcode": 0.01,
    "no_addition": 0.15,
    "no_address": 0.01,
}


@dataclass(frozen=True)
class Description:
    """A person as another register tells of them, and what happened on the way."""

    person: dict[str, Any]
    noise: frozenset[str]

    @property
    def linkable(self) -> bool:
        """Tell whether what is left could point at one person.

        Without a name an address and a whole birth date are needed; with one, either of the two.
        """
        no_address = bool({"moved", "no_address"} & self.noise)
        no_birth = bool({"no_birth_date", "birth_date_year_only"} & self.noise)
        spoilt = bool({"birth_date_slip", "birth_date_swapped", "slip_in_postcode"} & self.noise)
        if "no_name" in self.noise:
            return not (no_address or no_birth or spoilt)
        return not (no_address and (no_birth or spoilt or "slip_in_name" in self.noise))


def describe(who: Person, rng: Random) -> Description:
    """Return how another register tells of someone: no BSN, and noise at the rates above."""
    drawn = frozenset(name for name, rate in RATES.items() if rng.random() < rate)
    told: dict[str, Any] = {
        "surname": who.surname,
        "prefix": who.prefix,
        "initials": who.initials,
        "birth_date": who.birth_date.isoformat(),
        "gender": who.sex,
        "postcode": who.postcode,
        "house_number": who.house_number,
        "addition": who.addition,
        "street": who.street,
        "city": who.city,
    }
    for name in RATES:
        if name in drawn:
            told |= _CHANGES[name](told, who, rng)
    return Description(told, drawn)


def slip(text: str, rng: Random) -> str:
    """Return a text with one letter changed, left out, doubled or swapped with the next."""
    if len(text) < 2:
        return text
    at = rng.randrange(len(text) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + rng.choice("aeinrst") + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[: at + 1] + text[at:]
    return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _swapped(told: dict[str, Any], who: Person, rng: Random) -> dict[str, Any]:
    day = who.birth_date
    return {"birth_date": date(day.year, day.day, day.month).isoformat()} if day.day <= 12 else {}


def _slipped_day(told: dict[str, Any], who: Person, rng: Random) -> dict[str, Any]:
    day = who.birth_date
    other = day.replace(day=day.day % 28 + 1) if rng.random() < 0.5 else day
    return {"birth_date": (other if other != day else day + timedelta(days=1)).isoformat()}


def _moved(told: dict[str, Any], who: Person, rng: Random) -> dict[str, Any]:
    return {
        "postcode": f"{rng.randrange(1000, 9000)} {rng.choice('BCDFG')}{rng.choice('HJKLM')}",
        "house_number": str(rng.randrange(1, 300)),
        "street": "Ergens anders",
        "addition": "",
    }


_CHANGES: dict[str, Any] = {
    "no_name": lambda told, who, rng: {"surname": "", "prefix": "", "initials": ""},
    "slip_in_name": lambda told, who, rng: {"surname": slip(told["surname"], rng)},
    "no_accents": lambda told, who, rng: {"surname": _plain(told["surname"])},
    "prefix_in_name": lambda told, who, rng: {
        "surname": f"{told['prefix']} {told['surname']}".strip(),
        "prefix": "",
    },
    "double_name": lambda told, who, rng: {
        "surname": told["surname"] and f"Partnernaam-{told['surname']}"
    },
    "first_initial_only": lambda told, who, rng: {"initials": told["initials"][:2]},
    "no_initials": lambda told, who, rng: {"initials": ""},
    "birth_date_swapped": _swapped,
    "birth_date_slip": _slipped_day,
    "birth_date_year_only": lambda told, who, rng: {
        "birth_date": None,
        "birth_date_text": str(who.birth_date.year),
    },
    "no_birth_date": lambda told, who, rng: {"birth_date": None},
    "moved": _moved,
    "slip_in_postcode": lambda told, who, rng: {
        "postcode": told["postcode"][:5] + rng.choice("ABCDE") + told["postcode"][6:]
    },
    "no_addition": lambda told, who, rng: {"addition": ""},
    "no_address": lambda told, who, rng: {
        "postcode": "",
        "house_number": "",
        "street": "",
        "city": "",
    },
}
