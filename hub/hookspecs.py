"""Every hook of the hub, on one page.

A plugin implements what it needs, each marked with `hub.connector.hookimpl`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from hub.connector import Connector
    from hub.testing.simulator import Simulator

hookspec = pluggy.HookspecMarker("hub")


@hookspec
def hub_connectors() -> list[type[Connector]]:  # type: ignore[empty-body]
    """Return the connector classes that this plugin brings."""


@hookspec
def hub_rules() -> list[Any]:  # type: ignore[empty-body]
    """Return the reconciliation rules (hub.reconcile.engine.Rule) that this plugin brings."""


@hookspec
def hub_simulators() -> list[type[Simulator]]:  # type: ignore[empty-body]
    """Return the simulators with which the demo and the tests play this plugin's other side."""
