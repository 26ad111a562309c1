"""What a municipality answers as creditor: its own open claims, to who asked for the balance.

A question comes over a source of the exchange that belongs to a creditor; the answer goes back
over the same source, in the same conversation. It holds what that creditor's own register says,
and never what a debt-help file lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, exists, select
from sqlalchemy.sql import and_

from hub.core import Hub
from hub.flows.plan import Plan, Step, Work
from hub.flows.words import BY_HAND
from hub.security.caseload import register_of
from hub.store import (
    balance_answer,
    balance_request,
    claim,
    claim_statement,
    command,
    message,
    own,
    participant,
    standing,
)
from hub.sync.sources import Source, all_sources

#: The sorts of a claim in an answer (Schuldenknooppunt, table of the Saldoverzoek antwoord).
OPEN, TRANSFERRED = "openstaande schuld", "overgedragen schuld"

#: Which answer belongs to a question of another kind than the Saldoverzoek itself.
ANSWERS = {"Saldoverzoek (Inventarisatie)": "inventory_answer"}

#: Every order that answers a question for the balance.
_KINDS = ("balance_answer", "inventory_answer", "consent_answer", "no_cooperation")

_AMOUNTS = ("principal", "interest", "costs", "paid", "open")


def asked_of_us(connection: Connection, hub: Hub, resident_id: str) -> Sequence[Row[Any]]:
    """Return the questions about a resident that were put to us and not answered, oldest first.

    Each has the type and the details of the message it came with, as far as that is known.
    """
    answered = exists().where(
        standing(balance_answer),
        own(balance_answer, hub.municipality),
        balance_answer.c.conversation == balance_request.c.conversation,
    )
    came_with = and_(
        message.c.source_id == balance_request.c.source_id,
        message.c.key == balance_request.c.key,
        standing(message),
    )
    query = (
        select(balance_request, message.c.type, message.c.details)
        .outerjoin(message, came_with)
        .where(
            balance_request.c.resident_id == resident_id,
            balance_request.c.direction == "in",
            standing(balance_request),
            ~answered,
        )
        .order_by(balance_request.c.sent_on, balance_request.c.id)
    )
    return connection.execute(query).all()


def answer_balance(work: Work) -> Plan:
    """Plan an answer to every question about this resident that we did not answer yet."""
    rows = asked_of_us(work.connection, work.hub, work.resident_id)
    by_id = {one.id: one for one in all_sources(work.hub)}
    given = _given(work)
    return Plan(tuple(_step(work, row, by_id.get(row.source_id), given) for row in rows))


def _step(work: Work, row: Row[Any], source: Source | None, given: set[str]) -> Step:
    kind = ANSWERS.get(row.type or "", "balance_answer")
    who, asked = _asker(work, row), f"Gevraagd op {row.sent_on:%d-%m-%Y}."
    if row.conversation in given:
        return Step(kind, who, "none", row.party, note="Het antwoord is al onderweg.")
    if source is None or not source.enabled or kind not in source.connector.commands:
        return Step(kind, who, "hand", row.party, note=f"{asked} {BY_HAND[kind]}")
    told = {
        "party": row.party,
        "party_skp_id": row.party,
        "conversation": row.conversation,
        "question": row.details or {},
        "claims": _claims(work, source),
    }
    return Step(kind, who, "send", row.party, source, told, note=asked)


def _given(work: Work) -> set[str]:
    """Return the conversations in which an answer is on its way, or arrived just now."""
    query = select(command.c.data).where(
        command.c.resident_id == work.resident_id,
        command.c.kind.in_(_KINDS),
        command.c.state.not_in(("cancelled", "refused", "exhausted")),
        command.c.asked != "cancel",
    )
    return {str(data.get("conversation")) for data in work.connection.execute(query).scalars()}


def _asker(work: Work, row: Row[Any]) -> str:
    """Return who asked: by name where the hub or the question tells it, else by its number."""
    query = select(participant.c.name).where(
        (participant.c.skp_id == row.party) | (participant.c.code == row.party),
        standing(participant),
        own(participant, work.hub.municipality),
    )
    known = work.connection.execute(query.order_by(participant.c.valid_from.desc())).scalar()
    contact = (row.details or {}).get("Contactpersoon")
    told = contact.get("Naam") if isinstance(contact, Mapping) else ""
    return str(known or told or row.party)


def _claims(work: Work, asked: Source) -> list[dict[str, Any]]:
    """Return our open claims as our own register tells them: cents, and days as ISO text.

    Only of the register that was asked: who answers for the taxes does not tell of a benefit.
    """
    ours = [
        one.id
        for one in all_sources(work.hub)
        if one.role == "creditor"
        and one.owner == asked.owner
        and register_of(one.connector) == register_of(asked.connector)
    ]
    query = (
        select(claim_statement)
        .join(claim, claim.c.statement_id == claim_statement.c.id)
        .where(
            claim.c.resident_id == work.resident_id,
            claim.c.creditor == asked.owner,
            claim_statement.c.source_id.in_(ours),
            claim_statement.c.open > 0,
            standing(claim_statement),
        )
        .order_by(claim_statement.c.reference, claim_statement.c.id)
    )
    return [_told(row) for row in work.connection.execute(query)]


def _told(row: Row[Any]) -> dict[str, Any]:
    amounts = {name: getattr(row, name) for name in _AMOUNTS}
    moved = row.stage == "overgedragen" or row.transferred_to
    return {
        "sort": TRANSFERRED if moved else OPEN,
        "reference": row.reference,
        "imposed_on": row.imposed_on.isoformat() if row.imposed_on else None,
        "as_of": row.as_of.isoformat(),
        "transferred_to": row.transferred_to,
        **{name: cents for name, cents in amounts.items() if cents is not None},
    }
