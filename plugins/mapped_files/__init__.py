"""Exports of other systems, read by a mapping that an administrator edits in the browser.

Suites for benefits, early signals and debt help export CSV, XLSX, XML or JSON, each in a layout
of its own that is not public. Nothing of a layout is assumed: the mapping says what stands where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.connector import Connector, hookimpl
from plugins.mapped_files.connector import (
    MappedBenefit,
    MappedClaims,
    MappedHelp,
    MappedSignals,
)

if TYPE_CHECKING:
    from hub.testing.simulator import Simulator


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return one connector for each register, as that decides who may see the rows."""
    return [MappedClaims, MappedBenefit, MappedSignals, MappedHelp]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """Return the folders of exports of the demo and the tests."""
    # Production never loads it.
    from plugins.mapped_files.simulator import Exports

    return [Exports]
