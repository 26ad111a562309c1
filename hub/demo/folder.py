"""A dossier in the making, and the numbers handed out inside one household."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count

from hub.demo.ledger import Account
from hub.testing.world import (
    Case,
    Dossier,
    Person,
    Planted,
    Sent,
    TaxClaim,
    TaxHold,
    VishEntry,
)


class Numbers:
    """Numbers that are unique over the municipality: a household's index and a rank in it."""

    def __init__(self, household: int) -> None:
        self._household = f"{household:07d}"
        self._ranks: dict[str, Iterator[int]] = {}

    def next(self, prefix: object) -> str:
        """Return the next number of a series: next(2026) gives "2026-0000123-01"."""
        ranks = self._ranks.setdefault(str(prefix), count(1))
        return f"{prefix}-{self._household}-{next(ranks):02d}"


@dataclass(slots=True)
class Folder:
    """Everything about one person, still to be added to."""

    person: Person
    accounts: list[Account] = field(default_factory=list)
    holds: list[TaxHold] = field(default_factory=list)
    case: Case | None = None
    vish: list[VishEntry] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)

    def plant(self, rule: str, key: str) -> None:
        """Note a finding that must be made about this person."""
        self.planted.append(Planted(rule, key))

    def open_claims(self, creditor: str) -> tuple[TaxClaim, ...]:
        """Return the claims of a creditor that are not paid, as they stand."""
        mine = (one for one in self.accounts if one.levy.creditor == creditor and one.open)
        return tuple(account.claim() for account in mine)

    def hold(
        self, numbers: Numbers, creditor: str, ground: str, starts_on: date, ends_on: date
    ) -> None:
        """Add a pause of collection, confirmed by the creditor on the day it starts."""
        reference = numbers.next("P")
        self.holds.append(TaxHold(reference, creditor, ground, starts_on, ends_on, starts_on))

    def dossier(self) -> Dossier:
        """Return the dossier as it stands."""
        return Dossier(
            person=self.person,
            claims=tuple(account.claim() for account in self.accounts),
            holds=tuple(self.holds),
            case=self.case,
            vish=tuple(self.vish),
            sent=tuple(self.sent),
            planted=tuple(self.planted),
        )
