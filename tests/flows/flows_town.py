"""A small chain in which two creditors set holds themselves, and three people who act in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Any

from book import BSNS, Book, add_source, book_plugin, everything, read_all, resident_of
from chain import Chain, case, party, tax_claim
from sqlalchemy import select

from hub.connector import Command, Fact, Receipt
from hub.core import Hub
from hub.flows import life, view
from hub.flows.declared import FLOWS
from hub.flows.settings import set_flow
from hub.reconcile import reconcile
from hub.security.audit import Actor
from hub.store import command
from hub.sync.holds import reasons_of
from hub.sync.outbound import deliver_due

AN = Actor("an", "debt_counsellor")
PIET = Actor("piet", "debt_counsellor")
BEA = Actor("bea", "administrator")

UNTIL = date(2027, 7, 1)


class Town:
    """The chain, with registers that keep books; `fates` are answers that come out otherwise."""

    def __init__(self, make_hub: Any) -> None:
        self.water, self.keys = Book(), count()
        plugin = book_plugin(self.water, "water", "creditor", {"all": "snapshot"})
        self.chain = Chain(lambda *told, **more: make_hub(*told, plugin, **more))
        self.hub: Hub = self.chain.hub
        add_source(self.hub, "tax", owner="stad", max_age_hours=10**6)
        add_source(self.hub, "water", owner="schap", max_age_hours=10**6)
        #: Holds by creditor's source: reference to last day. None once lifted.
        self.holds: dict[tuple[str, str], str | None] = {}
        self.fates: dict[str, Callable[[Command, str], Receipt]] = {}
        for name, book in (*self.chain.books.items(), ("water", self.water)):
            book.answer = self._answers(name)
        self.chain.tell("clo", party(), party("schap", name="Schap", kvk="99990002"))
        self.chain.tell("tax", tax_claim("A1", 50_000))
        self.water.put("all", tax_claim("W1", 20_000, creditor="schap"))
        read_all(self.hub, "water")
        self.chain.tell("file", case())
        reconcile(self.hub)
        with self.hub.reader.connect() as connection:
            self.me = str(resident_of(connection, self.hub, BSNS[0]))

    def _answers(self, name: str) -> Callable[[Command, str], Receipt]:
        def answer(message: Command, key: str) -> Receipt:
            if fate := self.fates.get(message.kind):
                return fate(message, key)
            return self._done(name, message, key)

        return answer

    def _done(self, name: str, message: Command, key: str) -> Receipt:
        number = str(message.data.get("reference") or f"P-{key[:6]}")
        if message.kind == "set_hold":
            self.holds[name, number] = message.data["ends_on"]
        if message.kind == "lift_hold":
            assert self.holds[name, number], "a hold is lifted once"
            self.holds[name, number] = None
        if message.kind in ("notice", "balance_request"):
            told = {
                "person": dict(message.person),
                "conversation": key,
                "direction": "out",
                "party": message.data["party"],
                "sent_on": self.hub.clock.today().isoformat(),
            }
            return Receipt("delivered", key, facts=(Fact(message.kind, key, told),))
        return Receipt("delivered", number)

    @property
    def resting(self) -> dict[str, str]:
        """Until when each creditor's own books let collection rest."""
        return {name: day for (name, _), day in sorted(self.holds.items()) if day}

    def asked(self, flow: str, **more: Any) -> life.Asked:
        """A form about a flow, with what a person sees before saying yes."""
        values = {"until": UNTIL} if "until" in FLOWS[flow].asks else {}
        made = life.Asked(FLOWS[flow], self.me, f"k{next(self.keys)}", "", **values | more)
        with self.hub.reader.connect() as connection:
            plan = FLOWS[flow].plan(life.work_of(connection, self.hub, made))
        return life.Asked(**{**vars(made), "seen": plan.digest})

    def begin(self, flow: str, actor: Actor = AN, **more: Any) -> int:
        asked = self.asked(flow, **more)
        with self.hub.engine.begin() as connection:
            return life.begin(connection, self.hub, actor, asked)

    def act(self, does: Callable[..., Any], actor: Actor, *told: Any) -> None:
        with self.hub.engine.begin() as connection:
            does(connection, self.hub, actor, *told)

    def deliver(self) -> None:
        self.hub.clock.move(seconds=1)  # type: ignore[attr-defined]
        deliver_due(self.hub)
        reconcile(self.hub)

    def four_eyes(self, flow: str, on: bool = True) -> None:
        with self.hub.engine.begin() as connection:
            set_flow(connection, self.hub, BEA, FLOWS[flow], enabled=True, four_eyes=on)

    def runs(self) -> list[view.RunView]:
        with self.hub.reader.connect() as connection:
            return view.runs_of(connection, self.hub, everything(getattr(self, "me", "")))

    def reasons(self) -> set[tuple[str, str]]:
        with self.hub.reader.connect() as connection:
            rows = reasons_of(connection, self.hub, self.me)
        return {(row.creditor, row.reason) for row in rows}

    def states(self, id_: int) -> list[tuple[str, str, str]]:
        (run,) = (one for one in self.runs() if one.id == id_)
        return [(one.receiver, one.kind, one.state) for one in run.steps]

    def sent(self, *kinds: str) -> list[Command]:
        """What reached any register, of these kinds."""
        books = (*self.chain.books.values(), self.water)
        return [one for book in books for one, _ in book.commands if one.kind in kinds]

    def commands(self) -> list[tuple[str, str]]:
        with self.hub.reader.connect() as connection:
            rows = connection.execute(select(command).order_by(command.c.number))
            return [(row.kind, row.state) for row in rows]
