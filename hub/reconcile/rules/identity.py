"""Whom a message without BSN is about, when the hub is not sure: a person looks at both sides."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, Select, cast, select

from hub.reconcile.engine import Rule, Scope
from hub.store import match_candidate, source, subject

#: The register that told of the person: the name of its rule, and the field group it belongs to.
#: Who may read that group and identities works on who it is.
ASKED = {
    "tax": ("belasting", "tax_claim"),
    "help": ("schuldhulp", "help_file"),
    "signal": ("vroegsignaal", "signal"),
    "benefit": ("bijstand", "benefit_claim"),
}


def rule_of(register: str) -> str:
    """Return the id of the rule that asks about people whom a register names without BSN."""
    return f"wie_is_dit_{ASKED[register][0]}"


def _asked(register: str) -> Any:
    def query(scope: Scope) -> Select[Any]:
        return (
            select(
                match_candidate.c.resident_id,
                match_candidate.c.subject_id.label("subject"),
                source.c.title.label("title"),
                cast(match_candidate.c.score * 100, Integer).label("percent"),
            )
            .join(subject, subject.c.id == match_candidate.c.subject_id)
            .join(source, source.c.id == subject.c.source_id)
            .where(
                scope.only(match_candidate.c.resident_id),
                match_candidate.c.register == register,
                match_candidate.c.asked,
            )
        )

    return query


RULES = [
    Rule(
        id=rule_of(register),
        title="Wie is dit?",
        sentence="Een melding uit {title} noemt geen BSN. Dit kan deze inwoner zijn "
        "(kans {percent} procent).",
        advice="Vergelijk de gegevens en kies of het dezelfde persoon is.",
        source="Ontwerpregel van de hub: twijfel over wie iemand is, beslist een mens (AVG artikel "
        "5, lid 1, onder d: juistheid)",
        severity=2,
        owner="caseworker",
        groups=frozenset({"identity", group}),
        query=_asked(register),
        key=lambda facts: str(facts["subject"]),
        beyond_caseload=True,
    )
    for register, (_, group) in ASKED.items()
]
