"""The BRP, the register of who lives in the country, over the API "BRP personen bevragen" (v2).

Confirmed by RvIG's OpenAPI 2.7 and its published feature files: the questions, the fields, which of
them come by themselves, the faults. Confirmed by RvIG's public manual: sign-in by OAuth2 client
credentials (`scope`, `resourceServer`) with two-way TLS. An API key is what a gateway of the
municipality may ask instead; its header is a setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.brp.connector import PopulationConnector

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector of the BRP."""
    return [PopulationConnector]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the BRP of the demo and the tests."""
    # Production never loads it.
    from plugins.brp.simulator import PopulationRegister

    return [PopulationRegister]
