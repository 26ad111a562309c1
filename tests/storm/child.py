"""Hubs that work once and kill themselves on the way: python child.py HOME DATABASE.

Each line that is read, a list of NOW, POINT and NTH as JSON, starts one; POINT is where SIGKILL
falls, at the NTH time that the hub comes there; "none" lets it live. How it ended is answered, and
on stderr stands what it did on the way, for whoever replays a seed.

Every hub is a process of its own, forked from this one before anything was opened: what Python has
to import is imported once.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event

from hub.clock import FrozenClock
from hub.connector import Batch, Connector
from hub.core import Hub, open_hub
from hub.demo.run import demo_settings
from hub.plugins import load_plugins
from hub.schedule.worker import sweep, work_once
from hub.sync import inbound
from hub.sync.inbound import plan_run
from hub.sync.sources import all_sources

#: Where a hub may die. Each is inside the work that it is named for.
POINTS = ("read", "commit", "confirm", "confirmed", "send", "sent", "inquire", "inquired")


class Reaper:
    """Counts how often the hub comes past each point, and kills it at the chosen one."""

    def __init__(self, point: str, nth: int) -> None:
        self.point, self.nth = point, nth
        self.passed: Counter[str] = Counter()

    def at(self, point: str) -> None:
        """Pass a point, or die there."""
        self.passed[point] += 1
        if point == self.point and self.passed[point] == self.nth:
            os.kill(os.getpid(), signal.SIGKILL)


def lay_points(hub: Hub, reaper: Reaper) -> None:
    """Put the points into the road of what comes in and what goes out."""
    event.listen(hub.engine, "commit", lambda connection: reaper.at("commit"))
    batches = inbound.checked_batches

    def read(*args: Any) -> Iterator[Batch]:
        for batch in batches(*args):
            reaper.at("read")
            yield replace(batch, confirm=_around(batch.confirm, reaper)) if batch.confirm else batch

    inbound.checked_batches = read
    for connector in hub.plugins.connectors.values():
        _wrap(connector, "send", reaper, "send", "sent")
        _wrap(connector, "inquire", reaper, "inquire", "inquired")


def _around(confirm: Callable[[], None], reaper: Reaper) -> Callable[[], None]:
    def confirmed() -> None:
        reaper.at("confirm")
        confirm()
        reaper.at("confirmed")

    return confirmed


def _wrap(connector: type[Connector], name: str, reaper: Reaper, before: str, after: str) -> None:
    method = getattr(connector, name)

    def wrapped(*args: Any) -> Any:
        reaper.at(before)
        found = method(*args)
        reaper.at(after)
        return found

    setattr(connector, name, wrapped)


def main(home: Path, database: str, now: str, point: str, nth: int) -> None:
    """Start as a hub starts, do everything that waits, and stop."""
    clock = FrozenClock(datetime.fromisoformat(now))
    hub = open_hub(home, overrides=demo_settings(database_url=database), clock=clock)
    reaper = Reaper(point, nth)
    swept = sweep(hub)
    lay_points(hub, reaper)
    for source in all_sources(hub):
        for stream in source.stream_names():
            plan_run(hub, source.id, stream, clock.now())
    work_once(hub)
    print(f"swept {swept}; passed {dict(reaper.passed)}", file=sys.stderr, flush=True)


def live(home: Path, database: str, told: str) -> None:
    """Be one hub, and end this process with it."""
    signal.alarm(120)
    try:
        main(home, database, *json.loads(told))
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    load_plugins()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            live(Path(sys.argv[1]), sys.argv[2], line)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
