"""Claims that a caseworker saw and no system told: on paper, in Schuldenwijzer, in the DBR.

Schuldenwijzer (SNG, for the resident, by DigiD) and the Digitaal Beslagregister (KBvG) have no
public interface for municipalities. So a caseworker copies the figures. Only figures are kept:
no photo and no PDF, as those show more than the debt.
"""

from __future__ import annotations

from hub.connector import Connector, hookimpl
from plugins.manual.connector import ManualConnector


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector of what is entered by hand."""
    return [ManualConnector]
