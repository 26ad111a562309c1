"""Finding a resident, and how that resident is called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select

from hub.core import Hub
from hub.store import person, resident, subject
from hub.store.engine import chunks
from hub.sync.subjects import fold


@dataclass(frozen=True)
class PersonView:
    """Who a resident is, as the most complete and newest source tells."""

    resident_id: str
    name: str
    birth_date: date | None
    address: str
    phone: str
    email: str


def search(
    connection: Connection,
    hub: Hub,
    *,
    bsn: str = "",
    surname: str = "",
    birth_date: date | None = None,
) -> list[PersonView]:
    """Return the residents with this BSN, or with this surname and birth date (at most 20).

    A surname matches without case, accents and prefix; it is never looked for alone.
    """
    query = select(resident.c.id).where(resident.c.municipality == hub.municipality)
    if bsn:
        query = query.where(resident.c.bsn_hash == hub.keys.fingerprint(f"bsn:{bsn}"))
    elif surname and birth_date:
        query = (
            query.join(subject, subject.c.resident_id == resident.c.id)
            .join(person, person.c.subject_id == subject.c.id)
            .where(person.c.surname_key == fold(surname), person.c.birth_date == birth_date)
            .where(person.c.superseded_at.is_(None))
            .distinct()
        )
    else:
        return []
    ids = list(connection.execute(query.limit(20)).scalars())
    return sorted(details_of(connection, ids).values(), key=lambda found: found.name)


def details_of(connection: Connection, resident_ids: Iterable[str]) -> dict[str, PersonView]:
    """Return the best known details of each resident."""
    found: dict[str, PersonView] = {}
    for some in chunks(resident_ids):
        query = (
            select(person, subject.c.resident_id)
            .join(subject, subject.c.id == person.c.subject_id)
            .where(subject.c.resident_id.in_(some), person.c.superseded_at.is_(None))
            .order_by((person.c.surname != "").desc(), person.c.received_at.desc(), person.c.id)
        )
        for row in connection.execute(query):
            found.setdefault(row.resident_id, _view(row))
    return found


def names_of(connection: Connection, resident_ids: Iterable[str]) -> dict[str, str]:
    """Return the name of each resident."""
    return {id_: view.name for id_, view in details_of(connection, resident_ids).items()}


def _view(row: Row[Any]) -> PersonView:
    name = " ".join(part for part in (row.initials, row.prefix, row.surname) if part)
    number = f"{row.house_number}{'-' + row.addition if row.addition else ''}"
    street = " ".join(part for part in (row.street, number) if part)
    place = " ".join(part for part in (row.postcode, row.city) if part)
    return PersonView(
        resident_id=row.resident_id,
        name=name or "Naam onbekend",
        birth_date=row.birth_date,
        address=", ".join(part for part in (street, place) if part),
        phone=row.phone,
        email=row.email,
    )
