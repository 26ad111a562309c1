"""A rotation that is killed, while records land in another process; afterwards nothing is amiss.

HUB_ROTATE=1000000 is the long run: so many sealed values to begin with, killed twice on the way.
HUB_STORM_SEED replays one. Each value can be judged by something else in the store: a BSN by its
keyed hash, a reject by the digest of what was delivered, a logged subject by its resident.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from book import add_source
from rotating import MUNICIPALITY, POINTS, bsn_at, opened_hub
from sqlalchemy import func, insert, select

from hub.core import Hub
from hub.security import rotation
from hub.security.audit import HUB, SUBJECT
from hub.store import audit_log, processing_log, record, reject, resident, subject
from hub.sync.sources import find_source

COUNT = int(os.environ.get("HUB_ROTATE", "3000"))
SEED = int(os.environ.get("HUB_STORM_SEED", "1"))
LONG = COUNT >= 100_000
HERE = Path(__file__).parent


def fill(hub: Hub, count: int) -> None:
    """Put so many sealed BSNs in the store, each with its keyed hash."""
    add_source(hub)
    source_id, now = find_source(hub, "book").id, hub.clock.now()
    for start in range(0, count, 10_000):
        rows = []
        for number in range(start, min(start + 10_000, count)):
            # Far from the people that land, so that nobody is met twice.
            bsn = bsn_at(20_000_000 + number)
            known = hub.keys.fingerprint(f"bsn:{bsn}")
            rows.append(
                {
                    "municipality": MUNICIPALITY,
                    "source_id": source_id,
                    "key": known,
                    "bsn": hub.keys.seal(bsn, "subject.bsn"),
                    "bsn_hash": known,
                    "created_at": now,
                }
            )
        with hub.engine.begin() as connection:
            connection.execute(insert(subject), rows)


def process(*words: str) -> subprocess.Popen[str]:
    paths = (HERE.parents[1], HERE.parent, HERE)
    return subprocess.Popen(
        [sys.executable, "-W", "error::ResourceWarning", str(HERE / "rotating.py"), *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def records_landing(home: Path, database: str, told: list[str]) -> Iterator[None]:
    """Let another hub work on the same store meanwhile; `told` gets its rounds."""
    until = home / "enough"
    worker = process("land", str(home), database, str(until))
    try:
        time.sleep(1)
        yield
        time.sleep(1)  # and after the last key came, too
    finally:
        until.touch()
        out, err = worker.communicate(timeout=120)
    assert worker.returncode == 0, err
    told += out.split()


def life(home: Path, database: str, point: str, nth: int) -> str | None:
    """Let a rotation live once; return what it told, None when it was killed."""
    one = process("rotate", str(home), database, point, str(nth))
    out, err = one.communicate(timeout=3600)
    assert one.returncode in (0, -signal.SIGKILL), err
    return out if one.returncode == 0 else None


def deaths(chance: random.Random) -> Iterator[tuple[str, int]]:
    """Where each life is to end; the long run dies twice, in the midst of its work."""
    batches = COUNT // 1000
    if LONG:
        yield "stored", chance.randint(1, batches // 2)
        yield "committing", chance.randint(1, batches // 3)
        return
    for point in chance.sample(POINTS, len(POINTS)):
        yield point, chance.randint(1, 2)


@pytest.mark.slow
def test_a_rotation_is_killed_while_records_land(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "hub"
    hub = opened_hub(home, database)
    fill(hub, COUNT)
    before, kills, start = hub.keys.ring, Counter[str](), time.monotonic()
    chance = random.Random(f"rotation {SEED} {hub.engine.dialect.name}")
    landed: list[str] = []
    with records_landing(home, database, landed):
        for point, nth in deaths(chance):
            if life(home, database, point, nth) is None:
                kills[point] += 1
        last = life(home, database, "none", 1)
    seconds = time.monotonic() - start
    assert kills.total() >= 2, f"hardly killed: {kills}; seed {SEED}"
    assert last is not None
    complete(hub, before.current)
    with capsys.disabled():
        print(
            f"\n{hub.engine.dialect.name}: {COUNT} values and what landed in {landed[0]} rounds"
            f" (the longest {landed[1]} s), killed {dict(kills)}; in all {seconds:.0f} s,"
            f" the last life: {last.strip()}"
        )
    hub.engine.dispose()


def complete(hub: Hub, old: str) -> None:
    """Nothing is under the old key, which can go, and everything is what it was."""
    assert [name for name, count in rotation.usage(hub).items() if count] == [
        hub.keys.reload().current
    ]
    rotation.rotate(hub, HUB)
    for name in [one for one in hub.keys.ring.keys if one != hub.keys.ring.current]:
        rotation.retire(hub, name, HUB)
    assert old not in hub.keys.ring.keys
    assert not list(hub.settings.instance.glob("*.part"))
    everything_is_what_it_was(hub)
    began_and_ended(hub)


def everything_is_what_it_was(hub: Hub) -> None:
    keys = hub.keys
    with hub.reader.connect() as connection:
        for table in (subject, resident):
            place, found = f"{table.name}.bsn", 0
            for sealed, known in connection.execute(select(table.c.bsn, table.c.bsn_hash)):
                assert keys.fingerprint(f"bsn:{keys.open(sealed, place)}") == known
                found += 1
            assert found >= (COUNT if table is subject else 10)
        rejects = select(reject.c.raw, reject.c.mapping_version, record.c.digest).join(
            record, record.c.id == reject.c.record_id
        )
        for sealed, version, digest in connection.execute(rejects):
            raw = keys.open(sealed, "reject.raw").encode("latin-1")
            salt = version.to_bytes(8, "big")
            assert hashlib.blake2b(raw, digest_size=16, salt=salt).digest() == digest
        logged = select(processing_log.c.subject, resident.c.bsn_hash).join(
            resident, resident.c.id == processing_log.c.resident_id
        )
        for sealed, known in connection.execute(logged):
            assert keys.fingerprint(f"bsn:{keys.open(sealed, SUBJECT)}") == known
    assert find_source(hub, "book").config == {}


def began_and_ended(hub: Hub) -> None:
    query = select(func.count()).where(audit_log.c.action == "keys_rotate")
    with hub.reader.connect() as connection:
        begun = connection.execute(query.where(audit_log.c.reason.like("begin%"))).scalar_one()
        ended = connection.execute(query.where(audit_log.c.reason.like("end%"))).scalar_one()
    assert begun >= ended >= 2
