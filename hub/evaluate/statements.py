"""What others tell of the claims of the municipality, and to which claim each statement belongs.

Told of are open claims of people without a debt-help case: in a case a difference is a finding,
and those are planted by the municipality itself. Some statements are of a debt that the debtor
does not have, as when the letter of a housemate lies in the wrong file: those are of no claim here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from hub.demo.municipality import SyntheticMunicipality
from hub.evaluate.books import Told
from hub.testing.claim_noise import Opinion, state, total
from hub.testing.world import Dossier, TaxClaim

#: The share of the claims that somebody else tells of, of the debtors with several claims at one
#: creditor of whom a total is told, and of those of whom a debt of the debtor before is told.
_TOLD, _TOTALS, _MISPLACED = 0.9, 0.5, 0.05

#: A debtor's statement of a claim by amount is as good as its amount, to what a collector adds.
_CLOSE = 0.15


@dataclass(frozen=True)
class Stated:
    """A statement of a claim.

    `number` is the creditor's number of that claim, "" for a total of several and for a debt of
    somebody else; `linkable` tells whether what is written points at that one claim.
    """

    key: str
    bsn: str
    statement: dict[str, Any]
    number: str
    linkable: bool

    def told(self) -> Told:
        """Return the statement as a register delivers it."""
        return "claim_statement", self.key, self.statement | {"person": {"bsn": self.bsn}}


def statements(town: SyntheticMunicipality) -> Iterator[Stated]:
    """Yield what others tell of claims."""
    clients = {client.bsn for one in town.dossiers() if one.case for client in one.case.clients}
    before: Sequence[TaxClaim] = ()
    for one in town.dossiers():
        open_claims = [claim for claim in one.claims if claim.open]
        if open_claims and one.person.bsn not in clients:
            rng = Random(f"{town.seed}:{one.person.number}:statements")
            yield from _about(one, town, rng)
            if before and rng.random() < _MISPLACED:
                yield _misplaced(one, rng.choice(before), town, rng)
            before = open_claims


def _misplaced(one: Dossier, claim: TaxClaim, town: SyntheticMunicipality, rng: Random) -> Stated:
    """Return a statement in somebody's file of a claim on somebody else."""
    creditor = next(party for party in town.organisations if party.code == claim.creditor)
    told = state(claim, creditor, town.today, rng)
    return Stated(f"m{one.person.number}", one.person.bsn, told.statement, "", linkable=False)


def _about(one: Dossier, town: SyntheticMunicipality, rng: Random) -> Iterator[Stated]:
    creditors = {party.code: party for party in town.organisations}
    for at, claim in enumerate(one.claims):
        if not claim.open or rng.random() >= _TOLD:
            continue
        told = state(claim, creditors[claim.creditor], town.today, rng)
        key = f"o{one.person.number}-{at}"
        linkable = told.numbered or _only(claim, told, one.claims)
        yield Stated(key, one.person.bsn, told.statement, claim.number, linkable)
    for creditor, claims in _by_creditor(one).items():
        if len(claims) > 1 and rng.random() < _TOTALS:
            told_of = total(claims, creditors[creditor], town.today)
            key = f"t{one.person.number}-{creditor}"
            yield Stated(key, one.person.bsn, told_of, "", linkable=False)


def _by_creditor(one: Dossier) -> dict[str, list[TaxClaim]]:
    found: dict[str, list[TaxClaim]] = {}
    for claim in one.claims:
        if claim.open:
            found.setdefault(claim.creditor, []).append(claim)
    return found


def _only(claim: TaxClaim, told: Opinion, claims: Sequence[TaxClaim]) -> bool:
    """Tell whether no other claim of the debtor fits what is written."""
    return not any(
        _fits(one, told)
        for one in claims
        if one.number != claim.number and one.creditor == claim.creditor
    )


def _fits(one: TaxClaim, told: Opinion) -> bool:
    said = told.statement
    if said["type"] not in ("publiek", one.kind) or said["tax_year"] not in (None, one.tax_year):
        return False
    as_of = date.fromisoformat(said["as_of"])
    balance = sum(event.amount for event in one.events if event.on <= as_of)
    return abs(balance - said["open"]) <= max(said["unit"], said["open"] * _CLOSE)
