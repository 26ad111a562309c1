"""Every connector that comes with the hub has a page, and a row in the list of all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.connector import Connector
from hub.plugins import load_plugins

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


def test_the_list_names_every_plugin_in_order_and_nothing_else() -> None:
    assert list(rows()) == folders()


@pytest.mark.parametrize("name", folders())
def test_a_row_says_what_the_code_says(name: str) -> None:
    what, register, protocol, direction, known = rows()[name]
    assert what
    assert protocol
    assert direction in DIRECTIONS
    assert known in FORMATS
    connector = connectors().get(name)
    if connector and connector.register:
        assert register == connector.register
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
    assert re.search(r"^\| (reads|receives|writes|provides) \|", page, re.M), (
        "say what it reads and writes"
    )


def test_no_page_is_left_of_a_plugin_that_is_gone() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} - {"README"} <= set(folders())
