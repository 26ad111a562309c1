"""What plugin authors test with: the contract suite, a small town, and a base for simulators.

`connector_suite` and `plugin_beside` are imported from here; they reach the whole hub, so they are
loaded only when asked for, as simulators are loaded without it.
"""

from contextlib import AbstractContextManager
from typing import Any

from hub.reach import Reach, within


def this_machine() -> AbstractContextManager[None]:
    """Return a context in which new sessions may call this machine.

    For a test that makes a connector itself and lets it talk to a simulator; the suite needs none,
    as its hubs are demos.
    """
    return within(Reach().with_loopback())


def __getattr__(name: str) -> Any:
    """Load the suite at its first use."""
    if name in ("connector_suite", "plugin_beside"):
        from hub.testing import suite

        return getattr(suite, name)
    raise AttributeError(name)
