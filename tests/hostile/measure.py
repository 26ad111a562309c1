"""Meet one large case in a process of its own; print how it ended and the megabytes it took."""

from __future__ import annotations

import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

from stage import read_badly, read_well

from hub.clock import FrozenClock
from hub.core import open_hub
from hub.plugins import load_plugins
from hub.reconcile import rules
from hub.testing.hostile import CASES, HostileServer, plugin


def peak() -> int:
    """Return the most memory this process ever took, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def main(name: str, home: str) -> None:
    """Read well, note the memory, read badly, and tell the difference."""
    values = {"database_url": f"sqlite:///{home}/hub.db", "municipality": "9999", "demo": True}
    clock = FrozenClock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    found = load_plugins(extra=[rules, plugin()], discover=False)
    hub = open_hub(Path(home) / "instance", overrides=values, clock=clock, plugins=found)
    with HostileServer() as server:
        read_well(hub, server)
        before = peak()
        # The limit of a session is that of production: 64 MB.
        print(read_badly(hub, server, CASES[name]).status, peak() - before)


main(*sys.argv[1:])
