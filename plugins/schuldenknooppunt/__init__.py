"""The Schuldenknooppunt, the exchange between debt helpers and creditors.

A municipality takes part twice: as debt helper and as creditor, each with a number and certificate
of its own; so there are two connectors, and a third for a creditor that works with the CSV files
of the web portal. Message types, many element names, terms, two-way TLS and
collect-then-confirm are published. The WSDL is not: envelope.py holds an envelope of our own, to
be replaced by the one from the toolkit that a participant gets. The encryption of contents is not
public either and is not built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.schuldenknooppunt.connector import CreditorConnector, ExchangeConnector
from plugins.schuldenknooppunt.csv_connector import PortalConnector

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connectors: for debt help, for a creditor, and for a creditor with files."""
    return [ExchangeConnector, CreditorConnector, PortalConnector]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the exchange of the demo and the tests, with either of us at its end."""
    # Production never loads it.
    from plugins.schuldenknooppunt.csv_simulator import Portal
    from plugins.schuldenknooppunt.simulator import CreditorExchange, Exchange

    return [Exchange, CreditorExchange, Portal]
