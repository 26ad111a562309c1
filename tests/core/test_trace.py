"""HUB_TRACE_PLUGINS=1 tells what plugins do and how long it takes, and never what they handle."""

from __future__ import annotations

from typing import Any

import pytest
from book import BSNS, Book, add_source, book_plugin, read_all, statement

from hub.connector import Receipt
from hub.reconcile import reconcile
from hub.sync.orders import put_hold
from hub.sync.outbound import deliver_due


def test_a_trace_has_counts_and_times_and_no_content(
    make_hub: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HUB_TRACE_PLUGINS", "1")
    book = Book(batch_size=2)
    hub = make_hub(book_plugin(book))
    add_source(hub)
    book.put("claims", statement("GEHEIM-1", 100), statement("A2", 5), statement("A3", 5))
    book.answer = lambda command, key: Receipt("delivered")
    read_all(hub)
    reconcile(hub)
    with hub.engine.begin() as connection:
        from sqlalchemy import select

        from hub.store import resident

        about = connection.execute(select(resident.c.id)).scalar_one()
        until = hub.clock.today().replace(year=2027)
        put_hold(connection, hub, about, until=until, ground="g", by="an")
    deliver_due(hub)
    lines = [row.getMessage() for row in caplog.records if row.name == "hub.trace"]
    text = "\n".join(lines)
    for part in (
        "hook hub_connectors: 1 plugins in",
        "book read claims batch 0: 2 rows in",
        "book read claims batch 1: 1 rows in",
        "book read claims: 3 rows in all",
        "book parsed 3 records into 3 facts in",
        "book send set_hold: done in",
    ):
        assert part in text
    assert not [bsn for bsn in BSNS if bsn in text]
    assert "GEHEIM" not in text


def test_without_it_nothing_is_traced(make_hub: Any, caplog: pytest.LogCaptureFixture) -> None:
    hub = make_hub(book_plugin(Book()))
    add_source(hub)
    read_all(hub)
    assert [row for row in caplog.records if row.name == "hub.trace"] == []
