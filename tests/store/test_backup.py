"""Backup and restore: taken while the hub works, refused when anything is not right."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from book import BSNS, Book, add_source, book_plugin, read_all, row_counts, statement
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from hub.backup import backup, restore
from hub.core import Hub, keys_fit, open_hub
from hub.errors import ConfigError
from hub.plugins import load_plugins
from hub.security.keys import load_keys
from hub.store import claim_statement, record, run, stream, subject
from hub.store.engine import open_store
from hub.store.schema import newest


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def hub(make_hub: Any, book: Book) -> Hub:
    made: Hub = make_hub(book_plugin(book))
    add_source(made)
    book.put("claims", *(statement(f"A{n}", 100, n % 5) for n in range(12)))
    read_all(made)
    return made


@pytest.fixture
def empty(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The settings of another installation on the same kind of database, still empty."""
    if database.startswith("sqlite"):
        url = f"sqlite:///{tmp_path}/other/hub.db"
    else:
        make: Callable[[], str] = request.getfixturevalue("postgres_cluster")
        url = make()
    return {"database_url": url, "municipality": "9999"}


def give_keys(hub: Hub, instance: Path) -> Path:
    instance.mkdir(parents=True, exist_ok=True)
    (instance / "keys").write_bytes((hub.settings.instance / "keys").read_bytes())
    return instance


@contextmanager
def opened(instance: Path, values: dict[str, Any]) -> Iterator[Hub]:
    found = open_hub(instance, overrides=values, plugins=load_plugins(discover=False))
    try:
        yield found
    finally:
        found.engine.dispose()


def contents(hub: Hub) -> dict[str, int]:
    return {name: count for name, count in row_counts(hub).items() if count}


def test_what_was_backed_up_comes_back(hub: Hub, empty: dict[str, Any], tmp_path: Path) -> None:
    made = backup(hub, tmp_path / "hub.backup")
    instance = give_keys(hub, tmp_path / "other")
    restore(instance, tmp_path / "hub.backup", overrides=empty)
    with opened(instance, empty) as found:
        assert contents(found) == contents(hub)
        assert {name: count for name, count in made.rows.items() if count} == contents(hub)
        with found.reader.connect() as connection:
            assert keys_fit(connection, found.keys, found.municipality)
            sealed = connection.execute(select(subject.c.bsn)).scalars().all()
        assert {found.keys.open(one, "subject.bsn") for one in sealed} == set(BSNS)


def test_the_hub_works_on_with_what_came_back(
    hub: Hub, book: Book, empty: dict[str, Any], tmp_path: Path
) -> None:
    backup(hub, tmp_path / "hub.backup")
    instance = give_keys(hub, tmp_path / "other")
    restore(instance, tmp_path / "hub.backup", overrides=empty)
    plugins = load_plugins(extra=[book_plugin(book)], discover=False)
    found = open_hub(instance, overrides=empty, plugins=plugins, clock=hub.clock)
    book.put("claims", *(statement(f"A{n}", 100, n % 5) for n in range(1, 14)))
    (outcome,) = read_all(found)
    assert (outcome.unchanged, outcome.applied, outcome.removed) == (11, 2, 1)
    found.engine.dispose()


def test_a_backup_is_for_the_owner_only_and_tells_nothing(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "hub.backup"
    backup(hub, file)
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as stored:
        assert stored.namelist() == ["manifest.json", "dump"]
        held = stored.read("dump") + stored.read("manifest.json")
        told = json.loads(stored.read("manifest.json"))
    assert not [bsn for bsn in BSNS if bsn.encode() in held]
    assert (told["municipality"], told["revision"]) == ("9999", newest())
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_a_backup_never_replaces_a_file(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "hub.backup").write_text("iets anders")
    with pytest.raises(ConfigError, match="bestaat al"):
        backup(hub, tmp_path / "hub.backup")
    assert (tmp_path / "hub.backup").read_text() == "iets anders"


def test_keys_in_the_backup_come_along(hub: Hub, empty: dict[str, Any], tmp_path: Path) -> None:
    backup(hub, tmp_path / "hub.backup", with_keys=True)
    restore(tmp_path / "other", tmp_path / "hub.backup", overrides=empty)
    assert (tmp_path / "other" / "keys").stat().st_mode & 0o777 == 0o600
    with opened(tmp_path / "other", empty) as found, found.reader.connect() as connection:
        assert keys_fit(connection, found.keys, found.municipality)


class Load:
    """Somebody who syncs and syncs, with records that come, change, go and are rejected."""

    def __init__(self, hub: Hub, book: Book) -> None:
        self.hub, self.book = hub, book
        self.rounds = 0
        self.fault: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                self._round(self.rounds)
                self.rounds += 1
        except BaseException as error:
            self.fault = error

    def _round(self, number: int) -> None:
        records = [statement(f"R{number}-{n}", number + n, n % 5) for n in range(9)]
        broken = statement(f"X{number}", 1, person="kapot")
        self.book.cursor = {"round": number, "last": f"R{number}-8"}
        self.book.put("claims", *records, broken)
        self.book.complete = False
        read_all(self.hub)

    def wait_for(self, rounds: int) -> None:
        while self.rounds < rounds and self.fault is None:
            self._stop.wait(0.01)


@pytest.mark.slow
def test_a_backup_under_load_restores_as_one_moment(
    hub: Hub, book: Book, empty: dict[str, Any], tmp_path: Path
) -> None:
    book.batch_size = 100  # a cursor that is there speaks for all the records of its round
    instance = give_keys(hub, tmp_path / "other")
    with Load(hub, book) as load:
        for number in range(3):
            load.wait_for(4 * (number + 1))
            before = load.rounds
            made = backup(hub, tmp_path / f"{number}.backup")
            load.wait_for(before + 3)  # it worked on, during and after
            restore(instance, tmp_path / f"{number}.backup", overrides=empty, force=number > 0)
            with opened(instance, empty) as found:
                assert contents(found) == {k: v for k, v in made.rows.items() if v}
                require_one_moment(found)
                assert made.rows["run"] >= before
    assert load.fault is None


def require_one_moment(hub: Hub) -> None:
    with hub.reader.connect() as connection:
        if hub.engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        for one in connection.execute(select(run).where(run.c.ended_at.is_not(None))):
            assert one.read == one.applied + one.unchanged + one.rejected
        facts = select(func.count()).select_from(claim_statement)
        lost = facts.where(claim_statement.c.record_id.not_in(select(record.c.id)))
        assert connection.execute(lost).scalar_one() == 0
        applied = select(func.count()).where(record.c.state == "applied")
        assert connection.execute(applied).scalar_one() == connection.execute(facts).scalar_one()
        cursor = connection.execute(select(stream.c.cursor)).scalar_one()
        landed = set(connection.execute(select(record.c.key)).scalars())
    # What the cursor says was read has landed, and nothing after it.
    assert cursor["last"] in landed
    assert not [key for key in landed if key.startswith(f"R{cursor['round'] + 1}-")]


def refused(instance: Path, file: Path, values: dict[str, Any], why: str, **more: Any) -> None:
    with pytest.raises(ConfigError) as told:
        restore(instance, file, overrides=values, **more)
    assert re.search(why, told.value.user)


def test_a_database_with_rows_is_replaced_by_force_only(
    hub: Hub, book: Book, empty: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "hub.backup"
    backup(hub, file)
    before = contents(hub)
    values = dict(hub.settings.values)
    book.put("claims", *(statement(f"B{n}", 100, n % 5) for n in range(30)))
    book.complete = False
    read_all(hub)
    after = contents(hub)
    hub.engine.dispose()
    refused(hub.settings.instance, file, values, "staan al gegevens")
    assert contents(hub) == after
    hub.engine.dispose()
    restore(hub.settings.instance, file, overrides=values, force=True)
    assert contents(hub) == before


def test_a_running_hub_is_not_overwritten(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "hub.backup"
    backup(hub, file)
    with hub.reader.connect() as connection:
        connection.execute(select(run.c.id)).all()
        values = dict(hub.settings.values)
        refused(hub.settings.instance, file, values, "Stop de hub eerst", force=True)
    assert contents(hub)["record"] == 12


def test_other_keys_are_refused(hub: Hub, empty: dict[str, Any], tmp_path: Path) -> None:
    file, instance = tmp_path / "hub.backup", tmp_path / "other"
    backup(hub, file)
    refused(instance, file, empty, "sleutels ontbreken")
    assert not (instance / "keys").exists()
    load_keys(instance)
    refused(instance, file, empty, "sleutels openen deze reservekopie niet")
    right = json.loads((hub.settings.instance / "keys").read_text())
    (instance / "keys").write_text(json.dumps({**right, "lookup": right["session"]}))
    refused(instance, file, empty, "sleutels openen deze reservekopie niet")


def rewritten(file: Path, target: Path, **changes: Any) -> Path:
    """The same backup with another manifest, checksums right."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w") as new:
        told = json.loads(old.read("manifest.json")) | changes
        new.writestr("manifest.json", json.dumps(told))
        new.writestr("dump", old.read("dump"))
    return target


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"revision": "0999"}, "nieuwere versie van de hub .schema 0999"),
        ({"kind": "oracle"}, "reservekopie van oracle; deze hub gebruikt"),
        ({"digest": "0" * 64}, "beschadigd"),
        ({"rows": {"record": 11}}, "reservekopie is niet compleet"),
    ],
)
def test_a_backup_that_does_not_fit_is_refused(
    hub: Hub, tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    backup(hub, tmp_path / "hub.backup")
    file = rewritten(tmp_path / "hub.backup", tmp_path / "changed.backup", **changes)
    before = contents(hub)
    hub.engine.dispose()
    refused(hub.settings.instance, file, dict(hub.settings.values), why, force=True)
    assert contents(hub) == before
    instance = hub.settings.instance
    assert not [one for one in instance.iterdir() if "restor" in one.name]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    instance = tmp_path_factory.mktemp("small")
    hub = open_hub(instance, plugins=load_plugins(discover=False))
    backup(hub, instance / "hub.backup")
    hub.engine.dispose()
    return instance, (instance / "hub.backup").read_bytes()


@given(st.data())
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
def test_a_damaged_file_is_refused_or_whole(small: tuple[Path, bytes], data: Any) -> None:
    instance, whole = small
    at = data.draw(st.integers(0, len(whole) - 1))
    cut = data.draw(st.booleans())
    broken = whole[:at] if cut else whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
    (instance / "broken").write_bytes(broken)
    with suppress(ConfigError):
        restore(instance, instance / "broken")
    store = open_store(f"sqlite:///{instance}/hub.db")
    with store.connect() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
    store.dispose()


def test_a_damaged_database_is_replaced_with_what_lay_beside_it(
    make_hub: Any, tmp_path: Path
) -> None:
    instance = tmp_path / "broken"
    with opened(instance, {}) as hub:
        backup(hub, tmp_path / "hub.backup")
    for name in ("hub.db", "hub.db-wal", "hub.db-shm"):
        (instance / name).write_bytes(b"geen database" * 1000)
    refused(instance, tmp_path / "hub.backup", {}, "staan al gegevens")
    restore(instance, tmp_path / "hub.backup", force=True)
    with sqlite3.connect(instance / "hub.db") as found:
        assert found.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_password_never_stands_in_the_list_of_processes(
    postgres_cluster: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"))[-1]
    spy = tmp_path / "pg_dump"
    spy.write_text(f'#!/bin/sh\necho "$@" "$PGPASSWORD" >{tmp_path}/told\nexec {real} "$@"\n')
    spy.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    url = postgres_cluster().replace("hub@", "hub:geheim-woord@")
    with opened(tmp_path / "instance", {"database_url": url}) as hub:
        backup(hub, tmp_path / "hub.backup")
    arguments, password = (tmp_path / "told").read_text().strip().rsplit(" ", 1)
    assert password == "geheim-woord"
    assert password not in arguments


def test_without_the_tools_of_postgresql_it_is_told(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if hub.engine.dialect.name == "sqlite":
        backup(hub, tmp_path / "hub.backup")
        return
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("hub.store.dump.ASIDE", tmp_path)
    with pytest.raises(ConfigError) as told:
        backup(hub, tmp_path / "hub.backup")
    assert "Het programma pg_dump ontbreekt." in told.value.user
