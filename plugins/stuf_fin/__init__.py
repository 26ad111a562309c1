"""Collection systems that speak Betalen- en Invorderenservices 1.0 (StUF-FIN 3.10, VNG Realisatie).

Confirmed by the published schemas 1.00.03: every message, element and code used here. What they do
not say: costs, the exact stage of collection and the kind of levy; a supplier may tell those in
extra elements and ledger codes, and settings name them. Which suites offer the service is not
public: the connection test finds out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.stuf_fin.connector import CollectionConnector

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector of a collection system."""
    return [CollectionConnector]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the collection system of the demo and the tests."""
    # Production never loads it.
    from plugins.stuf_fin.simulator import CollectionSystem

    return [CollectionSystem]
