"""Registers that live in this process: what they tell is made up, how the hub reads it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, ClassVar

from hub.connector import (
    Batch,
    Connector,
    Cursor,
    Fact,
    Record,
    Role,
    Stream,
    hookimpl,
    read_json,
)

#: Records in one batch.
BATCH = 1000

#: What a register tells: kind of fact, key and data.
Told = tuple[str, str, dict[str, Any]]


def book(name: str, title: str, role: Role, tell: Callable[[], Iterable[Told]]) -> Any:
    """Return a plugin with one connector, which delivers all that `tell` yields as a snapshot."""

    class Book(Connector):
        streams: ClassVar[tuple[Stream, ...]] = (Stream("all", title, "snapshot"),)

        def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
            """Yield everything, each record with one fact."""
            records: list[Record] = []
            for one in tell():
                records.append(Record.json(one[1], list(one)))
                if len(records) == BATCH:
                    yield Batch(records)
                    records = []
            yield Batch(records, complete=True)

        def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
            """Return the one fact of a record."""
            kind, key, data = read_json(raw)
            return [Fact(kind, key, data)]

    Book.name, Book.title, Book.role = name, title, role
    return _plugin(name, Book)


def _plugin(name: str, connector: type[Connector]) -> Any:
    @hookimpl
    def hub_connectors() -> Sequence[type[Connector]]:
        return [connector]

    return SimpleNamespace(__name__=name, __file__="", hub_connectors=hub_connectors)
