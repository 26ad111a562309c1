"""How others write a creditor's claims down: the number otherwise or not at all, amounts rounded.

The rates are our own estimate of files typed in from letters; each is drawn apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from hub.testing.world import Organisation, TaxClaim

#: How often each thing happens to what is written of a claim.
RATES = {
    "spaces": 0.15,
    "lower_case": 0.05,
    "leading_zeros": 0.05,
    "no_number": 0.15,
    "mistyped": 0.02,
    "whole_euros": 0.5,
    "no_type": 0.15,
    "no_year": 0.3,
    "older": 0.4,
    "no_kvk": 0.3,
    "by_collector": 0.1,
}

#: What a collector may have added to a claim, as a share in hundredths.
_ADDED = (0, 15)

#: How long ago an older statement was made, in days.
_AGE = (10, 60)


@dataclass(frozen=True)
class Opinion:
    """What somebody else tells of a claim (fields of ClaimStatement), and what happened to it."""

    statement: dict[str, Any]
    noise: frozenset[str]

    @property
    def numbered(self) -> bool:
        """Tell whether the creditor's number is there and right, however it is written."""
        return not {"no_number", "mistyped"} & self.noise


def state(claim: TaxClaim, creditor: Organisation, today: date, rng: Random) -> Opinion:
    """Return what somebody else tells of a claim, with noise at the rates above."""
    drawn = {name for name, rate in RATES.items() if rng.random() < rate}
    as_of = today - timedelta(days=rng.randint(*_AGE)) if "older" in drawn else today
    as_of = max(as_of, claim.imposed_on)
    open_ = sum(event.amount for event in claim.events if event.on <= as_of)
    told: dict[str, Any] = {
        "creditor_name": creditor.name,
        "creditor_kvk": "" if "no_kvk" in drawn else creditor.kvk,
        "reference": _number(claim.number, drawn, rng),
        "type": "publiek" if "no_type" in drawn else claim.kind,
        "tax_year": None if "no_year" in drawn else claim.tax_year,
        "open": open_,
        "unit": 1,
        "as_of": as_of.isoformat(),
    }
    if "by_collector" in drawn:
        told |= {
            "transferred_to": "Deurwaarder Denkbeeld",
            "stage": "overgedragen",
            "open": open_ + open_ * rng.randint(*_ADDED) // 100,
        }
    if "whole_euros" in drawn:
        told |= {"open": (told["open"] + 50) // 100 * 100, "unit": 100}
    return Opinion(told, frozenset(drawn))


def total(claims: list[TaxClaim], creditor: Organisation, today: date) -> dict[str, Any]:
    """Return one sum over several claims, as a creditor or collector tells it to a debtor."""
    return {
        "creditor_name": creditor.name,
        "creditor_kvk": creditor.kvk,
        "type": "publiek",
        "description": f"Totaal van {len(claims)} vorderingen",
        "open": sum(claim.open for claim in claims),
        "as_of": today.isoformat(),
    }


def _number(number: str, drawn: set[str], rng: Random) -> str:
    if "no_number" in drawn:
        return ""
    if "mistyped" in drawn:
        number = mistyped(number, rng)
    return written_otherwise(number, drawn, rng)


def mistyped(number: str, rng: Random) -> str:
    """Return a number with one digit changed, or two neighbours swapped."""
    at = rng.choice([at for at, sign in enumerate(number) if sign.isdigit()])
    if at + 1 < len(number) and number[at + 1] not in (number[at], "-") and rng.random() < 0.3:
        return f"{number[:at]}{number[at + 1]}{number[at]}{number[at + 2 :]}"
    other = rng.choice([digit for digit in "0123456789" if digit != number[at]])
    return f"{number[:at]}{other}{number[at + 1 :]}"


def written_otherwise(number: str, drawn: set[str] | frozenset[str], rng: Random) -> str:
    """Return the same number with spaces, in lower case or with zeros before it."""
    if "lower_case" in drawn:
        number = number.lower()
    if "leading_zeros" in drawn:
        number = "0" * rng.randint(1, 4) + number
    if "spaces" in drawn and len(number) > 2:
        at = rng.randint(1, len(number) - 1)
        number = f"{number[:at]} {number[at:]}"
    return number
