"""Apply: what the facts of some records change in the store, written in bulk.

Facts are append-only. A fact that a record still tells stays untouched, one it tells
differently is superseded by a new row, one it no longer tells is superseded by nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from hub.core import Hub
from hub.store import (
    FACTS,
    arrangement,
    balance_answer,
    changed,
    claim_event,
    claim_statement,
    message,
    standing,
)
from hub.store.engine import chunks, insert_new
from hub.sync.beside import concerned
from hub.sync.parse import Checked
from hub.sync.subjects import resolve_subjects, subject_key, subjects_of_conversations

#: What each record tells now, by record id.
Told = Mapping[int, list[Checked]]

_TABLES = list(dict.fromkeys(FACTS.values()))


def apply_facts(
    connection: Connection, hub: Hub, source_id: int, told: Told, now: datetime
) -> None:
    """Bring the facts of the records in `told` up to date and mark the subjects they touch."""
    about = _subjects(connection, hub, source_id, told, now)
    touched = _adopt(connection, source_id, _opened(told, about))
    # An event in a record that names a person is about that person's claim.
    named = {id_ for id_, facts in told.items() if any(id(fact) in about for fact in facts)}
    for table in _TABLES:
        standing_rows = _standing(connection, table, told)
        new, old = _compare(table, told, about, standing_rows)
        records = {row["record_id"] for row in new} | {row.record_id for row in old}
        touched |= {row.subject_id for row in old if row.subject_id}
        # An event has no person of its own: it concerns whoever its record is about.
        touched |= {about[id(f)][0] for id_ in records for f in told[id_] if id(f) in about}
        _supersede(connection, table, [row.id for row in old], now)
        if new:
            common = {"source_id": source_id, "received_at": now}
            connection.execute(insert(table), [{**row, **common} for row in new])
        touched |= concerned(
            connection, table, records - named if table is claim_event else records, now
        )
    mark_changed(connection, touched)


def drop_facts(connection: Connection, record_ids: Iterable[int], now: datetime) -> None:
    """Supersede all facts of records that are gone from their source."""
    ids = list(record_ids)
    touched: set[int] = set()
    for table in _TABLES:
        rows = list(_standing(connection, table, ids).values())
        touched |= {row.subject_id for row in rows if row.subject_id}
        _supersede(connection, table, [row.id for row in rows], now)
        if rows:
            touched |= concerned(connection, table, {row.record_id for row in rows}, now)
    mark_changed(connection, touched)


def mark_changed(connection: Connection, subject_ids: Iterable[int]) -> None:
    """Queue subjects for reconciliation, in the transaction that changed them."""
    insert_new(connection, changed, [{"subject_id": id_} for id_ in sorted(subject_ids)])


def _subjects(
    connection: Connection, hub: Hub, source_id: int, told: Told, now: datetime
) -> dict[int, tuple[int, str | None]]:
    """Return subject and resident for each fact that is about someone, by id() of the fact."""
    facts = [fact for record in told.values() for fact in record]
    keys = {id(fact): subject_key(hub, fact.person) for fact in facts if fact.person}
    people = {keys[id(fact)]: fact.person for fact in facts if fact.person}
    found = resolve_subjects(connection, hub, source_id, people, now)
    about = {fact: found[key] for fact, key in keys.items()}
    asked = {
        id(fact): fact.values["conversation"]
        for fact in facts
        if not fact.person and fact.values.get("conversation")
    }
    conversations = subjects_of_conversations(connection, source_id, set(asked.values()))
    # A question may stand in the same batch as what was said after it.
    conversations = _opened(told, about) | conversations | _opened(told, about, by_bsn=True)
    return about | {
        fact: conversations[conversation]
        for fact, conversation in asked.items()
        if conversation in conversations
    }


def _opened(
    told: Told, about: Mapping[int, tuple[int, str | None]], *, by_bsn: bool = False
) -> dict[str, tuple[int, str | None]]:
    """Return whom the conversations are about that these facts name somebody in."""
    return {
        fact.values["conversation"]: about[id(fact)]
        for facts in told.values()
        for fact in facts
        if fact.kind in ("balance_request", "message") and fact.values.get("conversation")
        if fact.person and (fact.person["bsn"] or not by_bsn)
    }


def _adopt(
    connection: Connection, source_id: int, opened: Mapping[str, tuple[int, str | None]]
) -> set[int]:
    """Give what came before its question the subject of that question; return those subjects."""
    waiting = set[str]()
    for some in chunks(opened):
        # Whatever is said in a conversation is told as a message too, and that has an index.
        query = select(message.c.conversation).where(
            message.c.source_id == source_id,
            message.c.conversation.in_(some),
            message.c.subject_id.is_(None),
            standing(message),
        )
        waiting |= set(connection.execute(query).scalars())
    moved = [
        {"talk": conversation, "whose": opened[conversation][0], "who": opened[conversation][1]}
        for conversation in waiting
    ]
    for table in (message, balance_answer, arrangement, claim_statement) if moved else ():
        connection.execute(
            update(table)
            .where(
                table.c.source_id == source_id,
                table.c.conversation == bindparam("talk"),
                table.c.subject_id.is_(None),
                standing(table),
            )
            .values(subject_id=bindparam("whose"), resident_id=bindparam("who")),
            moved,
        )
    return {opened[conversation][0] for conversation in waiting}


def _standing(
    connection: Connection, table: Table, record_ids: Iterable[int]
) -> dict[tuple[int, str], Any]:
    found: dict[tuple[int, str], Any] = {}
    columns = (table.c.id, table.c.record_id, table.c.key, table.c.digest, table.c.subject_id)
    for some in chunks(record_ids):
        query = select(*columns).where(table.c.record_id.in_(some), table.c.superseded_at.is_(None))
        found |= {(row.record_id, row.key): row for row in connection.execute(query)}
    return found


def _compare(
    table: Table,
    told: Told,
    about: Mapping[int, tuple[int, str | None]],
    standing_rows: dict[tuple[int, str], Any],
) -> tuple[list[dict[str, Any]], list[Any]]:
    new = []
    for record_id, facts in told.items():
        for fact in facts:
            if FACTS.get(fact.kind) is not table:
                continue
            subject_id, resident_id = about.get(id(fact), (None, None))
            digest = fact.digest(subject_id)
            old = standing_rows.get((record_id, fact.key))
            if old is not None and old.digest == digest:
                del standing_rows[record_id, fact.key]
                continue
            new.append(
                {
                    "record_id": record_id,
                    "key": fact.key,
                    "digest": digest,
                    "subject_id": subject_id,
                    "resident_id": resident_id,
                    **fact.values,
                }
            )
    return new, list(standing_rows.values())


def _supersede(connection: Connection, table: Table, ids: list[int], now: datetime) -> None:
    if ids:
        connection.execute(
            update(table)
            .where(table.c.id == bindparam("row"))
            .values(superseded_at=bindparam("at")),
            [{"row": id_, "at": now} for id_ in ids],
        )
