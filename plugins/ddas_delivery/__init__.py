"""Delivery to Statistics Netherlands (CBS): the hub as a provider of DDAS, debt help and signals.

Confirmed by the public OAS (1.0.0 and 2.0.0) and JSON Schemas (VNG Realisatie, SHV v1.0 and VS
v1.2): questions, answers, paging, errors and codes. What is signed is told in two ways, so both
are built: the bytes of the body, or the Digest header. Ours: the token server, which stands beside
the data for who has no FSC inway; the pinned certificate of who asks; the day's book; rounding half
up to whole euros; and that a signal belongs to a period by its own day or by the case it came in.
Chains are not looked up (OCSP, CRL): that is for who receives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.ddas_delivery.connector import DeliveryConnector

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector that delivers."""
    return [DeliveryConnector]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the office that fetches, for the demo and the tests."""
    # Production never loads it.
    from plugins.ddas_delivery.simulator import StatisticsOffice

    return [StatisticsOffice]
