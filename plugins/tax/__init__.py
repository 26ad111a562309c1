"""The municipal tax office, and other tax authorities that deliver the same file.

The delivery that this plugin reads is a format of our own (docs/tax-delivery.md), not a national
one: the national StUF-FIN tells no costs, no exact stage and no hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.tax.connector import TaxConnector

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector of the tax office."""
    return [TaxConnector]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the tax office of the demo and the tests."""
    # Production never loads it.
    from plugins.tax.simulator import TaxOffice

    return [TaxOffice]
