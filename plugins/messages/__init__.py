"""Letters and messages to residents: e-mail over SMTP, and sms, e-mail and letters by NotifyNL.

NotifyNL is a fork of GOV.UK Notify. Its interface is confirmed from its public documentation:
addresses, tokens, limits, statuses, errors and callbacks. Which of a municipality's templates are
collection is told nowhere, so the administrator marks each one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.messages.connector import MessageConnector

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector of letters and messages."""
    return [MessageConnector]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the post office of the demo and the tests."""
    # Production never loads it.
    from plugins.messages.simulator import PostOffice

    return [PostOffice]
