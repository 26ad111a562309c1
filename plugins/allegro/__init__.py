"""Allegro (Kred'it), a debt-help system: requests for an arrangement, mediations, their creditors.

Operations, types and the session header are those of the WSDLs that the city of Amsterdam published
with its own software (Amsterdam/schulddossier). What those leave open is said where it matters:
what the letters of a status mean is Amsterdam's reading (states.py), and what codes in ExtraInfo
mean is not public: they are shown as they come.

Allegro answers per person. The hub asks about residents with a running debt-help case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.allegro.connector import AllegroConnector

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector of Allegro."""
    return [AllegroConnector]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the Allegro of the demo and the tests."""
    # Production never loads it.
    from plugins.allegro.simulator import AllegroServer

    return [AllegroServer]
