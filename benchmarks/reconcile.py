"""Judging 1,000 changed residents must cost the same in a town and in a metropolis.

Two stores are filled, one with 100,000 residents and one with 1,000,000: each resident has a
claim with its events, every fortieth a debt case, a registration, a hold and messages. Then the
same number of changed residents is judged in both. Printed is the growth: the median time in the
large store as a ratio of that in the small one.

    python benchmarks/reconcile.py [--sizes 100000 1000000] [--database URL]
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert

from hub import store
from hub.core import Hub, open_hub
from hub.reconcile.engine import judge
from hub.store.engine import chunks

TODAY = datetime.now(UTC).date()
THEN = datetime.now(UTC) - timedelta(days=30)
CHANGED = 1000
REPEATS = 9
SOURCES = {"tax": "creditor", "file": "debt_help", "vish": "register", "skp": "exchange"}


def resident_id(number: int) -> str:
    """Return an id as random as a real one, so that indexes see no order."""
    return f"{random.Random(number).getrandbits(128):032x}"


def told(number: int, source: str, key: str, **values: Any) -> dict[str, Any]:
    """Return a fact row about a resident."""
    return {
        "source_id": list(SOURCES).index(source) + 1,
        "record_id": 1,
        "key": key,
        "digest": b"",
        "subject_id": None,
        "resident_id": resident_id(number),
        "received_at": THEN,
        **values,
    }


def rows_of(number: int) -> Iterator[tuple[Table, dict[str, Any]]]:
    """Yield what the registers tell of one resident."""
    day = TODAY - timedelta(days=number % 300 + 20)
    reference = f"A{number}"
    yield (
        store.claim,
        {
            "id": number + 1,
            "municipality": "9999",
            "natural_key": f"stad/{reference}",
            "creditor": "stad",
            "reference": reference,
            "resident_id": resident_id(number),
            "statement_id": number + 1,
            "created_at": THEN,
        },
    )
    yield store.claim_statement, statement(number, "tax", reference, number + 1, number % 5 * 9900)
    for kind in ("opgelegd", "aanmaning", "dwangbevel")[: number % 3 + 1]:
        event = {"claim": reference, "kind": kind, "on": day, "amount": 0, "description": ""}
        yield (
            store.claim_event,
            told(number, "tax", f"{reference}-{kind}", **event) | {"resident_id": None},
        )
    if number % 40 == 0:
        yield from case_rows(number, day)


def statement(number: int, source: str, reference: str, id_: int, cents: int) -> dict[str, Any]:
    """Return a statement of the resident's claim."""
    text = dict.fromkeys(
        ("conversation", "creditor", "creditor_name", "creditor_kvk", "description"), ""
    )
    return told(
        number,
        source,
        f"{reference}{source if source != 'tax' else ''}",
        id=id_,
        claim_id=number + 1,
        reference=reference,
        type="ozb",
        open=cents,
        unit=1,
        stage="aanslag",
        as_of=TODAY,
        due_on=date(2024, 1, 1),
        **text,
    )


def case_rows(number: int, day: date) -> Iterator[tuple[Table, dict[str, Any]]]:
    """Yield what goes with a debt case; some of it contradicts."""
    case = {"organisation": "", "phase": "stabilisatie", "end_reason": ""}
    days = {"starts_on": day - timedelta(days=number % 90), "plan_on": day}
    yield store.debt_case, told(number, "file", f"case{number}", **case, **days)
    if number % 80 == 0:
        entry = {"register": "vish", "reference": f"V{number}", "phase": "", "starts_on": day}
        yield store.register_entry, told(number, "vish", f"V{number}", **entry)
        yield (
            store.claim_statement,
            statement(
                number, "file", f"A{number}", 10**8 + number, number % 5 * 9900 + number % 3 * 100
            ),
        )
    message = {"conversation": f"c{number}", "direction": "out", "party": "stad", "sent_on": day}
    yield store.notice, told(number, "skp", f"n{number}", **message)
    yield store.balance_request, told(number, "skp", f"c{number}", **message)


def fill(connection: Connection, size: int) -> None:
    """Fill the store with `size` residents, in portions."""
    about = {"municipality": "9999", "connector": "none", "owner": "stad", "config": ""}
    rest = {"interval_minutes": 1440, "max_age_hours": 36, "created_at": THEN}
    for name, role in SOURCES.items():
        row = {"name": name, "title": name, "role": role, **about, **rest, "enabled": False}
        connection.execute(insert(store.source), row)
    connection.execute(
        insert(store.run),
        {"source_id": 1, "stream": "x", "planned_at": THEN, "status": "succeeded"},
    )
    connection.execute(
        insert(store.record),
        {"source_id": 1, "stream": "x", "key": "x", "digest": b"", "state": "applied", "run_id": 1},
    )
    for numbers in chunks(range(size), 10_000):
        residents = [
            {"id": resident_id(n), "municipality": "9999", "created_at": THEN} for n in numbers
        ]
        connection.execute(insert(store.resident), residents)
        portion: dict[tuple[Table, tuple[str, ...]], list[dict[str, Any]]] = {}
        for number in numbers:
            for table, row in rows_of(number):
                portion.setdefault((table, tuple(row)), []).append(row)
        for (table, _), rows in portion.items():
            connection.execute(insert(table), rows)


def median_judging(hub: Hub, size: int) -> float:
    """Return the median seconds of judging 1,000 residents that changed, over several draws."""
    rules = hub.plugins.rules()
    taken = []
    for draw in range(REPEATS + 1):
        numbers = random.Random(draw).sample(range(size), CHANGED)
        residents = [resident_id(number) for number in numbers]
        begun = time.perf_counter()
        with hub.engine.begin() as connection:
            judge(connection, hub, rules, residents)
        taken.append(time.perf_counter() - begun)
    # The first draw also compiles the statements, which a running hub has behind it.
    return statistics.median(taken[1:])


def measure(size: int, database: str | None) -> float:
    """Fill a store, print its line, and return the median time."""
    with tempfile.TemporaryDirectory() as name:
        overrides = {"municipality": "9999"} | ({"database_url": database} if database else {})
        hub = open_hub(Path(name), overrides=overrides)
        begun = time.perf_counter()
        with hub.engine.begin() as connection:
            fill(connection, size)
        with hub.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
        filled = time.perf_counter() - begun
        median = median_judging(hub, size)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{size:>9,} residents (filled in {filled:.0f} s): judging {CHANGED} took "
            f"{median * 1000:.0f} ms, peak {peak:.0f} MB so far",
            flush=True,
        )
        hub.engine.dispose()
        return median


def main() -> None:
    """Measure every size and print the growth between the first and the last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--database", nargs="*", help="one empty PostgreSQL database per size")
    options = parser.parse_args()
    databases = options.database or [None] * len(options.sizes)
    medians = [measure(*pair) for pair in zip(options.sizes, databases, strict=True)]
    print(f"growth {medians[-1] / medians[0]:.2f} from the smallest to the largest store")


if __name__ == "__main__":
    main()
