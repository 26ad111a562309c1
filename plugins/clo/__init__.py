"""The Convenant Lokale Overheid: which organisations are bound by it, and on which terms.

No public interface or list of the participants is known. This plugin therefore reads a table that
the municipality keeps itself, at a web address or in the hub; the columns (messages.py) are a
proposal of ours. The text of the covenant is not public either: terms that a row leaves empty are
those of the sister covenant (NVVK with Belastingdienst, CAK, CJIB, DUO, SVB and UWV) and of the
Schuldenknooppunt, and must be checked against the municipality's own signed covenant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.clo.connector import CovenantConnector
from plugins.clo.hand import CovenantByHand

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connectors: a table at an address, and what is kept in the hub itself."""
    return [CovenantConnector, CovenantByHand]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the table of the demo and the tests."""
    # Production never loads it.
    from plugins.clo.simulator import CovenantTable

    return [CovenantTable]
