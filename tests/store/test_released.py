"""A stored database of every released schema opens: it is migrated, complete and readable."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from book import everything, row_counts
from sqlalchemy import Engine, inspect, make_url, select

from hub.backup import backup, restore
from hub.clock import Clock
from hub.core import Hub, keys_fit, open_hub
from hub.overview.people import details_of
from hub.overview.resident import resident_overview
from hub.plugins import load_plugins
from hub.security.keys import load_keys
from hub.settings import load_settings
from hub.store import claim, metadata, resident, schema, subject
from hub.store.engine import migrate, open_store, revision

RELEASED = Path(__file__).parent / "released"
KINDS = ("sqlite", "postgresql")

#: Every schema that has a successor was released with it.
VERSIONS = [one.revision for one in schema.steps()][:-1]


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/old/hub.db"
    make: Callable[..., str] = request.getfixturevalue("postgres_cluster")
    made = make()
    engine = open_store(made)
    migrate(engine, "base")
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    engine.dispose()
    return made


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> dict[str, Any]:
    """The settings of an installation of that schema; its folder is tmp_path/old."""
    version: str = request.param
    instance = tmp_path / "old"
    instance.mkdir()
    shutil.copy(RELEASED / f"{version}.keys", instance / "keys")
    kind = "sqlite" if url.startswith("sqlite") else "postgresql"
    dump = gzip.decompress((RELEASED / f"{version}.{kind}.sql.gz").read_bytes()).decode()
    (_fill_sqlite if kind == "sqlite" else _fill_postgresql)(url, dump)
    return {"database_url": url, "municipality": "9999", "demo": True}


def _fill_sqlite(url: str, dump: str) -> None:
    with sqlite3.connect(str(make_url(url).database)) as connection:
        connection.executescript(dump)
    connection.close()


def _fill_postgresql(url: str, dump: str) -> None:
    psql = sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"))[-1]
    options = ["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-d", url]
    subprocess.run([psql, *options], input=dump.encode(), check=True, capture_output=True)


@pytest.fixture
def hub(old: dict[str, Any], tmp_path: Path) -> Iterator[Hub]:
    made = open_hub(tmp_path / "old", overrides=old)
    yield made
    made.engine.dispose()


def at(engine: Engine) -> str:
    found = revision(engine)
    engine.dispose()
    return found


def test_every_schema_but_the_newest_is_stored_with_its_keys() -> None:
    wanted = {
        f"{version}.{kind}"
        for version in VERSIONS
        for kind in ("sqlite.sql.gz", "postgresql.sql.gz", "keys")
    }
    lacking = wanted - {one.name for one in RELEASED.iterdir()}
    assert lacking == set(), "store a database of the schema before adding a migration"


def test_the_dump_is_of_the_schema_it_says(old: dict[str, Any]) -> None:
    assert at(open_store(old["database_url"])) in VERSIONS


def test_opening_brings_it_to_the_tables_of_the_code(hub: Hub) -> None:
    assert at(hub.engine) == schema.newest()
    with hub.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []


def test_every_resident_of_it_reads(hub: Hub) -> None:
    with hub.reader.connect() as connection:
        assert keys_fit(connection, hub.keys, hub.municipality)
        rows = connection.execute(select(resident.c.id, resident.c.bsn, resident.c.bsn_hash)).all()
        people = details_of(connection, hub, [row.id for row in rows])
        debts = 0
        for row in rows:
            view = resident_overview(connection, hub, everything(row.id))
            assert view.person.name == people[row.id].name != "Naam onbekend"
            debts += sum(one.open for one in view.open_claims)
            if row.bsn is not None:
                bsn = hub.keys.open(row.bsn, "resident.bsn")
                assert hub.keys.fingerprint(f"bsn:{bsn}") == row.bsn_hash
        assert len(rows) == 32
        assert debts > 0
        sealed = connection.execute(select(subject.c.bsn).where(subject.c.bsn.is_not(None)))
        assert all(len(hub.keys.open(one, "subject.bsn")) == 9 for one in sealed.scalars())
        assert connection.execute(select(claim.c.id).limit(1)).first()


def test_all_the_way_back_and_up_again_keeps_the_rows(hub: Hub, old: dict[str, Any]) -> None:
    """What a table of the oldest schema held stands there again; younger tables come back empty."""
    before = row_counts(hub)
    for version in reversed(VERSIONS):
        migrate(hub.engine, version)
        assert at(hub.engine) == version
    kept = set(inspect(hub.engine).get_table_names()) & set(before)
    migrate(hub.engine)
    after = row_counts(hub)
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert sum(after[name] for name in kept) > 500
    with hub.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []


def test_a_backup_of_it_is_put_back_at_the_newest_schema(
    old: dict[str, Any], tmp_path: Path
) -> None:
    # As a hub of that time made it: without bringing the store to the newest schema first.
    instance = tmp_path / "old"
    settings = load_settings(instance, old)
    store = open_store(settings.database_url)
    hub = Hub(store, load_keys(instance), load_plugins(discover=False), settings, Clock())
    made = backup(hub, tmp_path / "old.backup")
    assert made.revision in VERSIONS
    store.dispose()
    restore(instance, tmp_path / "old.backup", overrides=old, force=True)
    store = open_store(settings.database_url)
    assert at(store) == schema.newest()
