"""What the guards of a run cost: the same night with them and without.

A stream of N records is known, 2 % of it changed. It is read twice over, each time in a process
of its own: as it is, and with the guards taken out (the contract check of every batch and record,
the bit for each record that passed by, the search for what vanished, unknown fields, the look
whether a run must stop, what a person must decide on, patience and incidents). The digest by
which an unchanged record is known stays: it is what makes the night short. The source costs next
to nothing here (records made in memory), so the share of the guards is the largest it can be.

    python benchmarks/guards.py [--records 100000 1000000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import insert

from hub.connector import Batch, Connector, Cursor, Fact, Record, Stream, hookimpl
from hub.core import Hub, open_hub
from hub.plugins import load_plugins
from hub.store import record, run
from hub.sync import inbound
from hub.sync.inbound import sync_source
from hub.sync.landing import Seen
from hub.sync.parse import raw_digest
from hub.sync.sources import find_source, save_source
from hub.testing.town import test_bsns

CHANGED_EVERY = 50  # 2 %
BATCH = 5000
PEOPLE = test_bsns(500)


def raw(number: int, cents: int) -> bytes:
    """Return the bytes of one claim."""
    data = {
        "person": {"bsn": PEOPLE[number % len(PEOPLE)], "surname": f"Proef{number % 500}"},
        "creditor": "stad",
        "reference": f"2026-{number}",
        "type": "ozb",
        "open": cents,
        "stage": "aanslag",
        "as_of": "2026-11-20",
    }
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


class Ledger(Connector):
    """A source in memory."""

    name, title, role = "ledger", "Kasboek", "creditor"
    streams = (Stream("claims", "Vorderingen", "snapshot"),)
    fields = {
        "claims": frozenset(json.loads(raw(0, 0))) | {"bsn", "surname"},
    }
    count = 0

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        for start in range(0, self.count, BATCH):
            numbers = range(start, min(start + BATCH, self.count))
            yield Batch([Record(f"2026-{n}", raw(n, night(n))) for n in numbers])
        yield Batch([], complete=True)

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        data = json.loads(raw)
        return [Fact("claim_statement", data["reference"], data)]


def night(number: int) -> int:
    """Return what is open on the second night: another amount for every fiftieth."""
    return 1000 if number % CHANGED_EVERY else 900


def open_ledger(home: Path) -> Hub:
    """Open a hub with the one source."""

    @hookimpl
    def hub_connectors() -> list[Any]:
        return [Ledger]

    plugin = SimpleNamespace(__name__="ledger", __file__="", hub_connectors=hub_connectors)
    plugins = load_plugins(extra=[plugin], discover=False)
    return open_hub(home, overrides={"municipality": "9999"}, plugins=plugins)


def fill(home: Path, count: int) -> None:
    """Let the hub know every record as of the first night."""
    hub = open_ledger(home)
    values = {"name": "ledger", "title": "L", "connector": "ledger", "owner": "stad", "config": {}}
    source = save_source(hub, values)
    with hub.engine.begin() as connection:
        first = {"stream": "claims", "planned_at": datetime(2026, 11, 1, tzinfo=UTC)}
        made = insert(run).values(source_id=source.id, status="succeeded", **first)
        run_id = connection.execute(made.returning(run.c.id)).scalar_one()
        common = {"source_id": source.id, "stream": "claims", "state": "applied", "run_id": run_id}
        for start in range(0, count, 20_000):
            rows = [
                {**common, "key": f"2026-{n}", "digest": raw_digest(raw(n, 1000), 1)}
                for n in range(start, min(start + 20_000, count))
            ]
            connection.execute(insert(record), rows)
    hub.engine.dispose()


def take_out_the_guards() -> None:
    """Replace each guard by nothing."""
    places: Any = inbound
    places.checked_batches = lambda connector, name, cursor: connector.read(name, cursor)
    places.unknown_fields = lambda *a: set()
    places.check_time = lambda *a: None
    places.vanished = lambda *a: ([], 0)
    places.has_held = lambda *a: False
    places.overtake = lambda *a: None
    places.take_note = lambda *a: None
    places.at_work = lambda *a: nullcontext(True)
    Seen.add = lambda self, ids: None  # type: ignore[method-assign]


def read_once(home: Path, count: int, *, guarded: bool) -> None:
    """Read the second night; print the seconds it took by the clock and by the processor."""
    if not guarded:
        take_out_the_guards()
    hub = open_ledger(home)
    Ledger.count = count
    source = find_source(hub, "ledger")
    begun, worked = time.perf_counter(), time.process_time()
    (outcome,) = sync_source(hub, source)
    print(time.perf_counter() - begun, time.process_time() - worked)
    if outcome.applied != -(-count // CHANGED_EVERY) or outcome.status != "succeeded":
        raise SystemExit(f"{outcome.status}: {outcome.counts()} {outcome.message}")


def in_own_process(home: Path, count: int, way: str) -> tuple[float, ...]:
    """Return the seconds of one read of a fresh copy of the store, by clock and by processor."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "hub"
        shutil.copytree(home, copy)
        command = [sys.executable, __file__, "--read", way, str(copy), str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return tuple(map(float, done.stdout.split()))


def measure(count: int, rounds: int) -> None:
    """Print one line: both ways in turn, the best of each."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "hub"
        fill(home, count)
        times: dict[str, list[tuple[float, ...]]] = {"with": [], "without": []}
        for _ in range(rounds):
            for way, found in times.items():
                found.append(in_own_process(home, count, way))
        # Each measure on its own: on a busy machine only the processor's tells of the hub.
        for at, by in enumerate(("by the clock", "by the processor")):
            guarded, bare = (min(one[at] for one in times[way]) for way in times)
            share = (guarded - bare) / guarded
            print(
                f"{count:>9,} records, 2 % changed, {by}: with guards {guarded:.2f} s, "
                f"without {bare:.2f} s, guards {share:.1%} of the run",
                flush=True,
            )


def main() -> None:
    """Run the benchmark, or one read of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--read", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        way, home, count = options.read
        read_once(Path(home), int(count), guarded=way == "with")
        return
    for count in options.records:
        measure(count, options.rounds)


if __name__ == "__main__":
    main()
