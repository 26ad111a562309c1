"""Who is at work: locks that end with the process that holds them.

A row that says "running" or "sending" may be left by a hub that was killed. A lock cannot lie:
PostgreSQL drops an advisory lock with its connection, the kernel drops a file lock with its
process. So whoever gets the lock knows that nobody else works on the thing, and that whatever
was left half done was left by a hub that is gone.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from sqlalchemy import text

from hub.core import Hub

#: What is locked: a run, the outbox of a source, or a destruction list.
Thing = Literal["run", "outbox", "destruction"]

#: The first half of an advisory lock's key: apart from each other and from anybody else's.
_CLASSES = {"run": 0x53480001, "outbox": 0x53480002, "destruction": 0x53480003}


@contextmanager
def at_work(hub: Hub, thing: Thing, id_: int) -> Iterator[bool]:
    """Hold the lock of a thing while working on it; yields False when somebody else has it."""
    lock = _postgres_lock if hub.engine.dialect.name == "postgresql" else _file_lock
    with lock(hub, thing, id_) as taken:
        yield taken


def is_alive(hub: Hub, thing: Thing, id_: int) -> bool:
    """Tell whether somebody is at work on this thing."""
    with at_work(hub, thing, id_) as taken:
        return not taken


@contextmanager
def _postgres_lock(hub: Hub, thing: Thing, id_: int) -> Iterator[bool]:
    query = text("SELECT pg_try_advisory_lock(:class, :id)")
    with hub.engine.connect() as connection:
        # Outside the pool: closing a connection of our own always frees the lock.
        connection.detach()
        key = {"class": _CLASSES[thing], "id": id_}
        taken = bool(connection.execute(query, key).scalar_one())
        connection.commit()
        yield taken
        if taken:
            # The server notices a closed connection a moment later; who asks at once would still
            # find the lock taken.
            connection.execute(text("SELECT pg_advisory_unlock(:class, :id)"), key)
            connection.commit()


@contextmanager
def _file_lock(hub: Hub, thing: Thing, id_: int) -> Iterator[bool]:
    folder: Path = hub.settings.instance / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{thing}-{id_}.lock"
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        taken = _taken(handle)
        yield taken
        if taken:
            # The name goes before the lock does; thousands of runs leave no files behind.
            path.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
