"""Rejected records are kept, explained and replayed after a repair of the mapping."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from book import (
    Book,
    add_source,
    book_plugin,
    facts_record,
    person,
    read_all,
    row_counts,
    statement,
)
from sqlalchemy import select

from hub.connector import Fact, Record, Stream
from hub.core import Hub
from hub.store import claim_statement, record, reject, run, standing
from hub.sync.rejects import clean_rejects, open_ids, preview, replay
from hub.sync.sources import find_source

BAD = facts_record(
    "X1",
    ("claim_statement", "X1", {"person": person(), "reference": "X1", "open": "veel", "type": "?"}),
)


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def plugin(book: Book) -> Any:
    return book_plugin(book)


@pytest.fixture
def hub(make_hub: Any, plugin: Any, book: Book) -> Hub:
    made: Hub = make_hub(plugin)
    add_source(made, reject_days=30)
    book.put("claims", statement("A1", 100), BAD, Record("X2", b"{\xff"))
    read_all(made)
    return made


def repair(plugin: Any, version: int = 2) -> None:
    """Let the mapping understand records with 'veel' as an amount."""
    (connector,) = plugin.hub_connectors()
    before = connector.parse

    def parse(self: Any, stream: str, raw: bytes) -> Iterable[Fact]:
        if b"veel" in raw:
            good = json.loads(statement("X1", 999).raw)
            return [Fact(kind, key, data) for kind, key, data in good]
        return list(before(self, stream, raw))

    connector.parse = parse
    connector.streams = (Stream("claims", "Claims", "snapshot", version),)


def rows(hub: Hub, table: Any) -> list[Any]:
    with hub.reader.connect() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))


def test_every_fault_is_told_at_once_with_its_path_and_the_mapping(hub: Hub) -> None:
    first = rows(hub, reject)[0]
    told = " ".join(first.reasons)
    for path in ("claim_statement.open", "claim_statement.type", "claim_statement.as_of"):
        assert path in told
    assert first.mapping_version == 1
    assert "veel" not in first.raw, "the message is kept sealed"


def test_a_preview_tells_what_would_happen_and_changes_nothing(hub: Hub, plugin: Any) -> None:
    repair(plugin)
    source, before = find_source(hub, "book"), row_counts(hub)
    told = preview(hub, source, open_ids(hub, source))
    assert [(one.key, one.kinds) for one in told if not one.problems] == [
        ("X1", {"claim_statement": 1})
    ]
    assert [one.key for one in told if one.problems] == ["X2"]
    assert row_counts(hub) == before


def test_a_replay_applies_what_can_be_used_and_keeps_the_rest(hub: Hub, plugin: Any) -> None:
    repair(plugin)
    source = find_source(hub, "book")
    assert len(replay(hub, source, open_ids(hub, source))) == 2
    with hub.reader.connect() as connection:
        query = select(claim_statement.c.open).where(standing(claim_statement))
        assert sorted(connection.execute(query).scalars()) == [100, 999]
    last = rows(hub, run)[-1]
    assert (last.kind, last.status, last.read, last.applied, last.rejected) == (
        "replay",
        "partly",
        2,
        1,
        1,
    )
    assert [row.mapping_version for row in rows(hub, reject)] == [1, 2], "the one still open"
    assert len(open_ids(hub, source)) == 1


def test_after_a_replay_the_same_delivery_is_unchanged(hub: Hub, plugin: Any) -> None:
    repair(plugin, version=1)
    source = find_source(hub, "book")
    replay(hub, source, open_ids(hub, source))
    (outcome,) = read_all(hub)
    assert (outcome.unchanged, outcome.rejected, outcome.applied) == (2, 1, 0)


def test_a_selection_is_replayed_and_the_rest_waits(hub: Hub, plugin: Any) -> None:
    repair(plugin)
    source = find_source(hub, "book")
    first, second = open_ids(hub, source)
    replay(hub, source, [first])
    assert open_ids(hub, source) == [second]
    assert replay(hub, source, [first]) == [], "what is solved is left alone"


def test_a_newer_delivery_closes_an_older_reject(hub: Hub, book: Book) -> None:
    book.put("claims", statement("A1", 100), statement("X1", 5), Record("X2", b"{"))
    read_all(hub)
    source = find_source(hub, "book")
    assert len(open_ids(hub, source)) == 1
    states = {row.key: row.state for row in rows(hub, record)}
    assert states == {"A1": "applied", "X1": "applied", "X2": "rejected"}


def test_clean_up_spares_what_is_open_and_what_is_young(hub: Hub, plugin: Any) -> None:
    repair(plugin)
    source = find_source(hub, "book")
    replay(hub, source, open_ids(hub, source))
    hub.clock.move(days=29)  # type: ignore[attr-defined]
    assert clean_rejects(hub) == 0
    hub.clock.move(days=2)  # type: ignore[attr-defined]
    assert clean_rejects(hub) == 1, "the solved one, after the days that its source keeps it"
    hub.clock.move(days=4000)  # type: ignore[attr-defined]
    assert clean_rejects(hub) == 0
    assert len(open_ids(hub, source)) == 1
