"""What an administrator must know of a source in trouble: waits, ends, incidents, what is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from hub.core import Hub
from hub.errors import ConfigError
from hub.store import (
    claim_statement,
    expiry,
    incident,
    missing,
    own,
    patience,
    record,
    run,
    source,
    standing,
)
from hub.sync.incidents import KINDS, WARNINGS
from hub.sync.patience import Wait, wait_of

#: How many of the missing records a page shows.
SHOWN = 50


@dataclass(frozen=True)
class Trouble:
    """The condition of a source beside its health: why it waits, what ends, what is wrong."""

    wait: Wait | None
    expiries: tuple[Row[Any], ...]
    incidents: tuple[tuple[str, str, datetime], ...]
    #: The runs of which a removal waits for a person.
    held: tuple[int, ...]


def trouble(connection: Connection, hub: Hub) -> dict[int, Trouble]:
    """Return the condition of every source of this municipality, by source id."""
    now = hub.clock.now()
    ids = connection.execute(
        select(source.c.id).where(source.c.municipality == hub.municipality)
    ).scalars()
    waits = {row.source_id: row for row in connection.execute(select(patience))}
    ends = list(connection.execute(select(expiry).order_by(expiry.c.ends_at)))
    query = select(incident).where(incident.c.solved_at.is_(None)).order_by(incident.c.id)
    going_on = list(connection.execute(query))
    waiting = select(run.c.source_id, run.c.id).where(run.c.status == "held")
    held = [tuple(row) for row in connection.execute(waiting)]
    return {
        id_: Trouble(
            held=tuple(run_id for source_id, run_id in held if source_id == id_),
            wait=wait_of(waits[id_], now) if id_ in waits else None,
            expiries=tuple(row for row in ends if row.source_id == id_),
            incidents=tuple(
                (KINDS[row.kind], row.message, row.opened_at)
                for row in going_on
                if row.source_id == id_
            ),
        )
        for id_ in ids
    }


def held_runs(connection: Connection, hub: Hub) -> Sequence[Any]:
    """Return the deliveries that wait for a person, oldest first: id, source, stream, ended_at."""
    query = (
        select(run.c.id, source.c.name.label("source"), run.c.stream, run.c.ended_at)
        .join(source, source.c.id == run.c.source_id)
        .where(run.c.status == "held", source.c.municipality == hub.municipality)
        .order_by(run.c.id)
    )
    return connection.execute(query).all()


def own_trouble(connection: Connection, hub: Hub) -> list[tuple[str, str, datetime]]:
    """Return what is wrong with the hub itself: title, message and since when."""
    query = (
        select(incident.c.kind, incident.c.message, incident.c.opened_at)
        .where(
            incident.c.municipality == hub.municipality,
            incident.c.kind.in_(WARNINGS),
            incident.c.solved_at.is_(None),
        )
        .order_by(incident.c.id)
    )
    return [(WARNINGS[kind], text, since) for kind, text, since in connection.execute(query)]


@dataclass(frozen=True)
class Difference:
    """What a held delivery lacks: how many records and residents, how much money (cents)."""

    count: int
    residents: int
    open: int
    sample: tuple[Row[Any], ...]


def held_difference(connection: Connection, hub: Hub, run_id: int) -> Difference:
    """Return what would be removed if a person released this run. Raises ConfigError."""
    mine = select(run.c.id).where(run.c.id == run_id, own(run, hub.municipality))
    if connection.execute(mine).first() is None:
        raise ConfigError("Deze synchronisatie bestaat niet.")
    told = (
        select(claim_statement)
        .join(missing, missing.c.record_id == claim_statement.c.record_id)
        .where(missing.c.run_id == run_id, standing(claim_statement))
        .subquery()
    )
    residents, total = connection.execute(
        select(func.count(told.c.resident_id.distinct()), func.coalesce(func.sum(told.c.open), 0))
    ).one()
    count = connection.execute(
        select(func.count()).select_from(missing).where(missing.c.run_id == run_id)
    ).scalar_one()
    sample: Sequence[Any] = connection.execute(
        select(record.c.key, told.c.reference, told.c.type, told.c.open, told.c.as_of)
        .select_from(missing)
        .join(record, record.c.id == missing.c.record_id)
        .outerjoin(told, told.c.record_id == record.c.id)
        .where(missing.c.run_id == run_id)
        .order_by(told.c.open.desc(), record.c.key)
        .limit(SHOWN)
    ).all()
    return Difference(count, residents, int(total), tuple(sample))
