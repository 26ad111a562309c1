"""Tables of facts: what sources say, append-only, one table per kind of canonical record.

The tables themselves stand beside this: claims.py, help.py, chain.py.

Every row tells who said it (`source_id`, `record_id`), about whom (`subject_id`, and
`resident_id` once known), since when the hub knew it (`received_at`) and until when that was the
last word (`superseded_at`, empty for what stands now). So "what did we know on 3 March" is the
rows received before and not superseded until then.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    and_,
    false,
    or_,
)
from sqlalchemy import text as sql

from hub.store.types import Moment, metadata

#: The tables by kind. A payment is an event of the claim, so both share a table.
FACTS: dict[str, Table] = {}


def fact_table(name: str, *columns: Column[Any], kinds: tuple[str, ...] = ()) -> Table:
    """Return the table of one or more kinds of canonical record, with what every fact has."""
    table = Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        Column("source_id", ForeignKey("source.id"), nullable=False),
        Column("record_id", ForeignKey("record.id"), nullable=False),
        Column("key", String(160), nullable=False),
        Column("digest", LargeBinary(16), nullable=False),
        Column("subject_id", ForeignKey("subject.id")),
        Column("resident_id", ForeignKey("resident.id")),
        Column("received_at", Moment, nullable=False),
        Column("superseded_at", Moment),
        *columns,
    )
    Index(f"ix_{name}_record", table.c.record_id)
    Index(f"ix_{name}_resident", table.c.resident_id, table.c.superseded_at)
    Index(f"ix_{name}_subject", table.c.subject_id)
    for kind in kinds or (name,):
        FACTS[kind] = table
    return table


def rare(name: str, condition: str, *columns: Any) -> Index:
    """Return an index of the few rows of a table that meet a condition, given as SQL.

    A rule that looks for something rare starts there and never reads the rest. The condition must
    stand in its query word for word, or the store does not know that the index is enough.
    """
    few = sql(condition)
    return Index(name, *columns, sqlite_where=few, postgresql_where=few)


def standing(table: Any, at: datetime | None = None) -> ColumnElement[bool]:
    """Return the condition "this row stands", now or as the hub knew it at `at` (UTC)."""
    if at is None:
        return table.c.superseded_at.is_(None)
    return and_(
        table.c.received_at <= at,
        or_(table.c.superseded_at.is_(None), table.c.superseded_at > at),
    )


def text(name: str, most: int) -> Column[Any]:
    """Return a column of text that says nothing when it is empty."""
    return Column(name, String(most), nullable=False, server_default="")


def flag(name: str) -> Column[Any]:
    """Return a column of yes or no; no when a source does not tell."""
    return Column(name, Boolean, nullable=False, server_default=false())


def listed(name: str = "details") -> Column[Any]:
    """Return a column of JSON: details of a fact, or its lines."""
    return Column(name, JSON, nullable=False, server_default="{}" if name == "details" else "[]")
