"""Paths in JSON: JSONPath (RFC 9535) for who knows it, or names with dots between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonpath
from jsonpath import JSONPath, JSONPathError


def is_json_path(path: str) -> bool:
    """Tell whether a path is JSONPath (RFC 9535) and not dotted; a name may begin with $ too."""
    return path == "$" or path.startswith(("$.", "$["))


@cache
def json_path(path: str) -> JSONPath:
    """Return a JSONPath that can be followed. Raises JSONPathError."""
    made = jsonpath.compile(path)
    if not isinstance(made, JSONPath):
        raise JSONPathError("two paths in one")
    return made


@dataclass(frozen=True, slots=True)
class Found:
    """One row of a JSON file, and the groups that it stands in, the nearest first."""

    value: Any
    above: tuple[Any, ...] = ()


def rows_at(value: Any, path: str) -> list[Found] | None:
    """Return the rows of a JSON file: those of the list at a path, or all that a JSONPath finds.

    None when no list stands there.
    """
    if _is_search(path):
        return [
            Found(one.value, _groups(value, one.parts)) for one in json_path(path).finditer(value)
        ]
    listed, parts = _place(value, path)
    if not isinstance(listed, list):
        return None
    above = _groups(value, parts)
    return [Found(one, above) for one in listed]


def _place(value: Any, path: str) -> tuple[Any, tuple[Any, ...]]:
    """Return what stands at the path of a list, and the names on the way."""
    if not is_json_path(path):
        return (value, ()) if path == "." else (at_path(value, path), tuple(path.split(".")))
    found = next(iter(json_path(path).finditer(value)), None)
    return (None, ()) if found is None else (found.value, found.parts)


def _groups(value: Any, parts: Iterable[Any]) -> tuple[Any, ...]:
    """Return the groups on the way, the last one first; the end of the way is none of them."""
    found: list[Any] = []
    for part in parts:
        if isinstance(value, dict):
            found.insert(0, value)
        value = _within(value, part)
    return tuple(found)


def _within(value: Any, part: Any) -> Any:
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, list) and str(part).isdigit() and int(part) < len(value):
        return value[int(part)]
    return None


def of_row(row: Found, path: str) -> Any:
    """Return what a field of a row finds. `^.naam` looks in the group that the row stands in."""
    height = len(path) - len(path.lstrip("^"))
    if not height:
        return at_path(row.value, path)
    if height > len(row.above):
        return None
    return at_path(row.above[height - 1], path[height:].removeprefix("."))


def has_place(value: Any, path: str) -> bool:
    """Tell whether a file without rows has the place where they would stand.

    Without it the path may be wrong, and then all rows would seem to be gone.
    """
    first, wild, _ = path.partition("[*]")
    if not (wild and is_json_path(path)):
        return rows_at(value, path) is not None and not _is_search(path)
    return at_path(value, first) == [] or bool(json_path(path.rpartition("[*]")[0]).findall(value))


def _is_search(path: str) -> bool:
    return is_json_path(path) and not json_path(path).singular_query()


def at_path(value: Any, path: str) -> Any:
    """Return what stands at a JSONPath or a dotted path; None where nothing does.

    A dotted path has names of groups, and numbers of lists from 0.
    """
    if is_json_path(path):
        return next(iter(json_path(path).findall(value)), None)
    for part in path.split("."):
        value = _within(value, part)
    return value
