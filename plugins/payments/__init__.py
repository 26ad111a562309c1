"""Bank files: what came in and went back on the accounts of the municipality (ISO 20022 camt)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.payments.connector import PaymentsConnector

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector that reads bank files and makes collection files."""
    return [PaymentsConnector]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the bank of the demo and the tests."""
    # Production never loads it.
    from plugins.payments.simulator import Bank

    return [Bank]
