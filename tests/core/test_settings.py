"""Settings: every fault at once, references, the environment before the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.errors import ConfigError
from hub.settings import SettingsSchema, load_settings, resolve


def test_the_example_file_is_valid_and_names_every_setting(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "instance" / "hub.example.toml"
    (tmp_path / "hub.toml").write_text(example.read_text())
    assert load_settings(tmp_path).port == 8080
    unnamed = [name for name in SettingsSchema().fields if f"{name} =" not in example.read_text()]
    assert unnamed == ["demo"], "the demo switch is set by the demo alone"


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text('municipality = "12"\nport = 99999\ncolour = "red"\n')
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path)
    assert all(name in caught.value.user for name in ("municipality", "port", "colour"))


def test_the_environment_goes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hub.toml").write_text("port = 81")
    monkeypatch.setenv("HUB_PORT", "82")
    assert load_settings(tmp_path).port == 82


def test_broken_toml_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text("port = = 1")
    with pytest.raises(ConfigError, match="geen geldig TOML-bestand"):
        load_settings(tmp_path)


def test_references(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "from the environment")
    path = tmp_path / "secret"
    path.write_text("from a file\n")
    assert resolve({"$env": "A_SECRET"}) == "from the environment"
    assert resolve({"$file": str(path)}) == "from a file"
    assert resolve("plain") == "plain"
    with pytest.raises(ConfigError, match="NOBODY"):
        resolve({"$env": "NOBODY"})
    with pytest.raises(ConfigError, match="niet te lezen"):
        resolve({"$file": str(tmp_path / "absent")})


@pytest.mark.parametrize(
    "literal", ['"de sleutels zelf"', '{"aes" = "x"}', '{"$env" = "A", "$file" = "B"}']
)
def test_keys_are_never_in_the_settings_themselves(tmp_path: Path, literal: str) -> None:
    (tmp_path / "hub.toml").write_text(f"keys = {literal}")
    with pytest.raises(ConfigError, match="keys"):
        load_settings(tmp_path)


def test_keys_stay_a_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(tmp_path).keys is None
    (tmp_path / "hub.toml").write_text('keys = {"$file" = "/run/secrets/keys"}')
    assert load_settings(tmp_path).keys == {"$file": "/run/secrets/keys"}
    monkeypatch.setenv("HUB_KEYS", "{}")
    assert load_settings(tmp_path).keys == {"$env": "HUB_KEYS"}
