"""Migrations: up and down on both databases, and equal to the tables in the code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, TextClause, inspect

from hub.errors import ConfigError
from hub.store import metadata, schema
from hub.store.engine import migrate, open_store


def test_the_migrations_make_the_tables_of_the_code(database: str) -> None:
    """An empty store gets the tables of the code; one that came all the way is the same."""
    engine = open_store(database)
    straight = _shape(engine)
    migrate(engine, "base")
    migrate(engine, schema.steps()[0].revision)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
    assert _shape(engine) == straight
    engine.dispose()


def _shape(engine: Engine) -> dict[str, dict[str, Any]]:
    """Return all that the database tells of its tables; in what order they were made is no part."""
    found = inspect(engine)
    return {
        table: {
            "columns": {
                one["name"]: (str(one["type"]), one["nullable"], _default(one["default"]))
                for one in found.get_columns(table)
            },
            "primary": found.get_pk_constraint(table)["constrained_columns"],
            "foreign": _sorted(found.get_foreign_keys(table)),
            "unique": _sorted(found.get_unique_constraints(table)),
            "indexes": _sorted(found.get_indexes(table)),
            "checks": _sorted(found.get_check_constraints(table)),
        }
        for table in found.get_table_names()
    }


def _default(told: str | None) -> str | None:
    # SQLite keeps a default as it was written, and knows no booleans.
    return told and {"true": "1", "false": "0"}.get(told, told)


def _sorted(constraints: Sequence[Any]) -> list[str]:
    return sorted(str([(name, _plain(one[name])) for name in sorted(one)]) for one in constraints)


def _plain(value: Any) -> Any:
    """Return a value that prints as what it says: the condition of a partial index is an object."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return str(value) if isinstance(value, TextClause) else value


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
