"""Pace: at most so many requests in a minute, spread evenly, whoever makes them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from hub.errors import TransientError

#: Seconds at a time that a waiting request sleeps before it looks whether it must stop.
NAP = 0.5


class Pace:
    """Lets one request pass per interval; shared by all sessions of one source."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._interval = 60 / per_minute
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Return when it is this caller's turn. Raises TransientError when `cancelled`."""
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + self._interval
        while (left := turn - time.monotonic()) > 0:
            if cancelled():
                raise TransientError("Gestopt tijdens het wachten op de beurt.", "cancelled")
            time.sleep(min(left, NAP))
