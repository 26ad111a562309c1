"""The bench of a contract check: a hub with one source, and the other side of it on a socket."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import func, select

from hub.clock import FrozenClock
from hub.connector import Batch, Connector, Cursor, Record, hookimpl
from hub.core import Hub, open_hub
from hub.plugins import load_plugins
from hub.store import FACTS, audit_log, metadata, processing_log, record, run, standing
from hub.sync.inbound import Outcome, sync_source
from hub.sync.patience import look_again
from hub.sync.sources import Source, connect, find_source, save_source
from hub.testing.residents import let_know, residents_plugin
from hub.testing.simulator import Simulator
from hub.testing.town import Town, test_bsns
from hub.testing.world import Municipality

#: Makes the other side of a connector; a Simulator class is one.
SideMaker = Callable[[Municipality, Path, FrozenClock], Simulator]

#: The settings of a connector without a simulator, or what makes them in a folder.
Config = Mapping[str, Any] | Callable[[Path], Mapping[str, Any]]

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)


class NotApplicable(Exception):
    """A check says nothing about this connector; the text says why."""


@dataclass
class World:
    """A hub that reads one source, and the side it reads from (None without simulator)."""

    hub: Hub
    clock: FrozenClock
    side: Simulator | None
    name: str

    @property
    def source(self) -> Source:
        """Return the source as it is saved now."""
        return find_source(self.hub, self.name)

    def connector(self) -> Connector:
        """Return a connector that is ready to work."""
        return connect(self.hub, self.source)

    def read(self, kind: type[Connector] | None = None) -> dict[str, Outcome]:
        """Read every stream, a minute later than whatever came before; `kind` stands in."""
        self.clock.move(minutes=1)
        if self.side:
            self.side.prime()
        with self.hub.engine.begin() as connection:
            look_again(connection, self.source.id)
        one = replace(self.source, connector=kind) if kind else self.source
        return {outcome.stream: outcome for outcome in sync_source(self.hub, one)}

    def facts(self) -> set[tuple[Any, ...]]:
        """Return what stands, apart from row numbers and times of receipt."""
        own = {"id", "record_id", "source_id", "subject_id", "resident_id", "received_at"}
        own |= {"superseded_at", "claim_id", "digest", "link_method", "link_score", "linked_by"}
        found: set[tuple[Any, ...]] = set()
        with self.hub.reader.connect() as connection:
            for table in set(FACTS.values()):
                columns = [column for column in table.c if column.name not in own]
                for row in connection.execute(select(*columns).where(standing(table))):
                    # Details are JSON, which no set can hold.
                    found.add((table.name, *map(repr, row)))
        return found

    def counts(self) -> dict[str, int]:
        """Return how many rows each table holds, but runs and the logs of looks."""
        grows = (run, audit_log, processing_log)
        tables = [table for table in metadata.sorted_tables if table not in grows]
        with self.hub.reader.connect() as connection:
            return {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in tables
            }

    def records(self, stream: str) -> int:
        """Return how many records of a stream stand."""
        query = select(func.count()).where(record.c.stream == stream, record.c.state != "removed")
        with self.hub.reader.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def batches(self, stream: str) -> list[Batch]:
        """Return all batches of a read from the beginning; nothing is confirmed."""
        if self.side:
            self.side.prime()
        found = self.connector().read(stream, None)
        first = next(found, None)
        # A queue offers again what is not confirmed: its first batch is all there is to see.
        queue = any(s.mode == "queue" for s in self.source.connector.streams if s.name == stream)
        rest = [] if queue else list(found)
        return ([first] if first else []) + rest

    def delivered(self, stream: str) -> list[Record]:
        """Return all records of a read from the beginning, tombstones left out."""
        return [one for batch in self.batches(stream) for one in batch.records if not one.deleted]


@dataclass
class Bench:
    """What a check works with; `folder` is empty, `simulator` plays the other side."""

    connector: type[Connector]
    folder: Path
    config: Config | None = None
    simulator: SideMaker | None = None
    worlds: list[World] = field(default_factory=list)

    def open(self, residents: int = 6, now: datetime = NOON) -> World:
        """Return a world in which the other side knows so many residents."""
        clock = FrozenClock(now)
        home = self.folder / f"world{len(self.worlds)}" / "instance"
        home.mkdir(parents=True)
        if self.worlds:
            # One set of keys, or what is made with a pseudonym would differ between worlds.
            shutil.copy(self.worlds[0].hub.settings.instance / "keys", home / "keys")
        extra = [plugin_of(self.connector), *([residents_plugin()] if self.connector.asks else [])]
        plugins = load_plugins(extra=extra, discover=False)
        values = {"municipality": "9999", "demo": True}
        hub = open_hub(home, overrides=values, clock=clock, plugins=plugins)
        world = World(hub, clock, None, "bron")
        self.worlds.append(world)
        self.fill(world, residents)
        return world

    def fill(self, world: World, residents: int) -> None:
        """Let the other side know so many residents, in place of whom it knew before."""
        if self.simulator is None:
            if world.side is None and not callable(self.config):
                self._save(world, self.config or {})
            elif callable(self.config):
                self._save(world, self.config(self.folder))
            return
        old = world.side
        if old:
            old.stop()
        town = Town(residents, parties=max(3, residents))
        own = self.folder / f"side{residents}-{len(list(self.folder.iterdir()))}"
        own.mkdir()
        world.side = self.simulator(town, own, world.clock)
        world.side.port = old.port if old else 0
        world.side.start()
        self._save(world, self.settings_of(world.side))
        if self.connector.asks:
            let_know(world.hub, test_bsns(residents))

    def settings_of(self, side: Simulator) -> Mapping[str, Any]:
        """Return the settings with which this connector reaches a side."""
        specs = [one for one in side.sources() if one.connector == self.connector.name]
        assert specs, f"the simulator names no source for the connector {self.connector.name}"
        return specs[0].config

    def _save(self, world: World, config: Mapping[str, Any]) -> None:
        values = {"name": world.name, "title": "Bron", "connector": self.connector.name}
        save_source(world.hub, {**values, "owner": "stad", "config": dict(config)})

    def needs_side(self) -> None:
        """Raise NotApplicable for a connector that came without a simulator."""
        if self.simulator is None:
            raise NotApplicable("geef connector_suite een simulator mee om dit te toetsen")

    def streams(self, mode: str | None = None) -> list[str]:
        """Return the names of the streams of this mode, or of all that are read.

        Raises NotApplicable if there are none.
        """
        read = [one for one in self.connector.streams if mode or one.mode != "received"]
        found = [one.name for one in read if mode in (None, one.mode)]
        if not found:
            kind = mode or "die gelezen wordt"
            raise NotApplicable(f"de koppeling heeft geen gegevensstroom {kind}")
        return found

    def close(self) -> None:
        """Stop everything."""
        for world in self.worlds:
            if world.side:
                world.side.stop()
            world.hub.engine.dispose()


def plugin_of(connector: type[Connector]) -> Any:
    """Return a plugin that brings this connector and nothing else."""

    @hookimpl
    def hub_connectors() -> list[type[Connector]]:
        return [connector]

    name = f"contract_{connector.__module__}_{connector.__name__}"
    return SimpleNamespace(__name__=name, __file__="", hub_connectors=hub_connectors)


def standing_in(
    connector: type[Connector],
    change: Callable[[int, Batch], Batch],
) -> type[Connector]:
    """Return a connector that is the same but for what `change` does to its batches."""

    class Changed(connector):  # type: ignore[misc,valid-type]
        def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
            for number, batch in enumerate(super().read(stream, cursor)):
                yield change(number, batch)

    return Changed


@contextmanager
def silent_server(port: int) -> Iterator[None]:
    """Listen on a port, accept every connection and never answer."""
    server = socket.create_server(("localhost", port))
    server.settimeout(0.1)
    kept: list[socket.socket] = []
    done = threading.Event()

    def accept() -> None:
        while not done.is_set():
            try:
                kept.append(server.accept()[0])
            except TimeoutError:
                continue

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        for connection in [*kept, server]:
            connection.close()
