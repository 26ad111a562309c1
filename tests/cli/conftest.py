"""A screen wide enough for any table, whatever the machine that runs the tests is set to."""

from __future__ import annotations

import pytest

from hub.cli.common import console


@pytest.fixture(autouse=True)
def _wide_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "width", 200)
