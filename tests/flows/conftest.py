"""The town in which people act together."""

from __future__ import annotations

from typing import Any

import pytest
from flows_town import Town


@pytest.fixture
def town(make_hub: Any) -> Town:
    return Town(make_hub)
