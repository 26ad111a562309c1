"""Identify: which resident a source's subject is.

By BSN, found through its keyed hash; who has none is compared with those who have (matching/).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, update

from hub.core import Hub
from hub.reconcile.matching.strangers import match
from hub.reconcile.spread import spread
from hub.store import resident, subject
from hub.store.engine import chunks, insert_new


def identify(
    connection: Connection, hub: Hub, subject_ids: Sequence[int], engine: str = "duckdb"
) -> set[str]:
    """Link the subjects to residents, making new residents; return the residents concerned.

    A subject without BSN that is like nobody stays unlinked, and its facts wait with it.
    """
    residents: set[str] = set()
    for some in chunks(subject_ids):
        rows = connection.execute(
            select(subject.c.id, subject.c.bsn, subject.c.bsn_hash, subject.c.resident_id).where(
                subject.c.id.in_(some)
            )
        ).all()
        residents |= {row.resident_id for row in rows if row.resident_id}
        new = [row for row in rows if not row.resident_id and row.bsn_hash]
        if new:
            residents |= _link(connection, hub, {row.id: (row.bsn, row.bsn_hash) for row in new})
    return residents | match(connection, hub, subject_ids, engine)


def _link(connection: Connection, hub: Hub, people: dict[int, tuple[str, str]]) -> set[str]:
    by_hash = {bsn_hash: bsn for bsn, bsn_hash in people.values()}
    found = _residents(connection, hub, list(by_hash))
    now = hub.clock.now()
    insert_new(
        connection,
        resident,
        [
            {
                "id": secrets.token_hex(16),
                "municipality": hub.municipality,
                "bsn": hub.keys.seal(hub.keys.open(bsn, "subject.bsn"), "resident.bsn"),
                "bsn_hash": bsn_hash,
                "created_at": now,
            }
            for bsn_hash, bsn in by_hash.items()
            if bsn_hash not in found
        ],
    )
    found = _residents(connection, hub, list(by_hash))
    connection.execute(
        update(subject)
        .where(subject.c.id == bindparam("row"))
        .values(resident_id=bindparam("who"), method="bsn", score=1.0, decided_by="hub"),
        [{"row": id_, "who": found[bsn_hash]} for id_, (_, bsn_hash) in people.items()],
    )
    spread(connection, list(people))
    return set(found.values())


def _residents(connection: Connection, hub: Hub, hashes: list[str]) -> dict[str, str]:
    query = select(resident.c.bsn_hash, resident.c.id).where(
        resident.c.municipality == hub.municipality, resident.c.bsn_hash.in_(hashes)
    )
    return dict(connection.execute(query).all())
