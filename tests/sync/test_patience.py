"""Patience: retries, Retry-After, the circuit breaker, refused credentials, pace, incidents."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from book import Book, add_source, book_plugin, read_all, statement
from sqlalchemy import select

from hub.core import Hub
from hub.errors import ConfigError, PermanentError, TransientError
from hub.pace import Pace
from hub.schedule.planning import plan_due_runs
from hub.schedule.worker import work_once
from hub.store import incident, run
from hub.sync.patience import THRESHOLD, look_again, waiting


@pytest.fixture
def book() -> Book:
    return Book(fail_after=0)


@pytest.fixture
def hub(make_hub: Any, book: Book) -> Hub:
    made: Hub = make_hub(book_plugin(book))
    add_source(made)
    book.put("claims", statement("A1", 100))
    return made


def wait_of(hub: Hub) -> Any:
    with hub.reader.connect() as connection:
        return waiting(connection, 1, hub.clock.now())


def runs(hub: Hub) -> list[str]:
    with hub.reader.connect() as connection:
        return list(connection.execute(select(run.c.status).order_by(run.c.planned_at)).scalars())


def incidents(hub: Hub) -> list[tuple[str, bool]]:
    with hub.reader.connect() as connection:
        rows = connection.execute(select(incident).order_by(incident.c.id)).all()
    return [(row.kind, row.solved_at is not None) for row in rows]


def test_a_failed_read_is_tried_again_long_before_the_next_night(hub: Hub, book: Book) -> None:
    book.failure = TransientError("Dicht.")
    plan_due_runs(hub)
    assert work_once(hub) == 1
    assert work_once(hub) == 0, "not at once"
    hub.clock.move(seconds=61)  # type: ignore[attr-defined]
    book.failure = None
    assert work_once(hub) == 1
    assert runs(hub) == ["failed", "succeeded"]
    assert incidents(hub) == [], "a hiccup is no incident"


def test_retry_after_is_honoured_to_the_second_and_shown(hub: Hub, book: Book) -> None:
    book.failure = TransientError("Druk.", retry_after=3900)
    plan_due_runs(hub)
    work_once(hub)
    assert wait_of(hub).sentence == "Wacht tot 11:05, gevraagd door de bron."
    hub.clock.move(seconds=3899)  # type: ignore[attr-defined]
    assert work_once(hub) == 0
    hub.clock.move(seconds=1)  # type: ignore[attr-defined]
    assert work_once(hub) == 1


def test_a_wait_until_another_day_names_the_day(hub: Hub, book: Book) -> None:
    book.failure = TransientError("Druk.", retry_after=14 * 3600 + 300)
    read_all(hub)
    assert wait_of(hub).sentence == "Wacht tot 24-11-2026 om 00:05, gevraagd door de bron."


def test_what_the_source_asked_also_holds_for_who_is_in_a_hurry(hub: Hub, book: Book) -> None:
    book.failure = TransientError("Druk.", retry_after=600)
    read_all(hub)
    book.failure = None
    (outcome,) = read_all(hub)
    assert (outcome.status, outcome.read) == ("planned", 0)
    assert "gevraagd door de bron" in (outcome.message or "")
    hub.clock.move(seconds=600)  # type: ignore[attr-defined]
    assert work_once(hub) > 0, "the hub reads it by itself when the wait is over"


def test_the_breaker_opens_after_repeated_failures_and_tells_once(hub: Hub, book: Book) -> None:
    book.failure = TransientError("Dicht.")
    plan_due_runs(hub)
    for _ in range(THRESHOLD):
        assert work_once(hub) == 1
        hub.clock.move(seconds=901)  # type: ignore[attr-defined]
    assert incidents(hub) == [("read", False)]
    for _ in range(5):
        work_once(hub)
        assert wait_of(hub) is not None, "the attempt after the wait opened it again"
        hub.clock.move(hours=2)  # type: ignore[attr-defined]
    assert incidents(hub) == [("read", False)], "still one"
    book.failure = None
    work_once(hub)
    assert (wait_of(hub), incidents(hub)) == (None, [("read", True)])


def test_refused_credentials_are_never_tried_again_by_themselves(hub: Hub, book: Book) -> None:
    book.failure = ConfigError("De bron weigert.", access_denied=True)
    plan_due_runs(hub)
    assert work_once(hub) == 1
    for _ in range(4):
        hub.clock.move(days=1)  # type: ignore[attr-defined]
        plan_due_runs(hub)
        assert work_once(hub) == 0
    assert runs(hub) == ["failed", "planned"], "runs do not pile up either"
    assert incidents(hub) == [("access", False)]
    assert wait_of(hub).sentence.startswith("Gestopt: de bron weigert de toegang.")
    book.failure = None
    with hub.engine.begin() as connection:
        look_again(connection, 1)
    assert work_once(hub) == 1
    assert incidents(hub) == [("access", True)]


def test_a_fault_that_time_does_not_heal_waits_for_the_next_planned_read(
    hub: Hub, book: Book
) -> None:
    book.failure = PermanentError("Onleesbaar.")
    plan_due_runs(hub)
    work_once(hub)
    hub.clock.move(hours=8)  # type: ignore[attr-defined]
    assert work_once(hub) == 0
    assert incidents(hub) == [("read", False)]


def test_the_pace_spreads_requests_evenly() -> None:
    pace = Pace(per_minute=60 * 20)
    began = time.monotonic()
    for _ in range(5):
        pace.wait()
    assert time.monotonic() - began >= 4 / 20


def test_who_is_cancelled_does_not_wait_for_its_turn() -> None:
    pace = Pace(per_minute=1)
    pace.wait()
    with pytest.raises(TransientError, match="cancelled"):
        pace.wait(lambda: True)


def test_a_source_has_one_pace_for_all_its_sessions(make_hub: Any, book: Book) -> None:
    from hub.sync.sources import connect, find_source, save_source

    hub = make_hub(book_plugin(book))
    add_source(hub, requests_per_minute=30)
    source = find_source(hub, "book")
    for _ in range(3):
        connect(hub, source)
    assert [pace.per_minute for pace in hub.paces.values()] == [30]
    values = {"name": "book", "title": "B", "connector": "book", "owner": "stad", "config": {}}
    save_source(hub, {**values, "requests_per_minute": 60})
    connect(hub, find_source(hub, "book"))
    assert [pace.per_minute for pace in hub.paces.values()] == [60]


def test_the_wait_survives_a_restart(hub: Hub, book: Book) -> None:
    book.failure = TransientError("Druk.", retry_after=timedelta(hours=1).total_seconds())
    read_all(hub)
    hub.engine.dispose()
    assert wait_of(hub) is not None
