"""Who went into whom: the resident that a number leads to, and all that came together in one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from hub.core import Hub
from hub.store import resident, resident_merge
from hub.store.engine import chunks


def merged_into(connection: Connection, hub: Hub, resident_id: str) -> str | None:
    """Return the resident that this one went into, None for one on its own or unknown."""
    query = select(resident.c.merged_into).where(
        resident.c.id == resident_id, resident.c.municipality == hub.municipality
    )
    return connection.execute(query).scalar()


def led_to(connection: Connection, resident_ids: Iterable[str]) -> dict[str, str]:
    """Return for those of these residents that went into another: into whom."""
    found: dict[str, str] = {}
    for some in chunks(resident_ids):
        query = select(resident.c.id, resident.c.merged_into).where(
            resident.c.merged_into.is_not(None), resident.c.id.in_(some)
        )
        found |= {id_: into for id_, into in connection.execute(query)}
    return found


def all_numbers(connection: Connection, hub: Hub, resident_id: str) -> list[str]:
    """Return the numbers under which the hub knows one person: its own, and those that went in."""
    query = select(resident.c.id).where(
        resident.c.merged_into == resident_id, resident.c.municipality == hub.municipality
    )
    return [resident_id, *connection.execute(query.order_by(resident.c.id)).scalars()]


def kin_of(connection: Connection, hub: Hub, resident_id: str) -> set[str]:
    """Return a resident with those that went into it, and into those, and still are there."""
    kin, fresh = {resident_id}, {resident_id}
    while fresh:
        query = select(resident_merge.c.resident_id).where(
            resident_merge.c.municipality == hub.municipality,
            resident_merge.c.into_id.in_(fresh),
            resident_merge.c.split_at.is_(None),
        )
        fresh = set(connection.execute(query).scalars()) - kin
        kin |= fresh
    return kin


def merges_of(connection: Connection, hub: Hub, resident_id: str) -> list[Row[Any]]:
    """Return the merges that made a resident what it is, also undone ones, newest first."""
    kin = kin_of(connection, hub, resident_id)
    query = (
        select(resident_merge)
        .where(
            resident_merge.c.municipality == hub.municipality,
            or_(resident_merge.c.into_id.in_(kin), resident_merge.c.resident_id == resident_id),
        )
        .order_by(resident_merge.c.id.desc())
    )
    return list(connection.execute(query))


def ever_merged(connection: Connection, resident_ids: Iterable[str]) -> set[str]:
    """Return those of these residents that a merge or a split ever touched."""
    found: set[str] = set()
    for some in chunks(resident_ids):
        for column in (resident_merge.c.resident_id, resident_merge.c.into_id):
            found |= set(connection.execute(select(column).where(column.in_(some))).scalars())
    return found
