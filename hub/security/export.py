"""The processing log in the shape of the Logboek Dataverwerkingen, one JSON object per line.

Compared with the working text of the standard (base-registers.md §4: `span_id`, `status`, times
in milliseconds); compare with the published 1.0 before claiming conformance. The subject stays
encrypted, and there is no employee in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from typing import Any

from sqlalchemy import Connection, select

from hub.core import Hub
from hub.store import processing_log


def export(
    connection: Connection, hub: Hub, since: datetime | None = None, until: datetime | None = None
) -> Iterator[str]:
    """Yield a line for each row that started from `since` until, not including, `until`."""
    query = (
        select(processing_log)
        .where(processing_log.c.municipality == hub.municipality)
        .order_by(processing_log.c.number)
    )
    if since:
        query = query.where(processing_log.c.started_at >= since)
    if until:
        query = query.where(processing_log.c.started_at < until)
    for row in connection.execution_options(yield_per=2000).execute(query):
        yield json.dumps(as_standard(hub, row), ensure_ascii=False)


def as_standard(hub: Hub, row: Any) -> dict[str, Any]:
    """Return one row of the processing log with the names of the standard."""
    attributes = {
        "dpl.core.processing_activity_id": f"{hub.settings.processing_register}{row.activity}"
    }
    if row.subject_type:
        attributes["dpl.core.data_subject_id"] = row.subject or ""
        attributes["dpl.core.data_subject_id_type"] = row.subject_type
    if row.processor:
        attributes["dpl.core.foreign_operation.processor"] = row.processor
    told = {
        "trace_id": row.trace_id,
        "span_id": row.span_id,
        "parent_span_id": row.parent_span_id,
        "status": row.status,
        "name": row.name,
        "start_time": _milliseconds(row.started_at),
        "end_time": _milliseconds(row.ended_at),
        "resource": {"attributes": {"name": "schuldenhub", "version": version("schuldenhub")}},
        "attributes": attributes,
    }
    return {name: value for name, value in told.items() if value is not None}


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
