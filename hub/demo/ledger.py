"""The tax ledgers of the synthetic municipality: claims whose steps follow the law.

Terms are those of the Invorderingswet 1990 (arts 9, 11, 12, 13 and 19), costs those of the
Kostenwet, charged over the balance including earlier costs. Amounts are euro cents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from hub.demo.organisations import PARTNERSHIP, TAX_OFFICE, WATER_BOARD
from hub.rates.kostenwet import aanmaning_cost, beslag_cost, dwangbevel_cost, interest
from hub.testing.world import LedgerEvent, Plan, RemissionRequest, TaxClaim

#: The Kostenwet tariffs are known from this year on, so no claim is older.
FIRST_TAX_YEAR = 2024

#: Days after the step before, least and most; herinnering counts from the due date.
GAPS = {
    "herinnering": (3, 12),
    "aanmaning": (7, 18),
    "dwangbevel": (15, 25),
    "vooraankondiging": (10, 25),
    "vordering": (28, 40),
    "beslag": (14, 30),
    "oninbaar": (90, 180),
}

_SHARE_OF_STAGES = {
    "aanslag": 15,
    "herinnering": 20,
    "aanmaning": 25,
    "dwangbevel": 18,
    "vooraankondiging": 8,
    "vordering": 7,
    "beslag": 4,
    "oninbaar": 6,
}

_PAYMENT_TERM = timedelta(days=42)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Levy:
    """One kind of assessment: who levies it, its range in euros, and the share that gets it.

    `batch` is the month and day of the yearly assessment run, None for loose assessments.
    """

    kind: str
    creditor: str
    euros: tuple[int, int]
    share: float
    batch: tuple[int, int] | None

    def imposed_on(self, rng: Random, year: int) -> date:
        """Return the day of the assessment for a year."""
        month, day = self.batch or (rng.randint(1, 12), rng.randint(1, 28))
        return date(year, month, day)


REFUSE = Levy("afvalstoffenheffing", TAX_OFFICE, (250, 420), 0.7, (2, 28))
SEWERAGE = Levy("rioolheffing", TAX_OFFICE, (180, 260), 0.3, (2, 28))
PROPERTY = Levy("ozb", TAX_OFFICE, (180, 900), 0.3, (2, 28))
WATER_SYSTEM = Levy("watersysteemheffing", WATER_BOARD, (90, 160), 0.3, (3, 31))
WATER_CLEANING = Levy("zuiveringsheffing", WATER_BOARD, (70, 230), 0.2, (3, 31))
DOG = Levy("hondenbelasting", TAX_OFFICE, (70, 110), 0.1, None)
PARKING = Levy("parkeerbelasting", TAX_OFFICE, (75, 90), 0.05, None)
PARKING_ELSEWHERE = Levy("parkeerbelasting", PARTNERSHIP, (75, 90), 0.03, None)

LEVIES = (
    REFUSE,
    SEWERAGE,
    PROPERTY,
    WATER_SYSTEM,
    WATER_CLEANING,
    DOG,
    PARKING,
    PARKING_ELSEWHERE,
)


@dataclass(slots=True)
class Account:
    """A claim in the making: what happens to it is booked in order of date."""

    number: str
    levy: Levy
    tax_year: int
    imposed_on: date
    events: list[LedgerEvent] = field(default_factory=list)
    plan: Plan | None = None
    remission: RemissionRequest | None = None
    stage: str = "aanslag"

    @property
    def due_on(self) -> date:
        """Return the last day to pay: after six weeks, parking at once (Iw 9; Gw 234(8))."""
        return self.imposed_on + (timedelta(0) if self.levy.kind == PARKING.kind else _PAYMENT_TERM)

    @property
    def open(self) -> int:
        """Return the balance of now."""
        return sum(event.amount for event in self.events)

    @property
    def last_on(self) -> date:
        """Return the day of the last event."""
        return self.events[-1].on if self.events else self.imposed_on

    def balance(self, on: date) -> int:
        """Return the balance at the end of a day."""
        return sum(event.amount for event in self.events if event.on <= on)

    def book(self, kind: str, on: date, amount: int = 0) -> str:
        """Book an event and return its key. Raises ValueError when it breaks the books."""
        if on < self.last_on:
            raise ValueError(f"{self.number}: {kind} on {on} comes before the last event")
        if self.open + amount < 0:
            raise ValueError(f"{self.number}: {kind} makes the balance negative")
        key = f"{self.number}-{len(self.events) + 1:02d}"
        self.events.append(LedgerEvent(key, kind, on, amount))
        if kind in GAPS:
            self.stage = kind
        return key

    def enforce(self, kind: str, on: date) -> str:
        """Book a step of collection with its costs and return its key.

        A claim declared oninbaar stays open: the debt itself does not vanish (Gw 255(5)).
        """
        if kind == "vordering":
            # A payment went to the costs first (Iw 7(1)), and costs bear no interest.
            tax = min(self.open, self.events[0].amount)
            self.book("rente", on, interest(tax, self.due_on + _DAY, on - _DAY))
        return self.book(kind, on, self._cost(kind, on))

    def _cost(self, kind: str, on: date) -> int:
        if kind == "aanmaning":
            return aanmaning_cost(self.open, on)
        if kind == "dwangbevel":
            return dwangbevel_cost(self.open, on)
        return beslag_cost(on) if kind == "beslag" else 0

    def pursue(self, rng: Random, until: str, last: date) -> None:
        """Take the steps of collection up to `until`, none later than `last`."""
        steps = list(GAPS)
        on = self.due_on
        for kind in steps[: steps.index(until) + 1] if until in GAPS else ():
            on += timedelta(days=rng.randint(*GAPS[kind]))
            if on > last:
                return
            self.enforce(kind, on)

    def claim(self) -> TaxClaim:
        """Return the claim as it stands."""
        return TaxClaim(
            number=self.number,
            creditor=self.levy.creditor,
            kind=self.levy.kind,
            tax_year=self.tax_year,
            imposed_on=self.imposed_on,
            due_on=self.due_on,
            stage=self.stage if self.open else "voldaan",
            events=tuple(self.events),
            plan=self.plan,
            remission=self.remission,
        )


def impose(rng: Random, number: str, levy: Levy, imposed_on: date, cents: int = -1) -> Account:
    """Return a new account; `cents` of -1 draws the second half of the amount at random."""
    cents = rng.randrange(100) if cents < 0 else cents
    account = Account(number, levy, imposed_on.year, imposed_on)
    account.book("opgelegd", imposed_on, rng.randint(*levy.euros) * 100 + cents)
    return account


def tax_years(rng: Random, today: date) -> list[int]:
    """Return one to three tax years, of which the last is the one last imposed in full."""
    latest = today.year if (today.month, today.day) > (4, 15) else today.year - 1
    count = rng.choices((1, 2, 3), weights=(84, 11, 5))[0]
    return [year for year in range(latest - count + 1, latest + 1) if year >= FIRST_TAX_YEAR]


def assessments(rng: Random, today: date) -> Iterator[tuple[Levy, date]]:
    """Yield what one household is assessed for, and when.

    A draw of the levies (at least one each year), so that a million residents stay bearable.
    """
    for year in tax_years(rng, today):
        levies = [levy for levy in LEVIES if rng.random() < levy.share] or [REFUSE]
        for levy in levies:
            imposed_on = levy.imposed_on(rng, year)
            if imposed_on < today:
                yield levy, imposed_on


def settle(account: Account, rng: Random, today: date) -> None:
    """Have the claim paid in full: mostly in time, else after a herinnering or an aanmaning."""
    slow = rng.choices(("aanslag", "herinnering", "aanmaning"), weights=(88, 8, 4))[0]
    account.pursue(rng, slow, today)
    on = min(account.last_on + timedelta(days=rng.randint(1, 40)), today)
    account.book("betaling", on, -account.open)


def lag(account: Account, rng: Random, today: date) -> None:
    """Leave the claim unpaid, at any stage of collection, sometimes paid in part."""
    until = rng.choices(list(_SHARE_OF_STAGES), weights=list(_SHARE_OF_STAGES.values()))[0]
    account.pursue(rng, until, today)
    on = account.last_on + timedelta(days=rng.randint(2, 30))
    if rng.random() < 0.25 and on <= today:
        account.book("betaling", on, -rng.randint(1, account.open // 200) * 100)


def pay_in_terms(account: Account, rng: Random, today: date) -> None:
    """Agree a payment plan; one in five lapses after two terms."""
    starts_on = min(account.due_on + timedelta(days=rng.randint(1, 150)), today)
    terms = rng.randint(4, 12)
    amount = -(-account.open // terms)
    lapses = rng.random() < 0.2
    status = "lopend"
    for term in range(terms):
        on = starts_on + timedelta(days=30 * (term + 1))
        if on > today or status != "lopend":
            break
        if lapses and term == 2:
            status = "vervallen"
        else:
            account.book("betaling", on, -min(amount, account.open))
    status = status if account.open else "nagekomen"
    ends_on = starts_on + timedelta(days=30 * terms)
    account.plan = Plan(starts_on, ends_on, terms, amount, status)


def ask_remission(account: Account, rng: Random, today: date) -> None:
    """Ask for remission, decided after three to eight weeks; no collection meanwhile."""
    asked = min(account.imposed_on + timedelta(days=rng.randint(10, 80)), today)
    decided = asked + timedelta(days=rng.randint(21, 56))
    if decided > today:
        account.remission = RemissionRequest(asked, None, "aangevraagd", 0)
        return
    outcomes = ("toegekend", "gedeeltelijk", "afgewezen")
    outcome = rng.choices(outcomes, weights=(60, 15, 25))[0]
    share = {"toegekend": 1.0, "gedeeltelijk": 0.5, "afgewezen": 0.0}[outcome]
    amount = int(account.open * share)
    if amount:
        account.book("kwijtschelding", decided, -amount)
    account.remission = RemissionRequest(asked, decided, outcome, amount)


def live(account: Account, rng: Random, today: date) -> None:
    """Let one ordinary claim run its course; nine in ten end up paid."""
    courses = (pay_in_terms, ask_remission, lag, settle)
    rng.choices(courses, weights=(4, 3, 4, 89))[0](account, rng, today)
