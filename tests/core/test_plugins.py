"""Discovery: by entry point and by folder, what is absent is said, what is wrong is refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from book import Book, book_plugin

from hub import hookspecs
from hub.connector import hookimpl
from hub.errors import ConfigError
from hub.plugins import import_path, load_plugins

ROOT = Path(__file__).parents[2]

SMALLEST = """
from hub.connector import Batch, Connector, Fact, Record, Stream, hookimpl

class Tiny(Connector):
    name, title, role = "tiny", "Klein", "creditor"
    streams = (Stream("claims", "Vorderingen", "snapshot"),)

    def read(self, stream, cursor):
        yield Batch([Record.json("A1", {"open": 100})], complete=True)

    def parse(self, stream, raw):
        return [Fact("claim_statement", "A1", {})]

@hookimpl
def hub_connectors():
    return [Tiny]
"""


def test_a_file_dropped_into_a_folder_is_a_plugin(tmp_path: Path) -> None:
    (tmp_path / "tiny.py").write_text(SMALLEST)
    plugins = load_plugins([tmp_path])
    assert plugins.connector("tiny").title == "Klein"
    described = {one["name"]: one for one in plugins.describe()}["hub_plugin_tiny"]
    assert described["hooks"] == ["hub_connectors"]
    assert described["streams"] == ["claims"]


def test_the_five_registers_come_in_through_hooks() -> None:
    plugins = load_plugins()
    assert set(plugins.connectors) >= {"tax", "debt_help", "schuldenknooppunt", "vish", "clo"}
    assert plugins.missing == []


def test_two_connectors_of_one_name_are_refused() -> None:
    first, second = book_plugin(Book()), book_plugin(Book())
    second.__name__ = "another"
    with pytest.raises(ConfigError, match="Twee plugins"):
        load_plugins(extra=[first, second], discover=False)


def test_a_hook_the_hub_does_not_know_is_refused() -> None:
    @hookimpl
    def hub_coffee() -> str:
        return "black"

    plugin = SimpleNamespace(__name__="odd", __file__=__file__, hub_coffee=hub_coffee)
    with pytest.raises(ConfigError, match="hub_coffee"):
        load_plugins(extra=[plugin], discover=False)


def test_an_unknown_connector_names_the_known_ones() -> None:
    plugins = load_plugins(extra=[book_plugin(Book())], discover=False)
    with pytest.raises(ConfigError, match="cobol"):
        plugins.connector("cobol")


def test_there_are_few_hooks_and_each_is_explained_in_the_readme() -> None:
    hooks = [name for name in vars(hookspecs) if name.startswith("hub_")]
    readme = (ROOT / "README.md").read_text()
    assert len(hooks) <= 15
    assert [name for name in hooks if f"`{name}`" not in readme] == []
    assert all((vars(hookspecs)[name].__doc__ or "").count(".") >= 1 for name in hooks)


@pytest.mark.slow
def test_a_hub_without_a_plugins_folder_still_starts(tmp_path: Path) -> None:
    """Copy the project, take one plugin away, and list the plugins in a fresh process."""
    for part in ("hub", "schemas", "plugins"):
        shutil.copytree(
            ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("node_modules", "vendor")
        )
    shutil.rmtree(tmp_path / "plugins" / "vish")
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        # An editable install would find the plugin that was taken away in its own place.
        "sys.meta_path = [one for one in sys.meta_path if 'editable' not in repr(one)]\n"
        "from hub.core import open_hub; from pathlib import Path\n"
        "hub = open_hub(Path('instance'))\n"
        "print(hub.plugins.missing, sorted(hub.plugins.connectors))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    missing, _, present = done.stdout.strip().partition("] ")
    assert missing == "['vish'"
    assert "vish" not in present
    assert "tax" in present


BUILT_IN = ("clo", "debt_help", "schuldenknooppunt", "tax", "vish")


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_setting_of_a_connector_explains_itself(name: str) -> None:
    connector = load_plugins().connector(name)
    for setting, field in connector.config().fields.items():
        assert field.metadata.get("label"), setting
        assert str(field.metadata.get("help", "")).endswith("."), setting
        assert field.metadata.get("group"), setting
    secret = [n for n, f in connector.config().fields.items() if f.metadata["secret"]]
    spoken_of = [n for n in connector.config().fields if "password" in n or n.endswith("secret")]
    assert set(spoken_of) <= set(secret)


def test_two_plugins_of_one_name_in_two_folders_are_two(tmp_path: Path) -> None:
    found = []
    for place in ("een", "twee"):
        folder = tmp_path / place
        folder.mkdir()
        (folder / "gelijknamig.py").write_text(f'"""A plugin of {place}."""\n\nPLACE = "{place}"\n')
        found.append(import_path(folder / "gelijknamig.py"))
    assert [one.PLACE for one in found] == ["een", "twee"]
    assert import_path(tmp_path / "een" / "gelijknamig.py") is found[0]
    assert import_path(tmp_path / "twee" / "gelijknamig.py") is found[1]
