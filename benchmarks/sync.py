"""A nightly dump end to end against parsing alone: the cost of everything but the parser.

A delivery of N claims is taken in once (the first load, reported apart). The next night's
delivery, in which 2 % of the claims changed, is then read end to end: parse, compare, validate
and apply the changes, find what vanished. In the same run the same file is parsed by lxml alone,
which builds each claim's tree and lets go of it. Printed is the ratio of the two speeds, and the
peak memory of the nightly run in a process of its own.

    python benchmarks/sync.py [--claims 100000 1000000] [--database URL]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lxml import etree

from hub.core import Hub, open_hub
from hub.demo.municipality import SyntheticMunicipality
from hub.sync.inbound import Outcome, sync_source
from hub.sync.sources import find_source, save_source
from hub.testing.world import LedgerEvent, Person, TaxClaim
from plugins.tax.envelope import OWN, Header
from plugins.tax.messages import FULL
from plugins.tax.writing import write_delivery

CHANGED_EVERY = 50  # 2 %


def claims(count: int, *, night: int) -> Iterator[tuple[Person, TaxClaim]]:
    """Yield `count` claims; on the second night every fiftieth has one more payment."""
    made = 0
    # Somewhat more residents than needed, as not everybody has claims.
    for dossier in SyntheticMunicipality(seed=7, size=min(count, 990_000)).dossiers():
        for claim in dossier.claims:
            yield dossier.person, _second_night(claim, made) if night == 2 else claim
            made += 1
            if made == count:
                return
    raise SystemExit(f"the municipality has only {made} claims")


def _second_night(claim: TaxClaim, index: int) -> TaxClaim:
    if index % CHANGED_EVERY:
        return claim
    day = max(event.on for event in claim.events)
    paid = LedgerEvent(f"{claim.number}-x", "betaling", day, -100)
    return replace(claim, events=(*claim.events, paid))


def write(folder: Path, count: int, night: int) -> Path:
    """Write the delivery of a night, and take away the one before."""
    sent = datetime(2026, 11, 22, 2, tzinfo=UTC) + timedelta(days=night)
    header = Header(
        sender="Voorbeeldstad",
        receiver="Schuldenhub",
        reference=f"N{night}",
        sent_at=sent,
        function=FULL,
    )
    path = folder / f"levering-{night}.xml"
    with path.open("wb") as file:
        write_delivery(file, header, claims(count, night=night))
    for old in folder.glob("levering-*.xml"):
        if old != path:
            old.unlink()
    return path


def parse_alone(path: Path) -> float:
    """Return the seconds lxml takes to build and drop the tree of each claim."""
    begun = time.perf_counter()
    with path.open("rb") as file:
        for _, element in etree.iterparse(file, tag=f"{{{OWN}}}vordering"):
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    return time.perf_counter() - begun


def hub_of(folder: Path, database: str | None) -> Hub:
    """Open a hub with one tax source that reads the folder."""
    overrides = {"municipality": "9999", "shrink_percentage": 100}
    if database:
        overrides["database_url"] = database
    hub = open_hub(folder / "hub", overrides=overrides)
    save_source(
        hub,
        {
            "name": "tax",
            "title": "Tax",
            "connector": "tax",
            "owner": "voorbeeldstad",
            "config": {"transport": "folder", "folder": str(folder)},
        },
    )
    return hub


def read(folder: Path, database: str | None) -> tuple[Outcome, float]:
    """Read the delivery end to end; return the outcome and the seconds it took."""
    hub = hub_of(folder, database)
    begun = time.perf_counter()
    (outcome,) = sync_source(hub, find_source(hub, "tax"), ["claims"])
    return outcome, time.perf_counter() - begun


def in_own_process(folder: Path, database: str | None) -> tuple[str, float, float]:
    """Read in a fresh process; return counts, seconds and peak megabytes."""
    command = [sys.executable, __file__, "--read", str(folder)]
    done = subprocess.run(
        command + (["--database", database] if database else []),
        capture_output=True,
        text=True,
        check=True,
    )
    counts, seconds, megabytes = done.stdout.strip().split("|")
    return counts, float(seconds), float(megabytes)


def measure(count: int, database: str | None) -> None:
    """Print one line of the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, count, night=1)
        _, first, _ = in_own_process(folder, database)
        path = write(folder, count, night=2)
        alone = min(parse_alone(path) for _ in range(2))
        counts, nightly, megabytes = in_own_process(folder, database)
        print(
            f"{count:>9,} claims, {path.stat().st_size / 1e6:,.0f} MB: first load {first:.0f} s, "
            f"parsing alone {alone:.1f} s, nightly {nightly:.1f} s ({counts}), "
            f"ratio {alone / nightly:.2f} of parsing alone, peak {megabytes:.0f} MB",
            flush=True,
        )


def main() -> None:
    """Run the benchmark, or one read of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--database", help="an empty PostgreSQL database; default is SQLite")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        outcome, seconds = read(options.read, options.database)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        counts = outcome.counts()
        told = " ".join(f"{name} {counts[name]}" for name in ("read", "applied", "unchanged"))
        print(f"{told}|{seconds}|{peak}")
        if outcome.status != "succeeded":
            raise SystemExit(f"{outcome.status}: {outcome.message}")
        return
    for count in options.claims:
        measure(count, options.database)


if __name__ == "__main__":
    main()
