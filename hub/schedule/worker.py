"""The worker: claims planned runs and due commands, works them off, reconciles what changed.

The run rows are the queue. A run is claimed by a conditional update, so any number of workers on
PostgreSQL share the work, and a crash leaves a row that says so instead of a lost job.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

from sqlalchemy import select, update

from hub.core import Hub
from hub.reconcile import reconcile
from hub.schedule.alerts import send_alerts
from hub.store import own, run, source
from hub.sync.alive import at_work
from hub.sync.inbound import work_off
from hub.sync.outbound import deliver_due
from hub.sync.patience import waiting
from hub.sync.sources import find_source

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
                work_once(self.hub, self._stop.is_set)
            except Exception:
                log.exception("a round of work broke")
            self._wake.wait(PAUSE)
            self._wake.clear()


def work_once(hub: Hub, stopped: Callable[[], bool] | None = None) -> int:
    """Do everything that waits; return the number of runs executed."""
    deliver_due(hub)
    done = 0
    for run_id, name, stream in _due(hub):
        if stopped is not None and stopped():
            break
        outcome = work_off(hub, find_source(hub, name), stream, run_id, stopped)
        if outcome is not None:
            about = {"run": run_id, "source": name, "stream": stream}
            log.info("run %s of %s/%s: %s", run_id, name, stream, outcome.status, extra=about)
            done += 1
    reconcile(hub)
    send_alerts(hub)
    return done


def _due(hub: Hub) -> Iterator[tuple[int, str, str]]:
    """Yield planned runs whose moment has come, of sources that may be asked right then."""
    now = hub.clock.now()
    query = (
        select(run.c.id, run.c.source_id, source.c.name, run.c.stream)
        .join(source, source.c.id == run.c.source_id)
        .where(
            run.c.status == "planned",
            run.c.planned_at <= now,
            source.c.enabled,
            source.c.municipality == hub.municipality,
        )
        .order_by(run.c.planned_at, run.c.id)
    )
    with hub.reader.connect() as connection:
        rows = connection.execute(query).all()
    for row in rows:
        with hub.reader.connect() as connection:
            wait = waiting(connection, row.source_id, hub.clock.now())
        if wait is None:
            yield row.id, row.name, row.stream


def sweep(hub: Hub) -> int:
    """End runs that nobody works on any more, and say so; return how many.

    Whether somebody does is told by the lock of the run, which ends with its process.
    """
    with hub.reader.connect() as connection:
        query = select(run.c.id).where(run.c.status == "running", own(run, hub.municipality))
        ids = list(connection.execute(query).scalars())
    return sum(_end_orphan(hub, id_) for id_ in ids)


def _end_orphan(hub: Hub, run_id: int) -> bool:
    with at_work(hub, "run", run_id) as orphan:
        if not orphan:
            return False
        with hub.engine.begin() as connection:
            ended = connection.execute(
                update(run)
                .where(run.c.id == run_id, run.c.status == "running")
                .values(
                    status="failed",
                    ended_at=hub.clock.now(),
                    message="De hub stopte tijdens deze synchronisatie. Wat al was verwerkt, "
                    "blijft staan; de volgende synchronisatie leest opnieuw.",
                    log="swept: the hub stopped during this run",
                )
            )
    log.warning("swept run %s: the hub stopped during it", run_id, extra={"run": run_id})
    return bool(ended.rowcount)
