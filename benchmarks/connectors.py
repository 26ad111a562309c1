"""What each connector costs: records a second end to end, and the memory, against parsing alone.

Every connector reads from its own simulator, on a real socket or from real files, into SQLite. What
is timed is `hub sync` of all its streams: reading, checking, storing. Beside it stand what of that
is reading (the connector with its simulator) and parsing alone (lxml, json or csv over the same raw
records, which is taken off). The simulator runs in the same process: the figures are a lower bound.

    python benchmarks/connectors.py [--size 100000] [--only tax,vish] [--per-person 100000]

`--size` is how many residents the other side knows. Registers that answer for one person at a time
(`asks`) are given `--per-person` of them: their figure is what a question costs. Each connector
runs in a process of its own, so that its peak of memory is its own: what stands before the sync
(books of the simulator among it) is taken off.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

from lxml import etree

from hub.connector import Batch, Connector, Cursor
from hub.demo.people import bsn_of
from hub.plugins import load_plugins
from hub.sync.inbound import sync_source
from hub.sync.sources import find_source
from hub.testing.bench import Bench, World, let_know
from hub.testing.simulator import Simulator
from hub.testing.town import Town, dossier
from hub.testing.world import Dossier


@dataclass(frozen=True)
class Cost:
    """What one connector cost: records, seconds, and megabytes above what stood there before."""

    records: int
    synced: float
    read: float
    parsed: float
    memory: int

    def line(self, name: str) -> str:
        """Return a row of the table."""
        rate = self.records / self.synced if self.synced else 0
        share = self.parsed / self.synced if self.synced else 0
        return (
            f"{name:24} {self.records:>9,} {rate:>10,.0f} {self.synced:>8.1f} {self.read:>8.1f} "
            f"{self.parsed:>8.2f} {share:>7.3f} {self.memory:>6}"
        )


HEAD = (
    f"{'connector':24} {'records':>9} {'records/s':>10} {'sync s':>8} {'read s':>8} "
    f"{'parse s':>8} {'ratio':>7} {'MB':>6}"
)


def pairs() -> Iterator[tuple[type[Connector], type[Simulator]]]:
    """Yield every connector that reads, with the simulator that plays its other side."""
    plugins = load_plugins()
    sides = {one.name: one for one in plugins.simulators()}
    for name, connector in sorted(plugins.connectors.items()):
        side = sides.get(name) or sides.get(connector.__module__.split(".")[1])
        if side and any(one.mode != "received" for one in connector.streams):
            yield connector, side


class Crowd(Town):
    """A town of more people than the test range of the BSN has numbers for."""

    def dossiers(self) -> Iterator[Dossier]:
        """Yield every resident's dossier."""
        for number in range(self.residents):
            made = dossier(number, bsn_of(number), self.today)
            yield replace(made, person=replace(made.person, house_number=str(number % 900 + 1)))


class LargeBench(Bench):
    """The bench of the contract suite, with room for a hundred thousand residents."""

    def fill(self, world: World, residents: int) -> None:
        """Let the other side know so many residents; nine thousand parties are in a covenant."""
        assert self.simulator is not None
        own = self.folder / f"side{len(self.worlds)}"
        own.mkdir()
        town = Crowd(residents, parties=max(3, min(residents, 9000)))
        world.side = self.simulator(town, own, world.clock)
        world.side.start()
        self._save(world, self.settings_of(world.side))
        if self.connector.asks:
            let_know(world.hub, [bsn_of(number) for number in range(residents)])


@dataclass
class Meter:
    """What a sync spent in reading, and what parsing the same raw records alone takes."""

    read: float = 0.0
    parsed: float = 0.0

    @contextmanager
    def beside(self, connector: type[Connector]) -> Iterator[None]:
        """Measure every read of this connector, batch by batch, so that memory stays flat."""
        original = connector.read

        def measured(one: Connector, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
            batches = original(one, stream, cursor)
            while True:
                begun = time.perf_counter()
                batch = next(batches, None)
                self.read += time.perf_counter() - begun
                if batch is None:
                    return
                self.parsed += parse_alone(record.raw for record in batch.records)
                yield batch

        with patch.object(connector, "read", measured):
            yield


def measure(connector: type[Connector], side: type[Simulator], size: int) -> Cost:
    """Return what it costs to read everything that `size` residents are known for."""
    meter = Meter()
    with tempfile.TemporaryDirectory() as name:
        bench = LargeBench(connector, Path(name), None, side)
        try:
            world = bench.open(size)
            assert world.side is not None
            world.side.prime()
            one = find_source(world.hub, world.name)
            before, begun = peak(), time.perf_counter()
            with meter.beside(one.connector):
                outcomes = sync_source(world.hub, one)
            synced, after = time.perf_counter() - begun, peak()
            for outcome in outcomes:
                assert outcome.status == "succeeded", outcome
            return Cost(
                records=sum(one.read for one in outcomes),
                synced=synced - meter.parsed,
                read=meter.read,
                parsed=meter.parsed,
                memory=after - before,
            )
        finally:
            bench.close()


def parse_alone(raws: Iterable[bytes]) -> float:
    """Return the seconds that a library of its kind takes to parse these records."""
    begun = time.perf_counter()
    for raw in raws:
        start = raw.lstrip()[:1]
        if start == b"<":
            etree.fromstring(raw)
        elif start in (b"{", b"["):
            json.loads(raw)
        else:
            list(csv.reader(io.StringIO(raw.decode(errors="replace"))))
    return time.perf_counter() - begun


def peak() -> int:
    """Return the most megabytes that this process has used until now."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def in_process(name: str, size: int) -> str:
    """Measure one connector in a process of its own; return its row, or why there is none."""
    told = [sys.executable, __file__, "--one", name, "--size", str(size)]
    done = subprocess.run(told, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason told"])[-1]
        return f"{name:24} failed: {reason[:120]}"
    return done.stdout.strip()


def main() -> None:
    """Print a row per connector."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--per-person", type=int, default=100_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--one", default="", help=argparse.SUPPRESS)
    told = parser.parse_args()
    known = {connector.name: (connector, side) for connector, side in pairs()}
    if told.one:
        print(measure(*known[told.one], told.size).line(told.one))
        return
    print(HEAD, flush=True)
    for name, (connector, _) in known.items():
        if not told.only or name in told.only.split(","):
            size = told.per_person if connector.asks else told.size
            print(in_process(name, size), flush=True)


if __name__ == "__main__":
    main()
