"""The engine: SQLite in WAL mode by default, PostgreSQL by URL, the same tables on both."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from alembic import command as alembic
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
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

MIGRATIONS = Path(__file__).parent / "migrations"

T = TypeVar("T")


def open_store(url: str) -> Engine:
    """Return an engine for `url`; postgresql:// URLs use psycopg 3."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
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


def migrate(engine: Engine, target: str = "head") -> None:
    """Bring the schema to `target` (a revision, "head", or "base")."""
    if target == "head" and _at_head(engine):
        return
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        down = _is_older(connection, target)
        (alembic.downgrade if down else alembic.upgrade)(config, target)


def _is_older(connection: Connection, target: str) -> bool:
    """Tell whether `target` lies before the schema that stands. Revisions are ascending numbers."""
    current = MigrationContext.configure(connection).get_current_revision()
    return target == "base" or (target != "head" and current is not None and target < current)


def _at_head(engine: Engine) -> bool:
    # Asking is far cheaper than starting Alembic, and nearly every start is at the head.
    with reading(engine).connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return current == ScriptDirectory.from_config(config).get_current_head()


def insert_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows that break no unique constraint, and leave out the others."""
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


def among(connection: Connection, column: Column[Any], values: Sequence[str]) -> Any:
    """Return the condition that a text column has one of many values, as one parameter.

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
