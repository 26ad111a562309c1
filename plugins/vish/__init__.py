"""VISH, the index by which bailiffs see that somebody gets debt help.

SNG publishes no interface. The contract in messages.py is our own proposal (JSON over HTTPS),
to be replaced when SNG's specification arrives; connector and hub stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.vish.connector import VishConnector

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector of VISH."""
    return [VishConnector]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the index of the demo and the tests."""
    # Production never loads it.
    from plugins.vish.simulator import ReferralIndex

    return [ReferralIndex]
