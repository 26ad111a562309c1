"""Processes that a rotation is tested with: python rotating.py ROLE HOME DATABASE …

`rotate HOME DATABASE POINT NTH` seals everything anew, and SIGKILL falls at the NTH time that it
comes past POINT; "none" lets it live. `land HOME DATABASE UNTIL` lets records land, people be
recognised and looks be logged, round after round, until the file UNTIL is there; it prints its
rounds and the longest one in seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from book import Book, book_plugin, facts_record, statement
from child import Reaper
from sqlalchemy import event, select

from hub.core import Hub, open_hub
from hub.plugins import load_plugins
from hub.reconcile import reconcile, rules
from hub.security import keyfile, rotation
from hub.security.audit import HUB, Deed, log_deed
from hub.store import resident
from hub.sync.inbound import sync_source
from hub.sync.sources import find_source

#: Where a rotation may die: in writing the key file, beside it, and in and after a batch.
POINTS = ("flushed", "placed", "committing", "stored", "logged")

MUNICIPALITY = "9999"


def opened_hub(home: Path, database: str, book: Book | None = None) -> Hub:
    """Open the hub of the test, with a source that is a list."""
    plugins = load_plugins(extra=[rules, book_plugin(book or Book())], discover=False)
    values = {"database_url": database, "municipality": MUNICIPALITY, "demo": True}
    return open_hub(home, overrides=values, plugins=plugins)


def bsn_at(number: int) -> str:
    """Return another number that passes the elfproef for each `number`, up to 40 million."""
    for eight in (10_000_000 + 2 * number, 10_000_001 + 2 * number):
        digits = map(int, str(eight))
        check = sum(one * weight for one, weight in zip(digits, range(9, 1, -1), strict=True)) % 11
        if check < 10:
            return f"{eight}{check}"
    raise AssertionError("of two that follow each other, one has a check digit")


def after(module: Any, name: str, reaper: Reaper, point: str) -> None:
    """Put a point behind every call of a function."""
    function: Callable[..., Any] = getattr(module, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        found = function(*args, **kwargs)
        reaper.at(point)
        return found

    setattr(module, name, wrapped)


def rotate(home: Path, database: str, point: str, nth: str) -> None:
    """Rotate, or go on with it, and die where that is asked."""
    hub = opened_hub(home, database)
    reaper = Reaper(point, int(nth))
    after(keyfile.os, "fsync", reaper, "flushed")
    after(keyfile, "replace_file", reaper, "placed")
    after(rotation, "_store", reaper, "stored")
    after(rotation, "_log", reaper, "logged")
    event.listen(hub.engine, "commit", lambda connection: reaper.at("committing"))
    start = time.monotonic()
    done = rotation.rotate(hub, HUB)
    seconds = time.monotonic() - start
    print(f"{done.done} {done.broken} {seconds:.1f} {dict(reaper.passed)}")


def land(home: Path, database: str, until: str) -> None:
    """Work as a hub works, with people and records that are new in every round."""
    book = Book(batch_size=20, complete=False)
    hub = opened_hub(home, database, book)
    rounds, longest = 0, 0.0
    while not Path(until).exists():
        start = time.monotonic()
        _round(hub, book, rounds)
        longest = max(longest, time.monotonic() - start)
        rounds += 1
        time.sleep(0.1)
    print(f"{rounds} {longest:.2f}")


def _round(hub: Hub, book: Book, number: int) -> None:
    people = [{"bsn": bsn_at(number * 10 + one), "surname": f"Proef{one}"} for one in range(10)]
    records = [statement(f"R{number}-{n}", n, person=who) for n, who in enumerate(people)]
    broken = {"person": people[0], "open": "veel"}
    spoiled = facts_record(f"X{number}", ("claim_statement", f"X{number}", broken))
    book.put("claims", *records, spoiled)
    (outcome,) = sync_source(hub, find_source(hub, "book"))
    assert (outcome.applied, outcome.rejected) == (10, 1), outcome
    reconcile(hub)
    with hub.engine.begin() as connection:
        query = select(resident.c.id).where(resident.c.municipality == hub.municipality)
        seen = connection.execute(query.order_by(resident.c.created_at.desc()).limit(5)).scalars()
        log_deed(connection, hub, HUB, Deed("overview", "update", list(seen)))


if __name__ == "__main__":
    role, where, *rest = sys.argv[1:]
    {"rotate": rotate, "land": land}[role](Path(where), *rest)
