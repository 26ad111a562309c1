"""Landing: every delivered record is known by key and digest, and so are the ones that failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, update

from hub.core import Hub
from hub.store import record, reject
from hub.store.engine import among, chunks


class Landed(NamedTuple):
    """What is known of a record: its row, the digest it had, and how it ended."""

    id: int
    digest: bytes
    state: str


@dataclass
class Seen:
    """Which records of a stream passed by in one run: a byte for each row, flat for millions."""

    flags: bytearray = field(default_factory=bytearray)

    def add(self, ids: Iterable[int]) -> None:
        """Note that these rows passed by."""
        ids, flags = list(ids), self.flags
        short = max(ids, default=0) + 1 - len(flags)
        if short > 0:
            flags.extend(bytes(short + 65_536))
        for id_ in ids:
            flags[id_] = 1

    def drop(self, ids: Iterable[int]) -> None:
        """Note that these rows left by a tombstone: they are not there any more."""
        for id_ in ids:
            if id_ < len(self.flags):
                self.flags[id_] = 0

    @property
    def count(self) -> int:
        """Return how many rows passed by and are there."""
        return self.flags.count(1)

    def lacks(self, ids: Iterable[int]) -> list[int]:
        """Return those of these rows that did not pass by."""
        flags, length = self.flags, len(self.flags)
        return [id_ for id_ in ids if id_ >= length or not flags[id_]]


def find_landed(
    connection: Connection, source_id: int, stream: str, keys: Iterable[str]
) -> dict[str, Landed]:
    """Return what is known of the records with these keys."""
    found: dict[str, Landed] = {}
    for some in chunks(keys, 5000):
        rows = connection.execute(
            select(record.c.key, record.c.id, record.c.digest, record.c.state).where(
                record.c.source_id == source_id,
                record.c.stream == stream,
                among(connection, record.c.key, some),
            )
        ).all()
        for key, *known in rows:
            found[key] = Landed._make(known)
    return found


def land(
    connection: Connection,
    place: tuple[int, str],
    run_id: int,
    outcomes: Mapping[str, tuple[bytes, str]],
    known: Mapping[str, Landed],
) -> dict[str, int]:
    """Write digest and state for each key; return the row of each. `place` is source, stream."""
    source_id, stream = place
    fresh: list[dict[str, Any]] = [
        {
            "source_id": source_id,
            "stream": stream,
            "key": key,
            "run_id": run_id,
            "digest": digest,
            "state": state,
        }
        for key, (digest, state) in outcomes.items()
        if key not in known
    ]
    again = [
        {"row": known[key].id, "now_digest": digest, "now_state": state}
        for key, (digest, state) in outcomes.items()
        if key in known
    ]
    if fresh:
        connection.execute(insert(record), fresh)
    if again:
        connection.execute(
            update(record)
            .where(record.c.id == bindparam("row"))
            .values(digest=bindparam("now_digest"), state=bindparam("now_state"), run_id=run_id),
            again,
        )
    rows = find_landed(connection, source_id, stream, [row["key"] for row in fresh])
    return {key: known[key].id if key in known else rows[key].id for key in outcomes}


def keep_rejects(
    connection: Connection,
    hub: Hub,
    run_id: int,
    rejected: Mapping[int, tuple[bytes, list[str]]],
    version: int,
    now: datetime,
) -> None:
    """Keep raw bytes (sealed) and reasons of rejected records, by record row.

    `version` is that of the mapping which could not use them.
    """
    if rejected:
        connection.execute(
            insert(reject),
            [
                {
                    "record_id": id_,
                    "run_id": run_id,
                    "reasons": reasons,
                    # Latin-1 keeps every byte, whatever encoding the source meant.
                    "raw": hub.keys.seal(raw.decode("latin-1"), "reject.raw"),
                    "mapping_version": version,
                    "rejected_at": now,
                }
                for id_, (raw, reasons) in rejected.items()
            ],
        )


def solve_rejects(connection: Connection, record_ids: Iterable[int], now: datetime) -> None:
    """Close the open rejects of records that have since been applied, replaced or removed."""
    for some in chunks(record_ids):
        connection.execute(
            update(reject)
            .where(reject.c.record_id.in_(some), reject.c.solved_at.is_(None))
            .values(solved_at=now)
        )


def vanished(connection: Connection, place: tuple[int, str], seen: Seen) -> tuple[list[int], int]:
    """Return the rows of the stream that did not pass by, and how many rows it had."""
    source_id, stream = place
    standing = (
        record.c.source_id == source_id,
        record.c.stream == stream,
        record.c.state != "removed",
    )
    count = select(func.count()).select_from(record).where(*standing)
    known = int(connection.execute(count).scalar_one())
    if known == seen.count:
        # What passed by is there: as many as there are means all of them, on most nights.
        return [], known
    query = select(record.c.id).where(*standing)
    rows = connection.execute(query, execution_options={"yield_per": 20_000}).scalars()
    gone: list[int] = []
    total = 0
    for part in rows.partitions():
        total += len(part)
        gone += seen.lacks(part)
    return gone, total


def mark_removed(connection: Connection, run_id: int, record_ids: Iterable[int]) -> None:
    """Mark records as removed at their source."""
    for some in chunks(record_ids):
        connection.execute(
            update(record).where(record.c.id.in_(some)).values(state="removed", run_id=run_id)
        )
