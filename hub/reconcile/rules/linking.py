"""Whether two statements are of one debt, when the hub is not sure: a person looks at both."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, Select, and_, cast, func, select

from hub.reconcile.engine import Rule, Scope
from hub.security.fields import group_of
from hub.store import claim, claim_link, claim_statement, source, standing

_said = claim_statement.alias("said")

#: The registers of the statement and of the claim, in the order of the alphabet.
_ASKED = {
    "help|tax": "schuldhulp",
    "help|help": "dossier",
    "tax|tax": "belasting",
    "benefit|help": "bijstand",
    "benefit|benefit": "terugvordering",
}


def _asked(registers: str) -> Any:
    def query(scope: Scope) -> Select[Any]:
        return (
            select(
                claim_link.c.resident_id,
                claim_link.c.source_id.label("source"),
                claim_link.c.key.label("statement"),
                claim_link.c.claim_id.label("claim"),
                source.c.title,
                _said.c.open.label("amount"),
                claim.c.creditor,
                func.coalesce(func.nullif(claim.c.reference, ""), "(zonder nummer)").label(
                    "reference"
                ),
                cast(claim_link.c.score * 100, Integer).label("percent"),
            )
            .join(
                _said,
                and_(
                    _said.c.source_id == claim_link.c.source_id,
                    _said.c.key == claim_link.c.key,
                    _said.c.resident_id == claim_link.c.resident_id,
                    standing(_said),
                ),
            )
            .join(source, source.c.id == claim_link.c.source_id)
            .join(claim, claim.c.id == claim_link.c.claim_id)
            .where(
                scope.only(claim_link.c.resident_id),
                claim_link.c.registers == registers,
                claim_link.c.asked,
            )
        )

    return query


RULES = [
    Rule(
        id=f"zelfde_vordering_{name}",
        title="Is dit dezelfde vordering?",
        sentence="{title} noemt {amount:euro} bij {creditor}. Dit kan vordering {reference} zijn "
        "(kans {percent} procent). De hub is niet zeker en telt ze apart.",
        advice="Vergelijk de opgaven bij de vordering en koppel ze, of leg vast dat het niet "
        "dezelfde is.",
        source="Ontwerpregel van de hub: twijfel over welke schuld het is, beslist een mens (AVG "
        "artikel 5, lid 1, onder d: juistheid)",
        severity=2,
        owner="caseworker",
        groups=frozenset(group_of(one, "claim_statement") for one in registers.split("|")),
        query=_asked(registers),
        # Questions are written anew by every pass; the statement and the claim are the same.
        key=lambda facts: f"{facts['source']}:{facts['statement'][-120:]}:{facts['claim']}",
    )
    for registers, name in _ASKED.items()
]
