"""The laws of sync as a machine: any sequence of deliveries, failures, restarts and decisions.

The machine plays a source whose contents change between reads, and the hub in front of it. It
keeps its own idea of what the hub must know, by the laws of DESIGN.md 4, and compares after each
step. HUB_LAWS=1000 runs so many sequences instead of the short form.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from book import Book, add_source, book_plugin, statement
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from hub.connector import Record
from hub.core import Hub
from hub.errors import TransientError
from hub.store import claim_statement, missing, record, reject, run, standing, stream
from hub.sync import inbound
from hub.sync.held import refuse, release
from hub.sync.inbound import Outcome, sync_source
from hub.sync.rejects import open_ids, replay
from hub.sync.sources import find_source

SEQUENCES = int(os.environ.get("HUB_LAWS", "40"))
KEYS = tuple(f"K{n}" for n in range(12))
#: In the machine a stream of five is large enough to be held.
SHRINK_FROM = 5


class Laws(RuleBasedStateMachine):
    """One source, and what the hub must know of it."""

    def __init__(self, hub: Hub, book: Book, name: str) -> None:
        super().__init__()
        self.hub, self.book, self.name = hub, book, name
        self.contents: dict[str, Record] = {}
        self.applied: dict[str, int] = {}
        self.rejected: set[str] = set()
        self.cursor: Any = None
        self.held: int | None = None
        self.reads = 0
        book.records, book.failure, book.fail_after = {}, None, None
        add_source(hub, "book", name=name)
        self.source = find_source(hub, name)

    # What the source does.

    @rule(key=st.sampled_from(KEYS), cents=st.integers(0, 3))
    def source_says(self, key: str, cents: int) -> None:
        self.contents[key] = statement(key, cents)

    @initialize(keys=st.sets(st.sampled_from(KEYS)))
    def source_begins_with(self, keys: set[str]) -> None:
        for key in sorted(keys):
            self.contents[key] = statement(key, 1)

    @rule(keys=st.sets(st.sampled_from(KEYS), min_size=4), cents=st.integers(0, 3))
    def source_says_much(self, keys: set[str], cents: int) -> None:
        for key in sorted(keys):
            self.contents[key] = statement(key, cents)

    @rule(key=st.sampled_from(KEYS), junk=st.sampled_from([b"{", b"\xff\xfe", b"[[]]"]))
    def source_says_nonsense(self, key: str, junk: bytes) -> None:
        self.contents[key] = Record(key, junk)

    @rule(keys=st.sets(st.sampled_from(KEYS), max_size=8))
    def source_forgets(self, keys: set[str]) -> None:
        for key in keys:
            self.contents.pop(key, None)

    # How it is read.

    @rule(size=st.integers(1, 5), seed=st.integers(0, 99), repeats=st.integers(0, 4))
    def whole_read(self, size: int, seed: int, repeats: int) -> None:
        records = self._delivery(seed, repeats)
        outcome = self._read(records, size, complete=True)
        self._note(records)
        self._snapshot_ended(outcome)

    @rule(size=st.integers(1, 5), seed=st.integers(0, 99), after=st.integers(0, 3))
    def broken_read(self, size: int, seed: int, after: int) -> None:
        records = self._delivery(seed, 0)
        parts = [records[i : i + size] for i in range(0, len(records), size)] or [[]]
        after = min(after, len(parts) - 1)
        self.book.fail_after, self.book.failure = after, TransientError("Afgebroken.")
        outcome = self._read(records, size, complete=True)
        self.book.fail_after, self.book.failure = None, None
        assert outcome.status == "failed"
        if after:
            self._note([one for part in parts[:after] for one in part])

    @rule(size=st.integers(1, 5), seed=st.integers(0, 99), caught_up=st.booleans())
    def uncounted_read(self, size: int, seed: int, caught_up: bool) -> None:
        records = self._delivery(seed, 0)
        self.book.caught_up = caught_up
        outcome = self._read(records, size, complete=False)
        self.book.caught_up = False
        assert outcome.removed == 0
        self._note(records)

    # What people and machines do meanwhile.

    @rule()
    def restart(self) -> None:
        self.hub.engine.dispose()

    @precondition(lambda self: self.held is not None)
    @rule()
    def person_releases(self) -> None:
        assert self.held is not None
        gone = self._missing()
        release(self.hub, self.held, "bea")
        for key in gone:
            self._forget(key)
        self.held = None

    @precondition(lambda self: self.held is not None)
    @rule()
    def person_refuses(self) -> None:
        assert self.held is not None
        refuse(self.hub, self.held, "bea")
        self.held = None

    @rule()
    def person_replays(self) -> None:
        told = replay(self.hub, self.source, open_ids(self.hub, self.source))
        assert all(one.problems for one in told), "the mapping is the same as before"

    # The machine's own idea.

    def _delivery(self, seed: int, repeats: int) -> list[Record]:
        chance = random.Random(seed)
        records = list(self.contents.values())
        records += chance.choices(records, k=repeats) if records else []
        chance.shuffle(records)
        return records

    def _read(self, records: list[Record], size: int, *, complete: bool) -> Outcome:
        self.reads += 1
        self.book.put("claims", *records)
        self.book.batch_size, self.book.complete = size, complete
        self.book.cursor = {"read": self.reads}
        self.book.confirmed = []
        self.hub.clock.move(hours=1)  # type: ignore[attr-defined]
        (outcome,) = sync_source(self.hub, self.source)
        return outcome

    def _note(self, records: list[Record]) -> None:
        self.cursor = {"read": self.reads}
        for one in records:
            if one.raw.startswith(b'[["claim'):
                self.applied[one.key] = int(one.raw.split(b'"open":')[1].split(b",")[0])
                self.rejected.discard(one.key)
            else:
                # What it said before stands: an unreadable update is no word that it is gone.
                self.rejected.add(one.key)

    def _snapshot_ended(self, outcome: Outcome) -> None:
        known = set(self.applied) | self.rejected
        gone = known - set(self.contents)
        self.held = None
        if len(known) >= SHRINK_FROM and len(gone) * 100 > len(known) * 20:
            assert outcome.status == "held"
            self.held = outcome.run_id
        else:
            assert outcome.removed == len(gone)
            for key in gone:
                self._forget(key)

    def _forget(self, key: str) -> None:
        self.applied.pop(key, None)
        self.rejected.discard(key)

    def _missing(self) -> set[str]:
        query = select(record.c.key).join(missing, missing.c.record_id == record.c.id)
        with self.hub.reader.connect() as connection:
            return set(
                connection.execute(query.where(record.c.source_id == self.source.id)).scalars()
            )

    # The laws.

    @invariant()
    def what_stands_is_what_was_delivered(self) -> None:
        query = select(claim_statement.c.key, claim_statement.c.open).where(
            standing(claim_statement), claim_statement.c.source_id == self.source.id
        )
        with self.hub.reader.connect() as connection:
            rows = connection.execute(query).all()
        assert sorted(tuple(row) for row in rows) == sorted(
            (key, cents) for key, cents in self.applied.items()
        )

    @invariant()
    def every_record_is_findable(self) -> None:
        with self.hub.reader.connect() as connection:
            of_source = record.c.source_id == self.source.id
            rows = connection.execute(select(record.c.key, record.c.state).where(of_source)).all()
            waiting = (
                connection.execute(
                    select(record.c.key)
                    .join(reject, reject.c.record_id == record.c.id)
                    .where(of_source, reject.c.solved_at.is_(None))
                )
                .scalars()
                .all()
            )
        states = {key: state for key, state in rows if state != "removed"}
        assert states == dict.fromkeys(self.applied, "applied") | dict.fromkeys(
            self.rejected, "rejected"
        )
        assert Counter(waiting) == Counter(self.rejected), "one open reject for each"

    @invariant()
    def the_counts_of_every_run_add_up(self) -> None:
        query = select(func.count()).where(
            run.c.source_id == self.source.id,
            run.c.read != run.c.applied + run.c.unchanged + run.c.rejected,
        )
        with self.hub.reader.connect() as connection:
            assert connection.execute(query).scalar_one() == 0

    @invariant()
    def the_cursor_stands_where_the_rows_are(self) -> None:
        query = select(stream.c.cursor).where(stream.c.source_id == self.source.id)
        with self.hub.reader.connect() as connection:
            assert connection.execute(query).scalar() == self.cursor

    @invariant()
    def only_what_a_person_may_still_decide_on_is_held(self) -> None:
        query = select(run.c.id).where(run.c.source_id == self.source.id, run.c.status == "held")
        with self.hub.reader.connect() as connection:
            assert connection.execute(query).scalars().all() == ([self.held] if self.held else [])
        assert bool(self._missing()) <= (self.held is not None)


@pytest.fixture
def machine(make_hub: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Laws]:
    """A maker of machines on one store: each sequence plays with a source of its own."""
    monkeypatch.setattr(inbound, "SHRINK_FROM", SHRINK_FROM)
    book = Book()
    hub = make_hub(book_plugin(book))
    numbers = iter(range(1, 10**9))
    return lambda: Laws(hub, book, f"s{next(numbers)}")


def test_any_sequence_keeps_the_laws(machine: Callable[[], Laws]) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=SEQUENCES,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
