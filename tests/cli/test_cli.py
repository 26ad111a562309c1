"""The command line: what a person sees, what the exit code says."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import main
from hub.core import open_hub
from hub.demo.run import demo_settings, start_demo
from hub.store.schema import newest
from hub.sync.sources import find_source, save_source


def hub(instance: Path, *arguments: str, **options: str) -> Result:
    runner = CliRunner(env={"COLUMNS": "160"})
    return runner.invoke(main, ["--instance", str(instance), *arguments], **options)  # type: ignore[arg-type]


def test_init_makes_keys_and_store(tmp_path: Path) -> None:
    done = hub(tmp_path, "init")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "keys").exists()
    assert (tmp_path / "hub.db").exists()
    assert "Klaar" in done.output


def test_plugins_as_json(tmp_path: Path) -> None:
    done = hub(tmp_path, "plugins", "--json")
    listed = {one["name"]: one for one in json.loads(done.output)}
    tax = listed["plugins.tax"]
    assert set(tax) == {
        "name",
        "version",
        "hooks",
        "connectors",
        "streams",
        "commands",
        "quality",
    } | {"open_rules"}
    assert tax["streams"] == ["claims", "holds", "contacts"]
    assert tax["commands"] == ["set_hold", "lift_hold"]
    assert tax["quality"] == "zilver"
    assert "hub_connectors" in hub(tmp_path, "plugins").output


def test_an_unknown_source_is_a_sentence_and_not_a_traceback(tmp_path: Path) -> None:
    done = hub(tmp_path, "sync", "kadaster")
    assert done.exit_code == 1
    assert "Error: Instelling klopt niet: Er is geen bron met de naam 'kadaster'" in done.output


def test_wrong_settings_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_PORT", "many")
    done = hub(tmp_path, "init")
    assert done.exit_code == 1
    assert "De instellingen van de hub kloppen niet. port:" in done.output


@pytest.mark.slow
def test_the_demo_once_prints_what_was_read_and_found(tmp_path: Path) -> None:
    done = hub(tmp_path, "demo", "--once", "--size", "300")
    assert done.exit_code == 0, done.output
    for name in ("belastingen", "schuldhulp", "schuldenknooppunt", "vish", "clo"):
        assert name in done.output
    assert "gelezen" in done.output
    assert "Dwang tijdens hulp of pauze (dwang_tijdens_hulp)" in done.output
    assert "mislukt" not in done.output


@pytest.mark.parametrize("words", [("demo", "--port"), ("serve",)])
def test_a_port_that_is_taken_is_told_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    (tmp_path / "demo-hub").mkdir()
    (tmp_path / "demo-hub" / "there").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setenv("HUB_PORT", port)
        done = hub(tmp_path, *words, *([port] if len(words) > 1 else []))
    assert done.exit_code == 1
    assert f"127.0.0.1:{port}: daar luistert al iets. Kies een andere poort" in done.output
    assert (tmp_path / "demo-hub" / "there").exists(), "the demo that was there stays"


@pytest.mark.slow
def test_check_sync_reconcile_and_overview(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in demo_settings().items():
        monkeypatch.setenv(f"HUB_{name.upper()}", str(value))
    with start_demo(tmp_path, seed=1, size=120) as demo:
        done = hub(tmp_path, "check", "belastingen")
        assert done.exit_code == 0, done.output
        assert "✓ Poort" in done.output
        done = hub(tmp_path, "sync")
        assert done.exit_code == 0, done.output
        assert "gelukt" in done.output
        assert hub(tmp_path, "reconcile", "--full").exit_code == 0
        bsn = next(
            d.person.bsn for d in demo.municipality.dossiers() if d.case and not d.case.ended_on
        )
        done = hub(tmp_path, "overview", input=f"{bsn}\n")
        assert done.exit_code == 0, done.output
        assert "Openstaand bij lokale overheid: €" in done.output
        assert bsn not in done.output
        demo.simulators["tax"].stop()
        done = hub(tmp_path, "check", "belastingen")
        assert done.exit_code == 1
        assert "✗ Poort: Er luistert niets op" in done.output
        done = hub(tmp_path, "sync", "belastingen")
        assert done.exit_code == 1
        assert "mislukt" in done.output
        done = hub(tmp_path, "overview", input=f"{bsn}\n")
        assert "ten minste €" in done.output


def test_somebody_unknown_is_not_somebody_without_debts(tmp_path: Path) -> None:
    done = hub(tmp_path, "overview", input="999990019\n")
    assert done.exit_code == 1
    assert "kent deze inwoner niet. Er kunnen toch schulden zijn." in done.output


def test_a_stored_password_is_never_lost_by_an_empty_field(tmp_path: Path) -> None:
    made = open_hub(tmp_path, overrides=demo_settings())
    config = {"transport": "http", "url": "http://localhost:1", "username": "u", "password": "p"}
    values = {"name": "t", "title": "T", "connector": "tax", "owner": "o", "config": config}
    save_source(made, values)
    save_source(made, {**values, "config": {**config, "password": "", "username": "v"}})
    kept = find_source(made, "t").config
    assert (kept["password"], kept["username"]) == ("p", "v")
    made.engine.dispose()


def test_migrate_tells_from_where_to_where(tmp_path: Path) -> None:
    done = hub(tmp_path, "migrate", "--to", "0001")
    assert "Schema: base → 0001." in done.output
    assert f"Schema: 0001 → {newest()}." in hub(tmp_path, "migrate").output
    assert f"Schema: al op {newest()}." in hub(tmp_path, "migrate").output


def test_going_down_is_asked_and_tells_what_is_lost(tmp_path: Path) -> None:
    hub(tmp_path, "init")
    done = hub(tmp_path, "migrate", "--to", "0001", input="n\n")
    assert done.exit_code == 1
    assert "U raakt kwijt:" in done.output
    assert f"- {newest()}: " in done.output
    assert f"Schema: al op {newest()}." in hub(tmp_path, "migrate").output
    assert f"{newest()} → 0001" in hub(tmp_path, "migrate", "--to", "0001", input="y\n").output
    done = hub(tmp_path, "migrate", "--to", "base", "--yes")
    assert "alle gegevens zijn weg" in done.output
    assert "0001 → base" in done.output


def test_backup_and_restore(tmp_path: Path) -> None:
    file = tmp_path / "backups" / "hub.backup"
    hub(tmp_path / "one", "init")
    done = hub(tmp_path / "one", "backup", str(file))
    assert done.exit_code == 0, done.output
    assert "De sleutels zitten er niet in." in done.output
    done = hub(tmp_path / "two", "restore", str(file))
    assert done.exit_code == 1
    assert "De sleutels ontbreken" in done.output
    assert "De sleutels zitten erin." in hub(
        tmp_path / "one", "backup", "--with-keys", str(file.with_name("keys.backup"))
    ).output.replace("\n", " ")
    done = hub(tmp_path / "two", "restore", str(file.with_name("keys.backup")))
    assert done.exit_code == 0, done.output
    assert "Teruggezet: de gegevens van" in done.output


def test_a_command_that_breaks_shows_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("mevrouw Jansen, 999990019")

    monkeypatch.setattr("hub.cli.open_hub", broken)
    done = hub(tmp_path, "--log-format", "json", "sync")
    assert done.exit_code == 1
    assert "De hub maakte een onverwachte fout. Zie de log." in done.output
    assert json.loads(done.stderr.splitlines()[0])["error"][0]["type"] == "builtins.KeyError"
    assert "Jansen" not in done.output
