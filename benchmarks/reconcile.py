"""Judging: everybody of a metropolis in a minute, and who changed at the same cost in any town.

A store is filled for each size (see municipality.py): five claims of each resident. Everybody is
judged by every rule, twice: on the first night findings open, on the second they stand. Then 1,000
residents that changed are judged, several times. Printed are the seconds of each rule that took
longest, the whole as a ratio of the raw limit (one scan of all statements in the same store), the
peak memory, and how the time for 1,000 residents grows from the smallest to the largest store.

    python benchmarks/reconcile.py [--sizes 100000 1000000] [--database URL …]
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from municipality import fill, resident_id
from sqlalchemy import Connection, func, select

from hub.core import Hub, open_hub
from hub.reconcile.engine import Scope, Tuning
from hub.reconcile.judging import judge, judge_rule
from hub.store import claim_statement, finding
from hub.store.engine import refresh_statistics

CHANGED = 1000
REPEATS = 9
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    """What something took: seconds on the wall, and of processors, the store's own included."""

    wall: float = 0.0
    cpu: float = 0.0


def _busy(backend: int | None) -> float:
    """Return the processor seconds of this process, and of the process of PostgreSQL."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    seconds = own.ru_utime + own.ru_stime
    if backend is not None:
        fields = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()
        # Workers of a parallel query are children that ended: fields 15 and 16.
        seconds += sum(int(one) for one in fields[11:15]) / TICKS
    return seconds


@contextmanager
def timed(connection: Connection) -> Iterator[Cost]:
    """Measure what is done in the block."""
    backend = None
    if connection.dialect.name == "postgresql":
        backend = connection.execute(select(func.pg_backend_pid())).scalar_one()
    cost, begun, busy = Cost(), time.perf_counter(), _busy(backend)
    yield cost
    cost.wall, cost.cpu = time.perf_counter() - begun, _busy(backend) - busy


def raw_limit(hub: Hub) -> Cost:
    """Return what one scan of all statements takes."""
    with hub.reader.connect() as connection, timed(connection) as cost:
        table = claim_statement.c
        connection.execute(select(func.sum(table.open), func.max(table.as_of))).one()
    return cost


def judge_all(hub: Hub, title: str, limit: Cost) -> None:
    """Judge everybody by every rule, and print what it took."""
    whole = Scope(hub.municipality, hub.clock.now(), hub.clock.today(), alone=True)
    costs: dict[str, Cost] = {}
    for rule in hub.plugins.rules():
        with hub.engine.begin() as connection, timed(connection) as costs[rule.id]:
            judge_rule(connection, rule, Tuning(), whole)
    total = Cost(sum(c.wall for c in costs.values()), sum(c.cpu for c in costs.values()))
    with hub.reader.connect() as connection:
        stand = connection.execute(select(func.count()).select_from(finding)).scalar_one()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  {title}: {total.wall:.1f} s ({total.cpu:.1f} s of processors), {stand:,} findings, "
        f"{total.cpu / limit.cpu:.0f} scans of all statements, peak {peak:.0f} MB",
        flush=True,
    )
    slowest = sorted(costs.items(), key=lambda item: -item[1].cpu)[:10]
    print("    " + ", ".join(f"{rule} {cost.cpu:.2f}" for rule, cost in slowest), flush=True)


def median_judging(hub: Hub, size: int) -> Cost:
    """Return the median of judging 1,000 residents that changed, over several draws."""
    rules = hub.plugins.rules()
    taken = []
    for draw in range(REPEATS + 1):
        numbers = random.Random(draw).sample(range(size), CHANGED)
        residents = [resident_id(number) for number in numbers]
        with hub.engine.begin() as connection, timed(connection) as cost:
            judge(connection, hub, rules, residents)
        taken.append(cost)
    # The first draw also compiles the statements, which a running hub has behind it.
    wall, cpu = ([getattr(one, name) for one in taken[1:]] for name in ("wall", "cpu"))
    return Cost(statistics.median(wall), statistics.median(cpu))


def measure(size: int, database: str | None) -> Cost:
    """Fill a store, print what judging it takes, and return the cost of 1,000 residents."""
    with tempfile.TemporaryDirectory() as name:
        overrides = {"municipality": "9999"} | ({"database_url": database} if database else {})
        hub = open_hub(Path(name), overrides=overrides)
        with hub.engine.begin() as connection, timed(connection) as filled:
            fill(connection, size)
        refresh_statistics(hub.engine)
        statements = raw_limit(hub)
        print(
            f"{size:,} residents on {hub.engine.dialect.name} (filled in {filled.wall:.0f} s); "
            f"one scan of all statements takes {statements.wall:.2f} s ({statements.cpu:.2f})",
            flush=True,
        )
        judge_all(hub, "first night", statements)
        refresh_statistics(hub.engine)
        judge_all(hub, "second night", statements)
        median = median_judging(hub, size)
        print(f"  {CHANGED} that changed: {median.wall:.2f} s ({median.cpu:.2f})", flush=True)
        hub.engine.dispose()
        return median


def main() -> None:
    """Measure every size and print the growth between the first and the last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--database", nargs="*", help="one empty PostgreSQL database per size")
    options = parser.parse_args()
    databases = options.database or [None] * len(options.sizes)
    costs = [measure(*pair) for pair in zip(options.sizes, databases, strict=True)]
    growth = costs[-1].cpu / costs[0].cpu
    print(f"growth {growth:.2f} from the smallest to the largest store", flush=True)


if __name__ == "__main__":
    main()
