"""A rotation of the keys against encryption alone: the cost of everything but the cipher.

A store is filled with N sealed BSNs, which are then sealed anew under a new key as
`hub keys rotate` does it: read, open, seal, compare and write, in short transactions. In the same
run as many values are opened and sealed by AES-GCM with nothing around it. Printed is the ratio
of the two speeds, and by how much memory grew. The pauses in which other processes learn the new
key are left out of the speed and told apart.

    python benchmarks/rotation.py [--values 100000] [--database URL]
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import insert

from hub.core import Hub, open_hub
from hub.plugins import load_plugins
from hub.security import rotation
from hub.security.audit import HUB
from hub.store import source, subject

PLACE = b"v2.k00000000.subject.bsn"


def fill(hub: Hub, count: int) -> None:
    """Put `count` sealed numbers in the store."""
    about = {"municipality": hub.municipality, "created_at": hub.clock.now()}
    with hub.engine.begin() as connection:
        row = {
            "name": "bench",
            "title": "Bench",
            "connector": "none",
            "role": "creditor",
            "owner": "none",
            "config": hub.keys.seal("{}", "source.config"),
            "interval_minutes": 1,
            "max_age_hours": 1,
        }
        source_id = connection.execute(insert(source).values(**row, **about)).inserted_primary_key
        for start in range(0, count, 10_000):
            numbers = range(start, min(start + 10_000, count))
            rows = [
                {
                    "source_id": source_id[0] if source_id else None,
                    "key": f"{number:064d}",
                    "bsn": hub.keys.seal(f"{number:09d}", "subject.bsn"),
                    **about,
                }
                for number in numbers
            ]
            connection.execute(insert(subject), rows)


def raw_seconds(count: int) -> float:
    """Return the seconds in which AES-256-GCM alone opens and seals as many values."""
    old, new = AESGCM(os.urandom(32)), AESGCM(os.urandom(32))
    nonce = os.urandom(12)
    sealed = old.encrypt(nonce, b"999990019", PLACE)
    start = time.perf_counter()
    for _ in range(count):
        new.encrypt(os.urandom(12), old.decrypt(nonce, sealed, PLACE), PLACE)
    return time.perf_counter() - start


def rotation_seconds(hub: Hub) -> tuple[float, int]:
    """Return the seconds of a rotation without its pauses, and how many values it sealed."""
    start = time.perf_counter()
    done = rotation.rotate(hub, HUB)
    return time.perf_counter() - start - 2 * rotation.SETTLE, done.done


def peak() -> int:
    """Return the most memory this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=100_000)
    parser.add_argument("--database", default="", help="An empty database; SQLite without it.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = {"database_url": asked.database, "municipality": "9999"}
        hub = open_hub(Path(folder), overrides=settings, plugins=load_plugins(discover=False))
        fill(hub, asked.values)
        before = peak()
        seconds, done = rotation_seconds(hub)
        raw = raw_seconds(done)
        hub.engine.dispose()
    print(f"rotation: {done} values in {seconds:.1f} s, {done / seconds:,.0f} a second")
    print(f"AES-GCM alone: {done / raw:,.0f} a second; ratio {seconds / raw:.1f}")
    print(f"pauses: {2 * rotation.SETTLE:.1f} s; memory grew by {peak() - before} MB")


if __name__ == "__main__":
    main()
