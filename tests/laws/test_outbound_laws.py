"""The laws of the outbox as a machine: answers get lost, hubs die, people change their minds.

The register of this machine does not recognise a repeated key: it does again whatever it is
sent. So an effect that happened twice is a command that the hub sent twice without asking.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from book import Book, add_source, book_plugin, read_all, statement
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from hub.connector import Command, Receipt
from hub.core import Hub
from hub.errors import ConfigError, TransientError
from hub.reconcile import reconcile
from hub.store import command, resident
from hub.sync.orders import put_hold
from hub.sync.outbound import deliver_due
from hub.sync.outbox import ENDED, ask, resume

SEQUENCES = int(os.environ.get("HUB_LAWS", "40"))

#: What may happen to one request: does it arrive, and what does the hub hear?
FATES = ("answered", "refused", "lost", "answer_lost", "killed_before", "killed_after", "broken")


class Killed(BaseException):
    """The hub dies here."""


class Outbox(RuleBasedStateMachine):
    """A register with books of its own, and the hub that sends it commands."""

    def __init__(self, hub: Hub, book: Book) -> None:
        super().__init__()
        self.hub, self.book = hub, book
        self.fates: list[str] = []
        self.effects: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.asked: set[str] = set()
        self.made: list[str] = []
        self.stopped: set[str] = set()
        book.answer, book.known = self.answer, self  # type: ignore[assignment]
        with hub.engine.begin() as connection:
            # What an earlier sequence left is not of this one.
            connection.execute(command.delete())
            self.resident = connection.execute(select(resident.c.id)).scalar_one()

    def answer(self, message: Command, key: str) -> Receipt:
        """Play the register."""
        assert key not in self.stopped, "somebody stopped it, and it was sent all the same"
        fate = self.fates.pop() if self.fates else "answered"
        if fate == "killed_before":
            raise Killed
        if fate == "lost":
            raise TransientError("Geen verbinding.")
        if fate == "refused":
            self.refusals[key] += 1
            return Receipt("refused", message="Nee.")
        self.effects[key] += 1
        if fate == "killed_after":
            raise Killed
        if fate == "answer_lost":
            raise TransientError("Geen antwoord.", may_have_arrived=True)
        if fate == "broken":
            raise RuntimeError("a slip in the plugin")
        return Receipt("delivered", f"R-{key}")

    def get(self, key: str) -> Receipt | None:
        """Answer an inquiry from the books."""
        self.asked.add(key)
        if self.effects[key]:
            return Receipt("delivered", f"R-{key}")
        return Receipt("refused", message="Nee.") if self.refusals[key] else None

    @rule()
    def somebody_orders(self) -> None:
        until = self.hub.clock.today().replace(year=2035)
        with self.hub.engine.begin() as connection:
            self.made += put_hold(
                connection, self.hub, self.resident, until=until, ground="g", by="an"
            )

    @rule(fates=st.lists(st.sampled_from(FATES), max_size=3))
    def the_worker_delivers(self, fates: list[str]) -> None:
        self.fates = fates
        self.hub.clock.move(hours=2)  # type: ignore[attr-defined]
        try:
            deliver_due(self.hub)
        except Killed:
            self.hub.engine.dispose()

    @rule(which=st.integers(0, 20), what=st.sampled_from(("pause", "cancel", "resume")))
    def somebody_changes_their_mind(self, which: int, what: Any) -> None:
        if not self.made:
            return
        id_ = self.made[which % len(self.made)]
        try:
            if what == "resume":
                resume(self.hub, id_, "an")
                self.stopped.discard(id_)
            else:
                ask(self.hub, id_, what, "an")
                self.stopped.add(id_)
        except ConfigError:
            pass  # it had ended already; the laws below must hold all the same

    def _rows(self) -> list[Any]:
        with self.hub.reader.connect() as connection:
            return list(connection.execute(select(command)))

    @invariant()
    def nothing_is_done_twice(self) -> None:
        assert all(count == 1 for count in self.effects.values() if count)

    @invariant()
    def nothing_is_lost(self) -> None:
        assert {row.id for row in self._rows()} == set(self.made)

    @invariant()
    def the_hub_says_what_the_register_knows(self) -> None:
        for row in self._rows():
            if row.state == "delivered":
                assert self.effects[row.id] == 1
            if row.state in ("ready", "paused", "cancelled"):
                assert self.effects[row.id] == 0, f"{row.state}, but it was carried out"
            if row.state == "refused":
                assert (self.refusals[row.id] > 0, self.effects[row.id]) == (True, 0)
            assert (row.ended_at is not None) == (row.state in ENDED)

    def teardown(self) -> None:
        """After everything: with a register that answers, every command comes to its end."""
        self.fates = []
        for row in self._rows():
            if row.state in ("paused", "exhausted") or row.asked:
                try:
                    resume(self.hub, row.id, "an")
                    self.stopped.discard(row.id)
                except ConfigError:
                    assert row.asked == "cancel"
        for _ in range(3):
            self.hub.clock.move(hours=2)  # type: ignore[attr-defined]
            deliver_due(self.hub)
        assert all(row.state in ENDED for row in self._rows())
        self.nothing_is_done_twice()
        self.the_hub_says_what_the_register_knows()


@pytest.fixture
def machine(make_hub: Any) -> Callable[[], Outbox]:
    book = Book()
    hub = make_hub(book_plugin(book))
    add_source(hub)
    book.put("claims", statement("A1", 500))
    read_all(hub)
    reconcile(hub)
    return lambda: Outbox(hub, book)


def test_any_sequence_does_everything_once(machine: Callable[[], Outbox]) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=SEQUENCES,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
