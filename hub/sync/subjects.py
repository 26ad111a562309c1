"""Subjects: the people of one batch, found or made in bulk, with their details kept in history."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from hub.core import Hub
from hub.store import balance_request, changed, message, person, standing, subject
from hub.store.engine import chunks, insert_new

#: The details of a person that are kept, and compared to see whether anything changed.
DETAILS = (
    "initials",
    "prefix",
    "surname",
    "birth_date",
    "street",
    "house_number",
    "addition",
    "postcode",
    "city",
    "phone",
    "email",
    "first_names",
    "gender",
    "deceased_on",
    "registered_in",
    "birth_date_text",
    "secret",
)


def fold(name: str) -> str:
    """Return a name as it is searched: without case, accents, spaces and marks."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[^a-z0-9]", "", plain)


def subject_key(hub: Hub, who: Mapping[str, Any]) -> str:
    """Return the keyed hash by which a source's person is known again."""
    if who["bsn"]:
        return hub.keys.fingerprint(f"bsn:{who['bsn']}")
    parts = (fold(who["surname"]), who["initials"], who["birth_date"], who["postcode"])
    return hub.keys.fingerprint("|".join(map(str, (*parts, who["house_number"]))))


def resolve_subjects(
    connection: Connection,
    hub: Hub,
    source_id: int,
    people: Mapping[str, Mapping[str, Any]],
    now: datetime,
) -> dict[str, tuple[int, str | None]]:
    """Return for each subject key its id and resident (None when not yet identified).

    Unknown subjects are made; changed details are added, the old ones kept. Whoever is told of
    anew or otherwise waits for reconciliation: others may be taken for them now.
    """
    found = _find(connection, source_id, people)
    missing = [key for key in people if key not in found]
    insert_new(
        connection, subject, [_new_subject(hub, source_id, k, people[k], now) for k in missing]
    )
    found |= _find(connection, source_id, missing)
    _update_details(connection, {found[key][0]: who for key, who in people.items()}, now)
    return found


def _find(
    connection: Connection, source_id: int, keys: Iterable[str]
) -> dict[str, tuple[int, str | None]]:
    found: dict[str, tuple[int, str | None]] = {}
    for some in chunks(keys):
        rows = connection.execute(
            select(subject.c.key, subject.c.id, subject.c.resident_id).where(
                subject.c.source_id == source_id, subject.c.key.in_(some)
            )
        )
        found |= {key: (id_, resident) for key, id_, resident in rows}
    return found


def _new_subject(
    hub: Hub, source_id: int, key: str, who: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    bsn = who["bsn"]
    return {
        "municipality": hub.municipality,
        "source_id": source_id,
        "key": key,
        "bsn": hub.keys.seal(bsn, "subject.bsn") if bsn else None,
        "bsn_hash": hub.keys.fingerprint(f"bsn:{bsn}") if bsn else None,
        "created_at": now,
    }


def _update_details(
    connection: Connection, people: Mapping[int, Mapping[str, Any]], now: datetime
) -> None:
    current: dict[int, Any] = {}
    for some in chunks(people):
        rows = connection.execute(
            select(person).where(person.c.subject_id.in_(some), person.c.superseded_at.is_(None))
        )
        current |= {row.subject_id: row for row in rows}
    fresh = []
    stale = []
    for subject_id, who in people.items():
        old = current.get(subject_id)
        if old is not None and _says_nothing_new(old, who):
            continue
        if old is not None:
            stale.append({"row": old.id, "at": now})
        fresh.append(_details(subject_id, who, now))
    if stale:
        connection.execute(
            update(person)
            .where(person.c.id == bindparam("row"))
            .values(superseded_at=bindparam("at")),
            stale,
        )
    if fresh:
        connection.execute(insert(person), fresh)
        told = sorted(row["subject_id"] for row in fresh)
        insert_new(connection, changed, [{"subject_id": id_} for id_ in told])


def _says_nothing_new(old: Any, who: Mapping[str, Any]) -> bool:
    # Silence about a detail is no statement: a record without an address erases none.
    names = (*DETAILS, "details")
    return all(not who[name] or getattr(old, name) == who[name] for name in names)


def _details(subject_id: int, who: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "subject_id": subject_id,
        "surname_key": fold(who["surname"]),
        "received_at": now,
        "details": who["details"],
        **{name: who[name] for name in DETAILS},
    }


def subjects_of_conversations(
    connection: Connection, source_id: int, conversations: Iterable[str]
) -> dict[str, tuple[int, str | None]]:
    """Return subject and resident for each conversation that a question of ours began."""
    found: dict[str, tuple[int, str | None]] = {}
    for some in chunks(conversations):
        for table in (balance_request, message):
            query = (
                select(table.c.conversation, table.c.subject_id, table.c.resident_id)
                .join(subject, subject.c.id == table.c.subject_id)
                .where(
                    table.c.source_id == source_id,
                    table.c.conversation.in_(some),
                    standing(table),
                )
                # Where one message names somebody by BSN and another by name, the BSN is surer.
                .order_by(subject.c.bsn_hash.is_(None).desc())
            )
            rows = connection.execute(query)
            found |= {conversation: (id_, resident) for conversation, id_, resident in rows}
    return found
