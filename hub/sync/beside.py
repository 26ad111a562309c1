"""Whom a fact concerns that names nobody: a payment on a claim, an answer in a conversation."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from hub.store import (
    arrangement,
    balance_answer,
    balance_request,
    claim_event,
    claim_statement,
    notice,
    source,
    standing,
)
from hub.store.engine import chunks

#: The messages about somebody in which an answer may be waited for.
_QUESTIONS = (notice, balance_request, arrangement)


def concerned(
    connection: Connection, table: Any, record_ids: Collection[int], now: datetime
) -> set[int]:
    """Return the subjects that what these records just told, or took back, concerns.

    `table` is the table of the facts. Those whom the facts name themselves are left to the caller.
    """
    found: set[int] = set()
    for some in chunks(record_ids):
        just = table.c.record_id.in_(some), _just(table, now)
        if table is claim_event:
            found |= _debtors(connection, *just)
        elif table in (balance_answer, arrangement):
            found |= _partners(connection, table, *just)
    return found


def _just(table: Any, now: datetime) -> ColumnElement[bool]:
    return or_(table.c.received_at == now, table.c.superseded_at == now)


def _debtors(connection: Connection, *just: ColumnElement[bool]) -> set[int]:
    """Return who owes the claims of these events; the claim may stand in another record."""
    query = (
        select(claim_statement.c.subject_id)
        .join(
            claim_event,
            (claim_event.c.source_id == claim_statement.c.source_id)
            & (claim_event.c.claim == claim_statement.c.key),
        )
        .where(*just, standing(claim_statement), claim_statement.c.subject_id.is_not(None))
        .distinct()
    )
    return set(connection.execute(query).scalars())


def _partners(connection: Connection, table: Any, *just: ColumnElement[bool]) -> set[int]:
    """Return whom these conversations are about: two people, when a couple asks together.

    Question and answer may have come along different ways, so from different sources.
    """
    theirs = source.alias()
    found: set[int] = set()
    for one in _QUESTIONS:
        asked = one.alias()
        query = (
            select(asked.c.subject_id)
            .join(table, table.c.conversation == asked.c.conversation)
            .join(source, source.c.id == table.c.source_id)
            .join(theirs, theirs.c.id == asked.c.source_id)
            .where(
                *just,
                table.c.conversation != "",
                theirs.c.municipality == source.c.municipality,
                standing(asked),
                asked.c.subject_id.is_not(None),
            )
            .distinct()
        )
        found |= set(connection.execute(query).scalars())
    return found
