"""A storm of kills: the hub dies at seeded points, and the registers' own books are the judge.

HUB_STORM=200 is the long run (kills in all, half on each database); HUB_STORM_SEED replays one.
The registers live in this process and keep their books; the hub lives in a process of its own
and gets SIGKILL inside read, commit, confirm, send and receive. In between, registers change and
people give orders. Afterwards nothing may be lost and nothing done twice.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import uuid
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from child import POINTS
from sqlalchemy import func, select, text

from hub.core import Hub, open_hub
from hub.demo.run import Demo, demo_settings, fill, start_demo
from hub.errors import ConfigError
from hub.plugins import load_plugins
from hub.reconcile import reconcile
from hub.store import claim_statement, command, record, register_entry, resident, run, standing
from hub.store import source as source_table
from hub.sync.orders import deregister_vish, put_hold, register_vish, write_to_creditor
from hub.sync.outbox import ENDED
from hub.testing.world import LedgerEvent, TaxClaim
from plugins.schuldenknooppunt.messages import Header
from plugins.schuldenknooppunt.played import refusal

KILLS = int(os.environ.get("HUB_STORM", "12"))
SEED = int(os.environ.get("HUB_STORM_SEED", "1"))
HERE = Path(__file__).parent


class Lives:
    """Starts hubs on one store, each in a process of its own (see child.py)."""

    def __init__(self, home: Path, database: str) -> None:
        self._log = (home.parent / "lives.log").open("w+")
        self._mother = subprocess.Popen(
            [sys.executable, str(HERE / "child.py"), str(home), database],
            env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def __call__(self, now: str, point: str, nth: int) -> int:
        """Let a hub live once; return how its process ended."""
        assert self._mother.stdin
        assert self._mother.stdout
        print(json.dumps([now, point, nth]), file=self._mother.stdin, flush=True)
        answer = self._mother.stdout.readline()
        assert answer, self.told()
        return int(answer)

    def told(self) -> str:
        """Return what the hubs wrote last."""
        self._log.seek(0)
        return self._log.read()[-5000:]

    def close(self) -> None:
        """End the process that starts them."""
        self._mother.communicate(timeout=30)
        self._log.close()


@dataclass
class Storm:
    """Registers with their books, the hub's store, and a chance that can be replayed."""

    demo: Demo
    lives: Lives
    clock: Any
    chance: random.Random
    kills: int = 0
    survived: Counter[str] = None  # type: ignore[assignment]

    @property
    def hub(self) -> Hub:
        """The hub's store as this process sees it."""
        return self.demo.hub

    def life(self, point: str = "none", nth: int = 1) -> bool:
        """Let a hub live once; True when it was killed on the way."""
        self.hub.engine.dispose()
        ended = self.lives(self.clock.now().isoformat(), point, nth)
        assert ended in (0, -signal.SIGKILL), self.lives.told()
        return ended == -signal.SIGKILL

    def gust(self) -> None:
        """Change the registers, give orders, and let the hub die somewhere."""
        self.pass_time(minutes=self.chance.randint(6, 90))
        self._registers_change()
        self._people_order()
        point = self.chance.choice(POINTS)
        nth = self.chance.randint(1, 25 if point == "commit" else 3)
        if self.life(point, nth):
            self.kills += 1
            self.survived[point] += 1

    def pass_time(self, **delta: float) -> None:
        """Move the clock; a new day begins with the nightly pass over all findings."""
        yesterday = self.clock.today()
        self.clock.move(**delta)
        if self.clock.today() != yesterday:
            reconcile(self.hub, full=True)

    def _registers_change(self) -> None:
        tax, exchange = self.demo.simulators["tax"], self.demo.simulators["schuldenknooppunt"]
        people = [d.person for d in self.demo.municipality.dossiers() if d.claims]
        for _ in range(self.chance.randint(1, 4)):
            number = f"STORM-{self.chance.randint(1, 30)}"
            gone = self.chance.random() < 0.3
            tax.change(number, None if gone else (self.chance.choice(people), self._claim(number)))
        tax.publish()
        for _ in range(self.chance.randint(0, 2)):
            mark = str(uuid.UUID(int=self.chance.getrandbits(128)))
            party = self.chance.choice(self.demo.municipality.organisations).skp_id
            header = Header(party, exchange.us, mark, mark, self.clock.today())
            exchange.offer(exchange.us, refusal(header, "", "klant onbekend"), mark)

    def _claim(self, number: str) -> TaxClaim:
        today = self.clock.today()
        event = LedgerEvent(f"{number}-1", "opgelegd", today, self.chance.randint(100, 99_999))
        code = self.demo.municipality.organisations[0].code
        return TaxClaim(number, code, "ozb", today.year, today, today, "aanslag", (event,))

    def _people_order(self) -> None:
        with self.hub.reader.connect() as connection:
            people = list(
                connection.execute(select(resident.c.id).order_by(resident.c.id)).scalars()
            )
        for _ in range(self.chance.randint(1, 4)):
            self._order(self.chance.choice(people))

    def _order(self, who: str) -> None:
        say = {"ground": "storm", "by": "storm"}
        until = self.clock.today().replace(year=self.clock.today().year + 1)
        party = self.demo.municipality.organisations[0].code
        acts = (
            lambda c: put_hold(c, self.hub, who, until=until, **say),
            lambda c: register_vish(c, self.hub, who, **say),
            lambda c: deregister_vish(c, self.hub, who, **say),
            lambda c: write_to_creditor(c, self.hub, who, "notice", party, **say),
        )
        act = self.chance.choice(acts)
        with self.hub.engine.begin() as connection:
            try:
                act(connection)
            except ConfigError:
                return  # this resident has nothing to order about

    # What must hold, by the registers' own books.

    def nothing_twice(self) -> None:
        """No register carried out a command more than once, or one nobody gave."""
        with self.hub.reader.connect() as connection:
            given = set(connection.execute(select(command.c.id)).scalars())
        for name, simulator in self.demo.simulators.items():
            effects = simulator.effects()
            assert set(effects) <= given, f"{name} did what nobody asked"
            assert all(count == 1 for count in effects.values()), f"{name} did something twice"

    def nothing_lost(self) -> None:
        """What registers hold stands in the hub, and what they were told is what was ordered."""
        self._claims_are_those_of_the_books()
        self._messages_are_those_of_the_books()
        self._entries_are_those_of_the_books()
        with self.hub.reader.connect() as connection:
            rows = connection.execute(select(command)).all()
        effects = Counter[str]()
        for simulator in self.demo.simulators.values():
            effects.update(simulator.effects())
        for row in rows:
            assert row.state in ENDED, f"{row.kind} never ended: {row.state} {row.message}"
            if row.state == "delivered":
                assert effects[row.id] == 1, f"{row.kind} is called delivered and was not"

    def _claims_are_those_of_the_books(self) -> None:
        tax = self.demo.simulators["tax"]
        books = {
            claim.number: claim.open
            for dossier in tax._dossiers()
            for claim in dossier.claims
            if claim.creditor == tax.code
        }
        query = (
            select(claim_statement.c.reference, claim_statement.c.open)
            .join(source_table, source_table.c.id == claim_statement.c.source_id)
            .where(source_table.c.name == "belastingen", standing(claim_statement))
        )
        with self.hub.reader.connect() as connection:
            hub = {reference: cents for reference, cents in connection.execute(query)}
        assert hub == books

    def _messages_are_those_of_the_books(self) -> None:
        exchange = self.demo.simulators["schuldenknooppunt"]
        assert [one for one in exchange.waiting.values() if one.receiver == exchange.us] == []
        with self.hub.reader.connect() as connection:
            keys = set(connection.execute(select(record.c.key)).scalars())
        assert set(exchange.confirmed) <= keys, "confirmed, so the exchange forgot it, and lost"
        assert len(set(exchange.confirmed)) == len(exchange.confirmed)

    def _entries_are_those_of_the_books(self) -> None:
        with self.hub.reader.connect() as connection:
            query = select(register_entry.c.reference).where(standing(register_entry))
            hub = Counter(connection.execute(query).scalars())
        assert hub == Counter(list(self.demo.simulators["vish"].entries))

    def store_is_sound(self) -> None:
        """Counts add up, every run ended or says why not, and findings are what they should be."""
        with self.hub.reader.connect() as connection:
            wrong = connection.execute(
                select(func.count()).where(
                    run.c.read != run.c.applied + run.c.unchanged + run.c.rejected
                )
            ).scalar_one()
            running = connection.execute(
                select(func.count()).where(run.c.status == "running")
            ).scalar_one()
            if self.hub.engine.dialect.name == "sqlite":
                assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
                assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        assert (wrong, running) == (0, 0)
        tally = reconcile(self.hub, full=True)
        assert not any(tally.opened.values()), f"a full pass finds more: {tally.opened}"
        assert not any(tally.closed.values()), f"a full pass finds less: {tally.closed}"


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_done_twice(
    database: str, tmp_path: Path, clock: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "hub"
    found = open_hub(
        home, overrides=demo_settings(database_url=database), clock=clock, plugins=load_plugins()
    )
    with start_demo(home, seed=SEED, size=60, clock=clock, hub=found) as demo:
        chance = random.Random(f"storm {SEED} {found.engine.dialect.name}")
        lives = Lives(home, database)
        storm = Storm(replace(demo), lives, clock, chance, survived=Counter())
        list(fill(demo))
        try:
            blow(storm)
        except BaseException:
            print(f"replay with HUB_STORM={KILLS} HUB_STORM_SEED={SEED}, died {storm.kills} times")
            raise
        finally:
            lives.close()
    found.engine.dispose()
    with capsys.disabled():
        where = dict(sorted(storm.survived.items()))
        print(f"\n{storm.kills} kills survived on {found.engine.dialect.name}: {where}")


def blow(storm: Storm) -> None:
    """Kill the hub until it was killed often enough, then let it work in peace and judge."""
    gusts = 0
    while storm.kills < KILLS // 2:
        storm.gust()
        storm.nothing_twice()
        gusts += 1
        assert gusts < KILLS * 6, "the points are hardly ever reached"
    for _ in range(3):
        storm.pass_time(hours=3)
        assert not storm.life()
    storm.nothing_twice()
    storm.nothing_lost()
    storm.store_is_sound()
