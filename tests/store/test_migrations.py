"""Migrations: up and down on both databases, and equal to the tables in the code."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from hub.store import metadata
from hub.store.engine import migrate, open_store


def test_the_migrations_make_the_tables_of_the_code(database: str) -> None:
    engine = open_store(database)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_down_and_up_again(database: str) -> None:
    engine = open_store(database)
    migrate(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    migrate(engine)
    assert set(metadata.tables) <= set(inspect(engine).get_table_names())
    engine.dispose()
