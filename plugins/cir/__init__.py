"""The Centraal Insolventieregister (CIR): bankruptcy, suspension of payment, and Wsnp.

Confirmed by the register's own WSDL, XSDs and manual: the operations, their fields, the codes, the
errors inside normal answers, the duty to destroy copies, polling. Confirmed by a public client: the
shape of the list of removed publications, for which no schema is published. Assumed: that a search
without prefix finds every prefix; that the day of a ruling is the first date in the description of
its publication. The register knows no BSN: whatever it gives is a possible match.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.cir.connector import InsolvencyConnector

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector of the CIR."""
    return [InsolvencyConnector]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the register of the demo and the tests."""
    # Production never loads it.
    from plugins.cir.simulator import InsolvencyRegister

    return [InsolvencyRegister]
