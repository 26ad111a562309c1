"""Conditions that several rules share."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Join, Select, and_, literal_column, or_, select

from hub.clock import add_working_days
from hub.reconcile.engine import Facts, Scope
from hub.store import (
    claim,
    claim_event,
    claim_statement,
    debt_case,
    notice,
    own,
    participant,
    standing,
)

#: The statement whose amount counts for a claim; its source tells the claim's events.
told = claim_statement

#: Acts of enforcement, from the writ on (rules.md 1.2, steps 6-8).
COERCION = ("dwangbevel", "vooraankondiging", "vordering", "beslag")

#: Steps that cost money or press: the final notice (aanmaning), and all that comes after it.
PRESSING = ("aanmaning", *COERCION)


def running(table: Any, scope: Scope) -> ColumnElement[bool]:
    """Return the condition that something with a first and last day runs today."""
    return and_(
        table.c.starts_on <= scope.today,
        or_(table.c.ends_on.is_(None), table.c.ends_on >= scope.today),
    )


def active_case(scope: Scope, table: Any = debt_case) -> ColumnElement[bool]:
    """Return the condition that a standing debt case has begun and not ended.

    The day of outflow itself is the first day without a case.
    """
    return and_(
        standing(table),
        table.c.starts_on <= scope.today,
        or_(table.c.ends_on.is_(None), table.c.ends_on > scope.today),
    )


def bound_then(scope: Scope) -> ColumnElement[bool]:
    """Return the condition that a participant was bound on the day of a notice to it."""
    return and_(
        standing(participant),
        own(participant, scope.municipality),
        participant.c.code == notice.c.party,
        participant.c.valid_from <= notice.c.sent_on,
        or_(participant.c.valid_until.is_(None), participant.c.valid_until >= notice.c.sent_on),
    )


def claims() -> Join:
    """Return the join of claims with the statement whose amount counts.

    Both ways are told, so that a store may start at either side.
    """
    return claim.join(told, and_(told.c.id == claim.c.statement_id, told.c.claim_id == claim.c.id))


def is_open(scope: Scope) -> ColumnElement[bool]:
    """Return the condition that something is left to pay of the claim that is looked at.

    Of everybody it is word for word that of the indexes of open statements, and so are the numbers
    in it. Of some residents it is not: the store has to begin with them (see Scope.lead).
    """
    return and_(standing(told), scope.lead(told.c.open) > literal_column("0"))


def of_claim(event: Any) -> ColumnElement[bool]:
    """Return the condition that a standing event is one of the claim that is looked at."""
    return and_(event.c.source_id == told.c.source_id, event.c.claim == told.c.key, standing(event))


def steps(scope: Scope, kinds: tuple[str, ...], *columns: Any) -> Select[Any]:
    """Select the steps of these kinds in claims with something open, with what else is asked."""
    return (
        select(
            claim.c.resident_id,
            claim_event.c.key.label("event"),
            claim_event.c.kind,
            claim_event.c.on,
            claim.c.creditor,
            claim.c.reference,
            *columns,
        )
        .select_from(claims().join(claim_event, of_claim(claim_event)))
        .where(
            scope.only(claim.c.resident_id),
            claim.c.resident_id.is_not(None),
            scope.lead(claim_event.c.kind).in_(kinds),
            claim_event.c.on <= scope.today,
            is_open(scope),
        )
    )


def by_event(facts: Facts) -> str:
    """Tell findings apart by the step that they are about."""
    return str(facts["event"])


def by_reference(facts: Facts) -> str:
    """Tell findings apart by the creditor's number."""
    return str(facts["reference"])


def after(facts: Facts, name: str, days: int) -> date:
    """Return the day so many days after one of the facts."""
    return date.fromisoformat(facts[name]) + timedelta(days=days)


def working_days_after(facts: Facts, name: str, days: int) -> date:
    """Return the day so many working days after one of the facts."""
    return add_working_days(date.fromisoformat(facts[name]), days)
