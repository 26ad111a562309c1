"""The clocks of debt help: signals to take up, a first talk to hold, a plan to make."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, select

from hub.reconcile.engine import Facts, Knob, Rule, Scope
from hub.reconcile.rules.common import active_case, after, working_days_after
from hub.store import debt_case, early_signal, signal_case, standing


def _begun(scope: Scope, since: Any) -> Select[Any]:
    return (
        select(debt_case.c.resident_id, func.min(since).label("since"))
        .where(
            scope.only(debt_case.c.resident_id),
            debt_case.c.resident_id.is_not(None),
            active_case(scope),
            debt_case.c.plan_on.is_(None),
        )
        .group_by(debt_case.c.resident_id)
    )


def _no_talk(scope: Scope) -> Select[Any]:
    # A file that tells a phase beyond the talk but not its day is no late talk.
    return _begun(scope, debt_case.c.starts_on).where(
        debt_case.c.intake_on.is_(None),
        debt_case.c.phase == "aanmelding",
        debt_case.c.starts_on < scope.days_ago(7 * scope.knob("weken")),
    )


def _no_plan(scope: Scope) -> Select[Any]:
    return _begun(scope, debt_case.c.intake_on).where(
        debt_case.c.phase.in_(("aanmelding", "intake", "plan_van_aanpak")),
        debt_case.c.intake_on < scope.days_ago(7 * scope.knob("weken")),
    )


def _waiting(scope: Scope, last: date) -> Select[Any]:
    """Select signals until a day that nobody took up."""
    taken = exists().where(
        standing(signal_case),
        signal_case.c.resident_id == early_signal.c.resident_id,
        signal_case.c.taken_up_on >= early_signal.c.signalled_on,
    )
    ended = exists().where(
        standing(signal_case),
        signal_case.c.resident_id == early_signal.c.resident_id,
        signal_case.c.matched_on >= early_signal.c.signalled_on,
        signal_case.c.result_code != "",
    )
    return _signals(scope).where(early_signal.c.signalled_on < last, ~taken, ~ended)


def _signals(scope: Scope) -> Select[Any]:
    partner = case(
        (early_signal.c.partner != "", early_signal.c.partner),
        (early_signal.c.partner_type != "", early_signal.c.partner_type),
        else_="Een signaalpartner",
    )
    return select(
        early_signal.c.resident_id,
        early_signal.c.reference,
        partner.label("partner"),
        early_signal.c.signalled_on.label("since"),
    ).where(
        scope.only(early_signal.c.resident_id),
        early_signal.c.resident_id.is_not(None),
        standing(early_signal),
    )


def _not_taken_up(scope: Scope) -> Select[Any]:
    last = scope.days_ago(7 * scope.knob("weken"))
    return _waiting(scope, last).where(early_signal.c.crisis.is_(False))


def _crisis(scope: Scope) -> Select[Any]:
    # The last day that is itself still too late, so the day after it is not.
    last = scope.working_days_passed(scope.knob("werkdagen"))
    return _waiting(scope, date.fromordinal(last.toordinal() + 1)).where(early_signal.c.crisis)


def _known_already(scope: Scope) -> Select[Any]:
    helped: ColumnElement[bool] = exists().where(
        active_case(scope),
        debt_case.c.resident_id == early_signal.c.resident_id,
        debt_case.c.starts_on <= early_signal.c.signalled_on,
    )
    recent = early_signal.c.signalled_on >= scope.days_ago(scope.knob("dagen"))
    return _signals(scope).where(recent, helped)


def _end_of_weeks(facts: Facts, scope: Scope) -> date:
    return after(facts, "since", 7 * scope.knob("weken"))


def _end_of_crisis(facts: Facts, scope: Scope) -> date:
    return working_days_after(facts, "since", scope.knob("werkdagen"))


def _by_signal(facts: Facts) -> str:
    return str(facts["reference"])


RULES = [
    Rule(
        id="gesprek_te_laat",
        title="Eerste gesprek te laat",
        sentence="De inwoner meldde zich op {since}, maar een eerste gesprek is niet bekend.",
        advice="Plan het gesprek deze week, of leg vast waarom het later komt.",
        source="Wgs artikel 4 lid 1: het eerste gesprek is binnen vier weken",
        severity=3,
        owner="caseworker",
        groups=frozenset({"help_file"}),
        query=_no_talk,
        key=lambda facts: "gesprek",
        due=_end_of_weeks,
        knobs=(Knob("weken", "Weken tot het eerste gesprek", 4, 1, 4, "weken"),),
    ),
    Rule(
        id="besluit_te_laat",
        title="Plan van aanpak of besluit te laat",
        sentence="Het eerste gesprek was op {since}, maar er is nog geen plan van aanpak.",
        advice="Neem het besluit, of vertel de inwoner waarom het later komt.",
        source="Wgs artikel 4a lid 3: in de verordening, en niet later dan acht weken",
        severity=3,
        owner="caseworker",
        groups=frozenset({"help_file"}),
        query=_no_plan,
        key=lambda facts: "besluit",
        due=_end_of_weeks,
        knobs=(Knob("weken", "Weken tot het besluit (verordening)", 8, 1, 8, "weken"),),
    ),
    Rule(
        id="signaal_niet_opgepakt",
        title="Vroegsignaal niet opgepakt",
        sentence="{partner} meldde op {since} een achterstand. Er is nog niets mee gedaan.",
        advice="Neem contact op met de inwoner, of leg vast waarom niet.",
        source="Wgs artikel 3 lid 1 onder b; de termijn is een werkafspraak van de gemeente",
        severity=2,
        owner="caseworker",
        groups=frozenset({"signal", "signal_result"}),
        query=_not_taken_up,
        key=_by_signal,
        due=_end_of_weeks,
        knobs=(Knob("weken", "Weken tot het eerste contact", 4, 1, 26, "weken"),),
    ),
    Rule(
        id="crisis_niet_opgepakt",
        title="Bedreigende situatie niet opgepakt",
        sentence="{partner} meldde op {since} een bedreigende situatie. Er is nog geen contact.",
        advice="Neem vandaag contact op met de inwoner.",
        source="Wgs artikel 4 lid 2: gesprek binnen drie werkdagen in een bedreigende situatie",
        severity=3,
        owner="caseworker",
        groups=frozenset({"signal", "signal_result"}),
        query=_crisis,
        key=_by_signal,
        due=_end_of_crisis,
        knobs=(Knob("werkdagen", "Werkdagen tot het gesprek", 3, 1, 3, "werkdagen"),),
    ),
    Rule(
        id="signaal_tijdens_hulp",
        title="Vroegsignaal terwijl er hulp loopt",
        sentence=(
            "{partner} meldde op {since} een achterstand, maar deze inwoner krijgt al schuldhulp."
        ),
        advice="Geef het signaal door aan de schuldhulpverlener: er ontstaat een nieuwe schuld.",
        source="Ontwerpregel van de hub (Wgs artikel 3): een signaal hoort bij wie al helpt",
        severity=2,
        owner="caseworker",
        groups=frozenset({"signal", "help_file"}),
        query=_known_already,
        key=_by_signal,
        knobs=(Knob("dagen", "Hoe lang na het signaal", 180, 1, 730),),
    ),
]
