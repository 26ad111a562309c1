"""A snapshot that shrinks too much waits for a person, and only a person ends that."""

from __future__ import annotations

from typing import Any

import pytest
from book import Book, add_source, book_plugin, read_all, statement
from sqlalchemy import select

from hub.core import Hub
from hub.errors import ConfigError, TransientError
from hub.store import alert, claim_statement, incident, missing, run, standing
from hub.sync.health import silent_streams
from hub.sync.held import refuse, release
from hub.sync.inbound import Outcome

ALL = [statement(f"A{n:02}", n * 100) for n in range(40)]


@pytest.fixture
def book() -> Book:
    return Book(batch_size=10)


@pytest.fixture
def hub(make_hub: Any, book: Book) -> Hub:
    made: Hub = make_hub(book_plugin(book))
    add_source(made, max_age_hours=10**4)
    deliver(made, book, 40)
    return made


def deliver(hub: Hub, book: Book, count: int) -> Outcome:
    book.put("claims", *ALL[:count])
    (outcome,) = read_all(hub)
    return outcome


def standing_claims(hub: Hub) -> int:
    with hub.reader.connect() as connection:
        return len(
            connection.execute(select(claim_statement).where(standing(claim_statement))).all()
        )


def status_of(hub: Hub, run_id: int) -> str:
    with hub.reader.connect() as connection:
        return str(connection.execute(select(run.c.status).where(run.c.id == run_id)).scalar_one())


def lists_of(hub: Hub, table: Any) -> list[Any]:
    with hub.reader.connect() as connection:
        return list(connection.execute(select(table)))


def is_silent(hub: Hub) -> bool:
    with hub.reader.connect() as connection:
        return bool(silent_streams(connection, hub.municipality, hub.clock.now()))


def test_nothing_happens_until_a_person_decides(hub: Hub, book: Book) -> None:
    outcome = deliver(hub, book, 20)
    assert (outcome.status, outcome.removed) == ("held", 0)
    assert "mist 20 van de 40" in (outcome.message or "")
    assert standing_claims(hub) == 40
    assert is_silent(hub), "what it says is not relied upon"
    assert [row.kind for row in lists_of(hub, incident)] == ["held"]


def test_released_it_removes_what_was_missing_and_says_by_whom(hub: Hub, book: Book) -> None:
    outcome = deliver(hub, book, 20)
    assert release(hub, outcome.run_id, "bea") == 20
    assert standing_claims(hub) == 20
    row = next(row for row in lists_of(hub, run) if row.id == outcome.run_id)
    assert (row.status, row.removed, row.decided_by) == ("released", 20, "bea")
    assert not is_silent(hub)
    assert [row.moment for row in lists_of(hub, alert)] == ["start", "solved"]
    with pytest.raises(ConfigError, match="is not held"):
        release(hub, outcome.run_id, "bea")


def test_refused_it_removes_nothing_and_the_stream_stays_silent(hub: Hub, book: Book) -> None:
    outcome = deliver(hub, book, 20)
    refuse(hub, outcome.run_id, "bea")
    assert (standing_claims(hub), status_of(hub, outcome.run_id)) == (40, "refused")
    assert is_silent(hub)
    assert deliver(hub, book, 20).status == "held", "the next one like it is held again"
    assert deliver(hub, book, 40).status == "succeeded"
    assert not is_silent(hub)


def test_a_newer_complete_delivery_takes_its_place(hub: Hub, book: Book) -> None:
    first = deliver(hub, book, 20)
    second = deliver(hub, book, 18)
    assert (status_of(hub, first.run_id), second.status) == ("overtaken", "held")
    assert len(lists_of(hub, missing)) == 22
    with pytest.raises(ConfigError):
        release(hub, first.run_id, "bea")
    third = deliver(hub, book, 39)
    assert (third.status, third.removed, status_of(hub, second.run_id)) == (
        "succeeded",
        1,
        "overtaken",
    )
    assert lists_of(hub, missing) == []
    assert [row.solved_at is None for row in lists_of(hub, incident)] == [False]


def test_a_record_that_comes_back_is_not_removed_by_a_late_release(hub: Hub, book: Book) -> None:
    held = deliver(hub, book, 20)
    # A later read breaks off, but had already brought ten of the missing ones back.
    book.put("claims", *ALL[20:40])
    book.fail_after, book.failure = 1, TransientError("Dicht.")
    (broken,) = read_all(hub)
    assert broken.status == "failed"
    assert release(hub, held.run_id, "bea") == 10
    assert standing_claims(hub) == 30


def test_a_small_stream_may_shrink(make_hub: Any, book: Book) -> None:
    hub = make_hub(book_plugin(book))
    add_source(hub)
    deliver(hub, book, 24)
    assert deliver(hub, book, 0).removed == 24
