"""Every connector that comes with the hub has a page, and a row in the list of all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.connector import Connector
from hub.plugins import load_plugins
from hub.security.fields import REGISTER_OF_ROLE

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "connectors"

#: What a row may say of the format.
FORMATS = {"confirmed", "partly", "our own"}

DIRECTIONS = {"in", "out", "both"}


def connectors() -> dict[str, type[Connector]]:
    return load_plugins().connectors


def folders() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "plugins").glob("*/__init__.py"))


def rows() -> dict[str, list[str]]:
    """The cells of each row, by the name in its first."""
    found = re.findall(
        r"^\| \[(\w+)\]\((\w+)\.md\) \| (.*) \|$", (PAGES / "README.md").read_text(), re.M
    )
    assert all(name == page for name, page, _ in found)
    return {name: [cell.strip() for cell in cells.split("|")] for name, _, cells in found}


def test_the_list_names_every_plugin_in_order() -> None:
    # It may be ahead of a plugin that is on its way.
    assert set(folders()) <= set(rows())
    assert list(rows()) == sorted(rows())


@pytest.mark.parametrize("name", folders())
def test_a_row_says_what_the_code_says(name: str) -> None:
    what, register, protocol, direction, known = rows()[name]
    assert what
    assert protocol
    assert direction in DIRECTIONS
    assert known in FORMATS
    connector = connectors().get(name)
    if connector:
        assert register == (connector.register or REGISTER_OF_ROLE[connector.role] or "none")
    if connector and connector.commands:
        assert direction != "in", "it has commands"
    if connector and not connector.streams:
        assert direction == "out", "it has no streams"


@pytest.mark.parametrize("name", folders())
def test_a_page_says_what_is_read_and_written_and_what_is_known(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text()
    assert page.startswith("# ")
    for heading in ("## What is known", "## For real"):
        assert heading in page, f"{name}.md has no '{heading}'"
    told = set(re.findall(r"^\| (\w+) \|", page, re.M))
    assert told & {"reads", "receives", "provides", "step"}, "say what it reads"
    assert "ground" in told, "say on which ground"
    assert "purpose" in told, "say for which purpose"
    assert {"writes", "provides"} & told or "othing is written" in page, "say what it writes"


def test_every_page_has_a_row() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} - {"README"} <= set(rows())
