"""Two hubs on one store: each planned moment is read once, however many clocks and workers run."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from book import Book, add_source, book_plugin, read_all, statement
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from hub.connector import Batch, Connector, Cursor, Fact, Record, Stream, hookimpl
from hub.core import open_hub
from hub.plugins import load_plugins
from hub.schedule.planning import plan_due_runs
from hub.schedule.worker import work_once
from hub.store import record, run, source


def test_two_clocks_and_two_workers_read_each_moment_once(
    make_hub: Any, database: str, tmp_path: Path, clock: Any
) -> None:
    book = Book()
    plugins = load_plugins(extra=[book_plugin(book)], discover=False)
    first = make_hub(plugins=plugins)
    add_source(first, interval_minutes=60)
    book.put("claims", statement("A1", 100))
    values = {"database_url": database, "municipality": "9999", "demo": True}
    second = open_hub(tmp_path / "instance", overrides=values, clock=clock, plugins=plugins)
    for _ in range(5):
        gate = threading.Barrier(2)

        def turn(hub: Any, gate: threading.Barrier = gate) -> None:
            gate.wait()
            plan_due_runs(hub)
            work_once(hub)

        threads = [threading.Thread(target=turn, args=(hub,)) for hub in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        clock.move(hours=1)
    work_once(first)
    with first.reader.connect() as connection:
        rows = connection.execute(select(run.c.status, func.count()).group_by(run.c.status)).all()
    second.engine.dispose()
    assert [tuple(row) for row in rows] == [("succeeded", 5)]
    assert len(book.confirmed) == 5, "the source was asked once for each moment"


class Log:
    """A source that only tells what changed, with times that are often equal."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str, int]] = []

    def plugin(self) -> Any:
        log = self

        class LogConnector(Connector):
            name, title, role = "log", "Logboek", "creditor"
            streams = (Stream("claims", "Vorderingen", "changes"),)

            def read(self, stream: str, cursor: Cursor | None) -> Any:
                since = (cursor or {}).get("since", 0)
                # From the last time on, that time included: what came in it later is not missed.
                lines = sorted(line for line in log.lines if line[0] >= since)
                for at in range(0, max(len(lines), 1), 2):
                    part = lines[at : at + 2]
                    records = [Record(f"{t}-{k}", statement(k, c).raw) for t, k, c in part]
                    moved = {"since": part[-1][0]} if part else cursor
                    yield Batch(records, cursor=moved, caught_up=at + 2 >= len(lines))

            def parse(self, stream: str, raw: bytes) -> list[Fact]:
                return [Fact(*fact) for fact in json.loads(raw)]

        class Plugin:
            __name__ = "log_plugin"

            @staticmethod
            @hookimpl
            def hub_connectors() -> list[Any]:
                return [LogConnector]

        return Plugin


def test_equal_times_never_hide_a_record(make_hub: Any) -> None:
    log = Log()
    hub = make_hub(log.plugin())
    names = iter(range(10**9))

    @settings(max_examples=25, deadline=None, database=None)
    @given(st.lists(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9)), max_size=6)))
    def law(rounds: list[list[tuple[int, int]]]) -> None:
        """Each round appends lines, of which the time moves by 0 or 1, and is then read."""
        log.lines, now = [], 1
        name = f"l{next(names)}"
        add_source(hub, "log", name=name)
        for added in rounds:
            for step, cents in added:
                now += step
                log.lines.append((now, f"K{len(log.lines)}", cents))
            (outcome,) = read_all(hub, name)
            assert outcome.status == "succeeded"
            with hub.reader.connect() as connection:
                keys = connection.execute(
                    select(record.c.key)
                    .join(source, source.c.id == record.c.source_id)
                    .where(source.c.name == name)
                ).scalars()
                assert sorted(keys) == sorted(f"{t}-{k}" for t, k, _ in log.lines)

    law()
