"""The processing register: which activities the hub knows, read from activities.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True)
class Activity:
    """One entry of the processing register, in the words of the register's API."""

    key: str
    name: str
    purpose: str
    legal_basis: tuple[str, ...]
    data_subjects: tuple[str, ...]
    categories: tuple[str, ...]
    recipients: tuple[str, ...]


@lru_cache(maxsize=1)
def activities() -> dict[str, Activity]:
    """Return every activity by its key."""
    read = tomllib.loads((Path(__file__).parent / "activities.toml").read_text())
    return {key: _activity(key, values) for key, values in read.items()}


def _activity(key: str, values: dict[str, object]) -> Activity:
    told = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    return Activity(key=key, **told)  # type: ignore[arg-type]
