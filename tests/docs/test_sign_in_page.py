"""The page on sign-in names settings, addresses and commands that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import main
from hub.settings import SettingsSchema, load_settings

PAGE = (Path(__file__).parents[2] / "docs" / "security" / "sign-in.md").read_text()


def test_its_settings_work(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    secret = tmp_path / "secret"
    secret.write_text("een-geheim-uit-een-bestand")
    values = tomllib.loads(example) | {"oidc_client_secret": {"$file": str(secret)}}
    assert load_settings(tmp_path, values).oidc_client_secret == "een-geheim-uit-een-bestand"


def test_it_names_every_setting_of_sign_in_and_none_that_is_not_there() -> None:
    known = {one for one in SettingsSchema().fields if one.startswith(("oidc_", "session_"))}
    named = set(re.findall(r"\b(?:oidc|session)_[a-z_]+\b", PAGE))
    assert named == known


@pytest.mark.parametrize("command", ["emergency", "list", "end"])
def test_its_commands_exist(command: str) -> None:
    assert f"hub accounts {command}" in PAGE
    assert CliRunner().invoke(main, ["accounts", command, "--help"]).exit_code == 0
