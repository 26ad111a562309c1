"""From scaffold to first synced record: no edit outside the plugin's own folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from hub import cli
from hub.core import open_hub
from hub.demo.run import demo_settings
from hub.store import record, source


def new_plugin(instance: Path, *words: str) -> str:
    result = CliRunner().invoke(cli.main, ["--instance", str(instance), "new-plugin", *words])
    return result.output


def test_the_scaffold_is_small_and_passes_the_contract(tmp_path: Path) -> None:
    assert "Toets hem" in new_plugin(tmp_path, "parkeren", "--title", "Parkeren")
    home = tmp_path / "plugins" / "parkeren"
    assert {path.name for path in home.iterdir()} == {
        "__init__.py",
        "connector.py",
        "messages.py",
        "quality.toml",
        "simulator.py",
        "test_parkeren.py",
    }
    assert sum(len(path.read_text().splitlines()) for path in home.iterdir()) <= 120
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(home)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


def test_the_demo_reads_it_without_another_edit(tmp_path: Path) -> None:
    new_plugin(tmp_path, "parkeren")
    result = CliRunner().invoke(
        cli.main, ["--instance", str(tmp_path), "demo", "--once", "--size", "60"]
    )
    assert result.exit_code == 0, result.output
    assert "parkeren claims" in result.output
    hub = open_hub(tmp_path / "demo-hub", overrides=demo_settings())
    with hub.reader.connect() as connection:
        query = select(func.count()).select_from(record).join(source)
        assert connection.execute(query.where(source.c.name == "parkeren")).scalar_one() > 0
    hub.engine.dispose()
    every_command_knows_the_demo(tmp_path)


def every_command_knows_the_demo(instance: Path) -> None:
    """The demo left a folder like any other: settings, keys, and the plugin that was written."""
    home = str(instance / "demo-hub")
    for words, says in (
        (("replay", "parkeren", "--preview"), "0 te verwerken"),
        (("audit", "verify"), "Het logboek is heel"),
        (("check", "parkeren"), "✗ Poort"),
    ):
        result = CliRunner().invoke(cli.main, ["--instance", home, *words])
        assert says in result.output, result.output


@pytest.mark.parametrize(("name", "says"), [("Mooi!", "kan geen naam"), ("goed", "bestaat al")])
def test_a_name_that_cannot_be_is_explained(tmp_path: Path, name: str, says: str) -> None:
    new_plugin(tmp_path, "goed")
    assert says in new_plugin(tmp_path, name)
