"""A small chain for tests of reconciliation: a tax office, a debt-help file, VISH and the rest."""

from __future__ import annotations

from datetime import date, timedelta
from types import FunctionType
from typing import Any

from beginnings import begin
from book import Book, add_source, book_plugin, facts_record, person, read_all
from sqlalchemy import select

from hub.connector import Record
from hub.core import Hub
from hub.reconcile import reconcile
from hub.store import finding

TODAY = date(2026, 11, 23)  # a Monday

Told = tuple[str, str, dict[str, Any]]


class Chain:
    """One hub with five sources; `tell` says what a source holds from now on."""

    ROLES = {
        "tax": "creditor",
        "file": "debt_help",
        "vish": "register",
        "clo": "covenant",
        "skp": "exchange",
    }

    def __init__(self, make_hub: Any, first: FunctionType | None = None) -> None:
        """Open the hub with its sources, where `first` (a function of a module) brings it."""
        self.books = {name: Book() for name in self.ROLES}
        plugins = [
            book_plugin(self.books[name], name, role, {"all": "snapshot"})  # type: ignore[arg-type]
            for name, role in self.ROLES.items()
        ]
        self.hub: Hub = make_hub(*plugins, shrink_percentage=100)
        place = f"{first.__code__.co_filename} {first.__qualname__}" if first else "chain"
        begin(self.hub, place, lambda: self._open(first), *self.books.values())

    def _open(self, first: FunctionType | None) -> None:
        for name in self.ROLES:
            add_source(self.hub, name, max_age_hours=10**6)
            read_all(self.hub, name)
        if first:
            first(self)

    def tell(self, source: str, *records: Record) -> None:
        """Replace what a source holds and read it."""
        self.books[source].put("all", *records)
        (outcome,) = read_all(self.hub, source)
        assert outcome.status == "succeeded", outcome

    def findings(self, rule: str | None = None, *, full: bool = False) -> set[tuple[str, str]]:
        """Reconcile, and return rule and key of every open finding."""
        reconcile(self.hub, full=full)
        query = select(finding.c.rule, finding.c.key).where(finding.c.closed_at.is_(None))
        with self.hub.reader.connect() as connection:
            found = {(one.rule, one.key) for one in connection.execute(query)}
        return {one for one in found if rule in (None, one[0])}


def tax_claim(
    number: str,
    open_cents: int,
    who: int = 0,
    *,
    events: tuple[tuple[str, date, int], ...] = (),
    due_on: str = "2026-06-01",
    **more: Any,
) -> Record:
    """A claim in the tax ledger, with events (kind, day, cents)."""
    data = {
        "person": person(who),
        "creditor": "stad",
        "reference": number,
        "type": "ozb",
        "open": open_cents,
        "as_of": TODAY.isoformat(),
        "due_on": due_on,
        **more,
    }
    told: list[Told] = [("claim_statement", number, data)]
    for index, (kind, on, amount) in enumerate(events):
        key, happened = f"{number}-{index}", {"claim": number, "on": on.isoformat()}
        if kind == "betaling":
            told.append(("payment", key, {**happened, "amount": -amount}))
        else:
            told.append(("claim_event", key, {**happened, "kind": kind, "amount": amount}))
    return facts_record(number, *told)


def hold(who: int = 0, starts: int = -30, ends: int = 200, creditor: str = "stad") -> Record:
    """A pause of collection from and until so many days from today."""
    data = {
        "person": person(who),
        "creditor": creditor,
        "reference": f"P{who}",
        "ground": "stabilisatie",
        "starts_on": days(starts),
        "ends_on": days(ends),
        "confirmed_on": days(starts),
    }
    return facts_record(f"P{who}", ("hold", f"P{who}", data))


def case(
    who: int | tuple[int, ...] = 0,
    *listed: tuple[str, int, int],
    phase: str = "stabilisatie",
    starts: int = -100,
    plan: int | None = -60,
    ends: int | None = None,
) -> Record:
    """A debt case; `listed` debts are (reference, euros, days from today)."""
    people = (who,) if isinstance(who, int) else who
    data = {
        "phase": phase,
        "starts_on": days(starts),
        "plan_on": days(plan) if plan is not None else None,
        "ends_on": days(ends) if ends is not None else None,
    }
    key = f"case{people[0]}"
    told: list[Told] = [("debt_case", f"{key}:{n}", {"person": person(n), **data}) for n in people]
    for index, (reference, euros, as_of) in enumerate(listed):
        debt = {
            "person": person(people[0]),
            "creditor_name": "Stad",
            "creditor_kvk": "99990001",
            "reference": reference,
            "type": "nuts",
            "open": euros * 100,
            "unit": 100,
            "as_of": days(as_of),
        }
        told.append(("claim_statement", f"{key}:debt{index}", debt))
    return facts_record(key, *told)


def entry(who: int = 0, starts: int = -50, ends: int | None = None) -> Record:
    """A registration in VISH."""
    data = {
        "person": person(who),
        "register": "vish",
        "reference": f"V{who}",
        "starts_on": days(starts),
        "ends_on": days(ends) if ends is not None else None,
    }
    return facts_record(f"V{who}", ("register_entry", f"V{who}", data))


def party(code: str = "stad", **more: Any) -> Record:
    """A covenant participant."""
    data = {
        "code": code,
        "name": "Stad",
        "kind": "gemeente",
        "kvk": "99990001",
        "skp_id": f"skp-{code}",
        "signed_on": "2022-01-01",
        "valid_from": "2022-01-01",
        **more,
    }
    return facts_record(code, ("participant", code, data))


def message(kind: str, sent_on: date, party: str = "stad", who: int = 0) -> Record:
    """A message sent: "notice" or "balance_request"."""
    key = f"{kind}-{party}-{sent_on}"
    data = {
        "person": person(who),
        "conversation": key,
        "direction": "out",
        "party": party,
        "sent_on": sent_on.isoformat(),
    }
    return facts_record(key, (kind, key, data))


def answer(conversation: str, on: date = TODAY, outcome: str = "saldo") -> Record:
    """An answer in a conversation."""
    data = {
        "conversation": conversation,
        "direction": "in",
        "party": "skp-stad",
        "answered_on": on.isoformat(),
        "outcome": outcome,
    }
    return facts_record(f"answer-{conversation}", ("balance_answer", conversation, data))


def days(count: int) -> str:
    """The ISO day so many days from today."""
    return (TODAY + timedelta(days=count)).isoformat()


def day(count: int) -> date:
    """The day so many days from today."""
    return TODAY + timedelta(days=count)
