"""The laws of sync for what comes in (DESIGN.md 4), on both databases."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from book import (
    BSNS,
    Book,
    add_source,
    book_plugin,
    facts_record,
    person,
    read_all,
    resident_of,
    row_counts,
    statement,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from hub.clock import FrozenClock
from hub.connector import Record
from hub.core import Hub, open_hub
from hub.errors import TransientError
from hub.plugins import load_plugins
from hub.reconcile import reconcile
from hub.store import changed, claim_statement, record, reject, run, standing, stream
from hub.store import person as people
from hub.sync.inbound import Outcome, plan_run
from hub.sync.sources import find_source


def read(hub: Hub) -> Outcome:
    (outcome,) = read_all(hub)
    return outcome


def open_amounts(hub: Hub) -> dict[str, int]:
    with hub.reader.connect() as connection:
        query = select(claim_statement.c.key, claim_statement.c.open)
        return {k: o for k, o in connection.execute(query.where(standing(claim_statement)))}


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def hub(make_hub: Any, book: Book) -> Hub:
    made: Hub = make_hub(book_plugin(book))
    add_source(made)
    return made


def test_a_read_applies_what_is_new_and_counts_it(hub: Hub, book: Book) -> None:
    book.put("claims", *(statement(f"A{n}", n * 100) for n in range(1, 6)))
    outcome = read(hub)
    assert (outcome.status, outcome.read, outcome.applied) == ("succeeded", 5, 5)
    assert open_amounts(hub) == {f"A{n}": n * 100 for n in range(1, 6)}


def test_a_second_read_writes_no_row_but_the_run(hub: Hub, book: Book) -> None:
    book.put(
        "claims",
        statement("A1", 100),
        statement("A2", 200),
        facts_record("bad"),
    )
    book.records["claims"].append(Record("broken", b"{"))
    first = read(hub)
    before, parsed = row_counts(hub), len(book.parsed)
    second = read(hub)
    assert (second.unchanged, second.rejected, second.applied) == (3, 1, 0)
    assert first.read == second.read
    assert len(book.parsed) == parsed, "an unchanged record is not parsed again"
    assert row_counts(hub) == before | {"run": before["run"] + 1}


def test_a_changed_statement_keeps_the_old_one_as_history(hub: Hub, book: Book) -> None:
    book.put("claims", statement("A1", 500))
    read(hub)
    between = hub.clock.now()
    hub.clock.move(days=1)  # type: ignore[attr-defined]
    book.put("claims", statement("A1", 300))
    read(hub)
    assert open_amounts(hub) == {"A1": 300}
    with hub.reader.connect() as connection:
        then = connection.execute(
            select(claim_statement.c.open).where(standing(claim_statement, between))
        ).scalars()
        assert list(then) == [500]


def test_a_claim_that_left_a_complete_snapshot_leaves_the_overview(hub: Hub, book: Book) -> None:
    book.put("claims", statement("A1", 100), statement("A2", 200))
    read(hub)
    book.put("claims", statement("A1", 100))
    outcome = read(hub)
    assert outcome.removed == 1
    assert open_amounts(hub) == {"A1": 100}


def test_a_claim_that_comes_back_unchanged_counts_again(hub: Hub, book: Book) -> None:
    book.put("claims", statement("A1", 100), statement("A2", 200))
    read(hub)
    book.put("claims", statement("A1", 100))
    read(hub)
    book.put("claims", statement("A1", 100), statement("A2", 200))
    read(hub)
    assert open_amounts(hub) == {"A1": 100, "A2": 200}


@pytest.mark.parametrize("how", ["incomplete", "failed"])
def test_a_read_that_did_not_finish_removes_nothing(hub: Hub, book: Book, how: str) -> None:
    book.put("claims", *(statement(f"A{n}", 100) for n in range(6)))
    read(hub)
    book.put("claims", *(statement(f"A{n}", 100) for n in range(4)))
    if how == "incomplete":
        book.complete = False
    else:
        book.fail_after, book.failure = 1, TransientError("De bron is weg.")
    outcome = read(hub)
    assert outcome.removed == 0
    assert len(open_amounts(hub)) == 6
    assert outcome.status == ("succeeded" if how == "incomplete" else "failed")


def test_a_snapshot_that_shrank_too_much_waits_for_a_person(hub: Hub, book: Book) -> None:
    book.put("claims", *(statement(f"A{n}", 100) for n in range(40)))
    read(hub)
    book.put("claims", *(statement(f"A{n}", 100) for n in range(20)))
    outcome = read(hub)
    assert outcome.status == "held"
    assert outcome.message == (
        "De levering mist 20 van de 40 bekende records; dat is meer dan 20 procent. "
        "Er is niets verwijderd. Vraag de bron of dit klopt."
    )
    assert len(open_amounts(hub)) == 40


def test_a_tombstone_removes_one_record(make_hub: Any, book: Book) -> None:
    hub = make_hub(book_plugin(book, modes={"claims": "changes"}))
    add_source(hub)
    book.put("claims", statement("A1", 100), statement("A2", 200))
    read(hub)
    book.put("claims", Record("A1", b"", deleted=True))
    outcome = read(hub)
    assert (outcome.read, outcome.applied) == (1, 1)
    assert open_amounts(hub) == {"A2": 200}
    # Gone again is nothing new.
    outcome = read(hub)
    assert (outcome.read, outcome.applied, outcome.unchanged) == (1, 0, 1)
    book.put("claims", statement("A1", 100))
    assert read(hub).applied == 1
    assert open_amounts(hub) == {"A1": 100, "A2": 200}


def test_rejects_keep_the_reasons_and_the_sealed_record(hub: Hub, book: Book) -> None:
    bad = {"person": {"bsn": "123456789"}, "type": "fiets", "open": "12a", "as_of": "2026-11-20"}
    book.put("claims", statement("A1", 100), facts_record("B1", ("claim_statement", "B1", bad)))
    outcome = read(hub)
    assert (outcome.status, outcome.applied, outcome.rejected) == ("partly", 1, 1)
    with hub.reader.connect() as connection:
        row = connection.execute(select(reject)).one()
    assert (
        row.reasons[0]
        == "claim_statement.person.bsn voldoet niet aan de elfproef; controleer het BSN"
    )
    assert row.reasons[1].startswith("claim_statement.type is 'fiets'; bekend zijn: afvalstoffen")
    assert row.reasons[2] == "claim_statement.open is '12a'; verwacht een bedrag in hele centen"
    assert "123456789" not in row.raw + str(row.reasons)
    assert "123456789" in hub.keys.open(row.raw, "reject.raw")


def test_a_reject_is_solved_when_the_record_comes_in_good(hub: Hub, book: Book) -> None:
    book.put("claims", Record("A1", b"{"))
    read(hub)
    book.put("claims", statement("A1", 100))
    read(hub)
    with hub.reader.connect() as connection:
        assert connection.execute(select(reject.c.solved_at)).scalar_one() is not None
    assert open_amounts(hub) == {"A1": 100}


def test_a_fault_in_a_plugin_fails_its_run_only(hub: Hub, book: Book) -> None:
    book.put("claims", statement("A1", 100))
    book.fail_after, book.failure = 0, ZeroDivisionError(f"over {BSNS[0]}")
    outcome = read(hub)
    assert outcome.status == "failed"
    assert outcome.log == "unexpected ZeroDivisionError"
    assert BSNS[0] not in (outcome.message or "")


def test_confirm_comes_after_the_commit(make_hub: Any, book: Book) -> None:
    hub = make_hub(book_plugin(book, modes={"claims": "queue"}))
    add_source(hub)
    book.put("claims", statement("A1", 100))
    seen: list[dict[str, int]] = []
    book.confirmed = _Watched(lambda: seen.append(open_amounts(hub)))  # type: ignore[assignment]
    read(hub)
    assert seen == [{"A1": 100}]


class _Watched(list[str]):
    def __init__(self, look: Any) -> None:
        self.look = look

    def extend(self, keys: Any) -> None:
        self.look()
        super().extend(keys)


def test_a_source_that_tells_only_changes_is_heard_and_loses_nothing(hub: Hub, book: Book) -> None:
    book.put("claims", statement("A1", 100), statement("A2", 200))
    read(hub)
    book.complete, book.caught_up = False, True
    book.put("claims", statement("A2", 250))
    outcome = read(hub)
    assert (outcome.status, outcome.removed) == ("succeeded", 0)
    assert open_amounts(hub) == {"A1": 100, "A2": 250}
    with hub.reader.connect() as connection:
        assert connection.execute(select(stream.c.heard_at)).scalar_one() == hub.clock.now()


def test_the_cursor_is_committed_with_the_rows(hub: Hub, book: Book) -> None:
    book.put("claims", *(statement(f"A{n}", 100) for n in range(9)))
    book.fail_after, book.failure = 2, TransientError("De bron is weg.")
    read(hub)
    with hub.reader.connect() as connection:
        assert connection.execute(select(stream.c.cursor)).scalar_one() == {"batch": 1}
    assert len(open_amounts(hub)) == 6


def test_the_same_moment_is_planned_once(hub: Hub) -> None:
    source = find_source(hub, "book")
    moment = datetime(2026, 11, 23, 2, tzinfo=UTC)
    for _ in range(2):
        plan_run(hub, source.id, "claims", moment)
    with hub.reader.connect() as connection:
        assert connection.execute(select(func.count()).select_from(run)).scalar_one() == 1


def test_the_age_of_a_delivery_is_what_the_source_says(hub: Hub, book: Book) -> None:
    book.put("claims", statement("A1", 100))
    book.cursor = {"delivered_at": "2026-11-20T03:00:00+00:00"}
    read(hub)
    with hub.reader.connect() as connection:
        row = connection.execute(select(stream)).one()
    assert row.as_of == datetime(2026, 11, 20, 3, tzinfo=UTC)


amounts = st.integers(0, 500)
deliveries = st.lists(
    st.tuples(
        st.dictionaries(st.integers(0, 9), amounts | st.just("x"), max_size=10), st.booleans()
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(deliveries, st.randoms(use_true_random=False))
def test_any_course_of_deliveries_ends_in_what_the_source_last_said(
    course: list[tuple[dict[int, Any], bool]], rnd: Any
) -> None:
    """Complete snapshots in any order and with repeats: the last one stands, counts add up."""
    book = Book()
    with tempfile.TemporaryDirectory() as folder:
        hub = open_hub(
            Path(folder),
            overrides={"municipality": "9999", "shrink_percentage": 100},
            clock=FrozenClock(datetime(2026, 11, 23, 9, tzinfo=UTC)),
            plugins=load_plugins(extra=[book_plugin(book)], discover=False),
        )
        add_source(hub)
        expected: dict[str, int] = {}
        for content, complete in course:
            records = [statement(f"A{key}", value) for key, value in content.items()]
            records += rnd.sample(records, len(records) // 2)
            rnd.shuffle(records)
            book.put("claims", *records)
            book.complete = complete
            outcome = read(hub)
            assert outcome.read == len(records)
            assert outcome.read == outcome.applied + outcome.unchanged + outcome.rejected
            told = {f"A{key}": value for key, value in content.items()}
            kept = {k: v for k, v in expected.items() if not complete and k not in told}
            # A record that is refused replaces nothing: the last good word stays.
            stays = {k: expected[k] for k, v in told.items() if v == "x" and k in expected}
            expected = kept | stays | {k: v for k, v in told.items() if v != "x"}
            assert open_amounts(hub) == expected
        hub.engine.dispose()


def test_batches_cost_queries_by_the_batch_not_by_the_record(hub: Hub, book: Book) -> None:
    book.batch_size = 500
    book.put("claims", *(statement(f"A{n}", 100, n % 5) for n in range(500)))
    statements: list[str] = []
    event.listen(hub.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    read(hub)
    assert len(statements) < 100
    with hub.reader.connect() as connection:
        assert connection.execute(select(func.count()).select_from(record)).scalar_one() == 500


def test_details_of_a_person_are_kept_when_a_record_says_nothing(hub: Hub, book: Book) -> None:
    book.put("claims", statement("A1", 1, person=person(0, street="Dorpsstraat", city="Stad")))
    read(hub)
    book.put("claims", statement("A1", 2, person=person(0)))
    read(hub)
    from hub.store import person as person_table

    with hub.reader.connect() as connection:
        assert connection.execute(select(person_table.c.street)).scalars().all() == ["Dorpsstraat"]


def test_a_tombstone_does_not_stand_in_for_a_record_that_vanished(hub: Hub, book: Book) -> None:
    book.put("claims", *(statement(f"A{n}", 100) for n in range(4)))
    read(hub)
    book.put("claims", statement("A0", 100), statement("A1", 100), Record("A2", b"", deleted=True))
    outcome = read(hub)
    assert (outcome.status, outcome.removed) == ("succeeded", 1), "A3 is gone as well"
    assert set(open_amounts(hub)) == {"A0", "A1"}


def test_a_record_about_nothing_but_a_person_makes_that_person_known(
    make_hub: Any, book: Book
) -> None:
    """A register of people tells of no claim or case, and where somebody lives may change."""
    hub = make_hub(book_plugin(book))
    add_source(hub)
    for postcode in ("9999 AB", "9999 CD"):
        told = person(0, postcode=postcode)
        book.put("claims", facts_record("p0", ("person", "p0", told)))
        assert read(hub).applied == 1
        assert waiting(hub) == 1, "to be identified, and compared with who has no BSN"
        reconcile(hub)
        with hub.reader.connect() as connection:
            assert resident_of(connection, hub, BSNS[0])
            query = select(people.c.postcode).where(standing(people))
            assert connection.execute(query).scalars().all() == [postcode]
    assert read(hub).unchanged == 1
    assert waiting(hub) == 0


def waiting(hub: Hub) -> int:
    with hub.reader.connect() as connection:
        return connection.execute(select(func.count()).select_from(changed)).scalar_one()
