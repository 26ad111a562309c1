"""What an administrator wants to know: how sources are doing and what their runs came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from hub.core import Hub
from hub.store import command, record, reject, run, source
from hub.sync.health import health_query, is_silent


@dataclass(frozen=True)
class SourceHealth:
    """A source, the state of its streams, and its commands that wait or were refused."""

    id: int
    name: str
    title: str
    silent: bool
    heard_at: datetime | None
    streams: list[Row[Any]]
    waiting: int
    refused: int


def source_health(connection: Connection, hub: Hub) -> list[SourceHealth]:
    """Return the health of every enabled source."""
    streams: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(health_query(hub.municipality)):
        streams.setdefault(row.source_id, []).append(row)
    states = _commands(connection)
    now = hub.clock.now()
    return [
        SourceHealth(
            id=id_,
            name=rows[0].source,
            title=rows[0].title,
            silent=any(is_silent(row, now) for row in rows),
            heard_at=min((row.heard_at for row in rows if row.heard_at), default=None),
            streams=rows,
            waiting=sum(states.get((id_, s), 0) for s in ("ready", "paused", "sending", "unknown")),
            refused=sum(states.get((id_, s), 0) for s in ("refused", "exhausted")),
        )
        for id_, rows in streams.items()
    ]


def _commands(connection: Connection) -> dict[tuple[int, str], int]:
    query = select(command.c.source_id, command.c.state, func.count()).group_by(
        command.c.source_id, command.c.state
    )
    return {(id_, state): count for id_, state, count in connection.execute(query)}


def last_runs(
    connection: Connection, source_id: int, limit: int = 25, after: int = 0
) -> list[Row[Any]]:
    """Return the newest runs of a source, `after` so many that are newer still."""
    query = select(run).where(run.c.source_id == source_id).order_by(run.c.id.desc())
    return list(connection.execute(query.limit(limit).offset(after)))


def count_runs(connection: Connection, source_id: int) -> int:
    """Return how many runs a source ever had."""
    query = select(func.count()).select_from(run).where(run.c.source_id == source_id)
    return int(connection.execute(query).scalar_one())


def run_detail(connection: Connection, hub: Hub, run_id: int) -> Row[Any] | None:
    """Return one run with the name and title of its source."""
    query = (
        select(run, source.c.name.label("source"), source.c.title)
        .join(source, source.c.id == run.c.source_id)
        .where(run.c.id == run_id, source.c.municipality == hub.municipality)
    )
    return connection.execute(query).one_or_none()


def open_rejects(
    connection: Connection, source_id: int, run_id: int | None = None, limit: int = 200
) -> list[Row[Any]]:
    """Return the records that could not be used and still wait, with their reasons."""
    query = (
        select(
            reject.c.id,
            reject.c.reasons,
            reject.c.rejected_at,
            reject.c.mapping_version,
            record.c.key,
            record.c.stream,
        )
        .join(record, record.c.id == reject.c.record_id)
        .where(record.c.source_id == source_id, reject.c.solved_at.is_(None))
        .order_by(reject.c.id)
        .limit(limit)
    )
    if run_id is not None:
        query = query.where(reject.c.run_id == run_id)
    return list(connection.execute(query))
