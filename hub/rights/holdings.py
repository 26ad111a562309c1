"""What the hub holds of one resident, table by table.

The tables are found in the metadata: whatever has a `resident_id` or a `subject_id` is about
somebody. So a table that is added later is in the report of article 15 by itself. Rows that are
somebody's by a detour (the events of a claim, the rejects of a record) are named here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, false, or_, select, union

from hub.core import Hub
from hub.rights.pseudonyms import pseudonym_of
from hub.store import (
    FACTS,
    balance_answer,
    balance_request,
    claim_event,
    claim_statement,
    indicator_event,
    metadata,
    payment_plan,
    processing_log,
    record,
    reject,
    remission,
    resident,
    subject,
)

#: Who looked is told apart from what is known (hub/rights/looks.py).
ELSEWHERE = (processing_log,)


def holdings(connection: Connection, hub: Hub, resident_id: str) -> dict[str, list[Row[Any]]]:
    """Return every row about a resident of this municipality, by the name of its table.

    Rows of the past are in it: what was superseded, closed, ended or withdrawn.
    """
    found = {}
    for table in personal_tables():
        query = select(table).where(about(table, hub, resident_id)).order_by(*table.primary_key)
        found[table.name] = list(connection.execute(query))
    pseudonym = pseudonym_of(connection, hub, resident_id)
    mine = select(indicator_event).where(
        indicator_event.c.municipality == hub.municipality,
        indicator_event.c.pseudonym == pseudonym,
    )
    found[indicator_event.name] = list(connection.execute(mine.order_by(indicator_event.c.id)))
    return found


def personal_tables() -> list[Table]:
    """Return every table that tells something of a resident, in the order of their keys."""
    return [
        table
        for table in metadata.sorted_tables
        if table not in ELSEWHERE and (_columns(table) or table in _DETOURS or table is resident)
    ]


def about(table: Table, hub: Hub, resident_id: str) -> ColumnElement[bool]:
    """Return the condition that a row of a personal table is about this resident."""
    mine = select(subject.c.id).where(
        subject.c.resident_id == resident_id, subject.c.municipality == hub.municipality
    )
    parts: list[ColumnElement[bool]] = []
    if "resident_id" in table.c:
        parts.append(table.c.resident_id == resident_id)
    if "subject_id" in table.c:
        parts.append(table.c.subject_id.in_(mine))
    if table in _DETOURS:
        parts.append(_DETOURS[table](table, resident_id))
    if table is resident:
        parts.append(table.c.id == resident_id)
    whose = or_(false(), *parts)
    return (
        whose & (table.c.municipality == hub.municipality) if "municipality" in table.c else whose
    )


def _columns(table: Table) -> set[str]:
    return {"resident_id", "subject_id"} & set(table.c.keys())


def _of_claim(table: Table, resident_id: str) -> ColumnElement[bool]:
    # An event names no person: it is of whoever the claim is of, at the same source.
    said = claim_statement.alias()
    return (
        select(said.c.id)
        .where(
            said.c.resident_id == resident_id,
            said.c.source_id == table.c.source_id,
            said.c.key == table.c.claim,
        )
        .exists()
    )


def _of_question(table: Table, resident_id: str) -> ColumnElement[bool]:
    return (
        select(balance_request.c.id)
        .where(
            balance_request.c.resident_id == resident_id,
            balance_request.c.source_id == table.c.source_id,
            balance_request.c.conversation == table.c.conversation,
        )
        .exists()
    )


def records_of(resident_id: str) -> Select[Any]:
    """Return the select of the ids of the records that told something of a resident."""
    parts = [
        select(table.c.record_id).where(table.c.resident_id == resident_id)
        for table in dict.fromkeys(FACTS.values())
    ]
    return select(union(*parts).subquery().c.record_id)


_DETOURS: dict[Table, Callable[[Table, str], ColumnElement[bool]]] = {
    claim_event: _of_claim,
    payment_plan: _of_claim,
    remission: _of_claim,
    balance_answer: _of_question,
    record: lambda table, resident_id: table.c.id.in_(records_of(resident_id)),
    reject: lambda table, resident_id: table.c.record_id.in_(records_of(resident_id)),
}
