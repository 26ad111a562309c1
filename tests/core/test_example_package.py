"""A plugin of somebody else: built, installed beside the hub, found, and held to the contract."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "hub-parkeerboetes"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, installed into a folder of its own; the hub itself stays where it is."""
    target = tmp_path_factory.mktemp("installed")
    # Building leaves files beside the source, so a copy is built.
    copy = shutil.copytree(EXAMPLE, target / "source")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps"]
    run([*pip, "--no-build-isolation", "--target", str(target), str(copy)], target)
    return target


def run(command: list[str], target: Path, cwd: Path = ROOT) -> str:
    environment = {**os.environ, "PYTHONPATH": f"{target}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_hub_finds_it_by_its_entry_point(installed: Path, tmp_path: Path) -> None:
    told = run(
        [sys.executable, "-m", "hub.cli", "--instance", str(tmp_path), "plugins", "--json"],
        installed,
    )
    assert '"hub_parkeerboetes"' in told


def test_it_passes_the_contract_outside_the_hub(installed: Path, tmp_path: Path) -> None:
    tests = str(EXAMPLE / "tests")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests]
    told = run(command, installed, cwd=tmp_path)
    assert "100%" in told
