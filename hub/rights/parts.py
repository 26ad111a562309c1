"""The rows that make up a claim or a record: what goes when it goes.

A claim is told by statements, and by events, plans and remissions that name it by the source's
own key. What a debt-help file lists of it belongs to the file, and goes with that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Table, select

from hub.rights.leftovers import FACT_TABLES
from hub.store import claim_event, claim_statement, debt_case, payment_plan, remission
from hub.store.engine import chunks


class Part(NamedTuple):
    """A row of a fact table. `claim_id` is the claim it is a part of, where that is known."""

    table: Table
    id: int
    record_id: int
    subject_id: int | None
    resident_id: str | None
    claim_id: int | None


def parts_of_claims(connection: Connection, claim_ids: Sequence[int]) -> list[Part]:
    """Return every row, of now and of the past, that tells of these claims."""
    statements = _statements(connection, claim_ids)
    found = [part for part, _ in statements]
    by_source: dict[int, dict[str, int]] = {}
    for part, (source_id, key) in statements:
        if part.claim_id is not None:
            by_source.setdefault(source_id, {})[key] = part.claim_id
    for table in (claim_event, payment_plan, remission):
        for source_id, claims in by_source.items():
            for some in chunks(sorted(claims)):
                query = select(*_columns(table), table.c.claim).where(
                    table.c.source_id == source_id, table.c.claim.in_(some)
                )
                found += [_part(table, row, claims[row.claim]) for row in connection.execute(query)]
    return found


def _statements(
    connection: Connection, claim_ids: Sequence[int]
) -> list[tuple[Part, tuple[int, str]]]:
    said = claim_statement
    columns = (*_columns(said), said.c.claim_id, said.c.source_id, said.c.key)
    listed = select(debt_case.c.id).where(debt_case.c.record_id == said.c.record_id).exists()
    linked = select(*columns).where(said.c.claim_id.in_(claim_ids), ~listed)
    rows = list(connection.execute(linked))
    claims = {(row.record_id, row.key): row.claim_id for row in rows}
    # A version that was replaced before it was linked has no claim of its own.
    before = select(*columns).where(said.c.claim_id.is_(None))
    for some in chunks({row.record_id for row in rows}):
        older = connection.execute(before.where(said.c.record_id.in_(some)))
        rows += [row for row in older if (row.record_id, row.key) in claims]
    return [
        (_part(said, row, claims[row.record_id, row.key]), (row.source_id, row.key)) for row in rows
    ]


def parts_of_records(connection: Connection, record_ids: Iterable[int]) -> list[Part]:
    """Return every row, of now and of the past, that these records told."""
    return [
        _part(table, row, None)
        for some in chunks(record_ids)
        for table in FACT_TABLES
        for row in connection.execute(select(*_columns(table)).where(table.c.record_id.in_(some)))
    ]


def _columns(table: Table) -> list[Column[Any]]:
    return [table.c.id, table.c.record_id, table.c.subject_id, table.c.resident_id]


def _part(table: Table, row: Any, claim_id: int | None) -> Part:
    return Part(table, row.id, row.record_id, row.subject_id, row.resident_id, claim_id)
