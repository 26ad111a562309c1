"""An installation of several municipalities: folders, keys, host names, and one that is wrong."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from werkzeug.test import Client

from hub import create_app
from hub.cli import main
from hub.errors import ConfigError
from hub.installation import add_municipality, by_host, folders, open_installation
from hub.web import create_web


def hub(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--instance", str(home), *arguments])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "hub.toml").write_text("port = 9090\nsecure_cookies = false\n")
    for code, name in (("0363", "Amstel"), ("0599", "Maas")):
        told = ("--code", code, "--name", name, "--hostname", f"{name}.nl".lower())
        made = hub(tmp_path, "init", *told)
        assert made.exit_code == 0, made.output
    return tmp_path


def test_each_has_its_own_keys_and_shares_the_store(home: Path) -> None:
    one, two = open_installation(home)
    assert (one.municipality, two.municipality) == ("0363", "0599")
    assert (one.settings.port, two.settings.port) == (9090, 9090)
    assert str(one.engine.url) == str(two.engine.url)
    assert str(one.engine.url).endswith(f"{home}/hub.db")
    keys = [(one / "keys").read_text() for one in folders(home)]
    assert keys[0] != keys[1]
    for each in (one, two):
        each.engine.dispose()


def test_the_folder_says_which_municipality_it_is(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_MUNICIPALITY", "0363")
    assert [one.municipality for one in open_installation(home)] == ["0363", "0599"]


def test_pages_are_told_apart_by_host_name(home: Path) -> None:
    client = Client(create_app(home))
    for host, name in (("amstel.nl", "Amstel"), ("MAAS.NL:9090", "Maas")):
        assert name in client.get("/inloggen", headers={"Host": host}).text
    for host in ("elders.nl", "", "amstel.nl.elders.nl", "amstel.nl@maas.nl"):
        answer = client.get("/inloggen", headers={"Host": host})
        assert answer.status_code == 404
        assert "Amstel" not in answer.text


def test_a_command_must_say_for_whom(home: Path) -> None:
    done = hub(home, "rejects")
    assert done.exit_code == 1
    assert "een installatie van 2 gemeenten" in done.output
    assert "0363, 0599" in done.output
    done = CliRunner().invoke(main, ["--instance", str(home), "--municipality", "0999", "rejects"])
    assert "Er is geen gemeente 0999." in done.output
    done = CliRunner().invoke(main, ["--instance", str(home), "--municipality", "0599", "rejects"])
    assert done.exit_code == 0, done.output


def test_one_that_is_wrong_stops_no_other(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    (home / "gemeenten/0599/hub.toml").write_text("port = 'veel'\n")
    with caplog.at_level(logging.ERROR):
        (left,) = open_installation(home)
    assert left.municipality == "0363"
    assert "municipality 0599 is left out" in caplog.text
    left.engine.dispose()
    (home / "gemeenten/0363/hub.toml").write_text("port = 'veel'\n")
    with pytest.raises(ConfigError):
        open_installation(home)


def test_two_cannot_share_a_host_name(home: Path) -> None:
    (home / "gemeenten/0599/hub.toml").write_text('hostname = "AMSTEL.nl"\n')
    with pytest.raises(ConfigError, match="eigen hostname"):
        by_host(open_installation(home), create_web)


@pytest.mark.parametrize(
    ("code", "host", "says"),
    [
        ("363", "a.nl", "geen gemeentecode"),
        ("../x", "a.nl", "geen gemeentecode"),
        ("0001", "", "Geef de hostnaam"),
        ("0001", "a.nl/x", "Geef de hostnaam"),
        ("0363", "a.nl", "bestaat al"),
    ],
)
def test_a_municipality_that_cannot_be_is_not_made(
    home: Path, code: str, host: str, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        add_municipality(home, code, "Naam", host)
    assert len(folders(home)) == 2


def test_an_installation_of_one_is_as_it_was(tmp_path: Path) -> None:
    assert hub(tmp_path, "init").exit_code == 0
    assert folders(tmp_path) == [tmp_path]
    assert hub(tmp_path, "rejects").exit_code == 0
    answer = Client(create_app(tmp_path)).get("/health", headers={"Host": "willekeurig"})
    assert answer.json == {"alive": True}
