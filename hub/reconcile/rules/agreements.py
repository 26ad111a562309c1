"""The clocks of covenant and exchange: answers, proposals, and what was agreed."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from hub.reconcile.engine import Facts, Knob, Rule, Scope
from hub.reconcile.rules.common import (
    PRESSING,
    active_case,
    after,
    bound_then,
    by_event,
    running,
    steps,
    working_days_after,
)
from hub.store import (
    arrangement,
    balance_answer,
    balance_request,
    claim,
    claim_event,
    debt_case,
    hold,
    notice,
    own,
    participant,
    standing,
)

HELP = frozenset({"help_file"})

_reply = arrangement.alias("reply")


def _answered(scope: Scope) -> ColumnElement[bool]:
    return exists().where(
        standing(balance_answer),
        own(balance_answer, scope.municipality),
        balance_answer.c.conversation == balance_request.c.conversation,
    )


def _covenant_passed(scope: Scope) -> Select[Any]:
    """Select notices after which no balance came, where none was asked for either.

    Who was asked at the exchange has the shorter term of the exchange (saldo_onbeantwoord).
    """
    asked = exists().where(
        standing(balance_request),
        balance_request.c.resident_id == notice.c.resident_id,
        balance_request.c.party == notice.c.party,
        balance_request.c.sent_on >= notice.c.sent_on,
    )
    told = exists().where(
        standing(balance_answer),
        own(balance_answer, scope.municipality),
        balance_answer.c.conversation == notice.c.conversation,
    )
    return (
        select(
            notice.c.resident_id,
            notice.c.party,
            notice.c.sent_on.label("since"),
            participant.c.name,
            participant.c.balance_working_days.label("days"),
        )
        .select_from(notice.join(participant, bound_then(scope)))
        .where(
            scope.only(notice.c.resident_id),
            notice.c.resident_id.is_not(None),
            standing(notice),
            notice.c.direction == "out",
            scope.term_passed(notice.c.sent_on, participant.c.balance_working_days),
            ~asked,
            ~told,
        )
    )


def _to_answer(scope: Scope) -> Select[Any]:
    """Select what others asked us as creditor and we did not answer."""
    last = scope.working_days_passed(scope.knob("werkdagen"))
    return select(
        balance_request.c.resident_id,
        balance_request.c.conversation,
        balance_request.c.sent_on.label("since"),
    ).where(
        scope.only(balance_request.c.resident_id),
        balance_request.c.resident_id.is_not(None),
        standing(balance_request),
        balance_request.c.direction == "in",
        balance_request.c.sent_on <= last,
        ~_answered(scope),
    )


def _no_proposal(scope: Scope, earliest: int, latest: int) -> Select[Any]:
    """Select active cases whose last balance is so many days old, without a proposal since."""
    proposed = exists().where(
        standing(arrangement),
        arrangement.c.resident_id == balance_request.c.resident_id,
        arrangement.c.on >= balance_request.c.sent_on,
    )
    helped = exists().where(
        active_case(scope),
        debt_case.c.resident_id == balance_request.c.resident_id,
        debt_case.c.solution_on.is_(None),
    )
    last = func.max(balance_answer.c.answered_on)
    return (
        select(balance_request.c.resident_id, last.label("since"))
        .select_from(
            balance_request.join(
                balance_answer,
                and_(
                    balance_answer.c.conversation == balance_request.c.conversation,
                    own(balance_answer, scope.municipality),
                    standing(balance_answer),
                    balance_answer.c.outcome == "saldo",
                ),
            )
        )
        .where(
            scope.only(balance_request.c.resident_id),
            balance_request.c.resident_id.is_not(None),
            standing(balance_request),
            balance_request.c.direction == "out",
            helped,
            ~proposed,
        )
        .group_by(balance_request.c.resident_id)
        .having(last < scope.days_ago(earliest), last >= scope.days_ago(latest))
    )


def _proposal_due(scope: Scope) -> Select[Any]:
    return _no_proposal(scope, scope.knob("dagen"), scope.knob("uiterlijk"))


def _proposal_late(scope: Scope) -> Select[Any]:
    return _no_proposal(scope, scope.knob("dagen"), 3650)


def _proposal_unanswered(scope: Scope) -> Select[Any]:
    replied = exists().where(
        standing(_reply),
        _reply.c.party == arrangement.c.party,
        _reply.c.direction == "in",
        _reply.c.on >= arrangement.c.on,
        or_(
            _reply.c.resident_id == arrangement.c.resident_id,
            and_(_reply.c.conversation != "", _reply.c.conversation == arrangement.c.conversation),
        ),
    )
    last = scope.working_days_passed(scope.knob("werkdagen"))
    return select(
        arrangement.c.resident_id,
        arrangement.c.party.label("creditor"),
        arrangement.c.on.label("since"),
    ).where(
        scope.only(arrangement.c.resident_id),
        arrangement.c.resident_id.is_not(None),
        standing(arrangement),
        arrangement.c.direction == "out",
        arrangement.c.status.in_(("voorgesteld", "heroverweging")),
        arrangement.c.on <= last,
        ~replied,
    )


def _hold_ending(scope: Scope) -> Select[Any]:
    helped = exists().where(active_case(scope), debt_case.c.resident_id == hold.c.resident_id)
    return select(hold.c.resident_id, hold.c.creditor, hold.c.reference, hold.c.ends_on).where(
        scope.only(hold.c.resident_id),
        hold.c.resident_id.is_not(None),
        standing(hold),
        running(hold, scope),
        hold.c.ends_on <= scope.days_ago(-scope.knob("dagen")),
        helped,
    )


def _pressed_after_agreement(scope: Scope) -> Select[Any]:
    # A party is known by the hub's code of it, or by its id at the exchange.
    known_as = select(participant.c.skp_id).where(
        standing(participant),
        own(participant, scope.municipality),
        participant.c.code == claim.c.creditor,
    )
    agreed = (
        select(func.max(arrangement.c.on))
        .where(
            standing(arrangement),
            arrangement.c.status == "akkoord",
            arrangement.c.resident_id == claim.c.resident_id,
            or_(arrangement.c.party == claim.c.creditor, arrangement.c.party.in_(known_as)),
            arrangement.c.on < claim_event.c.on,
        )
        .scalar_subquery()
    )
    whose = select(arrangement.c.resident_id).where(
        scope.within(arrangement.c.resident_id),
        standing(arrangement),
        arrangement.c.status == "akkoord",
    )
    return steps(scope, PRESSING, agreed.label("since")).where(
        agreed.is_not(None), claim.c.resident_id.in_(whose)
    )


def _covenant_end(facts: Facts, scope: Scope) -> date:
    return working_days_after(facts, "since", facts["days"])


def _working_days_end(facts: Facts, scope: Scope) -> date:
    return working_days_after(facts, "since", scope.knob("werkdagen"))


def _days_end(facts: Facts, scope: Scope) -> date:
    return after(facts, "since", scope.knob("dagen"))


WORKING_DAYS = "werkdagen"

RULES = [
    Rule(
        id="saldo_convenant_voorbij",
        title="Convenanttermijn voor het saldo voorbij",
        sentence=(
            "{name} kreeg op {since} een kennisgeving en gaf geen saldo binnen de {days} werkdagen "
            "van het convenant."
        ),
        advice="Stuur een saldoverzoek, of bel deze partij en verwijs naar het convenant.",
        source="Convenant Lokale Overheid: saldo-opgave, inspanning 15 werkdagen (per partij)",
        severity=2,
        owner="caseworker",
        groups=HELP,
        query=_covenant_passed,
        key=lambda facts: f"{facts['party']}:{facts['since']}",
        due=_covenant_end,
    ),
    Rule(
        id="saldo_te_geven",
        title="Saldoverzoek aan ons niet beantwoord",
        sentence="Een schuldhulpverlener vroeg op {since} om het saldo. Er is geen antwoord.",
        advice="Geef het saldo via het Schuldenknooppunt.",
        source="Schuldenknooppunt, procesafspraken 2.3: antwoord binnen 10 werkdagen",
        severity=2,
        owner="caseworker",
        groups=frozenset({"tax_claim"}),
        query=_to_answer,
        key=lambda facts: str(facts["conversation"]),
        due=_working_days_end,
        knobs=(Knob(WORKING_DAYS, "Werkdagen tot het antwoord", 10, 1, 10, WORKING_DAYS),),
    ),
    Rule(
        id="voorstel_blijft_uit",
        title="Nog geen voorstel na de saldo-opgaven",
        sentence="De saldo-opgaven zijn van {since}. Er is nog geen voorstel of oplossing.",
        advice="Maak het voorstel, of vertel de schuldeisers wanneer het komt.",
        source="Convenant Lokale Overheid, stap 7 en NVVK-richtlijn: voorstel binnen vier maanden",
        severity=2,
        owner="caseworker",
        groups=HELP,
        query=_proposal_due,
        key=lambda facts: "voorstel",
        due=_days_end,
        knobs=(
            Knob("dagen", "Dagen na de laatste saldo-opgave", 120, 30, 240),
            Knob("uiterlijk", "Vanaf hier geldt de laatste termijn", 240, 30, 730),
        ),
    ),
    Rule(
        id="voorstel_te_laat",
        title="Laatste termijn voor een voorstel voorbij",
        sentence=(
            "De saldo-opgaven zijn van {since}. De laatste termijn voor een voorstel is voorbij: "
            "schuldeisers mogen weer gaan incasseren."
        ),
        advice="Vraag de schuldeisers om langer te wachten, en maak het voorstel nu.",
        source="Convenant Lokale Overheid, stap 7: uiterlijk acht maanden na de saldo-opgave",
        severity=3,
        owner="caseworker",
        groups=HELP,
        query=_proposal_late,
        key=lambda facts: "voorstel",
        due=_days_end,
        knobs=(Knob("dagen", "Dagen na de laatste saldo-opgave", 240, 30, 730),),
    ),
    Rule(
        id="voorstel_onbeantwoord",
        title="Voorstel niet beantwoord",
        sentence="{creditor} kreeg op {since} een voorstel en antwoordde niet.",
        advice="Bel de schuldeiser. Bij een convenantpartij met akkoord vooraf: leg dat vast.",
        source="Convenant Lokale Overheid, stap 8b: antwoord, inspanning 15 werkdagen",
        severity=2,
        owner="caseworker",
        groups=HELP,
        query=_proposal_unanswered,
        key=lambda facts: f"{facts['creditor']}:{facts['since']}",
        due=_working_days_end,
        knobs=(Knob(WORKING_DAYS, "Werkdagen tot het antwoord", 15, 1, 60, WORKING_DAYS),),
    ),
    Rule(
        id="pauze_loopt_af",
        title="Incassopauze loopt bijna af",
        sentence="De incassopauze bij {creditor} eindigt op {ends_on}, terwijl de hulp nog loopt.",
        advice="Vraag de schuldeiser om de pauze te verlengen.",
        source="Convenant Lokale Overheid, stap 4: de pauze duurt acht maanden",
        severity=2,
        owner="caseworker",
        groups=frozenset({"hold", "help_file"}),
        query=_hold_ending,
        key=lambda facts: f"{facts['creditor']}:{facts['reference']}",
        due=lambda facts, scope: date.fromisoformat(facts["ends_on"]),
        knobs=(Knob("dagen", "Hoe lang van tevoren", 14, 1, 90),),
    ),
    Rule(
        id="incasso_na_akkoord",
        title="Incasso na een akkoord",
        sentence=(
            "{creditor} ging op {since} akkoord met het voorstel, maar deed daarna op {on} nog een "
            "stap ({kind}) voor vordering {reference}."
        ),
        advice="Bel de schuldeiser. Vraag om de stap en de kosten terug te draaien.",
        source="Ontwerpregel van de hub: na een akkoord geldt het voorstel",
        severity=3,
        owner="caseworker",
        groups=frozenset({"tax_claim", "help_file"}),
        query=_pressed_after_agreement,
        key=by_event,
    ),
]
