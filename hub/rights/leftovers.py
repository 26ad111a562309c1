"""What is left of a record, a person or a resident: nothing left means that it goes as well.

The tables are found in the metadata, so one that is added later keeps its people by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import ColumnElement, Connection, Table, and_, func, select

from hub.core import Hub
from hub.rights.ended import Ended, Ids, local_day, portions
from hub.store import (
    FACTS,
    changed,
    claim_link,
    look,
    match_candidate,
    metadata,
    person,
    record,
    resident,
    resident_merge,
    subject,
)

FACT_TABLES = list(dict.fromkeys(FACTS.values()))

#: Their rows go with the person or the resident, and keep nobody.
_GO_ALONG = {
    "subject_id": (person, changed, match_candidate),
    "resident_id": (look, claim_link, match_candidate, resident_merge),
}


def _referring(column: str, to: Table) -> list[Table]:
    return [
        table
        for table in metadata.sorted_tables
        if column in table.c
        and table.c[column].references(to.c.id)
        and table not in _GO_ALONG[column]
    ]


#: What keeps a person of a source, and what keeps a resident.
OF_SUBJECT = _referring("subject_id", subject)
OF_RESIDENT = _referring("resident_id", resident)


def no_facts() -> ColumnElement[bool]:
    """Return the condition that a record tells nothing any more, nor ever did."""
    return and_(*(_none(table, "record_id", record) for table in FACT_TABLES))


def nobody_left() -> ColumnElement[bool]:
    """Return the condition that of a person of a source nothing is told."""
    return and_(*(_none(table, "subject_id", subject) for table in OF_SUBJECT))


def nothing_left() -> ColumnElement[bool]:
    """Return the condition that of a resident nothing is left.

    Who went into another goes with that one: a new message by its BSN must still lead there.
    """
    alone = resident.c.merged_into.is_(None)
    return and_(alone, *(_none(table, "resident_id", resident) for table in OF_RESIDENT))


def _none(table: Table, column: str, of: Table) -> ColumnElement[bool]:
    return ~select(table.c[column]).where(table.c[column] == of.c.id).correlate(of).exists()


def empty_subjects(connection: Connection, hub: Hub, ids: Ids, before: date) -> Iterator[Ended]:
    """Yield the persons of sources of whom nothing is told, by when they last were."""
    told = func.max(func.coalesce(person.c.superseded_at, person.c.received_at))
    query = (
        select(subject.c.id, subject.c.resident_id, subject.c.created_at, told.label("told"))
        .outerjoin(person, person.c.subject_id == subject.c.id)
        .where(subject.c.municipality == hub.municipality, nobody_left())
        .group_by(subject.c.id, subject.c.resident_id, subject.c.created_at)
    )
    for part in portions(subject.c.id, ids):
        for row in connection.execute(query.where(part)):
            on = local_day(row.told or row.created_at)
            if on <= before:
                yield Ended(str(row.id), (row.resident_id,) if row.resident_id else (), on)


def empty_residents(connection: Connection, hub: Hub, ids: Ids, before: date) -> Iterator[Ended]:
    """Yield the residents of whom nothing is left."""
    query = select(resident.c.id, resident.c.created_at).where(
        resident.c.municipality == hub.municipality, nothing_left()
    )
    for part in portions(resident.c.id, ids):
        for row in connection.execute(query.where(part)):
            on = local_day(row.created_at)
            if on <= before:
                yield Ended(row.id, (row.id,), on)
