"""Debt-help cases of the synthetic municipality: the client's claims and the file about them.

Every finding is planted at the moment its cause is made. The claims of clients follow a fixed
course around the start of the case, so that no other step of collection falls inside it.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random

from hub.demo import scripts
from hub.demo.chain import write_to_creditors
from hub.demo.folder import Folder, Numbers
from hub.demo.ledger import (
    FIRST_TAX_YEAR,
    PARKING_ELSEWHERE,
    PROPERTY,
    REFUSE,
    SEWERAGE,
    WATER_CLEANING,
    WATER_SYSTEM,
    Account,
    Levy,
    impose,
)
from hub.demo.names import PRIVATE_CREDITORS
from hub.demo.scripts import Dates, Script
from hub.testing.world import Case, ListedDebt, Organisation, VishEntry

#: What clients owe, in this order; at least the first two.
_OWED = (REFUSE, WATER_CLEANING, SEWERAGE, PROPERTY, WATER_SYSTEM)

#: After so many days past the due date, a claim can have had its dwangbevel (ledger.GAPS).
_ROOM_TO_COLLECT = timedelta(days=75)

_DAY = timedelta(days=1)
_DIFFERENCES = (-40, -17, -5, -3, 3, 6, 25, 110)


class Play:
    """One case being acted out in the folders of its clients."""

    def __init__(
        self,
        script: Script,
        clients: list[Folder],
        numbers: Numbers,
        organisations: tuple[Organisation, ...],
        rng: Random,
        today: date,
    ) -> None:
        self.script, self.clients, self.numbers = script, clients, numbers
        self.organisations = {one.code: one for one in organisations}
        self.rng, self.today = rng, today
        self.dates: Dates = scripts.dates_of(script, rng, today)
        self.as_of = self._as_of()
        self.owed: list[list[Account]] = []

    def act(self) -> None:
        """Make claims, entries, messages, holds and the file, and plant what is wrong."""
        for order, client in enumerate(self.clients):
            debts = self._owe(client)
            self._collect(client, debts, edge=self.script.edge and order == 0)
            client.accounts += debts
            self.owed.append(debts)
            self._enter_in_vish(client)
        if self.script.ended:
            self._close_debts()
        if self.script.stabilised:
            write_to_creditors(
                self.script, self.clients, self.numbers, self.dates, self.rng, self.today
            )
        self.clients[0].case = self._case()

    def _as_of(self) -> date | None:
        if self.dates.plan_on is None:
            return None
        return min(self.dates.plan_on + timedelta(days=self.rng.randint(0, 10)), self.today)

    def _owe(self, client: Folder) -> list[Account]:
        full = self.script.faults or self.script.edge
        count = len(_OWED) if full else self.rng.randint(2, 4)
        debts = [self._impose(levy) for levy in _OWED[:count]]
        if self.script.edge:
            days = self.rng.randint(90, 150)
            on = self.dates.registered_on - timedelta(days=days)
            number = self.numbers.next(on.year)
            debts.append(impose(self.rng, number, PARKING_ELSEWHERE, on))
        return debts

    def _impose(self, levy: Levy) -> Account:
        start = self.dates.registered_on
        year = start.year
        if date(year, 3, 31) + timedelta(days=42) + _ROOM_TO_COLLECT > start:
            year -= 1
        if year > FIRST_TAX_YEAR and self.rng.random() < 0.3:
            year -= 1
        # Half euros make the listed amounts differ by exactly EUR 0.50 in the edge cases.
        cents = 50 if self.script.edge and levy is SEWERAGE else -1
        on = levy.imposed_on(self.rng, year)
        return impose(self.rng, self.numbers.next(year), levy, on, cents)

    def _collect(self, client: Folder, debts: list[Account], edge: bool) -> None:
        last = self.dates.registered_on - _DAY
        first, second, *rest = debts
        if scripts.DURING_HELP in self.script.faults:
            self._collect_during_help(client, first, second, last)
        elif edge:
            first.pursue(self.rng, "aanmaning", last)
            first.enforce("dwangbevel", last)
            rest = [second, *rest]
        else:
            rest = debts
        for account in rest:
            until = self.rng.choice(("herinnering", "aanmaning", "dwangbevel", "vordering"))
            account.pursue(self.rng, "aanmaning" if self.script.edge else until, last)
            self._pay_a_part(account)

    def _collect_during_help(
        self, client: Folder, first: Account, second: Account, last: date
    ) -> None:
        start = self.dates.registered_on
        first.pursue(self.rng, "aanmaning", last)
        second.pursue(self.rng, "dwangbevel", last)
        warned = start + timedelta(days=self.rng.randint(2, 6))
        claimed = warned + timedelta(days=self.rng.randint(28, 34))
        for key in (
            first.enforce("dwangbevel", start),
            second.enforce("vooraankondiging", warned),
            second.enforce("vordering", claimed),
        ):
            client.plant(scripts.DURING_HELP, key)

    def _pay_a_part(self, account: Account) -> None:
        if self.rng.random() < 0.25:
            until = self.dates.ended_on or self.today
            days = (until - self.dates.registered_on).days
            on = self.dates.registered_on + timedelta(days=self.rng.randint(0, days))
            account.book("betaling", on, -self.rng.randint(1, account.open // 300) * 100)

    def _enter_in_vish(self, client: Folder) -> None:
        if self.dates.plan_on is None:
            return
        if scripts.NO_VISH in self.script.faults:
            client.plant(scripts.NO_VISH, "vish")
            return
        starts_on = self.dates.plan_on + 2 * _DAY
        if starts_on > self.today:
            return
        stays = scripts.STRAY_VISH in self.script.faults
        reference = self.numbers.next("V")
        ends_on = None if stays else self.dates.ended_on
        client.vish.append(VishEntry(reference, self.script.phase, starts_on, ends_on))
        if stays:
            client.plant(scripts.STRAY_VISH, reference)

    def _close_debts(self) -> None:
        on = self.dates.ended_on or self.today
        for account in (account for debts in self.owed for account in debts):
            account.book("betaling", on, -account.open * 3 // 10)
            account.book("kwijtschelding", on, -account.open)

    def _case(self) -> Case:
        dates = self.dates
        return Case(
            clients=tuple(client.person for client in self.clients),
            registered_on=dates.registered_on,
            intake_on=dates.intake_on,
            plan_on=dates.plan_on,
            stabilised_on=dates.stabilised_on,
            arrangement_on=dates.arrangement_on,
            ended_on=dates.ended_on,
            end_reason="Afgerond" if dates.ended_on else "",
            debts=self._listing(self.as_of) if self.as_of else (),
        )

    def _listing(self, as_of: date) -> tuple[ListedDebt, ...]:
        ambiguous = self._euros_seen_twice(as_of)
        listed = []
        for client, debts in zip(self.clients, self.owed, strict=True):
            others, missing = debts[1:3], debts[3:5]
            for account in debts:
                if scripts.NOT_LISTED in self.script.faults and account in missing:
                    client.plant(scripts.NOT_LISTED, account.number)
                elif scripts.OTHER_AMOUNT in self.script.faults and account in others:
                    client.plant(scripts.OTHER_AMOUNT, account.number)
                    wrong = _euros(account.balance(as_of)) + self.rng.choice(_DIFFERENCES)
                    listed.append(self._public(account, account.number, wrong, as_of))
                else:
                    listed.append(self._right(account, as_of, ambiguous))
        return (*listed, *self._private(as_of))

    def _right(self, account: Account, as_of: date, ambiguous: set[int]) -> ListedDebt:
        euros = _euros(account.balance(as_of))
        known = euros in ambiguous or self.rng.random() < 0.75
        return self._public(account, account.number if known else "", euros, as_of)

    def _euros_seen_twice(self, as_of: date) -> set[int]:
        # A debt without its number is recognised by its amount, then or now, so that amount
        # must be of one claim only.
        accounts = [account for client in self.clients for account in client.accounts]
        seen = Counter(
            euros
            for account in accounts
            for euros in {_euros(account.balance(as_of)), _euros(account.open)}
        )
        return {euros for euros, times in seen.items() if times > 1}

    def _public(self, account: Account, reference: str, euros: int, as_of: date) -> ListedDebt:
        creditor = self.organisations[account.levy.creditor]
        return ListedDebt(creditor.name, creditor.kvk, reference, "Publiek", euros, as_of)

    def _private(self, as_of: date) -> list[ListedDebt]:
        return [
            ListedDebt(name, kvk, self.numbers.next("K"), sort, self.rng.randint(60, 4000), as_of)
            for sort, name, kvk in PRIVATE_CREDITORS
            if self.rng.random() < 0.6
        ]


def _euros(cents: int) -> int:
    """Round half up to whole euros."""
    return (cents + 50) // 100
