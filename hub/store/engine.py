"""The engine: SQLite in WAL mode by default, PostgreSQL by URL, the same tables on both."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from alembic import command as alembic
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Table,
    any_,
    create_engine,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from hub import logs
from hub.store import schema
from hub.store.types import metadata

T = TypeVar("T")

#: How PostgreSQL sees who is connected.
APPLICATION = "schuldenhub"


def open_store(url: str) -> Engine:
    """Return an engine for `url`; postgresql:// URLs use psycopg 3."""
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    named = {} if url.startswith("sqlite") else {"application_name": APPLICATION}
    # The text of an error would quote the values of a statement: people's data.
    engine = create_engine(url, connect_args=named, hide_parameters=True)
    logs.hide(engine.url.password or "")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # The driver must not open transactions by itself, or BEGIN IMMEDIATE comes too late.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    # A reader says so (`reading`), so that it never waits for the one writer SQLite has.
    deferred = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if deferred else "BEGIN IMMEDIATE")


def reading(engine: Engine) -> Engine:
    """Return the engine for transactions that only read."""
    return engine.execution_options(reading=True)


def migrate(engine: Engine, target: str = "head") -> tuple[str, str]:
    """Bring the schema to `target` (a revision, "head", or "base"); return from where to where.

    Raises ConfigError when the store is of a newer hub, or `target` does not exist.
    """
    goal = schema.named(target)
    # Asking is far cheaper than starting Alembic, and nearly every start is at the head.
    start = revision(engine)
    if start != goal:
        _move(engine, goal)
    return start, goal


def revision(engine: Engine) -> str:
    """Return the revision of the store, "base" when it is empty.

    Raises ConfigError when a newer hub made it.
    """
    with reading(engine).connect() as connection:
        found = schema.current(connection)
    schema.require_known(found)
    return found


def _move(engine: Engine, goal: str) -> None:
    config = schema.config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        # Read again, inside the transaction: another process may have migrated meanwhile.
        start = schema.current(connection)
        if start == "base" and goal == schema.newest():
            # An empty store has nothing to carry along; the tables of the code are the newest
            # schema (tests hold them to the migrations), and made in a tenth of the time.
            metadata.create_all(connection)
            alembic.stamp(config, goal)
            return
        (alembic.downgrade if _is_older(goal, start) else alembic.upgrade)(config, goal)


def _is_older(goal: str, current: str) -> bool:
    # Revisions are ascending numbers, and an empty store is older than all of them.
    return goal == "base" or (current != "base" and goal < current)


def insert_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows that break no unique constraint, and leave out the others."""
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


def among(connection: Connection, column: Column[Any], values: Sequence[Any]) -> Any:
    """Return the condition that a column has one of many values, as one parameter.

    IN with a thousand parameters is rewritten at every execution; this is not.
    """
    if connection.dialect.name == "postgresql":
        return column == any_(literal(list(values), postgresql.ARRAY(column.type)))
    return column.in_(select(func.json_each(json.dumps(values)).table_valued("value").c.value))


def chunks(items: Iterable[T], size: int = 1000) -> Iterator[list[T]]:
    """Yield `items` in lists of at most `size`: what fits in one IN (…)."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
