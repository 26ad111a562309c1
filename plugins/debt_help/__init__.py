"""Debt help: any case system that delivers DDAS Schuldhulpverlening, v0.9 to v1.0 (VNG).

The exchange (`POST /gegevens`, OAuth2 client credentials, the Digest header, the delivery itself)
is the public standard. Not in the standard, and so our own: which number the creditor gave a debt
(the setting `reference_field`), and how a case is known again, as DDAS gives it no id (facts.py).

The standard also asks for a signature (JAdES, header `nlgov-adr-payload-sig`) on question and
answer. This plugin neither makes nor checks one; it does make and check the SHA-256 digest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.debt_help.connector import DebtHelpConnector

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector of debt-help case systems."""
    return [DebtHelpConnector]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the case system of the demo and the tests."""
    # Production never loads it.
    from plugins.debt_help.simulator import DebtHelpSystem

    return [DebtHelpSystem]
