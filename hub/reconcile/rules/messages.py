"""Messages to creditors that were not followed by what should follow."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, exists, literal, select

from hub.clock import add_working_days
from hub.reconcile.engine import Facts, Rule, Scope
from hub.reconcile.rules.common import bound_then, running
from hub.store import balance_answer, balance_request, hold, notice, own, participant, standing

#: Working days in which a Saldoverzoek is answered (Schuldenknooppunt, procesafspraak 2.3).
ANSWER_WORKING_DAYS = 10


def _unconfirmed(scope: Scope) -> Select[Any]:
    confirmed = exists().where(
        standing(hold),
        running(hold, scope),
        hold.c.resident_id == notice.c.resident_id,
        hold.c.creditor == notice.c.party,
    )
    return (
        select(
            notice.c.resident_id,
            notice.c.party,
            notice.c.sent_on,
            participant.c.name,
            participant.c.hold_confirm_working_days.label("days"),
        )
        .select_from(notice.join(participant, bound_then(scope)))
        .where(
            scope.only(notice.c.resident_id),
            notice.c.resident_id.is_not(None),
            standing(notice),
            notice.c.direction == "out",
            scope.term_passed(notice.c.sent_on, participant.c.hold_confirm_working_days),
            ~confirmed,
        )
    )


def _unanswered(scope: Scope) -> Select[Any]:
    answered = exists().where(
        standing(balance_answer),
        own(balance_answer, scope.municipality),
        balance_answer.c.conversation == balance_request.c.conversation,
    )
    # A party whose terms changed has a row for each period; any of them knows its name.
    name = (
        select(participant.c.name)
        .where(
            standing(participant),
            own(participant, scope.municipality),
            participant.c.code == balance_request.c.party,
        )
        .order_by(participant.c.valid_from.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(
        balance_request.c.resident_id,
        balance_request.c.party,
        balance_request.c.sent_on,
        name.label("name"),
        literal(ANSWER_WORKING_DAYS).label("days"),
    ).where(
        scope.only(balance_request.c.resident_id),
        balance_request.c.resident_id.is_not(None),
        standing(balance_request),
        balance_request.c.direction == "out",
        balance_request.c.sent_on <= scope.working_days_passed(ANSWER_WORKING_DAYS),
        ~answered,
    )


def _end_of_term(facts: Facts, scope: Scope) -> date:
    return add_working_days(date.fromisoformat(facts["sent_on"]), facts["days"])


def _message_key(facts: Facts) -> str:
    return f"{facts['party']}:{facts['sent_on']}"


RULES = [
    Rule(
        id="pauze_niet_bevestigd",
        title="Incassopauze niet bevestigd",
        sentence=(
            "{name} kreeg op {sent_on} een kennisgeving, maar bevestigde de incassopauze niet "
            "binnen {days} werkdag(en)."
        ),
        advice="Vraag de schuldeiser om de incasso nu te pauzeren.",
        source="Convenant Lokale Overheid (termijn instelbaar, te controleren met het convenant)",
        severity=2,
        owner="caseworker",
        groups=frozenset({"hold", "help_file"}),
        query=_unconfirmed,
        key=_message_key,
        due=_end_of_term,
    ),
    Rule(
        id="saldo_onbeantwoord",
        title="Saldoverzoek niet beantwoord",
        sentence=(
            "{name} kreeg op {sent_on} een saldoverzoek en antwoordde niet binnen {days} werkdagen."
        ),
        advice="Bel de schuldeiser of stuur het verzoek opnieuw.",
        source="Schuldenknooppunt, procesafspraken 2.3: antwoord binnen 10 werkdagen",
        severity=2,
        owner="caseworker",
        groups=frozenset({"help_file"}),
        query=_unanswered,
        key=_message_key,
        due=_end_of_term,
    ),
]
