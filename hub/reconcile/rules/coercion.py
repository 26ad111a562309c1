"""Coercion while help is running or collection is on hold."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, exists, or_

from hub.reconcile.engine import Rule, Scope
from hub.reconcile.rules.common import COERCION, active_case, by_event, running, steps, told
from hub.store import claim, claim_event, debt_case, hold, standing


def _query(scope: Scope) -> Select[Any]:
    event = claim_event
    helped = exists().where(
        active_case(scope),
        debt_case.c.resident_id == claim.c.resident_id,
        event.c.on >= debt_case.c.starts_on,
    )
    held = exists().where(
        standing(hold),
        running(hold, scope),
        hold.c.resident_id == claim.c.resident_id,
        hold.c.source_id == told.c.source_id,
        event.c.on >= hold.c.starts_on,
        or_(hold.c.ends_on.is_(None), event.c.on <= hold.c.ends_on),
    )
    return steps(scope, COERCION, held.label("hold")).where(or_(helped, held))


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
        key=by_event,
        due=lambda facts, scope: scope.today,
    )
]
