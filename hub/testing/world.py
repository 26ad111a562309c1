"""A municipality as the simulators see it: who lives there and what each register holds.

This is the shape, not the making of it (that is hub/demo). Amounts are euro cents. What one
register holds may contradict another: that is the point of a planted contradiction.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from schemas.payment_reference import check_digit


@dataclass(frozen=True, slots=True)
class Person:
    """A fictitious resident; the BSN comes from the test range and passes the elfproef."""

    number: int
    bsn: str
    initials: str
    prefix: str
    surname: str
    birth_date: date
    sex: str  # "Man" | "Vrouw"
    street: str
    house_number: str
    addition: str
    postcode: str
    city: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """A step in the tax ledger; `amount` is the change of the open balance in cents."""

    key: str
    kind: str  # schemas.EVENTS, or "betaling"
    on: date
    amount: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A payment plan: `term_amount` cents, `status` lopend | nagekomen | vervallen."""

    starts_on: date
    ends_on: date
    terms: int
    term_amount: int
    status: str


@dataclass(frozen=True, slots=True)
class RemissionRequest:
    """A remission request: `outcome` aangevraagd | toegekend | gedeeltelijk | afgewezen."""

    requested_on: date
    decided_on: date | None
    outcome: str
    amount: int


@dataclass(frozen=True, slots=True)
class TaxClaim:
    """A claim in the tax ledger of creditor `creditor` (an organisation code)."""

    number: str
    creditor: str
    kind: str  # schemas.CLAIM_TYPES
    tax_year: int
    imposed_on: date
    due_on: date
    stage: str  # schemas.STAGES
    events: tuple[LedgerEvent, ...]
    plan: Plan | None = None
    remission: RemissionRequest | None = None

    @property
    def payment_reference(self) -> str:
        """Return the betalingskenmerk on the bill: 16 digits, the check digit first."""
        rest = f"{zlib.crc32(self.number.encode()):015}"
        return check_digit(rest) + rest

    def total(self, *kinds: str) -> int:
        """Return the sum in cents of the events of these kinds."""
        return sum(event.amount for event in self.events if event.kind in kinds)

    @property
    def open(self) -> int:
        """Return the open balance in cents: the sum of all events."""
        return sum(event.amount for event in self.events)

    @property
    def principal(self) -> int:
        """Return what was imposed, in cents."""
        return self.total("opgelegd")

    @property
    def costs(self) -> int:
        """Return the costs of collection charged, in cents."""
        return self.total("aanmaning", "dwangbevel", "beslag", "vordering")

    @property
    def interest(self) -> int:
        """Return the interest charged, in cents."""
        return self.total("rente")

    @property
    def paid(self) -> int:
        """Return what was paid, in cents, as a positive amount."""
        return -self.total("betaling")


@dataclass(frozen=True, slots=True)
class TaxHold:
    """A pause of collection in the tax ledger of `creditor`."""

    reference: str
    creditor: str
    ground: str
    starts_on: date
    ends_on: date
    confirmed_on: date


@dataclass(frozen=True, slots=True)
class ListedDebt:
    """A debt as the debt-help file lists it: whole euros; `reference` may be unknown ("")."""

    creditor_name: str
    creditor_kvk: str
    reference: str
    sort: str  # DDAS: Zorg | Publiek | Nuts | Overig
    euros: int
    as_of: date


@dataclass(frozen=True, slots=True)
class Case:
    """A debt-help case of one or two persons, with the days its phases were reached."""

    clients: tuple[Person, ...]
    registered_on: date
    intake_on: date | None = None
    plan_on: date | None = None
    stabilised_on: date | None = None
    arrangement_on: date | None = None
    ended_on: date | None = None
    end_reason: str = ""  # DDAS EnumUitstroomreden
    debts: tuple[ListedDebt, ...] = ()


@dataclass(frozen=True, slots=True)
class VishEntry:
    """An entry in VISH: `phase` is one of schemas.PHASES."""

    reference: str
    phase: str
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """A covenant participant. `skp_id` is a UUID; an empty `valid_until` means still bound."""

    code: str
    name: str
    kind: str
    kvk: str
    skp_id: str
    signed_on: date
    valid_from: date
    valid_until: date | None = None
    prior_consent: bool = True
    pause_days: int = 240
    hold_confirm_working_days: int = 1
    balance_working_days: int = 15


@dataclass(frozen=True, slots=True)
class Sent:
    """A message the municipality's debt help sent to a creditor, and what came back.

    `kind` is "notice" or "balance_request"; `answer` is None (silence), "saldo" or
    "geen_medewerking"; a saldo answer tells the creditor's open claims of `claims`.
    """

    kind: str
    party: str
    sent_on: date
    answer: str | None = None
    answered_on: date | None = None
    claims: tuple[TaxClaim, ...] = ()


@dataclass(frozen=True, slots=True)
class Planted:
    """Ground truth: rule `rule` must have exactly this finding about the dossier's person."""

    rule: str
    key: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything all registers know of one person, and what is wrong with it.

    `case` stands only in the dossier of the first client of the case.
    """

    person: Person
    claims: tuple[TaxClaim, ...] = ()
    holds: tuple[TaxHold, ...] = ()
    case: Case | None = None
    vish: tuple[VishEntry, ...] = ()
    sent: tuple[Sent, ...] = ()
    planted: tuple[Planted, ...] = field(default=())


class Municipality(Protocol):
    """What a simulator is handed. `dossiers()` gives the same stream at every call."""

    code: str  # CBS code, four digits
    name: str
    today: date
    organisations: tuple[Organisation, ...]

    def dossiers(self) -> Iterator[Dossier]:
        """Yield every resident's dossier in a stable order, one at a time."""
        ...
