"""The protected part of an income: who may be treated as a notorious non-payer (Iw 19(1), (2))."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select

from hub.reconcile.engine import Knob, Rule, Scope
from hub.reconcile.rules.common import by_event, steps, told
from hub.store import claim, claim_event, claim_statement, payment_plan, remission, standing
from hub.store.days import days_between

_late = claim_statement.alias("late")
_paid = claim_event.alias("paid")
_asked = claim_statement.alias("asked_about")

_DEFERRED = "er liep uitstel van betaling"
_REMISSION = "er lag een verzoek om kwijtschelding"
_TOO_FEW = "er was geen tweede aanslag al twee maanden te laat"


def _unfounded(scope: Scope) -> Select[Any]:
    """Select claims on the protected part of an income without one of the three conditions.

    Whether uitstel or kwijtschelding was possible, the hub does not know: only whether it was
    there or asked for on that day.
    """
    why = case(
        (_ran(payment_plan), _DEFERRED),
        (_lay_there(), _REMISSION),
        (_overdue(scope) < 2, _TOO_FEW),
        else_="",
    )
    used = func.coalesce(told.c.details["notoireWanbetaler"].as_string(), "")
    return steps(scope, ("vordering",), why.label("why")).where(used.not_in(("", "nee")), why != "")


def _overdue(scope: Scope) -> Any:
    """Return how many assessments of this creditor were overdue long enough on that day."""
    paid_later = exists().where(
        standing(_paid),
        _paid.c.source_id == _late.c.source_id,
        _paid.c.claim == _late.c.key,
        _paid.c.kind == "betaling",
        _paid.c.on > claim_event.c.on,
    )
    return (
        select(func.count())
        .select_from(_late)
        .where(
            standing(_late),
            _late.c.source_id == told.c.source_id,
            _late.c.resident_id == claim.c.resident_id,
            days_between(_late.c.due_on, claim_event.c.on) >= scope.knob("dagen"),
            or_(_late.c.open > 0, paid_later),
        )
        .scalar_subquery()
    )


def _of_this_debtor(table: Any) -> ColumnElement[bool]:
    return and_(
        standing(table),
        standing(_asked),
        table.c.source_id == told.c.source_id,
        table.c.source_id == _asked.c.source_id,
        table.c.claim == _asked.c.key,
        _asked.c.resident_id == claim.c.resident_id,
    )


def _ran(plan: Any) -> ColumnElement[bool]:
    return exists().where(
        _of_this_debtor(plan),
        plan.c.starts_on <= claim_event.c.on,
        or_(plan.c.status == "lopend", plan.c.ends_on >= claim_event.c.on),
    )


def _lay_there() -> ColumnElement[bool]:
    return exists().where(
        _of_this_debtor(remission),
        remission.c.requested_on <= claim_event.c.on,
        or_(remission.c.decided_on.is_(None), remission.c.decided_on >= claim_event.c.on),
    )


RULES = [
    Rule(
        id="beschermd_deel_zonder_grond",
        title="Beslag op het beschermde deel zonder de voorwaarden",
        sentence=(
            "{creditor} nam op {on} voor vordering {reference} ook van het beschermde deel van "
            "het inkomen, als bij een notoire wanbetaler. Maar {why}."
        ),
        advice="Bel de schuldeiser vandaag. Vraag om dit deel terug te geven.",
        source=(
            "Invorderingswet 1990, artikel 19 leden 1 en 2: meer dan één aanslag twee maanden te "
            "laat, en geen uitstel of kwijtschelding"
        ),
        severity=3,
        owner="caseworker",
        groups=frozenset({"tax_claim", "plan", "remission"}),
        query=_unfounded,
        key=by_event,
        knobs=(Knob("dagen", "Hoe lang een aanslag te laat moet zijn", 61, 59, 365),),
    )
]
