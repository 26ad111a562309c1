"""Finding a resident, and how that resident is called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, select

from hub.core import Hub
from hub.overview.likeness import address
from hub.security.permits import Permit, permits
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


@dataclass(frozen=True)
class Found:
    """What a search came to.

    `people` are in the caseload of who searched. Of others it only tells that there are any;
    `resident_id` is the one that a BSN led to, by which access can be asked.
    """

    people: list[PersonView]
    elsewhere: bool
    resident_id: str = ""


def search(
    connection: Connection,
    hub: Hub,
    account: str,
    role: str,
    *,
    bsn: str = "",
    surname: str = "",
    birth_date: date | None = None,
) -> Found:
    """Search by BSN, or by surname and birth date, for a person who works as `role`.

    A surname matches without case, accents and prefix; it is never looked for alone. At most 20
    residents are found.
    """
    ids = _matching(connection, hub, bsn, surname, birth_date)
    mine = permits(connection, hub, account, role, ids)
    views = details_of(connection, hub, mine)
    people = [masked(view, mine[view.resident_id]) for view in views.values()]
    others = [id_ for id_ in ids if id_ not in mine]
    return Found(
        people=sorted(people, key=lambda view: view.name),
        elsewhere=bool(others),
        resident_id=others[0] if bsn and others else "",
    )


def _matching(
    connection: Connection, hub: Hub, bsn: str, surname: str, birth_date: date | None
) -> list[str]:
    # A BSN of somebody who turned out to be another leads to that other.
    who = func.coalesce(resident.c.merged_into, resident.c.id)
    query = select(who).where(resident.c.municipality == hub.municipality)
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
    return list(connection.execute(query.limit(20)).scalars())


def masked(view: PersonView, allowed: Permit) -> PersonView:
    """Return the details without what a permit does not open."""
    if not allowed.may("identity"):
        view = replace(view, name="Naam afgeschermd", birth_date=None, address="")
    return view if allowed.may("contact") else replace(view, phone="", email="")


def is_known(connection: Connection, hub: Hub, resident_id: str) -> bool:
    """Tell whether this municipality has a resident with this id."""
    query = select(resident.c.id).where(
        resident.c.id == resident_id, resident.c.municipality == hub.municipality
    )
    return connection.execute(query).first() is not None


def details_of(
    connection: Connection, hub: Hub, resident_ids: Iterable[str]
) -> dict[str, PersonView]:
    """Return the best known details of each resident of this municipality."""
    found: dict[str, PersonView] = {}
    for some in chunks(resident_ids):
        query = (
            select(person, subject.c.resident_id)
            .join(subject, subject.c.id == person.c.subject_id)
            .where(subject.c.resident_id.in_(some), person.c.superseded_at.is_(None))
            .where(subject.c.municipality == hub.municipality)
            .order_by((person.c.surname != "").desc(), person.c.received_at.desc(), person.c.id)
        )
        for row in connection.execute(query):
            found.setdefault(row.resident_id, _view(row))
    return found


def names_of(connection: Connection, hub: Hub, resident_ids: Iterable[str]) -> dict[str, str]:
    """Return the name of each resident."""
    return {id_: view.name for id_, view in details_of(connection, hub, resident_ids).items()}


def _view(row: Row[Any]) -> PersonView:
    name = " ".join(part for part in (row.initials, row.prefix, row.surname) if part)
    return PersonView(
        resident_id=row.resident_id,
        name=name or "Naam onbekend",
        birth_date=row.birth_date,
        address=address(row),
        phone=row.phone,
        email=row.email,
    )
