"""Identifying 50,000 people without BSN among 1,000,000 residents, and one among them.

A store is filled with residents, as many to a postcode and as unevenly named as Dutch people are,
and with strangers: four in five are a resident, written down with a gap or a slip, the others are
nobody. Then all strangers are compared and settled. Printed are the time, the peak memory, and the
ratio to a raw limit of the same run: DuckDB doing nothing but the join that finds who is compared
with whom. After that one stranger at a time is compared, as happens when one arrives, in a small
and in the large store: the growth of that is printed too.

    python benchmarks/identify.py [--residents 1000000] [--strangers 50000] [--database URL URL]
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import Connection, func, insert, select

from hub import store
from hub.core import Hub, open_hub
from hub.reconcile.matching.features import features
from hub.reconcile.matching.settings import fresh_settings
from hub.reconcile.matching.strangers import match
from hub.store.engine import chunks

NOW = datetime.now(UTC)
PORTION = 10_000
REPEATS = 9

#: A household in the Netherlands is some two people, a postcode some seventeen households.
HOUSEHOLD, HOUSES = 2, 17

BORN, DAYS = date(1930, 1, 1), 34_000
TEXTS = ("prefix", "street", "city", "phone", "email")

#: What the raw join finds people by.
KEYS = ("unique_id", "surname", "initials", "birth_date", "swapped", "postcode", "house_number")


def person_of(number: int) -> dict[str, Any]:
    """Return a resident: the same for the same number."""
    rng = Random(number)
    house = number // HOUSEHOLD
    street, house_number = divmod(house, HOUSES)
    digits, letters = divmod(street, 400)
    surname = int(60 * (Random(house).paretovariate(0.9) - 1)) % 100_000
    return {
        "surname": f"Naam{surname:x}",
        "initials": ".".join(rng.choices("JMAHCEWPLR", k=rng.choice((1, 2, 2, 3)))) + ".",
        "birth_date": BORN + timedelta(days=rng.randrange(DAYS)),
        "postcode": f"{1000 + digits} {chr(65 + letters // 20)}{chr(65 + letters % 20)}",
        "house_number": str(house_number + 1),
        "addition": "",
        "gender": rng.choice(("Man", "Vrouw")),
    }


def stranger_of(at: int, residents: int) -> dict[str, Any]:
    """Return somebody without BSN; every fifth is nobody here."""
    rng = Random(-at - 1)
    if at % 5 == 0:
        return person_of(rng.randrange(10**8, 2 * 10**8)) | {"postcode": "9999 ZZ"}
    told = person_of(rng.randrange(residents))
    gap = rng.choice(({}, {}, {"initials": ""}, {"gender": ""}, {"postcode": "9999 ZY"}))
    return told | gap


def fill(connection: Connection, residents: int, strangers: int) -> None:
    """Fill the store; residents have the first numbers, strangers those after them."""
    about = {"municipality": "9999", "connector": "manual", "owner": "stad", "config": ""}
    rest = {"interval_minutes": 1440, "max_age_hours": 36, "created_at": NOW, "enabled": False}
    row = {"name": "bron", "title": "Bron", "role": "debt_help", **about, **rest}
    connection.execute(insert(store.source), row)
    for numbers in chunks(range(residents), PORTION):
        people = [(number, f"{number:032x}", person_of(number)) for number in numbers]
        _residents(connection, [who for _, who, _ in people])
        _told(connection, people)
    for numbers in chunks(range(strangers), PORTION):
        _told(connection, [(residents + n, None, stranger_of(n, residents)) for n in numbers])


def _residents(connection: Connection, ids: list[str]) -> None:
    rows = [{"id": who, "municipality": "9999", "bsn_hash": who, "created_at": NOW} for who in ids]
    connection.execute(insert(store.resident), rows)


def _told(connection: Connection, people: list[tuple[int, str | None, dict[str, Any]]]) -> None:
    subjects = [
        {
            "id": number + 1,
            "municipality": "9999",
            "source_id": 1,
            "key": f"k{number}",
            "bsn_hash": who,
            "resident_id": who,
            "created_at": NOW,
        }
        for number, who, _ in people
    ]
    rest = dict.fromkeys(TEXTS, "") | {"received_at": NOW, "details": {}}
    persons = [
        {"subject_id": number + 1, "surname_key": told["surname"].lower(), **told, **rest}
        for number, _, told in people
    ]
    connection.execute(insert(store.subject), subjects)
    connection.execute(insert(store.person), persons)


def raw_limit(residents: int, strangers: int) -> tuple[float, int]:
    """Return the seconds of the bare join in DuckDB, and how many pairs it finds."""
    known = _keys(person_of(number) for number in range(residents))
    others = _keys(stranger_of(at, residents) for at in range(strangers))
    rules = [
        one["blocking_rule"]
        for one in fresh_settings(100)["blocking_rules_to_generate_predictions"]
    ]
    unions = " union ".join(
        f"select l.unique_id, r.unique_id from known l join others r on {rule}" for rule in rules
    )
    with duckdb.connect() as connection:
        connection.register("known", known)
        connection.register("others", others)
        begun = time.perf_counter()
        (pairs,) = connection.sql(f"select count(*) from ({unions})").fetchall()[0]
        return time.perf_counter() - begun, pairs


def _keys(people: Iterator[dict[str, Any]]) -> pa.Table:
    columns: dict[str, list[Any]] = {name: [] for name in KEYS}
    for at, told in enumerate(people):
        made = features(str(at), told | {"first_names": "", "birth_date_text": ""})
        for name in KEYS:
            columns[name].append(made[name])
    return pa.table(columns)


def identify_all(hub: Hub, residents: int, strangers: int) -> tuple[float, float, int]:
    """Return wall and CPU seconds of comparing every stranger, and how many were linked."""
    ids = list(range(residents + 1, residents + strangers + 1))
    begun, cpu = time.perf_counter(), time.process_time()
    with hub.engine.begin() as connection:
        match(connection, hub, ids)
        linked = select(func.count()).where(store.subject.c.method == "likeness")
        found = connection.execute(linked).scalar_one()
    return time.perf_counter() - begun, time.process_time() - cpu, found


def identify_one(hub: Hub, residents: int, strangers: int) -> tuple[float, float]:
    """Return the median wall and CPU seconds of comparing one stranger, after the first."""
    taken, worked = [], []
    for at in range(REPEATS + 1):
        begun, cpu = time.perf_counter(), time.process_time()
        with hub.engine.begin() as connection:
            match(connection, hub, [residents + 1 + at * 7 % strangers])
        taken.append(time.perf_counter() - begun)
        worked.append(time.process_time() - cpu)
    return statistics.median(taken[1:]), statistics.median(worked[1:])


def measure(residents: int, strangers: int, database: str | None, *, everybody: bool) -> float:
    """Fill a store, print its lines, and return the CPU seconds of one stranger."""
    with tempfile.TemporaryDirectory() as name:
        overrides = {"municipality": "9999"} | ({"database_url": database} if database else {})
        hub = open_hub(Path(name), overrides=overrides)
        begun = time.perf_counter()
        with hub.engine.begin() as connection:
            fill(connection, residents, strangers)
        with hub.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
        print(
            f"{residents:,} residents, {strangers:,} strangers: filled in "
            f"{time.perf_counter() - begun:.0f} s",
            flush=True,
        )
        if everybody:
            wall, cpu, linked = identify_all(hub, residents, strangers)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"  all: {wall:.1f} s ({cpu:.1f} s CPU), {linked:,} linked, peak {peak:.0f} MB")
            raw, pairs = raw_limit(residents, strangers)
            print(f"  raw join alone: {raw:.1f} s, {pairs:,} pairs; ratio {wall / raw:.1f}")
        wall, cpu = identify_one(hub, residents, strangers)
        print(f"  one stranger: {wall * 1000:.0f} ms ({cpu * 1000:.0f} ms CPU)", flush=True)
        hub.engine.dispose()
        return cpu


def main() -> None:
    """Measure a small store and the large one, and print the growth between them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--residents", type=int, default=1_000_000)
    parser.add_argument("--strangers", type=int, default=50_000)
    parser.add_argument("--database", nargs=2, help="two empty PostgreSQL databases")
    options = parser.parse_args()
    small, large = options.database or (None, None)
    tenth = max(options.residents // 10, 100), max(options.strangers // 10, 10)
    before = measure(*tenth, small, everybody=False)
    after = measure(options.residents, options.strangers, large, everybody=True)
    print(f"growth of one stranger {after / before:.2f} for ten times as many residents")


if __name__ == "__main__":
    main()
