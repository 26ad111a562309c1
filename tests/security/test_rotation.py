"""Rotation: everything comes under a new key, nothing is lost, and the hub works on."""

from __future__ import annotations

import ast
import base64
import importlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from book import Book, add_source, book_plugin, facts_record, person, read_all, statement
from click.testing import CliRunner
from sqlalchemy import insert, select, update

from hub import cli
from hub.backup import backup, restore
from hub.core import Hub, keys_fit, open_hub
from hub.errors import ConfigError
from hub.plugins import load_plugins
from hub.reconcile import reconcile
from hub.security import rotation
from hub.security.audit import HUB, Deed, log_deed
from hub.security.keyfile import alone
from hub.security.keys import Keys
from hub.security.ring import dump_ring, fresh_ring, read_ring
from hub.store import audit_log, resident, source, subject
from hub.store.sealed import Sealed, sealed_columns
from hub.sync.sources import find_source, save_source

ROOT = Path(__file__).parents[2] / "hub"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.security.keys.LOOK_AGAIN", 0.01)
    monkeypatch.setattr(rotation, "LOOK_AGAIN", 0.01)
    monkeypatch.setattr(rotation, "SETTLE", 0.03)
    monkeypatch.setattr(rotation, "BATCH", 3)


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def hub(make_hub: Any, book: Book) -> Hub:
    """A hub with something in every sealed column."""
    return filled(make_hub(book_plugin(book)), book)


def filled(hub: Hub, book: Book) -> Hub:
    add_source(hub)
    broken = facts_record("X1", ("claim_statement", "X1", {"person": person(), "open": "veel"}))
    book.put("claims", *(statement(f"A{n}", 100, n % 5) for n in range(12)), broken)
    read_all(hub)
    reconcile(hub)
    with hub.engine.begin() as connection:
        residents = list(connection.execute(select(resident.c.id)).scalars())
        log_deed(connection, hub, HUB, Deed("overview", "update", residents))
    return hub


Contents = dict[tuple[str, Any], str]


def opened(hub: Hub) -> Contents:
    """Every sealed value of the store, opened, by place and row."""
    with hub.reader.connect() as connection:
        return {
            (one.place, id_): hub.keys.open(sealed, one.place)
            for one in sealed_columns()
            for id_, sealed in connection.execute(
                select(one.id, one.column).where(one.of(hub.municipality))
            )
        }


def keys_in_use(hub: Hub) -> set[str]:
    return {name for name, count in rotation.usage(hub).items() if count}


def deeds(hub: Hub, action: str) -> list[Any]:
    query = select(audit_log).where(audit_log.c.action == action).order_by(audit_log.c.number)
    with hub.reader.connect() as connection:
        return list(connection.execute(query))


# The one list of sealed columns.


def test_every_place_that_is_sealed_is_a_column_that_says_so() -> None:
    sealed = {place for path in ROOT.rglob("*.py") for place in places_sealed_in(path)}
    columns = {one.place for one in sealed_columns()}
    assert sealed - columns == {"backup.word"}, "declare the column with info=SEALED"
    assert columns - sealed == set(), "this column is never sealed"


def places_sealed_in(path: Path) -> list[str]:
    """What the calls `….seal(text, place)` in a module seal for."""
    # These two pass on the place that they are told.
    if path.name in ("keys.py", "rotation.py"):
        return []
    module = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "seal"
    ]
    return [_constant(module, node.args[1]) for node in calls]


def _constant(module: str, node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.Name), f"{module} seals for a place that cannot be read"
    return str(getattr(importlib.import_module(module), node.id))


def test_the_store_of_the_tests_has_something_in_each(hub: Hub) -> None:
    assert {place for place, _ in opened(hub)} == {one.place for one in sealed_columns()}


def test_keys_that_do_not_open_one_column_do_not_fit(hub: Hub) -> None:
    for one in sealed_columns():
        with hub.engine.connect() as connection:
            assert keys_fit(connection, hub.keys, hub.municipality)
            elsewhere = hub.keys.seal("x", "somewhere.else")
            connection.execute(update(one.table).values({one.column: elsewhere}))
            assert not keys_fit(connection, hub.keys, hub.municipality)
            assert keys_fit(connection, hub.keys, "0001"), "of another municipality"


# Rotating.


def test_everything_comes_under_the_new_key_and_reads_as_before(hub: Hub) -> None:
    before, old = opened(hub), hub.keys.ring.current
    told: list[tuple[int, int]] = []
    done = rotation.rotate(hub, HUB, lambda ready, total: told.append((ready, total)))
    assert opened(hub) == before
    assert keys_in_use(hub) == {done.key_id} != {old}
    assert (done.done, done.broken) == (len(before), 0)
    assert told[-1] == (len(before), len(before))
    begin, end = deeds(hub, "keys_rotate")
    assert (begin.object, end.object) == (done.key_id, done.key_id)
    assert (begin.reason, end.reason[:4]) == (f"begin: {len(before)}", "end:")
    assert (begin.actor, end.result) == ("hub", "allowed")


def test_the_hub_reads_and_writes_on_after_it(hub: Hub, book: Book) -> None:
    rotation.rotate(hub, HUB)
    book.put("claims", *(statement(f"A{n}", 90, n % 5) for n in range(14)))
    read_all(hub)
    reconcile(hub)
    rotation.rotate(hub, HUB)
    assert len(keys_in_use(hub)) == 1
    fresh = open_hub(
        hub.settings.instance,
        overrides=dict(hub.settings.values),
        plugins=load_plugins(discover=False),
    )
    assert opened(fresh) == opened(hub)
    fresh.engine.dispose()


def test_values_of_the_first_form_come_along(
    make_hub: Any, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = Path(__file__).parents[1] / "store" / "released" / "0002.keys"
    hub = make_hub(book_plugin(book))
    hub.keys.place.write(read_ring(released.read_text()))
    hub.keys.reload()
    filled(hub, book)
    with hub.engine.begin() as connection:
        connection.execute(update(subject).values(bsn=_first_form(hub, "999990019")))
    done = rotation.rotate(hub, HUB)
    with hub.reader.connect() as connection:
        sealed = list(connection.execute(select(subject.c.bsn)).scalars())
    assert all(one.startswith(f"v2.{done.key_id}.") for one in sealed)
    assert {hub.keys.open(one, "subject.bsn") for one in sealed} == {"999990019"}


def _first_form(hub: Hub, text: str) -> str:
    data = bytes(12) + hub.keys.ring.keys["k1"].cipher.encrypt(
        bytes(12), text.encode(), b"subject.bsn"
    )
    return f"v1.k1.{base64.b64encode(data).decode()}"


def test_what_changes_meanwhile_is_not_overwritten(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, changed = rotation._store, []

    def late(work: Any, one: Sealed, values: Any) -> None:
        if one.place == "source.config" and not changed:
            # Between reading and writing, by somebody who still has the old key.
            with hub.engine.begin() as connection:
                late = old.seal('{"later": true}', one.place)
                connection.execute(update(source).values(config=late))
            changed.append(True)
        store(work, one, values)

    old = hub.keys.ring
    monkeypatch.setattr(rotation, "_store", late)
    rotation.rotate(hub, HUB)
    assert find_source(hub, "book").config == {"later": True}
    assert keys_in_use(hub) == {hub.keys.ring.current}


def test_who_seals_with_the_old_key_to_the_last_is_waited_for(hub: Hub) -> None:
    """A transaction that began before the new key was in use, and ends long after."""
    old = hub.keys.ring
    began = threading.Event()

    def slow() -> None:
        with hub.engine.begin() as connection:
            late = old.seal("999990044", "subject.bsn")
            connection.execute(insert(subject).values(_subject(hub, bsn=late)))
            began.set()
            time.sleep(0.4)

    worker = threading.Thread(target=slow)
    worker.start()
    began.wait()
    rotation.rotate(hub, HUB)
    assert not worker.is_alive()
    worker.join()
    assert keys_in_use(hub) == {hub.keys.ring.current}
    assert "999990044" in opened(hub).values()


def _subject(hub: Hub, **more: Any) -> dict[str, Any]:
    row = {"municipality": hub.municipality, "source_id": 1, "key": "late"}
    return {**row, "created_at": hub.clock.now(), **more}


def test_a_row_that_somebody_holds_is_passed_over_and_comes_later(hub: Hub) -> None:
    """Two who lock rows in another order would end in a deadlock; the rotation never waits."""
    if hub.engine.dialect.name == "sqlite":
        return  # it has one writer, who waits for nobody
    (one,) = [one for one in sealed_columns() if one.place == "subject.bsn"]
    with hub.reader.connect() as connection:
        ids = list(connection.execute(select(subject.c.id).order_by(subject.c.id)).scalars())
    with hub.engine.begin() as holder, hub.engine.begin() as connection:
        holder.execute(update(subject).where(subject.c.id == ids[0]).values(score=0.5))
        assert rotation._free(connection, one, ids) == set(ids[1:])


def test_another_municipality_in_the_same_store_is_left_alone(hub: Hub) -> None:
    theirs = fresh_ring(hub.clock.now()).seal("123456782", "subject.bsn")
    with hub.engine.begin() as connection:
        row = _subject(hub, bsn=theirs, key="theirs")
        connection.execute(insert(subject).values({**row, "municipality": "0001"}))
    rotation.rotate(hub, HUB)
    with hub.reader.connect() as connection:
        query = select(subject.c.bsn).where(subject.c.municipality == "0001")
        assert connection.execute(query).scalar_one() == theirs


def test_what_no_key_opens_is_counted_and_stays(hub: Hub) -> None:
    count = len(opened(hub))
    with hub.engine.begin() as connection:
        connection.execute(update(source).values(config="v2.kgone.AAAA"))
    done = rotation.rotate(hub, HUB)
    assert (done.done, done.broken) == (count - 1, 1)
    assert keys_in_use(hub) == {done.key_id, "kgone"}
    assert deeds(hub, "keys_rotate")[-1].result == "failed"
    assert rotation.rotate(hub, HUB).key_id != done.key_id, "it does not stand in the way"


def test_two_at_once_are_refused(hub: Hub) -> None:
    with alone(hub.settings.instance), pytest.raises(ConfigError, match="locked"):
        rotation.rotate(hub, HUB)
    rotation.rotate(hub, HUB)


def stop(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("where", ["sleep", "_store", "_await_writers"])
def test_what_was_broken_off_goes_on_with_the_same_key(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    before, old = opened(hub), hub.keys.ring.current
    with monkeypatch.context() as patched:
        patched.setattr(rotation.time if where == "sleep" else rotation, where, stop)
        with pytest.raises(KeyboardInterrupt):
            rotation.rotate(hub, HUB)
    ring = hub.keys.reload()
    (started,) = set(ring.keys) - {old}
    assert ring.rotating
    assert opened(hub) == before
    done = rotation.rotate(hub, HUB)
    assert done.key_id == started
    assert opened(hub) == before
    assert keys_in_use(hub) == {started}
    assert set(hub.keys.ring.keys) == {old, started}
    assert not hub.keys.ring.rotating


# Taking a key out of use, and backups of before.


def test_only_a_key_that_nothing_is_under_can_be_retired(hub: Hub) -> None:
    old = hub.keys.ring.current
    for name in (old, "knobody"):
        with pytest.raises(ConfigError):
            rotation.retire(hub, name, HUB)
    done = rotation.rotate(hub, HUB)
    with hub.engine.begin() as connection:
        again = hub.keys.ring.seal("999990044", "subject.bsn", old)
        connection.execute(insert(subject).values(_subject(hub, bsn=again)))
    with pytest.raises(ConfigError, match="Er staan nog gegevens"):
        rotation.retire(hub, old, HUB)
    rotation.rotate(hub, HUB)
    before = opened(hub)
    rotation.retire(hub, old, HUB)
    archive = hub.settings.instance / "keys.retired"
    assert archive.stat().st_mode & 0o777 == 0o600
    assert old not in hub.keys.ring.keys
    assert opened(hub) == before
    assert [(one.key.id, one.state) for one in rotation.list_keys(hub)] == [
        (old, "retired"),
        (done.key_id, "old"),
        (hub.keys.ring.current, "current"),
    ]
    assert [one.object for one in deeds(hub, "keys_retire")] == [old]


def test_a_key_comes_back_when_something_was_sealed_at_the_last_moment(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = hub.keys.ring
    rotation.rotate(hub, HUB)

    def late(_: float) -> None:
        with hub.engine.begin() as connection:
            sealed = old.seal("999990044", "subject.bsn")
            connection.execute(insert(subject).values(_subject(hub, bsn=sealed)))

    with monkeypatch.context() as patched:
        patched.setattr(rotation.time, "sleep", late)
        with pytest.raises(ConfigError, match="Er staan nog gegevens"):
            rotation.retire(hub, old.current, HUB)
    assert "999990044" in opened(hub).values()
    assert deeds(hub, "keys_retire") == []


Way = Callable[[Hub, Path], None]


def _by_archive(hub: Hub, file: Path) -> None:
    backup(hub, file)


def _by_backup(hub: Hub, file: Path) -> None:
    backup(hub, file, with_keys=True)


@pytest.mark.parametrize("way", [_by_archive, _by_backup])
def test_a_backup_of_before_the_rotation_is_restored(hub: Hub, tmp_path: Path, way: Way) -> None:
    before, old = opened(hub), hub.keys.ring.current
    way(hub, tmp_path / "hub.backup")
    rotation.rotate(hub, HUB)
    rotation.retire(hub, old, HUB)
    if way is _by_backup:
        (hub.settings.instance / "keys.retired").unlink()
    found = restored(hub, tmp_path)
    assert opened(found) == before
    assert keys_in_use(found) == {old}
    rotation.rotate(found, HUB)
    assert opened(found) == before | {
        row: text for row, text in opened(found).items() if row not in before
    }
    assert old not in keys_in_use(found)
    found.engine.dispose()


def restored(hub: Hub, tmp_path: Path) -> Hub:
    hub.engine.dispose()
    values = dict(hub.settings.values)
    restore(hub.settings.instance, tmp_path / "hub.backup", overrides=values, force=True)
    plugins = load_plugins(discover=False)
    return open_hub(hub.settings.instance, overrides=values, plugins=plugins, clock=hub.clock)


def test_a_backup_whose_key_is_gone_is_refused_and_nothing_changes(
    hub: Hub, tmp_path: Path
) -> None:
    old = hub.keys.ring.current
    backup(hub, tmp_path / "hub.backup")
    rotation.rotate(hub, HUB)
    rotation.retire(hub, old, HUB)
    (hub.settings.instance / "keys.retired").unlink()
    ring, before = hub.keys.ring, opened(hub)
    with pytest.raises(ConfigError) as told:
        restored(hub, tmp_path)
    assert "sleutels openen deze reservekopie niet" in told.value.user
    assert (hub.keys.reload(), opened(hub)) == (ring, before)


# Keys that a vault keeps.


@pytest.fixture
def kept_outside(make_hub: Any, book: Book, tmp_path: Path, clock: Any) -> Hub:
    (tmp_path / "vault").write_text(dump_ring(fresh_ring(clock.now())))
    return filled(make_hub(book_plugin(book), keys={"$file": str(tmp_path / "vault")}), book)


def test_keys_outside_are_rotated_by_who_keeps_them(kept_outside: Hub, tmp_path: Path) -> None:
    hub, next_, vault = kept_outside, tmp_path / "next", tmp_path / "vault"
    before, old = opened(hub), hub.keys.ring.current
    assert rotation.rotate(hub, HUB).done == 0
    known = rotation.prepare(hub, next_)
    assert next_.stat().st_mode & 0o777 == 0o600
    assert (known.current, len(known.keys)) == (old, 2)
    vault.write_text(next_.read_text())
    in_use = rotation.prepare(hub, next_)
    assert in_use.current == known.waiting
    vault.write_text(next_.read_text())
    done = rotation.rotate(hub, HUB)
    assert (done.key_id, done.done) == (in_use.current, len(before) + 0)
    assert opened(hub) == before
    rotation.retire(hub, old, HUB)
    assert vault.read_text() == next_.read_text(), "the vault is not ours to write"
    assert not (hub.settings.instance / "keys").exists()


def test_keys_that_are_our_own_are_not_prepared_for_a_vault(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not kept outside"):
        rotation.prepare(hub, tmp_path / "next")
    assert not (tmp_path / "next").exists()


# The session key, and the commands.


def test_a_new_session_key_changes_nothing_else(hub: Hub) -> None:
    ring = hub.keys.ring
    rotation.renew_session(hub, HUB)
    found = Keys(hub.keys.place).ring
    assert found.session != ring.session
    assert replace(found, session=ring.session) == ring
    assert [one.object for one in deeds(hub, "keys_session")] == ["session"]


def say(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(cli.main, list(words), env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.output


def test_the_commands(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("hub.cli.keys.open_hub", lambda instance: hub)
    old, count = hub.keys.ring.current, len(opened(hub))
    assert f"{count} waarden opnieuw versleuteld" in say("keys", "rotate")
    listed = say("keys", "list")
    assert "in gebruik" in listed
    assert "vervangen" in listed
    assert "instance/keys.retired" in say("keys", "retire", old)
    assert "niet bekend" in say("keys", "retire", old, code=1)
    assert "formulier" in say("keys", "session")
    assert "hub keys rotate" in say("keys", "prepare", str(tmp_path / "x"), code=1)
    assert deeds(hub, "keys_retire")[0].actor.startswith("cli:")


def test_save_source_works_while_a_rotation_runs(hub: Hub) -> None:
    faults: list[BaseException] = []
    over = threading.Event()

    def change() -> None:
        try:
            while not over.is_set():
                values = {"name": "book", "title": "B", "connector": "book", "owner": "stad"}
                save_source(hub, {**values, "config": {}})
        except BaseException as fault:
            faults.append(fault)

    worker = threading.Thread(target=change)
    worker.start()
    try:
        for _ in range(3):
            rotation.rotate(hub, HUB)
    finally:
        over.set()
        worker.join()
    assert faults == []
    assert keys_in_use(hub) == {hub.keys.ring.current}
