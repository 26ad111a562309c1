"""Paths in JSON: JSONPath (RFC 9535) for who knows it, or names with dots between them."""

from __future__ import annotations

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


def rows_at(value: Any, path: str) -> Any:
    """Return the rows of a JSON file: the list at a path, or all that a JSONPath finds."""
    if is_json_path(path) and not json_path(path).singular_query():
        return json_path(path).findall(value)
    return value if path == "." else at_path(value, path)


def at_path(value: Any, path: str) -> Any:
    """Return what stands at a JSONPath or a dotted path; None where nothing does.

    A dotted path has names of groups, and numbers of lists from 0.
    """
    if is_json_path(path):
        return next(iter(json_path(path).findall(value)), None)
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value
