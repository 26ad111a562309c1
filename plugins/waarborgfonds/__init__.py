"""The Waarborgfonds saneringskredieten, that stands surety for restructuring loans.

A credit bank asks the fund over the Schuldenknooppunt, under a number and a certificate of its own.
The commands, their fields and limits, the events and what the fund goes by when it decides are
published (github.com/sbnnl/documentatie). Not public: the XML schemas, so root elements are
inferred; the envelope, which is that of plugins/schuldenknooppunt; and what the message is called
with which the fund asks for all running loans, so an unknown kind of message is kept as it came.
A loan goes by a mark (kenmerk): the fund hears no name and no BSN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.waarborgfonds.connector import GuaranteeConnector

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector of a credit bank."""
    return [GuaranteeConnector]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the fund of the demo and the tests, at an exchange of its own."""
    # Production never loads it.
    from plugins.waarborgfonds.simulator import Fund

    return [Fund]
