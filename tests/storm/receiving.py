"""A hub that answers calls until told to stop: python receiving.py HOME DATABASE NOW POINT NTH.

It prints the port of its pages, and ends when its input does. POINT is where SIGKILL falls, at the
NTH time that a call comes there; "none" lets it live.
"""

from __future__ import annotations

import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from child import Reaper
from sqlalchemy import event
from werkzeug.serving import make_server

from hub.clock import FrozenClock
from hub.connector import Answer, Connector
from hub.core import Hub, open_hub
from hub.demo.run import demo_settings
from hub.schedule.worker import sweep
from hub.sync import received
from hub.web import create_web
from hub.web import received as door

#: Where a hub may die while it is called: before and after the connector made its answer, in the
#: commits that land what came, and when all of it stands but the caller has not heard so.
POINTS = ("called", "understood", "commit", "landed")


def lay_points(hub: Hub, reaper: Reaper) -> None:
    """Put the points into the road of a call."""
    event.listen(hub.engine, "commit", lambda connection: reaper.at("commit"))
    receive = received.receive

    def around(hub: Hub, one: Any, call: Any) -> Answer:
        _wrap(one.connector, reaper)
        answer = receive(hub, one, call)
        reaper.at("landed")
        return answer

    door.receive = around


def _wrap(connector: type[Connector], reaper: Reaper) -> None:
    method = connector.receive
    if hasattr(method, "reaped"):
        return

    def reaped(self: Connector, call: Any) -> Answer:
        reaper.at("called")
        answer = method(self, call)
        reaper.at("understood")
        return answer

    reaped.reaped = True  # type: ignore[attr-defined]
    connector.receive = reaped  # type: ignore[method-assign]


def main(home: Path, database: str, now: str, point: str, nth: int) -> None:
    """Start as a hub starts, and answer."""
    clock = FrozenClock(datetime.fromisoformat(now))
    hub = open_hub(home, overrides=demo_settings(database_url=database), clock=clock)
    sweep(hub)
    app = create_web(hub, nudge=lambda: None)
    lay_points(hub, Reaper(point, nth))
    server = make_server("localhost", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
