"""A secret comes out nowhere, although a plugin, a library or a fault would tell it."""

from __future__ import annotations

import io
import json
import logging
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import requests
from click.testing import CliRunner
from flask import Flask
from marshmallow import fields
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from visitors import hidden

from hub import cli, logs
from hub.backup import backup
from hub.connector import (
    CheckStep,
    ConfigError,
    ConfigSchema,
    Connector,
    Cursor,
    Role,
    Stream,
    TransientError,
    hookimpl,
    setting,
)
from hub.core import Hub
from hub.http import HubSession, place
from hub.plugins import load_plugins
from hub.security.accounts import make_demo_accounts
from hub.settings import load_settings
from hub.store import run, source
from hub.sync.inbound import sync_source
from hub.sync.sources import build, check, find_source, save_source, validate_config
from hub.web import create_web

WORD = "zeer-geheim-woord-42"
#: What a page and a person would be told if nobody took care.
LOUD = f"login with {WORD} at https://hub:{WORD}@localhost:1/pad?sleutel={WORD} failed"


class Loud(Connector):
    """A connector that tells its password at every opportunity."""

    class Settings(ConfigSchema):
        url = setting(fields.String, "Adres", "Waar de bron is.")
        password = setting(fields.String, "Wachtwoord", "Bij de bron.", secret=True)
        how = setting(fields.String, "Hoe", "Hoe het misgaat.", load_default="")
        key_file = setting(fields.String, "Sleutel", "Pad.", path=True, load_default="")

    name: ClassVar[str] = "loud"
    title: ClassVar[str] = "Luid"
    role: ClassVar[Role] = "creditor"
    config: ClassVar[type[ConfigSchema]] = Settings
    streams: ClassVar[tuple[Stream, ...]] = (Stream("claims", "Vorderingen", "snapshot"),)

    def _go_wrong(self) -> None:
        self.context.log.warning("%s %r", LOUD, dict(self.settings))
        how = self.settings["how"]
        if how == "hub":
            raise TransientError(LOUD, LOUD)
        if how == "other":
            raise ValueError(LOUD)
        if how == "url":
            self.http.get(f"http://hub:{WORD}@localhost:1/pad?sleutel={WORD}")
        if how == "scheme":
            self.http.get(f"hub:{WORD}@localhost/pad")

    def check(self) -> Iterator[CheckStep]:
        yield CheckStep("Luid", True, LOUD)
        self._go_wrong()

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Any]:
        self._go_wrong()
        yield from ()


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    return [Loud]


PLUGIN = SimpleNamespace(__name__="loud", __file__=__file__, hub_connectors=hub_connectors)
WAYS = ("", "hub", "other", "url", "scheme")


@contextmanager
def heard() -> Iterator[io.StringIO]:
    """What the log writes, in both forms."""
    told = io.StringIO()
    root, before = logging.getLogger(), logging.getLogger().level
    handlers = [logging.StreamHandler(told) for _ in range(2)]
    for handler, formatter in zip(handlers, (logs.Json(), logs.Text()), strict=True):
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield told
    finally:
        root.setLevel(before)
        for handler in handlers:
            root.removeHandler(handler)


@pytest.fixture
def hub(make_hub: Any) -> Hub:
    made: Hub = make_hub(PLUGIN, secure_cookies=False)
    make_demo_accounts(made, "een-lang-wachtwoord")
    return made


def configure(hub: Hub, how: str = "", **more: Any) -> None:
    config = {"url": "http://localhost:1", "password": WORD, "how": how, **more}
    values = {"name": "loud", "title": "Luid", "connector": "loud", "owner": "stad"}
    save_source(hub, {**values, "config": config})


@pytest.fixture
def administrator(hub: Hub, signed_in: Any) -> Any:
    return signed_in("beheerder")


@pytest.fixture
def app(hub: Hub) -> Flask:
    made = create_web(hub)
    made.testing = True
    return made


@pytest.mark.parametrize("how", WAYS)
def test_no_page_step_run_or_log_tells_it(hub: Hub, administrator: Any, how: str) -> None:
    configure(hub, how)
    with heard() as log:
        found = find_source(hub, "loud")
        told = [f"{step}" for step in check(hub, found.connector, found.config, "stad")]
        sync_source(hub, found)
        told.append(administrator.post("/beheer/bronnen/loud/test", page="/beheer").text)
        told.append(administrator.post("/beheer/bronnen/loud/synchroniseren", page="/beheer").text)
        told += [administrator.get(path).text for path in ("/beheer", "/beheer/bronnen/loud")]
    with hub.reader.connect() as connection:
        told += [str(row) for row in connection.execute(select(run))]
        told.append(str(connection.execute(select(source)).all()))
    assert "Luid" in told[0]
    assert "login with" in log.getvalue()
    assert not [one for one in (*told, log.getvalue()) if WORD in one]


def test_a_form_that_fails_does_not_repeat_it(hub: Hub, administrator: Any) -> None:
    configure(hub)
    form = {"title": "Luid", "owner": "stad", "config.url": "x", "config.how": "hub"}
    path = "/beheer/bronnen/loud"
    page = administrator.post(path, page=path, **form, **{"config.password": WORD + "-nieuw"})
    assert page.status_code == 400
    assert WORD not in page.text


def test_nothing_that_is_printed_for_a_programmer_tells_it(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(hub)
    found = find_source(hub, "loud")
    connector = build(hub, found.connector, found.config, "stad")
    monkeypatch.setenv("HUB_SMTP_PASSWORD", WORD)
    settings = load_settings(hub.settings.instance)
    assert settings.smtp_password == WORD
    for one in (found, connector, connector.context, connector.http, settings, hub):
        assert WORD not in repr(one)


@pytest.mark.parametrize("name", ["smtp_password", "alert_webhook_secret", "metrics_token"])
def test_a_secret_written_in_the_settings_is_masked_too(tmp_path: Path, name: str) -> None:
    value = f"los-{name}-woord"
    (tmp_path / "hub.toml").write_text(f'{name} = "{value}"')
    load_settings(tmp_path)
    assert logs.mask(f"said {value}") == "said ***"


@pytest.mark.parametrize("where", ["main", "thread"])
def test_what_nobody_catches_is_masked(
    hub: Hub, where: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    root = logging.getLogger()
    before = (root.level, list(root.handlers), sys.excepthook, threading.excepthook)
    try:
        logs.configure()
        error = ValueError(LOUD)
        if where == "main":
            sys.excepthook(ValueError, error, None)
        else:
            # pytest has a hook of its own for threads; ours is called as Python would.
            told = threading.ExceptHookArgs((ValueError, error, None, None))
            threading.excepthook(told)
    finally:
        root.level, sys.excepthook, threading.excepthook = before[0], before[2], before[3]
        root.handlers[:] = before[1]
    out = capsys.readouterr()
    assert "nobody caught an error" in out.err
    assert "ValueError" in out.err
    assert WORD not in out.err + out.out


def test_an_error_of_the_database_quotes_no_values(hub: Hub) -> None:
    wrong = text("SELECT absent FROM source WHERE name = :name")
    with hub.engine.connect() as connection, pytest.raises(SQLAlchemyError) as caught:
        connection.execute(wrong, {"name": WORD})
    assert "SELECT absent" in str(caught.value)
    assert WORD not in str(caught.value)


def test_plugins_metrics_and_backup_tell_nothing(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(hub)
    plugins = load_plugins(extra=[PLUGIN], discover=False)
    monkeypatch.setattr("hub.plugins.load_plugins", lambda folders: plugins)
    listed = CliRunner().invoke(cli.main, ["plugins", "--json"])
    assert json.loads(listed.output)[0]["name"] == "loud"
    backup(hub, tmp_path / "hub.backup")
    with zipfile.ZipFile(tmp_path / "hub.backup") as stored:
        held = [stored.read(name) for name in stored.namelist()]
    object.__setattr__(hub, "settings", load_settings(tmp_path, {**hub.settings.values, **TOKEN}))
    answer = create_web(hub).test_client().get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    assert WORD not in listed.output + answer.text
    assert WORD.encode() not in b"".join(held)


TOKEN = {"metrics_token": "een-lang-teken-voor-de-bewaking"}
BEARER = {"Authorization": f"Bearer {TOKEN['metrics_token']}"}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hub:geheim@bron.nl:8443/pad?x=1", "bron.nl:8443"),
        ("hub:geheim@bron.nl/pad", "het ingestelde adres"),
        ("//[hub:geheim", "het ingestelde adres"),
        ("", "het ingestelde adres"),
    ],
)
def test_of_an_address_only_the_place_is_shown(url: str, shown: str) -> None:
    assert place(url) == shown


def test_an_address_that_is_none_is_a_setting_to_mend() -> None:
    with pytest.raises(ConfigError) as caught:
        HubSession().get("hub:geheim@bron.nl/pad")
    assert isinstance(caught.value.__cause__, requests.exceptions.InvalidSchema)
    assert "geheim" not in caught.value.user + caught.value.log


# References, as a form may make them.


def save(administrator: Any, **typed: str) -> Any:
    form = {"title": "Luid", "owner": "stad", "config.url": "x"}
    path = "/beheer/bronnen/loud"
    form["version"] = hidden(administrator.get(path).text, "version")
    return administrator.post(path, page=path, anyway="1", **form, **typed)


def test_a_form_refers_to_a_variable_and_a_file_and_shows_what_it_refers_to(
    hub: Hub, administrator: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HUB_SECRET_LOUD", WORD)
    monkeypatch.setitem(hub.settings.values, "secret_folder", str(tmp_path))  # type: ignore[arg-type]
    key = json.dumps({"$file": str(tmp_path / "tls.key")})
    configure(hub)
    variable = '{"$env": "HUB_SECRET_LOUD"}'
    save(administrator, **{"config.password": variable, "config.key_file": key})
    found = find_source(hub, "loud")
    assert found.config["password"] == {"$env": "HUB_SECRET_LOUD"}
    loaded = validate_config(found.connector, found.config)
    assert loaded["password"] == WORD
    assert loaded["key_file"] == str(tmp_path / "tls.key"), "a path is not read"
    page = administrator.get("/beheer/bronnen/loud").text
    assert "tls.key" in page
    assert "HUB_SECRET_LOUD" not in page
    save(administrator, **{"config.password": "", "config.key_file": key})
    assert find_source(hub, "loud").config == found.config


@pytest.mark.parametrize(
    "reference",
    [
        {"$env": "HUB_KEYS"},
        {"$env": "PATH"},
        {"$env": "HUB_SECRET_"},
        {"$env": ["HUB_SECRET_X"]},
        {"$file": "/etc/passwd"},
        {"$file": "/run/secrets/../../etc/passwd"},
        {"$file": "instance/keys"},
    ],
)
def test_a_form_refers_to_nothing_else(
    hub: Hub, administrator: Any, reference: dict[str, Any]
) -> None:
    configure(hub)
    before = find_source(hub, "loud").config
    for name in ("config.password", "config.how"):
        page = save(administrator, **{name: json.dumps(reference)})
        assert "Een verwijzing in dit formulier mag alleen" in page.text
    assert find_source(hub, "loud").config == before


@pytest.mark.parametrize("typed", ["{geen json", '{"a": 1}', '{"$env": "A", "$file": "B"}', "[]"])
def test_other_text_stays_text(hub: Hub, administrator: Any, typed: str) -> None:
    configure(hub)
    save(administrator, **{"config.password": typed})
    assert find_source(hub, "loud").config["password"] == typed
