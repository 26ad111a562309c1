"""Rejects: looking what became of rejected records, and replaying them after a repair.

A replay parses the kept bytes again with the mapping of today. It is a run of its own, with
counts that add up, and it takes the same road as any delivery: land, apply, reconcile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, select, update

from hub.connector import Connector
from hub.core import Hub
from hub.errors import RecordError
from hub.store import record, reject, run
from hub.store.engine import chunks
from hub.sync.apply import apply_facts
from hub.sync.parse import Checked, parse_delivered, raw_digest
from hub.sync.sources import Source, all_sources, connect

#: How many rejects are replayed in one transaction.
PORTION = 500


@dataclass(frozen=True)
class Replayed:
    """What a replay of one reject comes to: the facts it gives by kind, or why it still fails."""

    reject_id: int
    key: str
    stream: str
    kinds: dict[str, int]
    problems: tuple[str, ...] = ()


class _Tried(NamedTuple):
    """A parse of kept bytes: with which mapping, its digest, and facts or problems."""

    version: int
    digest: bytes
    facts: list[Checked]
    problems: list[str]


def open_ids(hub: Hub, source: Source) -> list[int]:
    """Return the ids of all rejects of a source that still wait."""
    with hub.reader.connect() as connection:
        query = _open(source).with_only_columns(reject.c.id).order_by(reject.c.id)
        return list(connection.execute(query).scalars())


def preview(hub: Hub, source: Source, ids: Sequence[int]) -> list[Replayed]:
    """Return what a replay of these rejects would come to, without changing anything."""
    connector = connect(hub, source)
    with hub.reader.connect() as connection:
        rows = [row for some in chunks(ids) for row in _rows(connection, source, some)]
    return [_told(row, _try(hub, connector, row)) for row in rows]


def replay(hub: Hub, source: Source, ids: Sequence[int]) -> list[Replayed]:
    """Parse these rejects again and apply what can be used; return what became of each.

    What still fails stays open, with the reasons of today. A reject that was solved meanwhile is
    left out. Raises ConfigError when the source's settings are wrong.
    """
    connector = connect(hub, source)
    return [
        one
        for stream in (found.name for found in source.connector.streams)
        for some in chunks(ids, PORTION)
        for one in _replay_some(hub, source, connector, stream, some)
    ]


def _replay_some(
    hub: Hub, source: Source, connector: Connector, stream: str, ids: list[int]
) -> Iterator[Replayed]:
    with hub.engine.begin() as connection:
        rows = [row for row in _rows(connection, source, ids, lock=True) if row.stream == stream]
        if not rows:
            return
        tried = [(row, _try(hub, connector, row)) for row in rows]
        good = [(row, outcome) for row, outcome in tried if not outcome.problems]
        run_id = _replay_run(connection, hub, rows, len(good))
        _apply(connection, hub, source, run_id, good)
        for row, outcome in tried:
            if outcome.problems:
                _keep(connection, run_id, row, outcome)
    yield from (_told(row, outcome) for row, outcome in tried)


def _apply(
    connection: Connection,
    hub: Hub,
    source: Source,
    run_id: int,
    tried: Sequence[tuple[Row[Any], _Tried]],
) -> None:
    now = hub.clock.now()
    for row, outcome in tried:
        connection.execute(
            update(record)
            .where(record.c.id == row.record_id)
            .values(state="applied", run_id=run_id, digest=outcome.digest)
        )
        connection.execute(update(reject).where(reject.c.id == row.id).values(solved_at=now))
    facts = {row.record_id: outcome.facts for row, outcome in tried}
    apply_facts(connection, hub, source.id, facts, now)


def _keep(connection: Connection, run_id: int, row: Row[Any], outcome: _Tried) -> None:
    """Keep a reject that still fails, with the reasons of today and the mapping that gave them."""
    connection.execute(
        update(reject)
        .where(reject.c.id == row.id)
        .values(reasons=outcome.problems, mapping_version=outcome.version)
    )
    connection.execute(
        update(record)
        .where(record.c.id == row.record_id)
        .values(digest=outcome.digest, run_id=run_id)
    )


def _replay_run(connection: Connection, hub: Hub, rows: Sequence[Row[Any]], good: int) -> int:
    now = hub.clock.now()
    bad = len(rows) - good
    values = {
        "source_id": rows[0].source_id,
        "stream": rows[0].stream,
        "kind": "replay",
        "planned_at": _free_moment(connection, rows[0], now),
        "started_at": now,
        "ended_at": now,
        "status": "partly" if bad else "succeeded",
        "read": len(rows),
        "applied": good,
        "rejected": bad,
        "message": f"Opnieuw verwerkt: {good} van de {len(rows)} afgekeurde records.",
    }
    made = insert(run).values(values).returning(run.c.id)
    return int(connection.execute(made).scalar_one())


def _free_moment(connection: Connection, row: Row[Any], now: Any) -> Any:
    """Return a moment at which no run of this stream is planned: two never share one."""
    taken = set(
        connection.execute(
            select(run.c.planned_at).where(
                run.c.source_id == row.source_id,
                run.c.stream == row.stream,
                run.c.planned_at >= now,
            )
        ).scalars()
    )
    while now in taken:
        now += timedelta(microseconds=1)
    return now


def _try(hub: Hub, connector: Connector, row: Row[Any]) -> _Tried:
    raw = hub.keys.open(row.raw, "reject.raw").encode("latin-1")
    version = next((one.version for one in connector.streams if one.name == row.stream), 1)
    digest = raw_digest(raw, version)
    try:
        return _Tried(version, digest, parse_delivered(connector, row.stream, raw), [])
    except RecordError as error:
        return _Tried(version, digest, [], error.problems)


def _told(row: Row[Any], outcome: _Tried) -> Replayed:
    kinds = dict(Counter(fact.kind for fact in outcome.facts))
    return Replayed(row.id, row.key, row.stream, kinds, tuple(outcome.problems))


def _open(source: Source) -> Any:
    return (
        select(reject, record.c.key, record.c.stream, record.c.source_id, record.c.digest)
        .join(record, record.c.id == reject.c.record_id)
        .where(
            record.c.source_id == source.id,
            record.c.state == "rejected",
            reject.c.solved_at.is_(None),
        )
    )


def _rows(
    connection: Connection, source: Source, ids: Iterable[int], *, lock: bool = False
) -> list[Row[Any]]:
    query = _open(source).where(reject.c.id.in_(list(ids))).order_by(reject.c.id)
    # A delivery of the same record waits until the replay is done, and the other way round.
    return list(connection.execute(query.with_for_update(of=record) if lock else query))


def clean_rejects(hub: Hub) -> int:
    """Delete rejects that were solved longer ago than their source keeps them; return how many.

    An open reject is never deleted: what it tells is still nowhere else.
    """
    deleted = 0
    for source in all_sources(hub):
        before = hub.clock.now() - timedelta(days=source.reject_days)
        of_source = select(record.c.id).where(record.c.source_id == source.id)
        with hub.engine.begin() as connection:
            deleted += connection.execute(
                delete(reject).where(reject.c.solved_at < before, reject.c.record_id.in_(of_source))
            ).rowcount
    return deleted
