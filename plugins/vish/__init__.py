"""VISH, the index by which bailiffs see that somebody gets debt help.

SNG publishes no interface. The contract in messages.py is our own proposal, over HTTPS as JSON
(connector.py) or as Excel files in a folder (files.py); that Excel files were sent before there
were links is known, their columns are not. It is to be replaced when SNG's specification arrives;
the hub stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.vish.connector import VishConnector
from plugins.vish.files import VishFiles

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connectors of VISH: the web service, and files in a folder."""
    return [VishConnector, VishFiles]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the index of the demo and the tests."""
    # Production never loads it.
    from plugins.vish.files_simulator import ReferralFolder
    from plugins.vish.simulator import ReferralIndex

    return [ReferralIndex, ReferralFolder]
