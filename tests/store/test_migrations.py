"""Migrations: up and down on both databases, and equal to the tables in the code."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from hub.errors import ConfigError
from hub.store import metadata, schema
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


def test_a_store_of_a_newer_hub_is_refused(make_hub: Any, database: str) -> None:
    engine = open_store(database)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
    for attempt in (make_hub, lambda: migrate(engine), lambda: migrate(engine, "base")):
        with pytest.raises(ConfigError) as told:
            attempt()
        assert "De database is van een nieuwere versie van de hub" in told.value.user
    engine.dispose()


def test_a_schema_that_does_not_exist_is_told(database: str) -> None:
    engine = open_store(database)
    with pytest.raises(ConfigError) as told:
        migrate(engine, "0998")
    assert "Er is geen schema 0998. Kies base, 0001," in told.value.user
    engine.dispose()


def test_what_going_down_undoes() -> None:
    names = [one.revision for one in schema.steps()]
    assert [one.revision for one in schema.undone(names[-1], "base")] == names[::-1]
    assert schema.undone("base", names[-1]) == []
    assert schema.undone(names[-1], names[-1]) == []
