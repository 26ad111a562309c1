"""Whom a source may be asked about: residents with a running debt case, or with an open claim.

Registers that only answer per person would otherwise be asked about everybody. Each question is
a processing of its own, so it is logged when the hub hands out the person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, union

from hub.connector import Connector
from hub.core import Hub
from hub.security.audit import HUB, Deed, log_deed
from hub.security.caseload import with_open_claim, with_running_case
from hub.store import person, resident, standing, subject
from hub.sync.subjects import DETAILS

#: How many people are looked up, and logged, at once.
PORTION = 500


def people(hub: Hub, connector: type[Connector]) -> Iterator[dict[str, Any]]:
    """Yield whom a source of this connector may be asked about; nobody when it asks nothing.

    Each has the shape of schemas.Person and "id". The look is logged before they are handed out.
    """
    if not connector.asks:
        return
    wanted = [with_running_case(hub)]
    if connector.asks == "claims":
        wanted.append(with_open_claim(hub))
    with hub.reader.connect() as connection:
        ids = sorted(set(connection.execute(union(*wanted)).scalars()))
    for some in _portions(ids):
        with hub.engine.begin() as connection:
            deed = Deed("ask", "ask", residents=some, object=connector.name)
            log_deed(connection, hub, HUB, deed)
            found = _people(connection, hub, some)
        yield from found


def _portions(ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), PORTION):
        yield list(ids[start : start + PORTION])


def _people(connection: Connection, hub: Hub, ids: Sequence[str]) -> list[dict[str, Any]]:
    query = (
        select(resident.c.id, resident.c.bsn, *(person.c[name] for name in DETAILS))
        .join(subject, subject.c.resident_id == resident.c.id)
        .join(person, person.c.subject_id == subject.c.id)
        .where(resident.c.id.in_(ids), standing(person))
        .order_by(person.c.received_at)
    )
    found: dict[str, dict[str, Any]] = {}
    for row in connection.execute(query):
        found[row.id] = _merged(hub, found.get(row.id, {}), row)
    return list(found.values())


def _merged(hub: Hub, known: dict[str, Any], row: Row[Any]) -> dict[str, Any]:
    """Return a person with what this source tells; the newest that tells a detail counts."""
    told = {name: value for name in DETAILS if (value := getattr(row, name))}
    if not known:
        bsn = hub.keys.open(row.bsn, "resident.bsn") if row.bsn else None
        known = {"id": row.id, "bsn": bsn, **{name: getattr(row, name) for name in DETAILS}}
    return {**known, **told}
