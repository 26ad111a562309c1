"""When the things that sources told of ended: claims, cases, entries, holds, messages.

What a source still tells as running has not ended. What it no longer tells ended on the day it
says itself, or else on the day the hub heard of it no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    func,
    null,
    or_,
    select,
    true,
)

from hub.clock import AMSTERDAM
from hub.core import Hub
from hub.store import (
    claim,
    claim_event,
    claim_statement,
    debt_case,
    hold,
    payment_plan,
    register_entry,
    remission,
    source,
)
from hub.store.engine import chunks

#: Ids of things to look at; None is all of them.
Ids = Sequence[str] | None


@dataclass(frozen=True)
class Ended:
    """A thing that ended on a day, and whom it is about (a joint case is about several)."""

    id: str
    residents: tuple[str, ...]
    on: date


#: What yields the things of one class that ended, at the latest on a day.
Finder = Callable[[Connection, Hub, Ids, date], Iterator[Ended]]


def local_day(moment: datetime) -> date:
    """Return the day of a moment in Amsterdam."""
    return moment.astimezone(AMSTERDAM).date()


def portions(column: Any, ids: Ids) -> Iterator[ColumnElement[bool]]:
    """Yield conditions that together keep to `ids` (all of them when None)."""
    if ids is None:
        yield true()
        return
    number = column.type.python_type is int
    for some in chunks(ids):
        yield column.in_([int(one) for one in some] if number else some)


# Claims


def ended_claims(connection: Connection, hub: Hub, ids: Ids, before: date) -> Iterator[Ended]:
    """Yield the claims of which nothing is open, or which no source tells of any more.

    A claim that stands in a running debt-help file has not ended: it goes after that file.
    """
    best = claim_statement.alias("best")
    for part in portions(claim.c.id, ids):
        query = (
            select(claim.c.id, claim.c.resident_id, claim.c.created_at, best.c.source_id)
            .outerjoin(best, best.c.id == claim.c.statement_id)
            .where(claim.c.municipality == hub.municipality, part)
            .where(or_(claim.c.statement_id.is_(None), best.c.open == 0))
        )
        for some in chunks(connection.execute(query).all()):
            yield from (one for one in _of_claims(connection, some) if one.on <= before)


def _of_claims(connection: Connection, claims: Sequence[Any]) -> Iterator[Ended]:
    said: dict[int, list[Row[Any]]] = {}
    query = (
        select(claim_statement, source.c.role)
        .join(source, source.c.id == claim_statement.c.source_id)
        .where(claim_statement.c.claim_id.in_([one.id for one in claims]))
    )
    for row in connection.execute(query):
        said.setdefault(row.claim_id, []).append(row)
    moved = last_movements(connection, [row for rows in said.values() for row in rows])
    for one in claims:
        on = _claim_ended(one, said.get(one.id, []), moved)
        if on is not None:
            yield Ended(str(one.id), (one.resident_id,) if one.resident_id else (), on)


Movements = Mapping[tuple[int, str], date]


def last_movements(connection: Connection, statements: Iterable[Row[Any]]) -> Movements:
    """Return when the balance of each claim last changed, by source and the source's key."""
    keys: dict[int, set[str]] = {}
    for one in statements:
        keys.setdefault(one.source_id, set()).add(one.key)
    found: dict[tuple[int, str], date] = {}
    for source_id, some in ((id_, part) for id_ in keys for part in chunks(sorted(keys[id_]))):
        query = (
            select(claim_event.c.claim, func.max(claim_event.c.on))
            .where(
                claim_event.c.source_id == source_id,
                claim_event.c.claim.in_(some),
                claim_event.c.amount != 0,
            )
            .group_by(claim_event.c.claim)
        )
        found |= {(source_id, key): on for key, on in connection.execute(query)}
    return found


def _claim_ended(one: Row[Any], said: Sequence[Row[Any]], moved: Movements) -> date | None:
    """Return the day a claim ended; None while it runs."""
    standing = [row for row in said if row.superseded_at is None]
    if any(row.role == "debt_help" for row in standing):
        return None
    if not said:
        return local_day(one.created_at)
    if one.source_id is None and not standing:
        last = max(said, key=lambda row: row.superseded_at)
        if last.open:
            # The source let go of it while something was open: nobody tells more.
            return local_day(last.superseded_at)
        return _paid_off([row for row in said if row.source_id == last.source_id], moved)
    return _paid_off([row for row in said if row.source_id == one.source_id], moved)


def _paid_off(said: Sequence[Row[Any]], moved: Movements) -> date | None:
    """Return the day on which the balance became zero, by what its creditor says."""
    owing = [row for row in said if row.open]
    if any(row.superseded_at is None for row in owing):
        return None
    days = [moved[key] for key in {(row.source_id, row.key) for row in said} if key in moved]
    if days and all(max(days) >= row.as_of for row in owing):
        return max(days)
    if owing:
        return max(local_day(row.superseded_at) for row in owing)
    return min((row.as_of for row in said), default=None)


# Records: what came in one message and goes together


def ended_records(table: Table, *above: Table) -> Finder:
    """Return the finder of records with rows that run to `ends_on`, or until they are replaced.

    A record that also holds rows of a table in `above` belongs to the class of that one.
    """
    ends_on = table.c.get("ends_on", null())
    columns = (
        table.c.record_id,
        table.c.resident_id,
        ends_on.label("ends_on"),
        table.c.superseded_at,
    )

    def find(connection: Connection, hub: Hub, ids: Ids, before: date) -> Iterator[Ended]:
        for rows in _records(connection, hub, select(*columns), table, ids, above):
            on = _ran_until(rows)
            if on is not None and on <= before:
                yield _ended(rows, on)

    return find


def _ran_until(rows: Sequence[Row[Any]]) -> date | None:
    standing = [row for row in rows if row.superseded_at is None]
    if standing:
        days = [row.ends_on for row in standing]
        return None if None in days else max(days)
    last = max(rows, key=lambda row: row.superseded_at)
    gone = local_day(last.superseded_at)
    return min(gone, last.ends_on or gone)


def dated_records(days: Mapping[Table, ColumnElement[Any]], *above: Table) -> Finder:
    """Return the finder of records whose rows end on a day that stands in them.

    A row without that day ended when the hub heard of it.
    """

    def find(connection: Connection, hub: Hub, ids: Ids, before: date) -> Iterator[Ended]:
        for table, on in days.items():
            query = select(
                table.c.record_id, table.c.resident_id, on.label("on"), table.c.received_at
            )
            for rows in _records(connection, hub, query, table, ids, above):
                last = max(row.on or local_day(row.received_at) for row in rows)
                if last <= before:
                    yield _ended(rows, last)

    return find


def either(*finders: Finder) -> Finder:
    """Return the finder of what any of these finds."""

    def find(connection: Connection, hub: Hub, ids: Ids, before: date) -> Iterator[Ended]:
        for one in finders:
            yield from one(connection, hub, ids, before)

    return find


def loose_parts(connection: Connection, hub: Hub, ids: Ids, before: date) -> Iterator[Ended]:
    """Yield the records of payments, plans and remissions of claims that nobody tells of."""
    above = (debt_case, claim_statement, register_entry, hold)
    for table, on, resident_id in (
        (claim_event, claim_event.c.on, null()),
        (
            payment_plan,
            func.coalesce(payment_plan.c.ends_on, payment_plan.c.starts_on),
            payment_plan.c.resident_id,
        ),
        (
            remission,
            func.coalesce(remission.c.decided_on, remission.c.requested_on),
            remission.c.resident_id,
        ),
    ):
        of = (claim_statement.c.source_id == table.c.source_id) & (
            claim_statement.c.key == table.c.claim
        )
        query = select(
            table.c.record_id,
            resident_id.label("resident_id"),
            on.label("on"),
            claim_statement.c.id.label("known"),
        ).outerjoin_from(table, claim_statement, of)
        for rows in _records(connection, hub, query, table, ids, above):
            last = max(row.on for row in rows)
            if last <= before and not any(row.known for row in rows):
                yield _ended(rows, last)


def _records(
    connection: Connection,
    hub: Hub,
    query: Select[Any],
    table: Table,
    ids: Ids,
    above: Sequence[Table],
) -> Iterator[list[Row[Any]]]:
    """Yield the rows of a query over `table`, record by record."""
    mine = select(source.c.id).where(source.c.municipality == hub.municipality)
    query = query.where(table.c.source_id.in_(mine)).order_by(table.c.record_id)
    for one in above:
        # An alias, as the query itself may be joined with the same table.
        other = one.alias()
        same = select(other.c.id).where(other.c.record_id == table.c.record_id)
        query = query.where(~same.exists())
    for part in portions(table.c.record_id, ids):
        rows = connection.execute(query.where(part)).all()
        for _, some in groupby(rows, key=lambda row: row.record_id):
            yield list(some)


def _ended(rows: Sequence[Row[Any]], on: date) -> Ended:
    residents = {row.resident_id for row in rows if row.resident_id}
    return Ended(str(rows[0].record_id), tuple(sorted(residents)), on)
