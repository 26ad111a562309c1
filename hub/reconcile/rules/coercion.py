"""Coercion while help is running or collection is on hold."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, exists, or_, select

from hub.reconcile.engine import Rule, Scope
from hub.reconcile.rules.common import active_case, running
from hub.store import claim, claim_event, claim_statement, debt_case, hold, standing

#: Acts of enforcement, from the writ on (rules.md 1.2, steps 6-8).
COERCION = ("dwangbevel", "vooraankondiging", "vordering", "beslag")


def _query(scope: Scope) -> Select[Any]:
    event, statement = claim_event, claim_statement
    helped = exists().where(
        active_case(scope),
        debt_case.c.resident_id == claim.c.resident_id,
        event.c.on >= debt_case.c.starts_on,
    )
    held = exists().where(
        standing(hold),
        running(hold, scope),
        hold.c.resident_id == claim.c.resident_id,
        hold.c.source_id == statement.c.source_id,
        event.c.on >= hold.c.starts_on,
        or_(hold.c.ends_on.is_(None), event.c.on <= hold.c.ends_on),
    )
    return (
        select(
            claim.c.resident_id,
            event.c.key.label("event"),
            event.c.kind,
            event.c.on,
            claim.c.creditor,
            claim.c.reference,
            held.label("hold"),
        )
        .select_from(claim)
        .join(statement, statement.c.id == claim.c.statement_id)
        .join(
            event,
            and_(
                event.c.source_id == statement.c.source_id,
                event.c.claim == statement.c.key,
            ),
        )
        .where(
            scope.only(claim.c.resident_id),
            standing(event),
            event.c.kind.in_(COERCION),
            event.c.on <= scope.today,
            statement.c.open > 0,
            or_(helped, held),
        )
    )


RULES = [
    Rule(
        id="dwang_tijdens_hulp",
        title="Dwang tijdens hulp of pauze",
        sentence=(
            "{creditor} deed op {on} een stap met dwang ({kind}) voor vordering {reference}, "
            "terwijl hulp liep of de incasso stilstond."
        ),
        advice="Bel de schuldeiser. Vraag om de stap en de kosten terug te draaien.",
        source="Convenant Lokale Overheid (pauze); Nationale ombudsman 2019, thema 5",
        severity=3,
        owner="caseworker",
        groups=frozenset({"tax_claim", "help_file"}),
        query=_query,
        key=lambda facts: str(facts["event"]),
        due=lambda facts, scope: scope.today,
    )
]
