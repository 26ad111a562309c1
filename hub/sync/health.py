"""Health: which sources speak, and since when a silent one has been silent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, literal, select

from hub.store import run, source, stream


def health_query(municipality: str) -> Select[Any]:
    """Return the select of every stream of every enabled source, with its last ended run."""
    last = (
        select(run.c.source_id, run.c.stream, func.max(run.c.id).label("id"))
        .where(run.c.ended_at.is_not(None), run.c.kind == "read")
        .group_by(run.c.source_id, run.c.stream)
        .subquery()
    )
    return (
        select(
            source.c.id.label("source_id"),
            source.c.name.label("source"),
            source.c.title,
            source.c.connector,
            source.c.role,
            source.c.max_age_hours,
            source.c.speaks,
            stream.c.name.label("stream"),
            stream.c.heard_at,
            stream.c.as_of,
            run.c.status,
            run.c.message,
            literal(None).label("resident_id"),
        )
        .select_from(source)
        .outerjoin(stream, stream.c.source_id == source.c.id)
        .outerjoin(last, and_(last.c.source_id == source.c.id, last.c.stream == stream.c.name))
        .outerjoin(run, run.c.id == last.c.id)
        .where(source.c.municipality == municipality, source.c.enabled)
        .order_by(source.c.name, stream.c.name)
    )


def is_silent(row: Any, now: datetime) -> bool:
    """Tell whether a stream's word cannot be relied on: never heard, failing, or too old."""
    if not row.speaks:
        return False
    if row.as_of is None or row.status in ("failed", "held", "refused"):
        return True
    return bool(now - row.as_of > timedelta(hours=row.max_age_hours))


def silent_streams(connection: Connection, municipality: str, now: datetime) -> list[Row[Any]]:
    """Return the streams whose silence makes an overview incomplete."""
    return [row for row in connection.execute(health_query(municipality)) if is_silent(row, now)]
