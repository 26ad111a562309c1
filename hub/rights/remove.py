"""Removing: the rows of things whose term is over, and whatever has nothing left after that.

A record goes with the last fact it told, a person with the last fact about them, a resident with
the last thing that is known. In the logs the sealed BSN is emptied; it stands outside the chain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, select, update

from hub.core import Hub
from hub.rights.leftovers import FACT_TABLES, OF_RESIDENT, no_facts, nobody_left, nothing_left
from hub.rights.parts import Part, parts_of_claims, parts_of_records
from hub.store import (
    audit_log,
    changed,
    claim,
    claim_link,
    claim_statement,
    look,
    match_candidate,
    metadata,
    missing,
    person,
    processing_log,
    record,
    reject,
    resident,
    resident_merge,
    subject,
)
from hub.store.engine import chunks
from hub.sync.apply import mark_changed


@dataclass
class Removed:
    """What a removal came to: rows by table, and whom and what it touched."""

    counts: Counter[str] = field(default_factory=Counter)
    claims: set[int] = field(default_factory=set)
    records: set[int] = field(default_factory=set)
    subjects: set[int] = field(default_factory=set)
    residents: set[str] = field(default_factory=set)
    #: The residents of whom nothing was left.
    forgotten: list[str] = field(default_factory=list)


def remove(
    connection: Connection, hub: Hub, thing: str, ids: Sequence[str], residents: Iterable[str] = ()
) -> Removed:
    """Remove these things of one table and what has nothing left after that.

    `residents` are those the things are about. A thing that is gone already is no fault.
    """
    done = Removed(residents=set(residents))
    _REMOVERS.get(thing, _rows(metadata.tables[thing]))(connection, hub, ids, done)
    _sweep(connection, done)
    return done


def erase(connection: Connection, hub: Hub, resident_ids: Sequence[str]) -> Removed:
    """Remove residents with whatever there is of them, of whatever age."""
    whole = [*resident_ids, *_went_into(connection, resident_ids)]
    done = Removed(residents=set(whole))
    for some in chunks(whole):
        theirs = claim.c.resident_id.in_(some)
        claims = [str(id_) for id_ in _values(connection, claim.c.id, theirs)]
        _claims(connection, hub, claims, done)
        done.subjects |= _values(connection, subject.c.id, subject.c.resident_id.in_(some))
        for table in FACT_TABLES:
            told = table.c.resident_id.in_(some)
            done.records |= _values(connection, table.c.record_id, told)
            _delete(connection, table, table.c.resident_id, some, done)
        for table in OF_RESIDENT:
            if table not in (subject, claim, *FACT_TABLES):
                _delete(connection, table, table.c.resident_id, some, done)
    _sweep(connection, done)
    return done


Remover = Callable[[Connection, Hub, Sequence[str], Removed], None]


def _rows(table: Table) -> Remover:
    def remove_rows(connection: Connection, hub: Hub, ids: Sequence[str], done: Removed) -> None:
        number = table.c.id.type.python_type is int
        keys = [int(id_) for id_ in ids] if number else list(ids)
        _delete(connection, table, table.c.id, keys, done)

    return remove_rows


def _claims(connection: Connection, hub: Hub, ids: Sequence[str], done: Removed) -> None:
    for some in chunks(int(id_) for id_ in ids):
        _parts(connection, parts_of_claims(connection, some), done)
        # What a debt-help file lists of it stays with the file.
        listed = claim_statement.c.claim_id.in_(some)
        connection.execute(update(claim_statement).where(listed).values(claim_id=None))
        done.residents |= _values(connection, claim.c.resident_id, claim.c.id.in_(some))
        _delete_claims(connection, some, done)


def _records(connection: Connection, hub: Hub, ids: Sequence[str], done: Removed) -> None:
    for some in chunks(int(id_) for id_ in ids):
        said = claim_statement.c.record_id.in_(some)
        done.claims |= _values(connection, claim_statement.c.claim_id, said)
        done.records |= set(some)
        _parts(connection, parts_of_records(connection, some), done)


def _rejects(connection: Connection, hub: Hub, ids: Sequence[str], done: Removed) -> None:
    for some in chunks(int(id_) for id_ in ids):
        done.records |= _values(connection, reject.c.record_id, reject.c.id.in_(some))
        _delete(connection, reject, reject.c.id, some, done)


def _people(connection: Connection, hub: Hub, ids: Sequence[str], done: Removed) -> None:
    done.subjects |= {int(id_) for id_ in ids}


def _residents(connection: Connection, hub: Hub, ids: Sequence[str], done: Removed) -> None:
    done.residents |= set(ids)


def _old_part(table: Table) -> Remover:
    def remove_old(connection: Connection, hub: Hub, ids: Sequence[str], done: Removed) -> None:
        upto = max(int(number) for number in ids)
        old = (table.c.municipality == hub.municipality) & (table.c.number <= upto)
        done.counts[table.name] += connection.execute(delete(table).where(old)).rowcount

    return remove_old


_REMOVERS: dict[str, Remover] = {
    "claim": _claims,
    "record": _records,
    "reject": _rejects,
    "subject": _people,
    "resident": _residents,
    "processing_log": _old_part(processing_log),
    "audit_log": _old_part(audit_log),
}


def _parts(connection: Connection, parts: Iterable[Part], done: Removed) -> None:
    by_table: dict[Table, list[int]] = {}
    for part in parts:
        by_table.setdefault(part.table, []).append(part.id)
        done.records.add(part.record_id)
        if part.subject_id:
            done.subjects.add(part.subject_id)
        if part.resident_id:
            done.residents.add(part.resident_id)
    for table, ids in by_table.items():
        _delete(connection, table, table.c.id, ids, done)


def _sweep(connection: Connection, done: Removed) -> None:
    """Remove what has nothing left, from the small to the large."""
    unsaid = ~select(claim_statement.c.id).where(claim_statement.c.claim_id == claim.c.id).exists()
    empty = _which(connection, claim, done.claims, unsaid)
    _delete_claims(connection, empty, done)
    silent = _which(connection, record, done.records, no_facts())
    for table in (reject, missing):
        _delete(connection, table, table.c.record_id, silent, done)
    _delete(connection, record, record.c.id, silent, done)
    nobody = _which(connection, subject, done.subjects, nobody_left())
    done.residents |= {
        id_
        for some in chunks(nobody)
        for id_ in _values(connection, subject.c.resident_id, subject.c.id.in_(some))
    }
    for table in (person, changed, match_candidate):
        _delete(connection, table, table.c.subject_id, nobody, done)
    _delete(connection, subject, subject.c.id, nobody, done)
    # What is left is judged anew: a finding may rest on what is gone.
    mark_changed(connection, done.subjects - set(nobody))
    done.forgotten = _which(connection, resident, done.residents, nothing_left())
    done.forgotten += _went_into(connection, done.forgotten)
    _forget(connection, done)


def _forget(connection: Connection, done: Removed) -> None:
    """Remove residents of whom nothing is left; the logs keep their number and no BSN."""
    for some in chunks(done.forgotten):
        _delete(connection, match_candidate, match_candidate.c.resident_id, some, done)
        for column in (resident_merge.c.resident_id, resident_merge.c.into_id):
            _delete(connection, resident_merge, column, some, done)
    for some in chunks(done.forgotten):
        of_them = processing_log.c.resident_id.in_(some)
        connection.execute(update(processing_log).where(of_them).values(subject=None))
        connection.execute(
            update(look).where(look.c.resident_id.in_(some)).values(resident_id=None)
        )
        _delete(connection, claim_link, claim_link.c.resident_id, some, done)
        _delete(connection, resident, resident.c.id, some, done)


def _delete_claims(connection: Connection, ids: Iterable[int], done: Removed) -> None:
    """Delete claims, with what was asked or said of a statement and one of them."""
    gone = list(ids)
    _delete(connection, claim_link, claim_link.c.claim_id, gone, done)
    _delete(connection, claim, claim.c.id, gone, done)


def _went_into(connection: Connection, resident_ids: Iterable[str]) -> list[str]:
    """Return the residents that went into these: the same people under another number."""
    return sorted(
        id_
        for some in chunks(resident_ids)
        for id_ in _values(connection, resident.c.id, resident.c.merged_into.in_(some))
    )


def _which(
    connection: Connection, table: Table, ids: Iterable[object], condition: ColumnElement[bool]
) -> list[Any]:
    return [
        id_
        for some in chunks(ids)
        for id_ in _values(connection, table.c.id, table.c.id.in_(some) & condition)
    ]


def _values(
    connection: Connection, column: Column[Any], condition: ColumnElement[bool]
) -> set[Any]:
    found = connection.execute(select(column).where(condition)).scalars()
    return {value for value in found if value is not None}


def _delete(
    connection: Connection, table: Table, column: Column[Any], ids: Iterable[object], done: Removed
) -> None:
    for some in chunks(ids):
        gone = connection.execute(delete(table).where(column.in_(some)))
        if gone.rowcount:
            done.counts[table.name] += gone.rowcount
