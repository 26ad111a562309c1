"""Rows that go along with a resident as they are, and come back on a split.

The tables are found in the metadata, so one that is added later goes along by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Date, Row, Table, select, update

from hub.store import FACTS, finding, look, match_candidate, metadata, resident, resident_merge
from hub.store.engine import chunks
from hub.store.types import Moment

#: Facts follow the person of their source; findings and verdicts may meet others of their kind;
#: what was looked at stays as it was looked at.
_OTHERWISE = (*FACTS.values(), finding, match_candidate, look, resident_merge)

#: By table: the ids of the rows that went along, each with the moment at which it was made.
Taken = dict[str, list[list[Any]]]


def tables() -> list[Table]:
    """Return the tables whose rows about a resident go along as they are."""
    return [
        table
        for table in metadata.sorted_tables
        if table not in _OTHERWISE
        and "resident_id" in table.c
        and table.c.resident_id.references(resident.c.id)
    ]


def take_along(connection: Connection, resident_id: str, into_id: str) -> Taken:
    """Bring the rows of one resident to another; return which they were."""
    taken: Taken = {}
    for table in tables():
        mine = table.c.resident_id == resident_id
        rows = connection.execute(select(*_known_by(table)).where(mine)).all()
        if rows:
            taken[table.name] = [_mark(row) for row in rows]
            connection.execute(update(table).where(mine).values(resident_id=into_id))
    return taken


def put_back(connection: Connection, taken: Taken, stays: str, back: str) -> None:
    """Bring the rows that went along, as far as they still are with `stays`, to `back`."""
    for name, marks in taken.items():
        table, known = metadata.tables[name], {mark[0]: mark for mark in marks}
        for some in chunks(known):
            here = table.c.id.in_(some) & (table.c.resident_id == stays)
            rows = connection.execute(select(*_known_by(table)).where(here)).all()
            # A store may give the number of a row that is gone to a new one, of another moment.
            ids = [row.id for row in rows if _mark(row) == known[row.id]]
            mine = table.c.id.in_(ids)
            connection.execute(update(table).where(mine).values(resident_id=back))


def _known_by(table: Table) -> list[Column[Any]]:
    born = (one for one in table.c if isinstance(one.type, Moment) and not one.nullable)
    return [table.c.id, *list(born)[:1]]


def _mark(row: Row[Any]) -> list[Any]:
    return [plain_value(value) for value in row]


def plain_value(value: Any) -> Any:
    """Return a value of a row as JSON holds it."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def packed(row: Row[Any], names: Sequence[str]) -> dict[str, Any]:
    """Return columns of a row as JSON holds them."""
    return {name: plain_value(getattr(row, name)) for name in names}


def unpacked(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `packed` made as the columns of the table hold it."""
    return {name: _typed(table.c[name], value) for name, value in values.items()}


def _typed(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, Moment):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(column.type, Date) else value
