"""The hub as one value: store, keys, plugins, settings and clock, handed to every room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from hub.clock import Clock
from hub.errors import ConfigError
from hub.pace import Pace
from hub.plugins import Plugins, load_plugins
from hub.reach import Reach, parse_reach
from hub.security.keys import Keys, load_keys
from hub.settings import Settings, load_settings
from hub.store.engine import migrate, open_store, reading
from hub.store.sealed import Sealed, sealed_columns


@dataclass(frozen=True)
class Hub:
    """What every room works with. `municipality` is the CBS code of four digits."""

    engine: Engine
    keys: Keys
    plugins: Plugins
    settings: Settings
    clock: Clock
    #: The pace of each source that must be spared, by source id, shared by all its sessions.
    paces: dict[int, Pace] = field(default_factory=dict, compare=False)

    @property
    def reader(self) -> Engine:
        """Return the engine for transactions that only read; on SQLite they never wait."""
        return reading(self.engine)

    @property
    def reach(self) -> Reach:
        """Return where this installation may call."""
        told = parse_reach(self.settings.allowed_hosts)
        return told.with_loopback() if self.settings.demo else told

    @property
    def municipality(self) -> str:
        """Return the code of the municipality this installation works for."""
        return str(self.settings.municipality)


def open_hub(
    instance: Path,
    *,
    overrides: Mapping[str, Any] | None = None,
    clock: Clock | None = None,
    plugins: Plugins | None = None,
) -> Hub:
    """Open the hub of `instance`, bringing its store to the newest schema.

    Raises ConfigError when settings, keys or a plugin are wrong.
    """
    instance.mkdir(parents=True, exist_ok=True)
    settings = load_settings(instance, overrides)
    plugins = plugins or load_plugins([instance / "plugins"])
    engine = open_store(settings.database_url)
    migrate(engine)
    keys = load_keys(instance, settings.keys)
    return Hub(engine, keys, plugins, settings, clock or Clock())


def keys_fit(connection: Connection, keys: Keys, municipality: str) -> bool:
    """Tell whether `keys` open what the store sealed: the first value of every column is tried."""
    return all(_opens(connection, keys, municipality, one) for one in sealed_columns())


def _opens(connection: Connection, keys: Keys, municipality: str, one: Sealed) -> bool:
    first = select(one.column).where(one.of(municipality)).limit(1)
    sealed = connection.execute(first).scalar_one_or_none()
    try:
        if sealed is not None:
            keys.open(sealed, one.place)
    except ConfigError:
        return False
    return True
