"""The Centraal Curatele- en Bewindregister (CCBR): who may not decide about money alone.

Confirmed by two independent public clients and the example messages they hold: WS-Trust 1.3, the
SAML 1.1 assertion that must pass unchanged, both operations and their fields (in the schemas that
the service publishes), grounds and card numbers, errors inside an answer of HTTP 200. Not public:
the codes of those errors and what SoortRegister means. The register knows no BSN: whatever it gives
is a possible match.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.ccbr.connector import GuardianshipConnector

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector of the CCBR."""
    return [GuardianshipConnector]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the register of the demo and the tests."""
    # Production never loads it.
    from plugins.ccbr.simulator import GuardianshipRegister

    return [GuardianshipRegister]
