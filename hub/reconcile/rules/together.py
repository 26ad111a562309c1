"""What only shows when the claims of several creditors are laid side by side."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, exists, func, literal_column, select

from hub.reconcile.engine import Knob, Rule, Scope
from hub.reconcile.rules.common import PRESSING, active_case, by_reference, claims, is_open, told
from hub.store import claim, claim_statement, debt_case, standing

_other = claim.alias("other_claim")
_said = claim_statement.alias("other_statement")


def _parallel(scope: Scope) -> Select[Any]:
    helped = exists().where(active_case(scope), debt_case.c.resident_id == claim.c.resident_id)
    creditors = func.count(claim.c.creditor.distinct())
    return (
        select(
            claim.c.resident_id,
            creditors.label("creditors"),
            func.sum(told.c.open).label("amount"),
        )
        .select_from(claims())
        .where(
            scope.only(claim.c.resident_id),
            claim.c.resident_id.is_not(None),
            is_open(scope),
            scope.lead(told.c.stage).in_(PRESSING),
            ~helped,
        )
        .group_by(claim.c.resident_id)
        .having(creditors >= scope.knob("schuldeisers"))
    )


def _counted_twice(scope: Scope) -> Select[Any]:
    """Select claims handed over that still count, beside an equal one of another creditor."""
    return (
        select(
            claim.c.resident_id,
            claim.c.creditor,
            claim.c.reference,
            told.c.transferred_to.label("holder"),
            told.c.open.label("amount"),
            func.min(_other.c.reference).label("other_reference"),
        )
        .select_from(
            claims()
            .join(_other, _other.c.resident_id == claim.c.resident_id)
            .join(_said, _said.c.id == _other.c.statement_id)
        )
        .where(
            scope.only(claim.c.resident_id),
            standing(_said),
            is_open(scope),
            told.c.transferred_to != literal_column("''"),
            _other.c.creditor != claim.c.creditor,
            _said.c.open > 0,
            _said.c.principal == told.c.principal,
        )
        .group_by(
            claim.c.resident_id,
            claim.c.creditor,
            claim.c.reference,
            told.c.transferred_to,
            told.c.open,
        )
    )


RULES = [
    Rule(
        id="meer_schuldeisers_dwingen",
        title="Meer schuldeisers tegelijk, zonder plan",
        sentence=(
            "{creditors} schuldeisers van de lokale overheid zijn tegelijk aan het invorderen, "
            "samen {amount:euro}. Er loopt geen schuldhulp."
        ),
        advice="Stem af met de andere schuldeisers en bied één regeling of schuldhulp aan.",
        source="Nationale ombudsman 2019, thema 6 (afstemmen); VNG-voorstel 2",
        severity=2,
        owner="caseworker",
        groups=frozenset({"tax_claim", "help_file"}),
        query=_parallel,
        key=lambda facts: "samen",
        knobs=(Knob("schuldeisers", "Vanaf hoeveel schuldeisers", 2, 2, 20, "schuldeisers"),),
    ),
    Rule(
        id="dubbel_geteld",
        title="Overgedragen vordering mogelijk dubbel geteld",
        sentence=(
            "{creditor} droeg vordering {reference} over aan {holder}, maar telt nog {amount:euro} "
            "mee. Vordering {other_reference} heeft dezelfde hoofdsom."
        ),
        advice="Vraag beide partijen wie de vordering nu heeft.",
        source="Ontwerpregel van de hub: een schuld telt één keer mee",
        severity=2,
        owner="caseworker",
        groups=frozenset({"tax_claim", "help_file"}),
        query=_counted_twice,
        key=by_reference,
    ),
]
