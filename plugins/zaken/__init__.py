"""The municipality's case system: linked cases in, events and contact moments out.

Confirmed from public specifications: the Zaken API 1.5 and the Notificaties API 1.x of VNG, the
CloudEvents 1.0 specification with its webhook page, and Open Klant's klantinteracties 0.9. Of the
NL GOV profile for CloudEvents 1.1 the attributes and naming are confirmed. What a CloudEvent about
a case carries in its data is published nowhere: that part is assumed (see docs/connectors).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.zaken.connector import CaseConnector

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector of the case system."""
    return [CaseConnector]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the case system of the demo and the tests."""
    # Production never loads it.
    from plugins.zaken.simulator import CaseOffice

    return [CaseOffice]
