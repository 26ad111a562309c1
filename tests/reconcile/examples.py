"""What an example of a rule is made of: facts about one person, by the days around today.

Today is Monday 23 November 2026. `day(-10)` is ten days ago, so 13 November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from book import facts_record, person
from chain import day, days, tax_claim

from hub.connector import Record


@dataclass(frozen=True)
class Example:
    """What the sources tell, and the keys of the findings that the rule makes of it."""

    rule: str
    why: str
    found: tuple[str, ...] = ()
    tax: tuple[Record, ...] = ()
    file: tuple[Record, ...] = ()
    vish: tuple[Record, ...] = ()
    skp: tuple[Record, ...] = ()

    def __str__(self) -> str:
        return f"{self.rule}: {self.why}"


def claim(*events: tuple[str, date], number: str = "A1", **more: Any) -> Record:
    """An open claim of 500 euros with these events after it was imposed."""
    told = (("opgelegd", day(-300), 0), *((kind, on, 0) for kind, on in events))
    return tax_claim(number, more.pop("open_cents", 50000), events=told, **more)


def fact(kind: str, key: str, /, **data: Any) -> Record:
    """One fact about a person."""
    return facts_record(key, (kind, key, {"person": person(0), **data}))


def known_as(**more: Any) -> Record:
    """What a source knows of the person."""
    told = {"person": person(0, **more), "kind": "email", "value": "a@b.example"}
    return facts_record("C", ("contact", "C", told))


def remission(requested: int, outcome: str = "aangevraagd", decided: int | None = None) -> Record:
    """A request for remission of the claim, asked and decided so many days from today."""
    return fact(
        "remission",
        "R1",
        claim="A1",
        requested_on=days(requested),
        decided_on=days(decided) if decided is not None else None,
        outcome=outcome,
    )


def plan(starts: int = -100, status: str = "lopend", **more: Any) -> Record:
    """A payment plan of the claim."""
    return fact(
        "payment_plan",
        "P1",
        claim="A1",
        starts_on=days(starts),
        terms=10,
        term_amount=5000,
        status=status,
        **more,
    )


def term(due: int, paid: int | None = None) -> dict[str, Any]:
    """A term of a plan."""
    return {"due_on": days(due), "amount": 5000, "paid": paid}


def signal(since: int, **more: Any) -> Record:
    """An early signal."""
    return fact(
        "early_signal", "S1", reference="S1", partner="Woonbron", signalled_on=days(since), **more
    )


def talk(starts: int, intake: int | None = None, plan_on: int | None = None, **more: Any) -> Record:
    """A debt case by the days of its first talk and its plan."""
    return fact(
        "debt_case",
        "T1",
        phase=more.pop("phase", "aanmelding"),
        starts_on=days(starts),
        intake_on=days(intake) if intake is not None else None,
        plan_on=days(plan_on) if plan_on is not None else None,
        **more,
    )


def proposal(on: int, status: str = "voorgesteld", direction: str = "out", **more: Any) -> Record:
    """A proposal to a creditor, or the reply to it."""
    key = f"{direction}-{on}"
    return fact(
        "arrangement",
        key,
        conversation=more.pop("conversation", "V"),
        direction=direction,
        party=more.pop("party", "stad"),
        status=status,
        on=days(on),
        **more,
    )


def asked(on: int, direction: str = "out") -> Record:
    """A question for a balance, of ours or to us."""
    return fact(
        "balance_request",
        "Q",
        conversation="Q",
        direction=direction,
        party="stad",
        sent_on=days(on),
    )


def balance(on: int, conversation: str = "Q", direction: str = "in") -> Record:
    """The answer to it."""
    told = {
        "conversation": conversation,
        "direction": direction,
        "party": "stad",
        "answered_on": days(on),
        "outcome": "saldo",
    }
    return facts_record("answer", ("balance_answer", "answer", told))


def listed(register: str, starts: int, ends: int | None = None) -> Record:
    """An entry in a national register."""
    return fact(
        "register_entry",
        register,
        register=register,
        reference="1",
        starts_on=days(starts),
        ends_on=days(ends) if ends is not None else None,
        kind="Wsnp" if register == "cir" else "bewind",
        party="Bewind & Co",
    )


def vish(phase: str) -> Record:
    """An entry in VISH with its phase."""
    return fact(
        "register_entry", "V0", register="vish", reference="V0", starts_on=days(-50), phase=phase
    )
