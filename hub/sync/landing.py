"""Landing: every delivered record is known by key and digest, and so are the ones that failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

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
    """Which records of a stream passed by in one run: a bit for each row, flat for millions."""

    bits: bytearray = field(default_factory=bytearray)

    def add(self, ids: Iterable[int]) -> None:
        """Note that these rows passed by."""
        for id_ in ids:
            at = id_ >> 3
            if at >= len(self.bits):
                self.bits.extend(bytes(at + 1024 - len(self.bits)))
            self.bits[at] |= 1 << (id_ & 7)

    def __contains__(self, id_: int) -> bool:
        at = id_ >> 3
        return at < len(self.bits) and bool(self.bits[at] & (1 << (id_ & 7)))


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
    query = select(record.c.id).where(
        record.c.source_id == source_id, record.c.stream == stream, record.c.state != "removed"
    )
    rows = connection.execute(query, execution_options={"yield_per": 5000})
    gone: list[int] = []
    total = 0
    for (id_,) in rows:
        total += 1
        if id_ not in seen:
            gone.append(id_)
    return gone, total


def mark_removed(connection: Connection, run_id: int, record_ids: Iterable[int]) -> None:
    """Mark records as removed at their source."""
    for some in chunks(record_ids):
        connection.execute(
            update(record).where(record.c.id.in_(some)).values(state="removed", run_id=run_id)
        )
