"""Chains that stand apart, for tests that compare two of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chain import Chain


@pytest.fixture
def make_chain(make_hub: Any, tmp_path: Path, sqlite_template: Path) -> Callable[[], Chain]:
    """A maker of chains, each on a store (SQLite) of its own."""
    numbers = iter(range(10**6))

    def make() -> Chain:
        place = tmp_path / f"{next(numbers)}.db"
        shutil.copy(sqlite_template, place)
        return Chain(lambda *a, **k: make_hub(*a, **{**k, "database_url": f"sqlite:///{place}"}))

    return make
