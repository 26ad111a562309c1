"""The access table: what each role may do with each field group, read from access.toml.

It is data, so that a privacy officer can read it, docs/security/access.md is made from it, and
the whole hub asks one place. What the table does not name is closed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from hub.security.roles import ROLES

#: The rights a cell can begin with, and what a person calls them.
RIGHTS = {
    "R": "lezen",
    "RW": "lezen en wijzigen",
    "S": "alleen dat het er is",
    "A": "alleen aantallen",
    "L": "alleen in het logboek",
    "C": "lezen als er een grondslag is",
    "-": "niets",
}


@dataclass(frozen=True)
class Cell:
    """What one role may do with one field group; `cases` are the letters that open a C."""

    right: str
    cases: tuple[str, ...] = ()


#: The cell of whatever the table does not name.
CLOSED = Cell("-")


@dataclass(frozen=True)
class Group:
    """A field group: its name, its Dutch title, and the cell of each role that has one."""

    name: str
    title: str
    cells: dict[str, Cell]

    def cell(self, role: str) -> Cell:
        """Return what `role` may; nothing when the table does not say."""
        return self.cells.get(role, CLOSED)


@lru_cache(maxsize=1)
def groups() -> dict[str, Group]:
    """Return every field group by its name. Raises ValueError for a table that is wrong."""
    read = tomllib.loads((Path(__file__).parent / "access.toml").read_text())
    return {name: _group(name, values) for name, values in read.items()}


def _group(name: str, values: dict[str, str]) -> Group:
    cells = {role: _cell(name, text) for role, text in values.items() if role != "title"}
    unknown = cells.keys() - ROLES.keys()
    if unknown:
        raise ValueError(f"access.toml, {name}: unknown roles {sorted(unknown)}")
    return Group(name, values["title"], cells)


def _cell(name: str, text: str) -> Cell:
    right, *cases = text.split()
    if right not in RIGHTS or bool(cases) != (right == "C"):
        raise ValueError(f"access.toml, {name}: cannot read {text!r}")
    return Cell(right, tuple(cases))


def cells_of(role: str) -> Iterator[tuple[str, Cell]]:
    """Yield each field group with what `role` may do with it."""
    for name, group in groups().items():
        yield name, group.cell(role)
