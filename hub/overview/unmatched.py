"""People without BSN whom nobody was found to be: a list by source and by reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select, true

from hub.core import Hub
from hub.overview.likeness import address, described
from hub.overview.strangers import registers_open, strangers_of
from hub.reconcile.matching.decide import WHY
from hub.security.caseload import register_named
from hub.store import source, subject


@dataclass(frozen=True)
class Unmatched:
    """A stranger whom nobody was found to be, as a line in a list."""

    id: int
    source: str
    name: str
    birth_date: str
    address: str
    why: str
    heard_at: datetime


@dataclass(frozen=True)
class Part:
    """Which of those nobody was found for: of a source, for a reason; empty for all."""

    source_id: int | None = None
    why: str = ""


def unmatched(
    connection: Connection, hub: Hub, role: str, part: Part, *, page: int = 1, size: int = 50
) -> list[Unmatched]:
    """Return one page of the strangers whom nobody was found to be, newest first."""
    query = strangers_of(hub).where(_nobody(connection, hub, role), _of(part))
    query = query.order_by(subject.c.id.desc()).limit(size).offset((page - 1) * size)
    return [
        Unmatched(
            id=row.subject_id,
            source=row.title,
            name=" ".join(described([row], "initials") + described([row], "surname")),
            birth_date=", ".join(described([row], "birth_date")),
            address=address(row),
            why=WHY[row.dropout],
            heard_at=row.received_at,
        )
        for row in connection.execute(query)
    ]


def unmatched_counts(
    connection: Connection, hub: Hub, role: str
) -> dict[tuple[int, str], dict[str, int]]:
    """Return how many strangers nobody was found to be, by source (id and title) and reason."""
    query = (
        select(source.c.id, source.c.title, subject.c.dropout, func.count())
        .join(source, source.c.id == subject.c.source_id)
        .where(subject.c.municipality == hub.municipality, _nobody(connection, hub, role))
        .group_by(source.c.id, source.c.title, subject.c.dropout)
        .order_by(source.c.title, source.c.id)
    )
    found: dict[tuple[int, str], dict[str, int]] = {}
    for id_, title, why, count in connection.execute(query):
        found.setdefault((id_, title), {})[why] = count
    return found


def _nobody(connection: Connection, hub: Hub, role: str) -> ColumnElement[bool]:
    """Return the condition of a stranger that nobody was found to be, in an open register."""
    registers = registers_open(connection, hub, role)
    names = [name for name in hub.plugins.connectors if register_named(hub, name) in registers]
    mine = select(source.c.id).where(
        source.c.municipality == hub.municipality, source.c.connector.in_(names)
    )
    return (
        subject.c.bsn_hash.is_(None)
        & subject.c.resident_id.is_(None)
        & subject.c.dropout.in_(WHY)
        & subject.c.source_id.in_(mine)
    )


def _of(part: Part) -> ColumnElement[bool]:
    of_source = subject.c.source_id == part.source_id if part.source_id else true()
    return and_(of_source, subject.c.dropout == part.why if part.why else true())
