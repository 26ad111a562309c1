"""The small town in which a caseworker has an afternoon's work, with real registers around it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from journeys import PASSWORD

from hub.clock import FrozenClock
from hub.core import Hub, open_hub
from hub.demo.run import ORDER, demo_settings
from hub.reconcile import reconcile
from hub.security.accounts import make_demo_accounts
from hub.sync.inbound import sync_source
from hub.sync.sources import all_sources, find_source, save_source
from hub.testing.town import Town, dossier, test_bsns
from hub.testing.world import Dossier, LedgerEvent, TaxClaim
from plugins.clo.simulator import CovenantTable
from plugins.debt_help.simulator import DebtHelpSystem
from plugins.schuldenknooppunt.kinds import KINDS
from plugins.schuldenknooppunt.messages import Header, compose, write_message
from plugins.schuldenknooppunt.simulator import CreditorExchange
from plugins.tax.simulator import TaxOffice
from plugins.vish.simulator import ReferralIndex

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)

TODAY = NOON.date()

#: More than ten working days ago: a question of that day should have been answered.
ASKED_ON = date(2026, 11, 6)

#: The creditors' conversation about one of the twins, as the debt helper elsewhere numbers it.
TALK = str(uuid.UUID(int=0x5A1D0))

_SPEC = ("name", "title", "connector", "owner", "config", "interval_minutes", "max_age_hours")


class Registers(Town):
    """Four residents: one listed wrongly, one with a broken hold, and a pair of twins."""

    def dossiers(self) -> Iterator[Dossier]:
        """Yield the dossiers."""
        first, second, third, fourth = (
            dossier(number, bsn, self.today) for number, bsn in enumerate(test_bsns(4))
        )
        yield _helped(first, 60)
        yield _broken(second, self.today)
        for one, initials in ((third, "S."), (fourth, "J.M.")):
            home = replace(third.person, number=one.person.number, bsn=one.person.bsn)
            who = replace(home, surname="Droomberg", initials=initials, prefix="")
            yield Dossier(who, claims=one.claims)


def _helped(one: Dossier, euros: int) -> Dossier:
    assert one.case
    debts = tuple(replace(debt, euros=euros) for debt in one.case.debts)
    entries = tuple(replace(entry, phase="plan_van_aanpak") for entry in one.vish)
    return replace(one, case=replace(one.case, debts=debts), vish=entries, sent=())


def _broken(one: Dossier, today: date) -> Dossier:
    """A resident whose collection is on hold, with a dwangbevel in the middle of it."""
    (claim,) = one.claims
    events = (
        LedgerEvent(f"{claim.number}-1", "opgelegd", claim.imposed_on, 98_400),
        LedgerEvent(f"{claim.number}-3", "aanmaning", date(2026, 4, 10), 900),
        LedgerEvent(f"{claim.number}-4", "dwangbevel", today - timedelta(days=5), 5_600),
    )
    broken: TaxClaim = replace(claim, stage="dwangbevel", events=events)
    (hold,) = one.holds
    held = replace(hold, reference="PZ-EERDER", starts_on=today - timedelta(days=30))
    return replace(_helped(one, 993), claims=(broken,), holds=(held,))


@dataclass
class Afternoon:
    """The hub and the registers around it."""

    hub: Hub
    clock: FrozenClock
    tax: TaxOffice
    file: DebtHelpSystem
    exchange: CreditorExchange

    def read(self, *names: str) -> None:
        """Read these sources, or all, as the worker does, and judge what came in."""
        self.clock.move(minutes=1)
        found = sorted(all_sources(self.hub), key=lambda one: ORDER.index(one.role))
        for name in names or [one.name for one in found]:
            for outcome in sync_source(self.hub, find_source(self.hub, name)):
                assert outcome.status == "succeeded", outcome
        self.judge()

    def judge(self) -> None:
        """Judge whom something changed for, as the worker does after each round."""
        self.clock.move(minutes=1)
        reconcile(self.hub)

    def ask_for_balance(self, *more: str, kind: str = "Saldoverzoek") -> None:
        """Let the debt helper elsewhere ask about one of the twins; `more` is what it knows."""
        twin = list(self.exchange.municipality.dossiers())[2].person
        names = ("surname", "street", "house_number", "postcode", "city", *more)
        who: dict[str, Any] = {name: getattr(twin, name) for name in names}
        who["birth_date"] = twin.birth_date.isoformat()
        reference = str(uuid.UUID(int=0x5A1D1))
        header = Header(self.exchange.helper, self.exchange.us, TALK, reference, ASKED_ON)
        told = {"client_number": "E-7", "contact": {"name": "Schuldhulp Elders"}}
        message = compose(KINDS[kind], header, who, told)
        self.exchange.offer(self.exchange.us, write_message(message), reference)


@contextmanager
def afternoon(home: Path, *more: str, kind: str = "Saldoverzoek") -> Iterator[Afternoon]:
    """A hub that read everything, with what it found waiting on the worklists.

    `more` and `kind` are of the question of the debt helper elsewhere.
    """
    clock, town = FrozenClock(NOON), Registers(today=TODAY)
    hub = open_hub(home, overrides=demo_settings(), clock=clock)
    sides: dict[str, Any] = {}
    with ExitStack() as stack:
        stack.callback(hub.engine.dispose)
        for side_kind in (
            CovenantTable,
            TaxOffice,
            DebtHelpSystem,
            ReferralIndex,
            CreditorExchange,
        ):
            folder = home / "registers" / side_kind.name
            folder.mkdir(parents=True)
            sides[side_kind.name] = side = side_kind(town, folder, clock)
            side.start()
            stack.callback(side.stop)
            for spec in side.sources():
                save_source(hub, {name: getattr(spec, name) for name in _SPEC})
        tax, file, exchange = (
            sides[one.name] for one in (TaxOffice, DebtHelpSystem, CreditorExchange)
        )
        made = Afternoon(hub, clock, tax, file, exchange)
        made.ask_for_balance(*more, kind=kind)
        made.read()
        make_demo_accounts(hub, PASSWORD)
        yield made
