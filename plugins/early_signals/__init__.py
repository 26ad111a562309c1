"""Early signals: any system that delivers DDAS Vroegsignalering, v0.1 to v1.2 (VNG, for CBS).

The exchange and the model are the public standard. What the standard leaves open is kept simple:
an ID is unique within one municipality's delivery, a case belongs to the person of its first signal
in the same delivery, and a signal of which the supplier speaks no more has left the system.

The files of RIS Matching and VPS are not public; a municipality that has those reads them through
a mapping. Signals about municipal tax have no ground in the law since 2025 and no partner code of
their own: what comes as "Overige" is refused until a ground is recorded (municipal_tax.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from hub.rules import Rule
from plugins.early_signals.connector import EarlySignalConnector
from plugins.early_signals.together import RULES

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector of early-signal systems."""
    return [EarlySignalConnector]


@hookimpl
def hub_rules() -> list[Rule]:
    """Return the rule that proposes to take signals up together."""
    return RULES


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the early-signal system of the demo and the tests."""
    # Production never loads it.
    from plugins.early_signals.simulator import SignalSystem

    return [SignalSystem]
