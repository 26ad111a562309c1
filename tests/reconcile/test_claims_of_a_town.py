"""Linking alone, without a store, over the claims of a whole town: the limits for claims."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Any

import pytest
from statements import placed, said

from hub.evaluate.measure import marks
from hub.evaluate.report import Linked
from hub.evaluate.statements import Stated, statements
from hub.evaluate.town import LifelikeTown
from hub.reconcile.linking.said import Said
from hub.testing.world import Dossier

TODAY = date(2026, 11, 23)


class KeptTown(LifelikeTown):
    """A town that is made once, however often it is read."""

    @cached_property
    def _all(self) -> list[Dossier]:
        return list(super().dossiers())

    def dossiers(self) -> Iterator[Dossier]:
        """Yield every resident's dossier."""
        return iter(self._all)


def owned(one: Dossier) -> Iterator[Said]:
    """What the creditors themselves tell of a debtor's claims, as their ledgers do."""
    for claim in one.claims:
        more: dict[str, Any] = {
            "creditor": claim.creditor,
            "type": claim.kind,
            "year": claim.tax_year,
            "imposed_on": claim.imposed_on,
            "course": tuple(sorted((event.on, event.amount) for event in claim.events)),
        }
        yield said("tax", claim.number, claim.open, as_of=TODAY, **more)


def told(one: Stated, codes: dict[str, str]) -> Said:
    """What another tells, in a record of its own."""
    s = one.statement
    more: dict[str, Any] = {
        "creditor": codes[s["creditor_name"]],
        "reference": s.get("reference", ""),
        "type": s["type"],
        "year": s.get("tax_year"),
        "unit": s.get("unit", 1),
        "as_of": date.fromisoformat(s["as_of"]),
        "holder": s.get("transferred_to", ""),
        "stage": s.get("stage", ""),
        "record_id": hash(one.key),
    }
    return said("file", one.key, s["open"], **more)


def measured(town: LifelikeTown) -> Linked:
    """How the statements of a town are linked."""
    codes = {party.name: party.code for party in town.organisations}
    mine: dict[str, list[Stated]] = defaultdict(list)
    for one in statements(town):
        mine[one.bsn].append(one)
    counted: Counter[str] = Counter()
    for dossier in town.dossiers():
        stated = mine.get(dossier.person.bsn, [])
        found = placed(*owned(dossier), *(told(one, codes) for one in stated))
        numbers = {outcome.key: s.reference for s, outcome in found if s.role == "creditor"}
        outcomes = {s.key: outcome for s, outcome in found}
        for one in stated:
            linked = numbers.get(outcomes[one.key].key)
            counted.update(marks(linked is not None, linked == one.number, one.linkable))
            counted["asked"] += bool(outcomes[one.key].asked)
    return Linked(**counted)


@pytest.mark.parametrize("seed", [11, 102])
def test_the_limits_for_claims_hold(seed: int) -> None:
    found = measured(KeptTown(seed, 6000, TODAY))
    assert found.linkable > 400, "or nothing was measured"
    assert found.precision >= 0.999, found
    assert found.recall >= 0.99, found
    assert found.worklist <= 0.03, found
