"""The worker: claims planned runs and due commands, works them off, reconciles what changed.

The run rows are the queue. A run is claimed by a conditional update, so any number of workers on
PostgreSQL share the work, and a crash leaves a row that says so instead of a lost job.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from sqlalchemy import select, update

from hub.core import Hub
from hub.reconcile import reconcile
from hub.store import run, source
from hub.sync.inbound import claim_run, execute_run
from hub.sync.outbound import deliver_due
from hub.sync.sources import DEADLINE, find_source

log = logging.getLogger("hub.worker")

#: Seconds between looks at the queue when nobody nudges.
PAUSE = 5.0


class Worker:
    """Works in the calling thread until told to stop; `nudge` makes it look at once."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._wake = threading.Event()
        self._stop = threading.Event()

    def nudge(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    def stop(self) -> None:
        """End after the piece of work at hand."""
        self._stop.set()
        self._wake.set()

    def run_forever(self) -> None:
        """Work until `stop`. A fault is logged and never ends the worker."""
        while not self._stop.is_set():
            try:
                work_once(self.hub)
            except Exception:
                log.exception("a round of work broke")
            self._wake.wait(PAUSE)
            self._wake.clear()


def work_once(hub: Hub) -> int:
    """Do everything that waits; return the number of runs executed."""
    deliver_due(hub)
    waiting = _waiting(hub)
    for run_id, name, stream in waiting:
        if claim_run(hub, run_id):
            outcome = execute_run(hub, find_source(hub, name), stream, run_id)
            log.info("run %s of %s/%s: %s", run_id, name, stream, outcome.status)
    reconcile(hub)
    return len(waiting)


def _waiting(hub: Hub) -> list[tuple[int, str, str]]:
    query = (
        select(run.c.id, source.c.name, run.c.stream)
        .join(source, source.c.id == run.c.source_id)
        .where(run.c.status == "planned", source.c.municipality == hub.municipality)
        .order_by(run.c.planned_at, run.c.id)
    )
    with hub.reader.connect() as connection:
        return [(row.id, row.name, row.stream) for row in connection.execute(query)]


def sweep(hub: Hub, *, all_running: bool = False) -> int:
    """End runs that nobody works on any more, and say so; return how many.

    A run is given up after its deadline; with `all_running` at once, for a hub that is the
    only one to work on its store.
    """
    since = hub.clock.now() - (timedelta(0) if all_running else DEADLINE)
    with hub.engine.begin() as connection:
        ended = connection.execute(
            update(run)
            .where(run.c.status == "running", run.c.started_at <= since)
            .values(
                status="failed",
                ended_at=hub.clock.now(),
                message="De hub stopte tijdens deze synchronisatie. Wat al was verwerkt, blijft "
                "staan; de volgende synchronisatie leest opnieuw.",
                log="swept: the hub stopped during this run",
            )
        )
        return int(ended.rowcount)
