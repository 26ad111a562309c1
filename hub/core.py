"""The hub as one value: store, keys, plugins, settings and clock, handed to every room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, select

from hub.clock import Clock
from hub.errors import ConfigError
from hub.pace import Pace
from hub.plugins import Plugins, load_plugins
from hub.reach import Reach, parse_reach
from hub.security.keys import Keys, load_keys
from hub.settings import Settings, load_settings
from hub.store import reject, resident, source, subject
from hub.store.engine import migrate, open_store, reading


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
    return Hub(engine, load_keys(instance), plugins, settings, clock or Clock())


#: Where sealed values stand, each with the place it is bound to.
_SEALED: tuple[tuple[Column[str], str], ...] = (
    (source.c.config, "source.config"),
    (subject.c.bsn, "subject.bsn"),
    (resident.c.bsn, "resident.bsn"),
    (reject.c.raw, "reject.raw"),
)


def keys_fit(connection: Connection, keys: Keys) -> bool:
    """Tell whether `keys` open what the store sealed: the first value of every column is tried."""
    return all(_opens(connection, keys, column, place) for column, place in _SEALED)


def _opens(connection: Connection, keys: Keys, column: Column[str], place: str) -> bool:
    first = select(column).where(column.is_not(None)).limit(1)
    sealed = connection.execute(first).scalar_one_or_none()
    try:
        if sealed is not None:
            keys.open(sealed, place)
    except ConfigError:
        return False
    return True
