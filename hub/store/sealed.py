"""Which columns hold sealed values: the one list that whoever checks or rotates keys works from.

A column says so itself, with `info=SEALED` where its table is declared.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, ForeignKey, Table, exists, func

from hub.store.types import metadata


@dataclass(frozen=True)
class Sealed:
    """A column of sealed values. `place` is what its values are bound to: table.column."""

    column: Column[Any]

    @property
    def table(self) -> Table:
        """Return the table of the column."""
        return self.column.table

    @property
    def place(self) -> str:
        """Return what the values are bound to."""
        return f"{self.table.name}.{self.column.name}"

    @property
    def id(self) -> Column[Any]:
        """Return the key of its table, by which rows are walked through."""
        (found,) = self.table.primary_key.columns
        return found

    def of(self, municipality: str) -> ColumnElement[bool]:
        """Return the condition that a row holds a value of this municipality."""
        return self.column.is_not(None) & belongs(self.table, municipality)

    def key_id(self, connection: Connection) -> ColumnElement[str]:
        """Return the id of the key a value is under: what stands between its first two dots."""
        if connection.dialect.name == "postgresql":
            return func.split_part(self.column, ".", 2)
        rest = func.substr(self.column, len("v1.") + 1)
        return func.substr(rest, 1, func.instr(rest, ".") - 1)


@lru_cache(maxsize=1)
def sealed_columns() -> tuple[Sealed, ...]:
    """Return every sealed column of the store, by place."""
    columns = (one for table in metadata.sorted_tables for one in table.columns)
    found = (Sealed(one) for one in columns if one.info.get("sealed"))
    return tuple(sorted(found, key=lambda one: one.place))


def belongs(table: Table, municipality: str) -> ColumnElement[bool]:
    """Return the condition that a row is of this municipality, by itself or by what it is about.

    Raises ValueError for a table that nothing ties to a municipality.
    """
    if "municipality" in table.c:
        return table.c.municipality == municipality
    for one in sorted(table.foreign_keys, key=_nearest):
        about = one.column.table
        return exists().where(one.column == one.parent, belongs(about, municipality))
    raise ValueError(f"nothing ties {table.name} to a municipality")


def _nearest(one: ForeignKey) -> tuple[bool, str]:
    about = one.column.table
    return "municipality" not in about.c, about.name
