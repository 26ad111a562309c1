"""What the log costs: an overview page with the log of the look, and the same without it.

A demo municipality is played; a debt counsellor opens the overviews of the caseload one by one,
each first with the two chained logs and the count of looks, then without, in turns, so that both
meet the same machine. What is timed is the whole page as the browser gets it.

    python benchmarks/look.py [--size 400] [--rounds 5] [--database postgresql://…]
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import select

from hub.core import Hub, open_hub
from hub.demo.run import demo_settings, fill, start_demo
from hub.security.accounts import make_demo_accounts
from hub.security.caseload import with_running_case
from hub.store import audit_log
from hub.web import create_web, looks

PASSWORD = "een-lang-wachtwoord"


def signed_in(hub: Hub) -> FlaskClient:
    """Return the browser of a debt counsellor."""
    make_demo_accounts(hub, PASSWORD)
    client = create_web(hub).test_client()
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/inloggen").text)
    assert found is not None
    told = {"name": "hulpverlener", "password": PASSWORD, "csrf_token": found[1]}
    assert client.post("/inloggen", data=told).status_code == 302
    return client


@contextmanager
def without_log() -> Iterator[None]:
    """Leave out what logs a look, and the count of looks."""
    log_deed, watch = looks.log_deed, looks.watch_volume
    looks.log_deed = lambda *_: ""  # type: ignore[assignment]
    looks.watch_volume = lambda *_: None
    try:
        yield
    finally:
        looks.log_deed, looks.watch_volume = log_deed, watch


def seconds(client: FlaskClient, resident_id: str) -> float:
    """Return how long one page took."""
    start = time.perf_counter()
    answer = client.get(f"/inwoners/{resident_id}")
    took = time.perf_counter() - start
    assert answer.status_code == 200, answer.status
    return took


def measured(hub: Hub, rounds: int) -> tuple[list[float], list[float]]:
    """Return the seconds of each page with the log and without it."""
    client = signed_in(hub)
    with hub.reader.connect() as connection:
        ids = sorted(set(connection.execute(with_running_case(hub)).scalars()))
    told: list[float] = []
    silent: list[float] = []
    for one in ids:
        seconds(client, one)
    for _ in range(rounds):
        for one in ids:
            told.append(seconds(client, one))
            with without_log():
                silent.append(seconds(client, one))
    with hub.reader.connect() as connection:
        looked = select(audit_log.c.id).where(audit_log.c.action == "overview")
        assert len(connection.execute(looked).all()) == len(told) + len(ids)
    return told, silent


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--database", default="", help="An empty database; SQLite without it.")
    asked = parser.parse_args()
    settings = demo_settings(**({"database_url": asked.database} if asked.database else {}))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        hub = open_hub(home, overrides=settings)
        with start_demo(home, size=asked.size, hub=hub) as demo:
            list(fill(demo))
        told, silent = measured(hub, asked.rounds)
        hub.engine.dispose()
    with_log, alone = statistics.median(told), statistics.median(silent)
    print(f"{len(told)} pages: {with_log * 1000:.1f} ms with the log, {alone * 1000:.1f} without")
    print(f"the log costs {100 * (with_log / alone - 1):.0f} % of the page without it (median)")


if __name__ == "__main__":
    main()
