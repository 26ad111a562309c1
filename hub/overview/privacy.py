"""What a privacy officer wants to know: what asks for attention, and who did what."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from hub.core import Hub
from hub.store import audit_log, incident, processing_log
from hub.sync.incidents import CONCERNS


def concerns(connection: Connection, hub: Hub) -> list[Row[Any]]:
    """Return the open concerns, newest first."""
    query = (
        select(incident)
        .where(
            incident.c.municipality == hub.municipality,
            incident.c.source_id.is_(None),
            incident.c.kind.in_(CONCERNS),
            incident.c.solved_at.is_(None),
        )
        .order_by(incident.c.id.desc())
    )
    return list(connection.execute(query))


def logged(
    connection: Connection, hub: Hub, *, actor: str = "", page: int = 1, size: int = 100
) -> list[Row[Any]]:
    """Return one page of the audit log, newest first, of one actor or of all.

    A row has the resident's number where the operation was about exactly one.
    """
    query = (
        select(audit_log, processing_log.c.resident_id)
        .outerjoin(
            processing_log,
            (processing_log.c.span_id == audit_log.c.span_id)
            & (processing_log.c.municipality == hub.municipality),
        )
        .where(audit_log.c.municipality == hub.municipality)
        .order_by(audit_log.c.number.desc())
        .limit(size)
        .offset((page - 1) * size)
    )
    if actor:
        query = query.where(audit_log.c.actor == actor)
    return list(connection.execute(query))
