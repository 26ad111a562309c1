"""Who is compared with whom: residents with a BSN, and strangers, who have none.

Strangers are never compared with strangers: a chain of likenesses would link people through each
other, and its outcome would depend on who came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from hub.core import Hub
from hub.store import changed, person, resident, source, subject
from hub.store.engine import chunks, insert_new

#: Swapped day and month gives a date that a register may hold for the same person.
_LAST_MONTH = 12

_WHO = (
    person.c.surname,
    person.c.initials,
    person.c.first_names,
    person.c.birth_date,
    person.c.birth_date_text,
    person.c.gender,
    person.c.postcode,
    person.c.house_number,
    person.c.addition,
)


def _described() -> Any:
    return (
        select(
            subject.c.id,
            subject.c.municipality,
            subject.c.bsn_hash,
            subject.c.resident_id,
            source.c.connector,
            person.c.deceased_on,
            *_WHO,
        )
        .join(person, person.c.subject_id == subject.c.id)
        .join(source, source.c.id == subject.c.source_id)
        .where(person.c.superseded_at.is_(None))
    )


def _described_as(connection: Connection, hub: Hub, ids: Iterable[int]) -> Iterator[Row[Any]]:
    """Yield how these subjects of this municipality are described.

    Only their numbers are asked for: a store that may also begin with who has a BSN, or has none,
    goes through all of them for a few.
    """
    query = _described()
    for some in chunks(ids):
        rows = connection.execute(query.where(subject.c.id.in_(some)))
        yield from (row for row in rows if row.municipality == hub.municipality)


def are_there_strangers(connection: Connection, hub: Hub) -> bool:
    """Tell whether the municipality has anybody without BSN."""
    query = select(subject.c.id).where(_is_stranger(hub)).limit(1)
    return connection.execute(query).first() is not None


def strangers(connection: Connection, hub: Hub, ids: Iterable[int]) -> list[Row[Any]]:
    """Return how the subjects without BSN among these are described."""
    return [row for row in _described_as(connection, hub, ids) if row.bsn_hash is None]


def strangers_near(connection: Connection, hub: Hub, ids: Iterable[int]) -> set[int]:
    """Return the strangers who may be one of these residents, as subjects with a BSN tell of them.

    Somebody who arrives may be the one a stranger was taken for, or make two where one was.
    """
    told = [row for row in _described_as(connection, hub, ids) if row.bsn_hash is not None]
    return {row.id for row in _neighbours(connection, hub, told) if row.bsn_hash is None}


def known_near(connection: Connection, hub: Hub, told: Iterable[Row[Any]]) -> dict[str, Row[Any]]:
    """Return the descriptions of residents with a BSN who may be one of these strangers.

    By resident and subject: "3f…:17". One resident is described by each source that knows him.
    """
    return {
        f"{row.resident_id}:{row.id}": row
        for row in _neighbours(connection, hub, told)
        if row.bsn_hash is not None and row.resident_id is not None
    }


def _neighbours(connection: Connection, hub: Hub, told: Iterable[Row[Any]]) -> Iterator[Row[Any]]:
    """Yield whoever lives or was born near these; who does both comes twice."""
    for near in _near(told):
        ids = select(person.c.subject_id).where(near, person.c.superseded_at.is_(None))
        yield from _described_as(connection, hub, connection.execute(ids).scalars().all())


def _near(told: Iterable[Row[Any]]) -> Iterator[ColumnElement[bool]]:
    """Yield conditions that hold for whoever lives there or was born then, a portion at a time."""
    rows = list(told)
    postcodes = sorted({row.postcode for row in rows if row.postcode})
    births = sorted({day for row in rows for day in _births(row.birth_date)})
    for some in chunks(postcodes):
        yield person.c.postcode.in_(some)
    for some in chunks(births):
        yield person.c.birth_date.in_(some)


def _births(day: date | None) -> set[date]:
    if day is None:
        return set()
    return {day, date(day.year, day.day, day.month)} if day.day <= _LAST_MONTH else {day}


def _is_stranger(hub: Hub) -> ColumnElement[bool]:
    return (subject.c.municipality == hub.municipality) & subject.c.bsn_hash.is_(None)


def deceased(connection: Connection, residents: Iterable[str]) -> frozenset[str]:
    """Return which of these residents have died, as any source tells."""
    query = (
        select(subject.c.resident_id)
        .join(person, person.c.subject_id == subject.c.id)
        .where(person.c.superseded_at.is_(None), person.c.deceased_on.is_not(None))
    )
    return frozenset(
        who
        for some in chunks(residents)
        for who in connection.execute(query.where(subject.c.resident_id.in_(some))).scalars()
    )


def all_strangers(connection: Connection, hub: Hub) -> list[int]:
    """Return every subject without BSN."""
    query = select(subject.c.id).where(_is_stranger(hub)).order_by(subject.c.id)
    return list(connection.execute(query).scalars())


def sample(connection: Connection, hub: Hub, most: int) -> list[Row[Any]]:
    """Return every description of so many residents; ids are random, so the first are a sample."""
    ids = (
        select(subject.c.resident_id)
        .where(subject.c.municipality == hub.municipality, subject.c.bsn_hash.is_not(None))
        .where(subject.c.resident_id.is_not(None))
        .distinct()
        .order_by(subject.c.resident_id)
        .limit(most)
    )
    query = _described().where(subject.c.resident_id.in_(ids), subject.c.bsn_hash.is_not(None))
    return list(connection.execute(query.order_by(subject.c.resident_id, subject.c.id)))


def surnames(connection: Connection, hub: Hub) -> Iterator[str]:
    """Yield the surname in every description of a resident."""
    query = (
        select(person.c.surname)
        .join(subject, subject.c.id == person.c.subject_id)
        .where(subject.c.municipality == hub.municipality, person.c.superseded_at.is_(None))
        .where(subject.c.bsn_hash.is_not(None), person.c.surname != "")
    )
    # Of the statement alone: as an option of the connection it would hold for all that follows.
    yield from connection.execute(query.execution_options(yield_per=10_000)).scalars()


def population(connection: Connection, hub: Hub) -> int:
    """Return how many residents the municipality knows."""
    query = select(func.count()).where(
        resident.c.municipality == hub.municipality, resident.c.merged_into.is_(None)
    )
    return int(connection.execute(query).scalar_one())


def look_again(connection: Connection, hub: Hub, ids: Iterable[int] | None = None) -> None:
    """Put these strangers, or all of them, in the queue of the next reconciliation."""
    wanted = all_strangers(connection, hub) if ids is None else ids
    now = hub.clock.now()
    insert_new(connection, changed, [{"subject_id": id_, "marked_at": now} for id_ in wanted])


def look_at_residents(connection: Connection, hub: Hub, residents: Iterable[str]) -> None:
    """Put what sources say of these residents in the queue of the next reconciliation."""
    now = hub.clock.now()
    for some in chunks(residents):
        ids = connection.execute(select(subject.c.id).where(subject.c.resident_id.in_(some)))
        rows = [{"subject_id": id_, "marked_at": now} for id_ in ids.scalars()]
        insert_new(connection, changed, rows)
