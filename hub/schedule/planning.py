"""Planning: which runs are due. The schedule lives in the source table, in minutes of interval.

Planned moments are whole multiples of the interval, counted from local midnight, so that every
clock that looks computes the same moment and the unique key lets only one of them plan it. Local
days of 23 and 25 hours keep their midnight run.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select

from hub.clock import AMSTERDAM
from hub.core import Hub
from hub.store import run
from hub.sync.inbound import plan_run
from hub.sync.sources import all_sources


def last_planned_moment(now: datetime, interval_minutes: int) -> datetime:
    """Return the latest moment (UTC) at or before `now` at which a run was due."""
    local = now.astimezone(AMSTERDAM)
    midnight = datetime.combine(local.date(), time(), AMSTERDAM).astimezone(UTC)
    interval = timedelta(minutes=interval_minutes)
    return midnight + (now - midnight) // interval * interval


def plan_due_runs(hub: Hub) -> None:
    """Plan a run for each stream of each enabled source whose moment has come.

    A stream of which a run waits already gets no second one: it would read the same twice.
    """
    now = hub.clock.now()
    with hub.reader.connect() as connection:
        query = select(run.c.source_id, run.c.stream).where(
            run.c.status == "planned", run.c.planned_at <= now
        )
        waits = {tuple(row) for row in connection.execute(query)}
    for source in all_sources(hub):
        if source.enabled:
            moment = last_planned_moment(now, source.interval_minutes)
            for stream in source.stream_names():
                if (source.id, stream) not in waits:
                    plan_run(hub, source.id, stream, moment)
