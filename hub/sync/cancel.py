"""Cancelling a run: a person asks on a page or at the prompt, the run ends within seconds.

A connector mostly waits for the other side to answer, and a thread that waits hears nothing. So
a watcher beside it closes the connections of the session as soon as the run is asked to stop.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, select, update

from hub.connector import Connector
from hub.core import Hub
from hub.errors import ConfigError
from hub.http import HubSession
from hub.store import own, run

#: Seconds between looks at the run's row, and between looks of the watcher.
PAUSE = 1.0


def cancel_run(hub: Hub, run_id: int) -> None:
    """Ask a run to stop, in a transaction of its own; see `cancel_run_in`."""
    with hub.engine.begin() as connection:
        cancel_run_in(connection, hub, run_id)


def cancel_run_in(connection: Connection, hub: Hub, run_id: int) -> None:
    """Ask a run to stop; one that only waits is cancelled at once. Raises ConfigError."""
    mine = own(run, hub.municipality)
    asked = connection.execute(
        update(run)
        .where(run.c.id == run_id, run.c.status == "running", mine)
        .values(cancel_asked=True)
    )
    planned = connection.execute(
        update(run)
        .where(run.c.id == run_id, run.c.status == "planned", mine)
        .values(status="cancelled", ended_at=hub.clock.now())
    )
    if not (asked.rowcount or planned.rowcount):
        raise ConfigError("Deze synchronisatie is al klaar.", f"run {run_id} has ended")


class CancelWatch:
    """Tells, when called, whether a run must stop; remembers a yes."""

    def __init__(self, hub: Hub, run_id: int, stopped: Callable[[], bool] | None = None) -> None:
        self._hub = hub
        self._run_id = run_id
        self._stopped = stopped or (lambda: False)
        self._yes = False
        self._looked = time.monotonic()

    def __call__(self) -> bool:
        """Look whether the hub stops, and once in a while at the run's row."""
        if not self._yes:
            self._yes = self._stopped() or self._asked()
        return self._yes

    def _asked(self) -> bool:
        if time.monotonic() - self._looked < PAUSE:
            return False
        self._looked = time.monotonic()
        query = select(run.c.cancel_asked).where(run.c.id == self._run_id)
        with self._hub.reader.connect() as connection:
            return bool(connection.execute(query).scalar())

    @contextmanager
    def over(self, connector: Connector) -> Iterator[Connector]:
        """Watch over a connector at work: cut its connections when it must stop."""
        done = threading.Event()
        watcher = threading.Thread(
            target=self._watch, args=(connector, done), name=f"watch-{self._run_id}", daemon=True
        )
        watcher.start()
        try:
            yield connector
        finally:
            done.set()
            watcher.join()

    def _watch(self, connector: Connector, done: threading.Event) -> None:
        while not done.wait(PAUSE):
            if self() and isinstance(connector.http, HubSession):
                connector.http.abort()
