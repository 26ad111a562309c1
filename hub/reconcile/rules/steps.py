"""Steps of collection that came too soon, came without what goes before, or cost too much."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select

from hub.reconcile.engine import Knob, Rule, Scope
from hub.reconcile.rules.common import (
    PRESSING,
    by_event,
    by_reference,
    claims,
    is_open,
    of_claim,
    steps,
    told,
)
from hub.store import claim, claim_event
from hub.store.days import days_between

_earlier = claim_event.alias("earlier")


def _last(kind: str) -> Any:
    """Return the day of the last event of a kind before the step that is looked at."""
    return (
        select(func.max(_earlier.c.on))
        .where(of_claim(_earlier), _earlier.c.kind == kind, _earlier.c.on <= claim_event.c.on)
        .scalar_subquery()
    )


def _hurried() -> ColumnElement[bool]:
    """Return the condition that the creditor gave a ground for skipping steps (Iw 10, 15)."""
    return func.coalesce(told.c.details["grondVersneld"].as_string(), "") != ""


def _writ_without_notice(scope: Scope) -> Select[Any]:
    # Only where the source tells the claim from its beginning is an absent step a skipped step.
    return steps(scope, ("dwangbevel",)).where(
        _last("opgelegd").is_not(None), _last("aanmaning").is_(None), ~_hurried()
    )


def _writ_too_soon(scope: Scope) -> Select[Any]:
    notice = _last("aanmaning")
    return steps(scope, ("dwangbevel",), notice.label("since")).where(
        days_between(notice, claim_event.c.on) <= scope.knob("dagen"), ~_hurried()
    )


def _notice_too_soon(scope: Scope) -> Select[Any]:
    return steps(scope, ("aanmaning",), told.c.due_on).where(claim_event.c.on <= told.c.due_on)


def _writ_after_return(scope: Scope) -> Select[Any]:
    notice, back = _last("aanmaning"), _last("retour")
    return steps(scope, ("dwangbevel",), back.label("returned")).where(back >= notice)


def _claim_on_income_too_soon(scope: Scope) -> Select[Any]:
    announced = _last("vooraankondiging")
    return steps(scope, ("vordering",), announced.label("since")).where(
        days_between(announced, claim_event.c.on) < scope.knob("dagen")
    )


def _costly(scope: Scope) -> Select[Any]:
    return (
        select(
            claim.c.resident_id, claim.c.creditor, claim.c.reference, told.c.costs, told.c.principal
        )
        .select_from(claims())
        .where(
            scope.only(claim.c.resident_id),
            claim.c.resident_id.is_not(None),
            is_open(scope),
            scope.lead(told.c.costs) > literal_column("0"),
            told.c.principal > 0,
            told.c.costs * 100 > told.c.principal * scope.knob("procent"),
        )
    )


def _near_limitation(scope: Scope) -> Select[Any]:
    """Select open claims that lapse soon, by the source's own day or five years after due."""
    pressed = (
        select(func.count())
        .where(of_claim(_earlier), _earlier.c.kind.in_(PRESSING))
        .scalar_subquery()
    )
    soon = scope.days_ago(1826 - scope.knob("dagen"))
    return (
        select(
            claim.c.resident_id,
            claim.c.creditor,
            claim.c.reference,
            told.c.open.label("amount"),
            told.c.due_on,
        )
        .select_from(claims())
        .where(
            scope.only(claim.c.resident_id),
            claim.c.resident_id.is_not(None),
            # The whole condition stands on both sides, so that each can use an index of its own.
            or_(
                and_(is_open(scope), told.c.limitation_on <= scope.days_ago(-scope.knob("dagen"))),
                # A step that claims payment interrupts the term, so without the source's own
                # reckoning only a claim that was left alone is told.
                and_(
                    is_open(scope),
                    told.c.limitation_on.is_(None),
                    told.c.due_on <= soon,
                    pressed == 0,
                ),
            ),
        )
    )


CLAIM = frozenset({"tax_claim"})
COSTS = frozenset({"tax_claim", "tax_costs"})

RULES = [
    Rule(
        id="dwangbevel_zonder_aanmaning",
        title="Dwangbevel zonder aanmaning",
        sentence=(
            "{creditor} stuurde op {on} een dwangbevel voor vordering {reference}, maar een "
            "aanmaning is niet bekend."
        ),
        advice=(
            "Vraag de schuldeiser of er een aanmaning was, of op welke grond die is overgeslagen. "
            "Vraag anders om de stap en de kosten terug te draaien."
        ),
        source="Invorderingswet 1990, artikel 11 en 12; uitzonderingen in artikel 10 en 15",
        severity=3,
        owner="caseworker",
        groups=CLAIM,
        query=_writ_without_notice,
        key=by_event,
    ),
    Rule(
        id="dwangbevel_te_vroeg",
        title="Dwangbevel te vroeg",
        sentence=(
            "{creditor} stuurde op {on} een dwangbevel voor vordering {reference}. De aanmaning "
            "was van {since}; de inwoner had toen nog tijd om te betalen."
        ),
        advice="Vraag de schuldeiser om het dwangbevel en de kosten terug te draaien.",
        source="Invorderingswet 1990, artikel 11: betalen binnen twee weken na de aanmaning",
        severity=2,
        owner="caseworker",
        groups=CLAIM,
        query=_writ_too_soon,
        key=by_event,
        knobs=(Knob("dagen", "De termijn van de aanmaning", 14, 7, 60),),
    ),
    Rule(
        id="aanmaning_te_vroeg",
        title="Aanmaning te vroeg",
        sentence=(
            "{creditor} stuurde op {on} een aanmaning voor vordering {reference}, maar de inwoner "
            "mocht betalen tot en met {due_on}."
        ),
        advice="Vraag de schuldeiser om de kosten van de aanmaning terug te draaien.",
        source="Invorderingswet 1990, artikel 9 en 11: aanmanen kan pas na de laatste betaaldag",
        severity=2,
        owner="caseworker",
        groups=CLAIM,
        query=_notice_too_soon,
        key=by_event,
    ),
    Rule(
        id="dwangbevel_na_retour",
        title="Dwangbevel na een aanmaning die terugkwam",
        sentence=(
            "De aanmaning voor vordering {reference} kwam op {returned} onbestelbaar terug. Toch "
            "stuurde {creditor} op {on} een dwangbevel."
        ),
        advice=(
            "Vraag hoe het dwangbevel is betekend. Per post mag niet als de aanmaning de inwoner "
            "niet bereikte. Controleer het adres."
        ),
        source="Invorderingswet 1990, artikel 13 leden 3 tot en met 5",
        severity=3,
        owner="caseworker",
        groups=CLAIM,
        query=_writ_after_return,
        key=by_event,
    ),
    Rule(
        id="vordering_te_vroeg",
        title="Vordering te snel na de vooraankondiging",
        sentence=(
            "{creditor} legde op {on} een vordering op het inkomen voor {reference}. De "
            "vooraankondiging was van {since}; daar moeten vier weken tussen zitten."
        ),
        advice="Bel de schuldeiser vandaag. Vraag om de vordering in te trekken.",
        source="Invorderingswet 1990, artikel 19 lid 9",
        severity=3,
        owner="caseworker",
        groups=CLAIM,
        query=_claim_on_income_too_soon,
        key=by_event,
        knobs=(Knob("dagen", "Dagen tussen vooraankondiging en vordering", 28, 7, 90),),
    ),
    Rule(
        id="kosten_hoog",
        title="Hoge kosten bij een vordering",
        sentence=(
            "Vordering {reference} van {creditor} was {principal:euro}. Daar kwam {costs:euro} aan "
            "invorderingskosten bij."
        ),
        advice="Vraag de schuldeiser of de kosten kunnen worden kwijtgescholden of teruggedraaid.",
        source="Nationale ombudsman 2019, thema 1: kosten in verhouding tot de schuld",
        severity=1,
        owner="caseworker",
        groups=COSTS,
        query=_costly,
        key=by_reference,
        knobs=(Knob("procent", "Kosten als deel van de hoofdsom", 25, 1, 1000, "procent"),),
    ),
    Rule(
        id="verjaring_nabij",
        title="Verjaring dichtbij of voorbij",
        sentence=(
            "Vordering {reference} van {creditor} ({amount:euro}, te betalen vóór {due_on}) "
            "verjaart binnenkort of is al verjaard."
        ),
        advice=(
            "Vraag de schuldeiser of de verjaring is gestuit. Neem de vordering niet zonder dat "
            "antwoord in een regeling op."
        ),
        source="Awb artikel 4:104 en 4:111, Invorderingswet 1990 artikel 27 (nog te toetsen)",
        severity=1,
        owner="caseworker",
        groups=CLAIM,
        query=_near_limitation,
        key=by_reference,
        knobs=(Knob("dagen", "Hoe lang van tevoren", 90, 0, 365),),
    ),
]
