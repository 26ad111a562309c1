"""The timeline of a resident: what happened, newest first, each with the source that tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, select

from hub.overview.words import euro, organisation
from hub.store import (
    balance_answer,
    balance_request,
    claim,
    claim_event,
    claim_statement,
    debt_case,
    hold,
    notice,
    register_entry,
    source,
    standing,
)

#: How the kinds of events read.
EVENT_WORDS = {
    "opgelegd": "Aanslag opgelegd",
    "herinnering": "Herinnering gestuurd",
    "aanmaning": "Aanmaning gestuurd",
    "dwangbevel": "Dwangbevel betekend",
    "vooraankondiging": "Vooraankondiging gestuurd",
    "vordering": "Vordering op loon of uitkering",
    "beslag": "Beslag gelegd",
    "betaling": "Betaling ontvangen",
    "rente": "Rente berekend",
    "kwijtschelding": "Kwijtschelding verleend",
    "vermindering": "Aanslag verminderd",
    "correctie": "Correctie",
    "oninbaar": "Oninbaar verklaard",
    "verrekening": "Verrekend",
    "teruggave": "Teruggegeven",
    "annulering": "Ingetrokken",
    "uitstel": "Uitstel gegeven",
    "retour": "Brief kwam terug",
    "overgedragen": "Overgedragen",
    "invorderingsstap": "Stap in de invordering",
}


@dataclass(frozen=True)
class Moment:
    """One line of the timeline; `amount` in cents, where the event has one."""

    on: date
    text: str
    source: str
    source_id: int
    kind: str
    amount: int | None = None


def timeline(
    connection: Connection, resident_id: str, names: dict[str, str], at: datetime | None = None
) -> list[Moment]:
    """Return what happened to this resident, newest first."""
    found = [
        *_events(connection, resident_id, at),
        *_cases(connection, resident_id, at),
        *_holds(connection, resident_id, names, at),
        *_entries(connection, resident_id, at),
        *_messages(connection, resident_id, names, at),
    ]
    return sorted(found, key=lambda moment: moment.on, reverse=True)


def _told(table: Any, resident_id: str, at: datetime | None) -> Select[Any]:
    return (
        select(table, source.c.title.label("source"))
        .join(source, source.c.id == table.c.source_id)
        .where(table.c.resident_id == resident_id, standing(table, at))
    )


def _moment(row: Any, on: date, text: str, kind: str) -> Moment:
    return Moment(on, text, row.source, row.source_id, kind)


def _events(connection: Connection, resident_id: str, at: datetime | None) -> list[Moment]:
    query = (
        select(
            claim_event.c.on,
            claim_event.c.kind,
            claim_event.c.amount,
            claim.c.reference,
            source.c.title,
            source.c.id.label("source_id"),
        )
        .join(
            claim_statement,
            and_(
                claim_statement.c.source_id == claim_event.c.source_id,
                claim_statement.c.key == claim_event.c.claim,
                standing(claim_statement, at),
            ),
        )
        .join(claim, claim.c.id == claim_statement.c.claim_id)
        .join(source, source.c.id == claim_event.c.source_id)
        .where(claim.c.resident_id == resident_id, standing(claim_event, at))
    )
    return [
        Moment(
            row.on,
            f"{EVENT_WORDS.get(row.kind, row.kind)}, vordering {row.reference}",
            row.title,
            row.source_id,
            row.kind,
            abs(row.amount) or None,
        )
        for row in connection.execute(query)
    ]


def _cases(connection: Connection, resident_id: str, at: datetime | None) -> list[Moment]:
    found = []
    for row in connection.execute(_told(debt_case, resident_id, at)):
        steps = (
            (row.starts_on, "Aangemeld voor schuldhulp"),
            (row.intake_on, "Intake voor schuldhulp"),
            (row.plan_on, "Plan van aanpak gemaakt"),
            (row.ends_on, f"Schuldhulp beëindigd ({row.end_reason or 'reden onbekend'})"),
        )
        found += [
            Moment(on, text, row.source, row.source_id, "schuldhulp") for on, text in steps if on
        ]
    return found


def _holds(
    connection: Connection, resident_id: str, names: dict[str, str], at: datetime | None
) -> list[Moment]:
    return [
        _moment(
            row,
            row.confirmed_on,
            f"Incassopauze bevestigd door {organisation(names, row.creditor)} (nummer "
            f"{row.reference})",
            "pauze",
        )
        for row in connection.execute(_told(hold, resident_id, at))
    ]


def _entries(connection: Connection, resident_id: str, at: datetime | None) -> list[Moment]:
    found = []
    for row in connection.execute(_told(register_entry, resident_id, at)):
        found.append(
            Moment(row.starts_on, "Aangemeld bij VISH", row.source, row.source_id, "register")
        )
        if row.ends_on:
            found.append(
                Moment(row.ends_on, "Afgemeld bij VISH", row.source, row.source_id, "register")
            )
    return found


def _messages(
    connection: Connection, resident_id: str, names: dict[str, str], at: datetime | None
) -> list[Moment]:
    found = []
    for table, text in ((notice, "Kennisgeving"), (balance_request, "Saldoverzoek")):
        for row in connection.execute(_told(table, resident_id, at)):
            towards = "aan" if row.direction == "out" else "van"
            who = organisation(names, row.party)
            found.append(
                Moment(row.sent_on, f"{text} {towards} {who}", row.source, row.source_id, "bericht")
            )
    asked = select(balance_request.c.conversation).where(
        balance_request.c.resident_id == resident_id, standing(balance_request, at)
    )
    answers = (
        select(balance_answer, source.c.title.label("source"))
        .join(source, source.c.id == balance_answer.c.source_id)
        .where(balance_answer.c.conversation.in_(asked), standing(balance_answer, at))
    )
    for row in connection.execute(answers):
        said = f"saldo {euro(row.total)}" if row.outcome == "saldo" else f"geen saldo: {row.reason}"
        text = f"Antwoord op saldoverzoek, {said}"
        found.append(_moment(row, row.answered_on, text, "bericht"))
    return found
