"""A municipal receivables ledger over OData, after the example that Amsterdam published (AFIS).

Confirmed by that municipality's open source (mijn-amsterdam-frontend, MPL-2.0): the two steps, the
names of the fields, the filters and the order of the states. Another municipality's SAP may differ
in paths, document types and sign-in; those are settings or, where none fits, a plugin of its own.
The service itself is not public: how it pages beyond `$top` is assumed from the OData standard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.ledger.connector import LedgerConnector

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector of a ledger."""
    return [LedgerConnector]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the ledger of the demo and the tests."""
    # Production never loads it.
    from plugins.ledger.simulator import LedgerSystem

    return [LedgerSystem]
