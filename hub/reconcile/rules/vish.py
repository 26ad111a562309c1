"""VISH: an active case should be registered, and a registration should have an active case."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, exists, func, select

from hub.clock import add_working_days
from hub.reconcile.engine import Facts, Rule, Scope
from hub.reconcile.rules.common import active_case, running
from hub.store import debt_case, register_entry, standing

#: Phases in which bailiffs should know: from the talks about the plan (registers.md 2.1).
PHASES = ("plan_van_aanpak", "stabilisatie", "schuldregeling")

#: Days a nightly exchange may take before an absent registration means something.
GRACE_DAYS = 2


def _missing(scope: Scope) -> Select[Any]:
    begun = func.coalesce(debt_case.c.plan_on, debt_case.c.starts_on)
    registered = exists().where(
        standing(register_entry),
        running(register_entry, scope),
        register_entry.c.register == "vish",
        register_entry.c.resident_id == debt_case.c.resident_id,
    )
    return (
        select(debt_case.c.resident_id, func.min(begun).label("since"))
        .where(
            scope.only(debt_case.c.resident_id),
            debt_case.c.resident_id.is_not(None),
            active_case(scope),
            debt_case.c.phase.in_(PHASES),
            begun <= scope.days_ago(GRACE_DAYS),
            ~registered,
        )
        .group_by(debt_case.c.resident_id)
    )


def _idle(scope: Scope) -> Select[Any]:
    helped = exists().where(
        active_case(scope), debt_case.c.resident_id == register_entry.c.resident_id
    )
    return select(
        register_entry.c.resident_id,
        register_entry.c.reference,
        register_entry.c.starts_on.label("since"),
    ).where(
        scope.only(register_entry.c.resident_id),
        register_entry.c.resident_id.is_not(None),
        standing(register_entry),
        running(register_entry, scope),
        register_entry.c.register == "vish",
        ~helped,
    )


def _stale(scope: Scope) -> Select[Any]:
    return (
        select(
            register_entry.c.resident_id,
            register_entry.c.reference,
            register_entry.c.phase.label("registered"),
            debt_case.c.phase,
        )
        .join(debt_case, debt_case.c.resident_id == register_entry.c.resident_id)
        .where(
            scope.only(register_entry.c.resident_id),
            standing(register_entry),
            running(register_entry, scope),
            register_entry.c.register == "vish",
            register_entry.c.phase != "",
            active_case(scope),
            debt_case.c.phase.in_(PHASES),
            register_entry.c.phase != debt_case.c.phase,
        )
    )


def _next_working_day(facts: Facts, scope: Scope) -> date:
    return add_working_days(date.fromisoformat(facts["since"]), GRACE_DAYS)


RULES = [
    Rule(
        id="vish_ontbreekt",
        title="Niet aangemeld bij VISH",
        sentence=(
            "Er loopt een schuldhulptraject (plan sinds {since}), maar deze inwoner staat niet "
            "in VISH. Deurwaarders weten dus niet dat er hulp is."
        ),
        advice="Meld de inwoner aan bij VISH. Wachten op de beschikking is niet nodig.",
        source="NVVK, VISH: aanmelden zodra het gesprek over het plan van aanpak loopt",
        severity=2,
        owner="caseworker",
        groups=frozenset({"help_file"}),
        query=_missing,
        key=lambda facts: "vish",
        due=_next_working_day,
    ),
    Rule(
        id="vish_zonder_traject",
        title="In VISH zonder lopend traject",
        sentence=(
            "Deze inwoner staat sinds {since} in VISH (nummer {reference}), "
            "maar er loopt geen schuldhulptraject."
        ),
        advice="Controleer of de hulp echt is gestopt. Meld de inwoner dan af bij VISH.",
        source="NVVK, VISH: afmelden bij uitstroom; AVG artikel 5 (juistheid)",
        severity=1,
        owner="caseworker",
        groups=frozenset({"help_file"}),
        query=_idle,
        key=lambda facts: str(facts["reference"]),
    ),
    Rule(
        id="vish_verouderd",
        title="Fase in VISH is verouderd",
        sentence=(
            "In VISH (nummer {reference}) staat als fase {registered:phase}, in het dossier staat "
            "{phase:phase}."
        ),
        advice="Werk de aanmelding in VISH bij.",
        source="NVVK, VISH: een gewijzigde fase wordt doorgegeven; AVG artikel 5 (juistheid)",
        severity=1,
        owner="caseworker",
        groups=frozenset({"help_file"}),
        query=_stale,
        key=lambda facts: str(facts["reference"]),
    ),
]
