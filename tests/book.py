"""A connector whose other side is a list in memory: for tests of the hub, not of a protocol."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar

from sqlalchemy import func, select

from hub.connector import (
    Batch,
    Command,
    Connector,
    Cursor,
    Fact,
    Receipt,
    Record,
    RecordError,
    Role,
    Stream,
    hookimpl,
)
from hub.core import Hub
from hub.security.permits import Permit
from hub.security.table import groups
from hub.store import metadata, resident
from hub.sync.inbound import Outcome, sync_source
from hub.sync.sources import find_source, save_source


@dataclass
class Book:
    """What the other side holds: records by stream, and how it behaves."""

    records: dict[str, list[Record]] = field(default_factory=dict)
    batch_size: int = 3
    fail_after: int | None = None  # batches
    failure: Exception | None = None
    complete: bool = True
    caught_up: bool = False
    cursor: Cursor | None = None
    parsed: list[str] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    commands: list[tuple[Command, str]] = field(default_factory=list)
    answer: Callable[[Command, str], Receipt] | None = None
    known: dict[str, Receipt] = field(default_factory=dict)

    def put(self, stream: str, *records: Record) -> None:
        """Replace what the stream holds."""
        self.records[stream] = list(records)


def facts_record(key: str, *facts: tuple[str, str, dict[str, Any]]) -> Record:
    """A record that parses into these facts: (kind, key, data)."""
    return Record.json(key, [list(fact) for fact in facts])


def book_plugin(
    book: Book,
    name: str = "book",
    role: Role = "creditor",
    modes: dict[str, str] | None = None,
    register: str = "",
) -> Any:
    """A plugin with one connector over `book`; `modes` gives its streams."""
    streams = tuple(
        Stream(stream, stream.title(), mode)  # type: ignore[arg-type]
        for stream, mode in (modes or {"claims": "snapshot"}).items()
    )

    class BookConnector(Connector):
        title: ClassVar[str] = "Boek"
        commands: ClassVar[tuple[str, ...]] = (
            "set_hold",
            "lift_hold",
            "register",
            "deregister",
            "notice",
            "balance_request",
            "ended",
            "status",
            "send_message",
        )

        def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
            records = book.records.get(stream, [])
            size = book.batch_size
            parts = [records[i : i + size] for i in range(0, len(records), size)] or [[]]
            for number, part in enumerate(parts):
                if book.fail_after == number and book.failure:
                    raise book.failure
                last = number == len(parts) - 1
                keys = [one.key for one in part]
                yield Batch(
                    part,
                    cursor=book.cursor or {"batch": number},
                    complete=last and book.complete,
                    caught_up=last and book.caught_up,
                    confirm=lambda keys=keys: book.confirmed.extend(keys),  # type: ignore[misc]
                )

        def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
            try:
                value = json.loads(raw)
            except ValueError as error:
                raise RecordError("is geen JSON") from error
            book.parsed.append(stream)
            return [Fact(kind, key, data) for kind, key, data in value]

        def send(self, command: Command, key: str) -> Receipt:
            book.commands.append((command, key))
            assert book.answer is not None
            return book.answer(command, key)

        def inquire(self, key: str) -> Receipt | None:
            return book.known.get(key)

    BookConnector.name = name
    BookConnector.role = role
    BookConnector.register = register  # type: ignore[assignment]
    BookConnector.streams = streams

    @hookimpl
    def hub_connectors() -> list[type[Connector]]:
        return [BookConnector]

    return SimpleNamespace(
        __name__=f"test_plugin_{name}", __file__=__file__, hub_connectors=hub_connectors
    )


def add_source(hub: Hub, connector: str = "book", **more: Any) -> None:
    """Configure a source over the connector, under the same name."""
    values = {"name": connector, "title": connector.title(), "connector": connector}
    save_source(hub, {**values, "owner": "stad", "config": {}, **more})


def read_all(hub: Hub, name: str = "book") -> list[Outcome]:
    """Read every stream of a source, a second later than whatever came before."""
    hub.clock.move(seconds=1)  # type: ignore[attr-defined]
    return sync_source(hub, find_source(hub, name))


def row_counts(hub: Hub) -> dict[str, int]:
    """How many rows each table holds."""
    with hub.reader.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


#: Test numbers that pass the elfproef.
BSNS = ("999990007", "999990019", "999990020", "999990032", "999990044")


def person(number: int = 0, **more: Any) -> dict[str, Any]:
    """A person of a record."""
    named = {"surname": f"Proef{number}", "birth_date": f"198{number}-05-01"}
    return {"bsn": BSNS[number], **named, **more}


def statement(key: str, open_cents: int, who: int = 0, **more: Any) -> Record:
    """A record with one statement of a claim."""
    data = {
        "person": person(who),
        "reference": key,
        "creditor": "stad",
        "type": "ozb",
        "open": open_cents,
        "stage": "aanslag",
        "as_of": "2026-11-20",
        "due_on": "2026-06-01",
        **more,
    }
    return facts_record(key, ("claim_statement", key, data))


def everything(resident_id: str) -> Permit:
    """A permit that no role has: all field groups, for tests of what stands behind them."""
    every = frozenset(groups())
    return Permit(resident_id, "debt_counsellor", every, every, frozenset(), "toets", "")


def resident_of(connection: Any, hub: Hub, bsn: str) -> str | None:
    """The id of the resident with this BSN."""
    query = select(resident.c.id).where(
        resident.c.bsn_hash == hub.keys.fingerprint(f"bsn:{bsn}"),
        resident.c.municipality == hub.municipality,
    )
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found
