"""How the simulated tax office reaches people: derived from the town, the same every time.

The town knows phone, email and steps. That somebody was called before a step costs money, and how
that went, follows here from the claims (a policy step, see docs/tax-delivery.md).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from plugins.tax.writing import ContactFile

if TYPE_CHECKING:
    from hub.testing.world import Dossier, Person, TaxClaim

_PARTS = ("ochtend", "middag", "avond")

#: How long before a step, or after the due date, the office calls.
_BEFORE, _AFTER = timedelta(days=7), timedelta(days=10)


def contact_file(dossier: Dossier, creditor: str, today: date) -> ContactFile:
    """Return how a creditor can reach somebody who has claims there, and how that went."""
    claims = [one for one in dossier.claims if one.creditor == creditor]
    first = min(one.imposed_on for one in claims)
    return ContactFile(
        number=f"C{dossier.person.number:07}",
        person=dossier.person,
        contacts=tuple(_contacts(dossier.person, first)),
        attempts=tuple(one for claim in claims for one in _attempts(claim, today)),
    )


def _contacts(person: Person, noted: date) -> Iterator[dict[str, Any]]:
    # Who gave a number for something else did not allow its use for this.
    permitted = _lot(person.bsn) % 3 > 0
    for kind, value in (("phone", person.phone), ("email", person.email)):
        if value:
            origin = "opgegeven door de inwoner" if permitted else "van een andere afdeling"
            yield {
                "kind": kind,
                "value": value,
                "origin": origin,
                "permitted": permitted,
                "noted_on": noted,
            }


def _attempts(claim: TaxClaim, today: date) -> Iterator[dict[str, Any]]:
    steps = [one.on - _BEFORE for one in claim.events if one.kind in ("aanmaning", "dwangbevel")]
    if not steps and claim.open > 0 and claim.due_on + _AFTER <= today:
        steps = [claim.due_on + _AFTER]
    for at, on in enumerate(steps, start=1):
        lot = _lot(f"{claim.number}-{at}")
        reached = lot % 2 == 0
        yield {
            "key": f"{claim.number}-c{at}",
            "about": claim.number,
            "on": on,
            "part_of_day": _PARTS[lot % 3],
            "channel": "telefoon",
            "reached": reached,
            "note": "Belt zelf terug" if reached and lot % 5 == 0 else "",
        }


def _lot(text: str) -> int:
    return zlib.crc32(text.encode())
