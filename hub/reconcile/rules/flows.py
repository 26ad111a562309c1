"""Acting together that got stuck: a hold nobody confirmed, a step that waits for a person."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, select

from hub.clock import AMSTERDAM
from hub.reconcile.engine import Knob, Rule, Scope
from hub.reconcile.rules.common import active_case, running
from hub.store import command, debt_case, flow_run, flow_step, hold, hold_reason, source, standing
from hub.sync.holds import HELP


def _before(scope: Scope) -> datetime:
    """Return before which moment something must have begun for its working days to be over."""
    last = scope.working_days_passed(scope.knob("werkdagen"))
    return datetime.combine(last + timedelta(days=1), time.min, AMSTERDAM)


def _unconfirmed(scope: Scope) -> Select[Any]:
    return (
        select(
            command.c.resident_id,
            command.c.id.label("command"),
            command.c.created_at.label("since_at"),
            source.c.title.label("register"),
        )
        .join(source, source.c.id == command.c.source_id)
        .where(
            scope.only(command.c.resident_id),
            source.c.municipality == scope.municipality,
            command.c.kind == "set_hold",
            # What was refused or given up is told by rules of its own.
            command.c.state.in_(("ready", "sending", "unknown", "paused")),
            command.c.created_at < _before(scope),
        )
    )


def _by_hand(scope: Scope) -> Select[Any]:
    begun = func.coalesce(flow_run.c.decided_at, flow_run.c.asked_at)
    return (
        select(
            flow_step.c.resident_id,
            flow_step.c.id.label("step"),
            flow_step.c.receiver.label("register"),
            begun.label("since_at"),
        )
        .join(flow_run, flow_run.c.id == flow_step.c.flow_run_id)
        .where(
            scope.only(flow_step.c.resident_id),
            flow_run.c.municipality == scope.municipality,
            flow_run.c.state == "started",
            flow_step.c.way == "hand",
            flow_step.c.handled_at.is_(None),
            begun < _before(scope),
        )
    )


def _waiting(scope: Scope) -> Select[Any]:
    return select(
        flow_run.c.resident_id,
        flow_run.c.id.label("run"),
        flow_run.c.asked_at.label("since_at"),
    ).where(
        scope.only(flow_run.c.resident_id),
        flow_run.c.municipality == scope.municipality,
        flow_run.c.state == "asked",
        flow_run.c.asked_at < _before(scope),
    )


def _without_reason(scope: Scope) -> Select[Any]:
    """Select holds that the hub asked for reasons of which none is left."""
    lift = command.alias("lift")
    lifting = exists().where(
        lift.c.source_id == hold.c.source_id,
        lift.c.resident_id == hold.c.resident_id,
        lift.c.kind == "lift_hold",
        lift.c.data["reference"].as_string() == hold.c.reference,
        lift.c.state.not_in(("cancelled", "refused", "exhausted")),
    )
    asked = exists().where(
        command.c.source_id == hold.c.source_id,
        command.c.resident_id == hold.c.resident_id,
        command.c.kind == "set_hold",
        command.c.state == "delivered",
        command.c.reference == hold.c.reference,
    )
    why = (
        hold_reason.c.resident_id == hold.c.resident_id,
        hold_reason.c.creditor == hold.c.creditor,
    )
    left = exists().where(*why, hold_reason.c.lifted_at.is_(None))
    return select(hold.c.resident_id, hold.c.creditor, hold.c.reference, hold.c.ends_on).where(
        scope.only(hold.c.resident_id),
        standing(hold),
        running(hold, scope),
        asked,
        exists().where(*why),
        ~left,
        ~lifting,
    )


def _after_help(scope: Scope) -> Select[Any]:
    other = debt_case.alias("other_case")
    helped = exists().where(
        active_case(scope, other), other.c.resident_id == hold_reason.c.resident_id
    )
    ended = func.max(debt_case.c.ends_on)
    return (
        select(hold_reason.c.resident_id, ended.label("since"))
        .join(debt_case, debt_case.c.resident_id == hold_reason.c.resident_id)
        .where(
            scope.only(hold_reason.c.resident_id),
            hold_reason.c.municipality == scope.municipality,
            hold_reason.c.reason == HELP,
            hold_reason.c.lifted_at.is_(None),
            hold_reason.c.until >= scope.today,
            standing(debt_case),
            debt_case.c.ends_on <= scope.today,
            ~helped,
        )
        .group_by(hold_reason.c.resident_id)
    )


BOTH = frozenset({"hold", "help_file"})
_ONE_DAY = (Knob("werkdagen", "Werkdagen tot het alarm", 1, 1, 10, "werkdag(en)"),)

RULES = [
    Rule(
        id="pauze_opdracht_open",
        title="Schuldeiser bevestigt de gevraagde pauze niet",
        sentence=(
            "De hub vroeg {register} op {since_at} om de incasso stil te zetten. Er is nog geen "
            "bevestiging."
        ),
        advice="Bel de schuldeiser en vraag om de incasso nu stil te zetten.",
        source="Gebruikerswens 13 van de gemeenten: niet bevestigd na één werkdag is een alarm",
        severity=3,
        owner="caseworker",
        groups=frozenset({"hold"}),
        query=_unconfirmed,
        key=lambda facts: str(facts["command"]),
        due=lambda facts, scope: scope.today,
        knobs=_ONE_DAY,
    ),
    Rule(
        id="stap_met_de_hand",
        title="Een stap wacht op u",
        sentence=(
            "De hub kan {register} niet zelf bereiken. Een stap van {since_at} moet met de hand."
        ),
        advice="Doe de stap die bij de inwoner staat, en zet haar daar op gedaan.",
        source="Ontwerpregel van de hub: wat de hub niet kan, verdwijnt niet stil",
        severity=2,
        owner="caseworker",
        groups=BOTH,
        query=_by_hand,
        key=lambda facts: str(facts["step"]),
        knobs=_ONE_DAY,
    ),
    Rule(
        id="goedkeuring_wacht",
        title="Goedkeuring blijft uit",
        sentence="Een aanvraag van {since_at} wacht nog op goedkeuring door een tweede medewerker.",
        advice="Beoordeel de aanvraag op de pagina Goedkeuren, of vraag een collega.",
        source="Ontwerpregel van de hub: een aanvraag blijft niet liggen",
        severity=2,
        owner="caseworker",
        groups=BOTH,
        query=_waiting,
        key=lambda facts: str(facts["run"]),
        knobs=_ONE_DAY,
    ),
    Rule(
        id="pauze_zonder_reden",
        title="Incassopauze zonder reden",
        sentence=(
            "De incassopauze {reference} bij {creditor} loopt tot en met {ends_on}, maar er is "
            "geen reden meer voor."
        ),
        advice="Hef de pauze op, of leg de reden vast door de pauze opnieuw aan te vragen.",
        source="Ontwerpregel van de hub: een pauze duurt zolang er een reden is",
        severity=1,
        owner="caseworker",
        groups=frozenset({"hold"}),
        query=_without_reason,
        key=lambda facts: f"{facts['creditor']}:{facts['reference']}",
    ),
    Rule(
        id="pauze_na_hulp",
        title="Incassopauze na het einde van de hulp",
        sentence=("De hulp eindigde op {since}, maar is nog de reden van een incassopauze."),
        advice="Draai alles terug wat bij de hulp hoorde, of leg een andere reden vast.",
        source="Convenant Lokale Overheid: de pauze hoort bij de hulp; AVG artikel 5 (juistheid)",
        severity=2,
        owner="caseworker",
        groups=BOTH,
        query=_after_help,
        key=lambda facts: "hulp",
    ),
]
