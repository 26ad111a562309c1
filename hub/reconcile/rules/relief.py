"""Remission and payment plans: what is asked or agreed, and what goes on all the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, func, select

from hub.reconcile.engine import Facts, Knob, Rule, Scope
from hub.reconcile.rules.common import (
    COERCION,
    after,
    by_event,
    by_reference,
    claims,
    of_claim,
    steps,
    told,
)
from hub.store import claim, claim_event, claim_statement, payment_plan, remission, standing

_former = claim_statement.alias("former")
_reminder = claim_event.alias("reminder")


def _of(table: Any) -> Any:
    """Return the condition that a request or plan is about the claim that is looked at."""
    return and_(standing(table), table.c.source_id == told.c.source_id, table.c.claim == told.c.key)


def _enforced_while_asked(scope: Scope) -> Select[Any]:
    event = claim_event
    asked = (
        select(func.max(remission.c.requested_on))
        .where(
            _of(remission),
            remission.c.requested_on <= event.c.on,
            func.coalesce(remission.c.decided_on, scope.today) >= event.c.on,
        )
        .scalar_subquery()
    )
    return steps(scope, COERCION, asked.label("since")).where(asked.is_not(None))


def _not_asked_again(scope: Scope) -> Select[Any]:
    """Select claims of this year that are pressed, where last year's was fully remitted."""
    granted = exists().where(
        standing(_former),
        standing(remission),
        _former.c.source_id == told.c.source_id,
        _former.c.resident_id == claim.c.resident_id,
        _former.c.type == told.c.type,
        _former.c.tax_year == told.c.tax_year - 1,
        remission.c.source_id == _former.c.source_id,
        remission.c.claim == _former.c.key,
        remission.c.outcome == "toegekend",
    )
    asked = exists().where(_of(remission))
    return steps(scope, ("aanmaning",), told.c.tax_year.label("year")).where(granted, ~asked)


def _undecided(scope: Scope) -> Select[Any]:
    return (
        select(
            remission.c.resident_id,
            claim.c.creditor,
            claim.c.reference,
            remission.c.requested_on.label("since"),
        )
        .select_from(claims().join(remission, _of(remission)))
        .where(
            scope.only(remission.c.resident_id),
            remission.c.outcome == "aangevraagd",
            remission.c.decided_on.is_(None),
            remission.c.requested_on < scope.days_ago(7 * scope.knob("weken")),
        )
    )


def _enforced_under_plan(scope: Scope) -> Select[Any]:
    agreed = (
        select(func.max(payment_plan.c.starts_on))
        .where(
            _of(payment_plan),
            payment_plan.c.status == "lopend",
            payment_plan.c.starts_on <= claim_event.c.on,
        )
        .scalar_subquery()
    )
    return steps(scope, COERCION, agreed.label("since")).where(agreed.is_not(None))


def _plans(scope: Scope, *columns: Any) -> Select[Any]:
    return (
        select(
            payment_plan.c.resident_id,
            claim.c.creditor,
            claim.c.reference,
            payment_plan.c.term_amount,
            *columns,
        )
        .select_from(claims().join(payment_plan, _of(payment_plan)))
        .where(scope.only(payment_plan.c.resident_id), payment_plan.c.status == "lopend")
    )


def _term_missed(scope: Scope) -> Select[Any]:
    reminded = (
        select(func.max(_reminder.c.on))
        .where(of_claim(_reminder), _reminder.c.kind == "herinnering")
        .scalar_subquery()
    )
    return _plans(
        scope,
        payment_plan.c.terms,
        payment_plan.c.installments.label("_terms"),
        payment_plan.c.missed.label("_missed"),
        reminded.label("_reminded"),
    )


def _is_missed(row: Any, scope: Scope) -> bool:
    """Tell whether a term was not paid in full and nobody reminded the resident since."""
    last = scope.today - timedelta(days=scope.knob("dagen"))
    late = [
        due
        for one in row._terms
        if (due := date.fromisoformat(str(one["due_on"]))) < last
        and (one.get("paid") or 0) < one["amount"]
    ]
    if not late:
        # A source that only counts the missed terms does not say since when.
        return not row._terms and bool(row._missed) and row._reminded is None
    return row._reminded is None or row._reminded < max(late)


def _above_capacity(scope: Scope) -> Select[Any]:
    capacity = payment_plan.c.details["betalingscapaciteit"].as_integer()
    return _plans(scope, capacity.label("capacity")).where(payment_plan.c.term_amount > capacity)


def _end_of_decision(facts: Facts, scope: Scope) -> date:
    return after(facts, "since", 7 * scope.knob("weken"))


RULES = [
    Rule(
        id="dwang_tijdens_kwijtschelding",
        title="Dwang tijdens een verzoek om kwijtschelding",
        sentence=(
            "Sinds {since} ligt er een verzoek om kwijtschelding voor vordering {reference}. Toch "
            "deed {creditor} op {on} een stap met dwang ({kind})."
        ),
        advice="Bel de schuldeiser. Vraag om de stap en de kosten terug te draaien.",
        source="Uitvoeringsregeling Invorderingswet 1990, artikel 9 (via Gemeentewet 255)",
        severity=3,
        owner="caseworker",
        groups=frozenset({"tax_claim", "remission"}),
        query=_enforced_while_asked,
        key=by_event,
    ),
    Rule(
        id="kwijtschelding_niet_herhaald",
        title="Vorig jaar kwijtgescholden, nu een aanmaning",
        sentence=(
            "Vorig jaar kreeg de inwoner kwijtschelding. Voor {year} is niets gevraagd, "
            "en {creditor} stuurde op {on} een aanmaning voor vordering {reference}."
        ),
        advice="Vraag kwijtschelding aan voor dit jaar en vraag om de aanmaning in te trekken.",
        source="Gemeentewet 255; werkafspraak: wie kwijtschelding had, wordt elk jaar getoetst",
        severity=2,
        owner="caseworker",
        groups=frozenset({"tax_claim", "remission"}),
        query=_not_asked_again,
        key=by_event,
    ),
    Rule(
        id="kwijtschelding_onbeslist",
        title="Lang geen besluit over kwijtschelding",
        sentence=(
            "Op {since} is kwijtschelding gevraagd voor vordering {reference}. {creditor} heeft "
            "nog niet besloten."
        ),
        advice="Vraag wanneer het besluit komt.",
        source="Awb artikel 4:13: een redelijke termijn is na acht weken voorbij",
        severity=1,
        owner="caseworker",
        groups=frozenset({"tax_claim", "remission"}),
        query=_undecided,
        key=by_reference,
        due=_end_of_decision,
        knobs=(Knob("weken", "Weken tot een besluit", 8, 1, 52, "weken"),),
    ),
    Rule(
        id="dwang_tijdens_regeling",
        title="Dwang tijdens een betalingsregeling",
        sentence=(
            "Sinds {since} loopt voor vordering {reference} een betalingsregeling. Toch deed "
            "{creditor} op {on} een stap met dwang ({kind})."
        ),
        advice="Vraag de schuldeiser om de stap en de kosten terug te draaien.",
        source="Invorderingswet 1990, artikel 25 (uitstel van betaling) en het eigen beleid",
        severity=3,
        owner="caseworker",
        groups=frozenset({"tax_claim", "plan"}),
        query=_enforced_under_plan,
        key=by_event,
    ),
    Rule(
        id="termijn_gemist",
        title="Termijn gemist en niemand herinnerde",
        sentence=(
            "In de betalingsregeling voor vordering {reference} bij {creditor} is een termijn van "
            "{term_amount:euro} niet betaald. Een herinnering is niet bekend."
        ),
        advice="Bel de inwoner voordat de regeling vervalt.",
        source="Werkafspraak sociaal incasseren: herinneren voordat een regeling vervalt",
        severity=2,
        owner="caseworker",
        groups=frozenset({"tax_claim", "plan"}),
        query=_term_missed,
        key=by_reference,
        keep=_is_missed,
        knobs=(Knob("dagen", "Dagen na de termijn", 3, 0, 60),),
    ),
    Rule(
        id="termijn_boven_ruimte",
        title="Termijn hoger dan de inwoner kan betalen",
        sentence=(
            "De regeling voor vordering {reference} bij {creditor} vraagt {term_amount:euro} per "
            "termijn. De ruimte om te betalen is {capacity:euro}."
        ),
        advice="Vraag de schuldeiser om een lagere termijn.",
        source=(
            "Rv artikel 475c tot en met 475e; VNG-voorstel 3: de beslagvrije voet ook in een "
            "vrijwillige regeling"
        ),
        severity=2,
        owner="caseworker",
        groups=frozenset({"tax_claim", "plan"}),
        query=_above_capacity,
        key=by_reference,
    ),
]
