"""What a permit lets through, by the register of the source that told it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, select

from hub.core import Hub
from hub.overview.timeline import Moment
from hub.security.caseload import register_of
from hub.security.fields import REGISTER_OF_ROLE, group_of, group_of_moment
from hub.security.permits import Permit
from hub.store import source


class Sight:
    """What a permit lets through, by the register of the source that told it."""

    def __init__(self, connection: Connection, hub: Hub, permit: Permit) -> None:
        self.permit = permit
        query = select(source.c.id, source.c.connector, source.c.role).where(
            source.c.municipality == hub.municipality
        )
        known = hub.plugins.connectors
        self.registers = {
            id_: register_of(known[name]) if name in known else REGISTER_OF_ROLE.get(role, "")
            for id_, name, role in connection.execute(query)
        }

    def sees(self, source_id: int, kind: str) -> bool:
        """Tell whether a kind of fact of a source may be shown."""
        return self.permit.may(group_of(self.registers.get(source_id, ""), kind))

    def of(self, table: Any, rows: list[Row[Any]]) -> list[Row[Any]]:
        """Return the rows of a table of facts that may be shown."""
        return [row for row in rows if self.sees(row.source_id, table.name)]

    def of_open_sources(self, rows: list[Row[Any]]) -> list[Row[Any]]:
        """Return the streams of sources of which something may be shown, and of covenants."""
        shown = ("claim_statement", "debt_case", "register_entry", "early_signal")
        return [
            row
            for row in rows
            if not self.registers.get(row.source_id)
            or any(self.sees(row.source_id, kind) for kind in shown)
        ]

    def of_moments(self, moments: list[Moment]) -> list[Moment]:
        """Return the lines of the timeline that may be shown, without amounts that may not."""
        found = []
        for one in moments:
            register = self.registers.get(one.source_id, "")
            if self.permit.may(group_of_moment(register, one.kind)):
                costs = self.permit.may(group_of(register, "costs"))
                found.append(one if costs else replace(one, amount=None))
        return found
