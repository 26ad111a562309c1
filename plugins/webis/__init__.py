"""Webis: nothing of its interface is public, so this is a slot and not a protocol.

BakerWare, a supplier to municipal tax offices, heads its product pages with "webis"; whether that
is the system a municipality means must be asked there. Until then the transport and the mapping
are settings, a new source starts switched off, and the simulator is fictitious.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.webis.connector import WebisConnector

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the slot for Webis."""
    return [WebisConnector]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return a fictitious other side for the demo and the tests."""
    # Production never loads it.
    from plugins.webis.simulator import FictitiousWebis

    return [FictitiousWebis]
