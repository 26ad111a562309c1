"""Fixtures for every test: a hub on SQLite and on PostgreSQL, and a network that is closed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
from databases import copy, drop, server
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.security import generate_password_hash

from hub.clock import FrozenClock
from hub.core import Hub, open_hub
from hub.plugins import Plugins, load_plugins
from hub.security.keys import load_keys
from hub.store.engine import migrate, open_store
from hub.testing import this_machine

# A timing never decides a test: machines that run this are shared.
hypothesis.settings.register_profile("hub", deadline=None)
hypothesis.settings.load_profile("hub")

ON_CI = bool(os.environ.get("CI"))


def _absent(what: str, how: str) -> None:
    """Skip for want of a system package; on CI that is a failure, as nobody would notice."""
    reason = f"{what} is not installed: {how}"
    if ON_CI:
        pytest.fail(reason)
    pytest.skip(reason)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no process is still at it when the others are done."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def absent() -> Callable[[str, str], None]:
    """For fixtures elsewhere that need a package of the system: what it is, how to get it."""
    return _absent


#: Chromium asks the world outside nothing at all.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One chromium for all journeys; playwright runs once in a process."""
    path = shutil.which("chromium")
    if path is None:
        _absent("chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield made
        made.close()


@pytest.fixture(scope="session", autouse=True)
def _templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every test makes an app of its own; what Jinja compiled serves them all."""
    cache = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {**Flask.jinja_options, "bytecode_cache": cache})
        yield


@pytest.fixture(scope="session", autouse=True)
def _passwords_hashed_lightly() -> Iterator[None]:
    """Thousands of people sign in here; the real cost stands in test_sign_in_accounts.py."""
    light = partial(generate_password_hash, method="scrypt:1024:8:1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hub.security.accounts.generate_password_hash", light)
        yield


@pytest.fixture(scope="session", autouse=True)
def _statements_compiled_once() -> Iterator[None]:
    """Every test opens an engine of its own; what SQLAlchemy compiled serves them all.

    The cache tells dialects apart by identity; here two of the same kind are the same.
    """
    known: dict[str, LRUCache[Any, Any]] = {}

    def create(url: str, **options: Any) -> Engine:
        cache = known.setdefault(url.partition(":")[0], LRUCache(4000))
        return create_engine(url, execution_options={"compiled_cache": cache}, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hub.store.engine.create_engine", create)
        patch.setattr(DefaultDialect, "__eq__", lambda one, other: type(one) is type(other))
        patch.setattr(DefaultDialect, "__hash__", lambda one: hash(type(one)))
        yield


@pytest.fixture(autouse=True)
def _closed_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that talks to anything but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        host = address[0] if isinstance(address, tuple) else "localhost"
        if host not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"unexpected network access to {host}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _simulators_in_reach() -> Iterator[None]:
    """Let a session that no hub made call the simulators on this machine."""
    with this_machine():
        yield


@pytest.fixture(scope="session")
def postgres_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Start a PostgreSQL of our own; yield a maker of empty databases (their URLs)."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not binaries:
        _absent("PostgreSQL", "apt-get install postgresql")
    folder = binaries[-1].parent
    home = _roomy() / f"hub-pg-{uuid4().hex[:8]}"  # a socket path must be short
    home.mkdir()
    as_postgres: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(home, "postgres")
        as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]

    def run(*command: str) -> None:
        subprocess.run([*as_postgres, *command], check=True, capture_output=True)

    data = str(home / "data")
    run(str(folder / "initdb"), "-D", data, "-A", "trust", "-U", "hub", "--no-sync")
    options = f"-c listen_addresses='' -k {home} -F -c max_connections=50 -c autovacuum=off"
    run(str(folder / "pg_ctl"), "-D", data, "-w", "-l", f"{home}/log", "-o", options, "start")

    def url(name: str) -> str:
        return f"postgresql://hub@/{name}?host={home}"

    def make() -> str:
        name = f"t{uuid4().hex[:10]}"
        copy(told, "migrated", name)
        return url(name)

    try:
        told = server(url("postgres"))
        told.execute("CREATE DATABASE migrated")
        _migrated(url("migrated"))
        yield make
        told.close()
    finally:
        run(str(folder / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)


def _roomy() -> Path:
    """Return memory that is a folder, where there is plenty of it; else a folder on disk."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 8 << 30
    return memory if roomy else Path("/tmp")


def _migrated(url: str) -> str:
    """Bring a database to the newest schema; copies of it spare every test that work."""
    engine = open_store(url)
    migrate(engine)
    engine.dispose()
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite store of the newest schema."""
    path = tmp_path_factory.mktemp("template") / "hub.db"
    _migrated(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session", autouse=True)
def _empty_stores_copied(sqlite_template: Path) -> Iterator[None]:
    """A hub that would make a store of SQLite gets a copy of one, which is ten times as quick."""

    def quickly(engine: Engine, target: str = "head") -> tuple[str, str]:
        place = Path(engine.url.database or "")
        is_new = engine.dialect.name == "sqlite" and place.is_absolute() and not place.exists()
        if is_new and target == "head":
            shutil.copy(sqlite_template, place)
        return migrate(engine, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hub.core.migrate", quickly)
        yield


@pytest.fixture(scope="session")
def instance_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of settings with nothing but keys: those of every hub in this session."""
    path = tmp_path_factory.mktemp("instance")
    load_keys(path)
    return path


@pytest.fixture
def clock() -> FrozenClock:
    """A clock on Monday 23 November 2026, 10:00 in Amsterdam."""
    return FrozenClock(datetime(2026, 11, 23, 9, tzinfo=UTC))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "hub.db")
        yield f"sqlite:///{tmp_path / 'hub.db'}"
        return
    make: Callable[[], str] = request.getfixturevalue("postgres_cluster")
    url = make()
    yield url
    with server(url) as told:
        drop(told, str(make_url(url).database))


HubMaker = Callable[..., Hub]


@pytest.fixture
def make_hub(
    database: str, tmp_path: Path, clock: FrozenClock, instance_template: Path
) -> Iterator[HubMaker]:
    """A maker of hubs on `database`; `parts` are plugins beside the hub's own rules."""
    made: list[Hub] = []

    def make(*parts: Any, plugins: Plugins | None = None, **settings: Any) -> Hub:
        from hub.reconcile import rules

        found = plugins or load_plugins(extra=[rules, *parts], discover=False)
        values = {"database_url": database, "municipality": "9999", "demo": True, **settings}
        if "keys" not in settings and not (tmp_path / "instance").exists():
            shutil.copytree(instance_template, tmp_path / "instance")
        hub = open_hub(tmp_path / "instance", overrides=values, clock=clock, plugins=found)
        made.append(hub)
        return hub

    yield make
    for hub in made:
        hub.engine.dispose()
