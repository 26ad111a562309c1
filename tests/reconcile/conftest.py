"""Chains that stand apart, for tests that compare two of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chain import Chain


@pytest.fixture
def make_chain(make_hub: Any, tmp_path: Path) -> Callable[[], Chain]:
    """A maker of chains, each on a store (SQLite) of its own."""
    numbers = iter(range(10**6))

    def make() -> Chain:
        url = f"sqlite:///{tmp_path}/{next(numbers)}.db"
        return Chain(lambda *a, **k: make_hub(*a, **{**k, "database_url": url}))

    return make
