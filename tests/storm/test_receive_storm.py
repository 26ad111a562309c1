"""A storm over calls: the hub dies while a broker calls it, and the broker's books are the judge.

A broker repeats a call until it hears that it was taken; what it heard that of, it forgets. So
what the hub took must stand, whatever became of the hub, and what came twice must stand once.
HUB_STORM=200 is the long run (a quarter of it falls here); HUB_STORM_SEED replays one.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from receiving import POINTS
from sqlalchemy import func, select

from hub.core import Hub, open_hub
from hub.demo.run import demo_settings
from hub.plugins import load_plugins
from hub.store import linked_case, run, standing
from hub.sync.received import address_key
from hub.sync.sources import find_source, save_source
from hub.testing.town import Town
from plugins.zaken.simulator import CaseOffice

KILLS = max(int(os.environ.get("HUB_STORM", "12")) // 8, 2)
SEED = int(os.environ.get("HUB_STORM_SEED", "1"))
HERE = Path(__file__).parent
TOKEN = "token-voor-meldingen"


@contextmanager
def answering(hub: Hub, point: str = "none", nth: int = 1) -> Iterator[tuple[int, Any]]:
    """Let a hub answer calls in a process of its own; yield its port and the process."""
    settings = hub.settings
    words = (str(settings.instance), settings.database_url, hub.clock.now().isoformat())
    process = subprocess.Popen(
        [sys.executable, str(HERE / "receiving.py"), *words, point, str(nth)],
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline()), process
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()


class Broker:
    """The case system with its broker, and the hub that it calls."""

    def __init__(self, hub: Hub, office: CaseOffice) -> None:
        self.hub, self.office = hub, office
        self.chance = random.Random(f"calls {SEED} {hub.engine.dialect.name}")
        self.died: Counter[str] = Counter()
        #: What the hub said to have taken: the status of each case, by its number.
        self.told: dict[str, str] = {}
        (spec,) = office.sources()
        config = spec.config | {"callback_token": TOKEN}
        values = {"name": spec.name, "title": spec.title, "connector": spec.connector}
        save_source(hub, values | {"owner": "stad", "config": config})
        self.key = address_key(hub, find_source(hub, spec.name))

    def gust(self, point: str = "none") -> None:
        """Change some cases, and call the hub about each until it has died or answered."""
        own = [one for one in self.office.cases.values() if one["kind"] == "schuldhulp"]
        for one in self.chance.sample(own, self.chance.randint(1, 3)):
            status = f"Stand {self.chance.randint(1, 10**6)}"
            one["_expand"]["status"]["_expand"]["statustype"]["omschrijving"] = status
            self.office.notify(one["uuid"])
        with answering(self.hub, point, self.chance.randint(1, 2)) as (port, process):
            address = f"http://localhost:{port}/ontvangst/{self.key}/"
            call = {"callbackUrl": address, "auth": f"Bearer {TOKEN}"}
            self.office.subscriptions = [call]
            waiting = [one["hoofdObject"] for one in self.office.waiting]
            answers = self.office.deliver()
        for about, answer in zip(waiting, answers, strict=True):
            if answer == 204:
                self._heard(about)
        if process.returncode == -signal.SIGKILL:
            self.died[point] += 1

    def _heard(self, about: str) -> None:
        case = self.office.cases[about.rpartition("/")[2]]
        told = case["_expand"]["status"]["_expand"]["statustype"]["omschrijving"]
        self.told[case["identificatie"]] = told

    def what_was_taken_stands(self) -> None:
        """Every case of which the broker heard that it was taken stands, once, as it was told."""
        query = select(linked_case.c.number, linked_case.c.status).where(standing(linked_case))
        with self.hub.reader.connect() as connection:
            rows = [tuple(row) for row in connection.execute(query)]
        assert len({number for number, _ in rows}) == len(rows), "a case stands twice"
        assert self.told.items() <= dict(rows).items()

    def runs_are_sound(self) -> None:
        """Every run ended and adds up, those of a hub that died as well."""
        off = run.c.read != run.c.applied + run.c.unchanged + run.c.rejected
        query = select(func.count()).where(off | (run.c.status == "running"))
        with self.hub.reader.connect() as connection:
            assert connection.execute(query).scalar_one() == 0


@pytest.mark.slow
def test_what_a_broker_was_answered_stands_whenever_the_hub_dies(
    database: str, tmp_path: Path, clock: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = demo_settings(database_url=database)
    hub = open_hub(tmp_path / "hub", overrides=settings, clock=clock, plugins=load_plugins())
    office = CaseOffice(Town(residents=6), tmp_path, clock)  # type: ignore[arg-type]
    office.start()
    broker = Broker(hub, office)
    try:
        for _ in range(KILLS * 8):
            if sum(broker.died.values()) == KILLS:
                break
            broker.gust(broker.chance.choice(POINTS))
            broker.what_was_taken_stands()
            clock.move(minutes=5)
        assert sum(broker.died.values()) == KILLS, "the points are hardly ever reached"
        broker.gust()
        broker.what_was_taken_stands()
        broker.runs_are_sound()
        assert office.waiting == [], "a broker that repeats itself is heard in the end"
    except BaseException:
        print(f"replay with HUB_STORM={KILLS * 8} HUB_STORM_SEED={SEED}, died {broker.died}")
        raise
    finally:
        office.stop()
        hub.engine.dispose()
    with capsys.disabled():
        name, died = hub.engine.dialect.name, dict(sorted(broker.died.items()))
        print(f"\n{sum(died.values())} kills while called survived on {name}: {died}")
