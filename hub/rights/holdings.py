"""What the hub holds of one resident, table by table.

The tables are found in the metadata: whatever has a `resident_id` or a `subject_id` is about
somebody. So a table that is added later is in the report of article 15 by itself. Rows that are
somebody's by a detour (the events of a claim, the rejects of a record) are named here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, false, or_, select, union

from hub.core import Hub
from hub.reconcile.merging.family import all_numbers
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

    Rows of the past are in it: what was superseded, closed, ended or withdrawn; and what is known
    under the number of another resident that went into this one.
    """
    found = {}
    ids = all_numbers(connection, hub, resident_id)
    for table in personal_tables():
        query = select(table).where(about(table, hub, ids)).order_by(*table.primary_key)
        found[table.name] = list(connection.execute(query))
    names = [pseudonym_of(connection, hub, id_) for id_ in ids]
    mine = select(indicator_event).where(
        indicator_event.c.municipality == hub.municipality,
        indicator_event.c.pseudonym.in_(names),
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


def about(table: Table, hub: Hub, ids: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a row of a personal table is about who has these numbers."""
    mine = select(subject.c.id).where(
        subject.c.resident_id.in_(ids), subject.c.municipality == hub.municipality
    )
    parts: list[ColumnElement[bool]] = []
    if "resident_id" in table.c:
        parts.append(table.c.resident_id.in_(ids))
    if "subject_id" in table.c:
        parts.append(table.c.subject_id.in_(mine))
    if table in _DETOURS:
        parts.append(_DETOURS[table](table, ids))
    if table is resident:
        parts.append(table.c.id.in_(ids))
    whose = or_(false(), *parts)
    return (
        whose & (table.c.municipality == hub.municipality) if "municipality" in table.c else whose
    )


def _columns(table: Table) -> set[str]:
    return {"resident_id", "subject_id"} & set(table.c.keys())


def _of_claim(table: Table, ids: Sequence[str]) -> ColumnElement[bool]:
    # An event names no person: it is of whoever the claim is of, at the same source.
    said = claim_statement.alias()
    return (
        select(said.c.id)
        .where(
            said.c.resident_id.in_(ids),
            said.c.source_id == table.c.source_id,
            said.c.key == table.c.claim,
        )
        .exists()
    )


def _of_question(table: Table, ids: Sequence[str]) -> ColumnElement[bool]:
    return (
        select(balance_request.c.id)
        .where(
            balance_request.c.resident_id.in_(ids),
            balance_request.c.source_id == table.c.source_id,
            balance_request.c.conversation == table.c.conversation,
        )
        .exists()
    )


def records_of(ids: Sequence[str]) -> Select[Any]:
    """Return the select of the ids of the records that told something of these residents."""
    parts = [
        select(table.c.record_id).where(table.c.resident_id.in_(ids))
        for table in dict.fromkeys(FACTS.values())
    ]
    return select(union(*parts).subquery().c.record_id)


_DETOURS: dict[Table, Callable[[Table, Sequence[str]], ColumnElement[bool]]] = {
    claim_event: _of_claim,
    payment_plan: _of_claim,
    remission: _of_claim,
    balance_answer: _of_question,
    record: lambda table, ids: table.c.id.in_(records_of(ids)),
    reject: lambda table, ids: table.c.record_id.in_(records_of(ids)),
}
