"""The pages for plugin authors say all there is, and what they say works."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hub import errors, hookspecs
from hub.quality import RULES
from hub.reference import ENVIRONMENT, TARGET, command_picture, reference
from hub.settings import SettingsSchema
from hub.testing.contract import CHECKS

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "plugins"
TUTORIAL = (PAGES / "tutorial.md").read_text()
WHEN = (PAGES / "what-happens-when.md").read_text()


def test_the_reference_is_what_the_code_says() -> None:
    assert TARGET.read_text() == reference(), "renew it: python -m hub.reference"


def names() -> list[str]:
    """Everything an author can meet by name."""
    kinds = [one for one in vars(errors).values() if inspect.isclass(one)]
    return [
        *(name for name in vars(hookspecs) if name.startswith("hub_")),
        *SettingsSchema().fields,
        *(one.__name__ for one in kinds if issubclass(one, errors.HubError)),
        *(rule.id for rule in RULES),
        *CHECKS,
    ]


@pytest.mark.parametrize("name", names())
def test_nothing_is_undocumented(name: str) -> None:
    told = (PAGES / "reference.md").read_text()
    lines = [line for line in told.splitlines() if f"`{name}`" in line]
    assert lines, f"{name} stands nowhere in docs/plugins/reference.md"
    explained = [line.replace(f"`{name}`", "").strip("| ") for line in lines]
    assert max(map(len, explained)) > 12, f"{name} has no explanation"


def test_every_setting_of_the_environment_is_told() -> None:
    files = [*(ROOT / "hub").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    asked = re.compile(r"environ[^\n]*\"(HUB_[A-Z_]+)\"")
    read = {name for path in files for name in asked.findall(path.read_text())}
    assert read <= set(ENVIRONMENT), read - set(ENVIRONMENT)


def picture(holding: str) -> set[tuple[str, str]]:
    """The edges of the picture in which this state stands."""
    for block in re.findall(r"```mermaid\n(.*?)```", WHEN, re.S):
        edges = set(re.findall(r"^\s*(\S+) --> (\w+|\[\*\])", block, re.M))
        if any(holding in edge for edge in edges):
            return edges
    raise AssertionError(f"no picture holds {holding}")


def test_the_picture_of_a_command_is_the_table_of_the_code() -> None:
    drawn = set(re.findall(r"^\s*(\S+) --> (\w+|\[\*\])", command_picture(), re.M))
    assert picture("exhausted") == drawn


def test_every_state_of_a_run_is_in_its_picture() -> None:
    from hub.web.words import RUNS

    drawn = {state for edge in picture("overtaken") for state in edge} - {"[*]"}
    assert drawn == {state for state in RUNS if state}


def test_every_state_of_the_breaker_is_in_its_picture() -> None:
    from hub.overview.metrics import BREAKER

    assert {state for edge in picture("blocked") for state in edge} - {"[*]"} == set(BREAKER)


def blocks() -> list[tuple[str, str]]:
    """The steps of the tutorial: what to type, and what to write where."""
    found = re.findall(r"```(sh|python [\w/.]+)\n(.*?)```", TUTORIAL, re.S)
    return [(kind.removeprefix("python "), text) for kind, text in found]


def test_the_tutorial_works_as_it_stands(tmp_path: Path) -> None:
    steps = blocks()
    last = max(at for at, (_, text) in enumerate(steps) if "pytest " in text)
    for at, (kind, text) in enumerate(steps):
        if kind != "sh":
            (tmp_path / "instance" / "plugins" / kind).write_text(text)
            continue
        for line in text.strip().splitlines():
            # The whole suite at the end; on the way, that the format is read.
            line += " -k 'read or parse or declaration'" if "pytest " in line and at < last else ""
            typed(line, tmp_path)


def typed(line: str, folder: Path) -> None:
    """Type one line of the tutorial; the demo is told to stop when it has shown its tables."""
    python = f"{sys.executable} -m"
    line = re.sub(r"^hub demo", f"{python} hub.cli demo --once --size 60", line)
    line = re.sub(r"^hub ", f"{python} hub.cli ", line)
    line = re.sub(r"^pytest ", f"{python} pytest -q -p no:cacheprovider ", line)
    done = subprocess.run(
        line,
        shell=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
