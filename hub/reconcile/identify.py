"""Identify: which resident a source's subject is.

By BSN, found through its keyed hash; who has none is compared with those who have (matching/).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, select, update

from hub.core import Hub
from hub.reconcile.matching.strangers import match
from hub.reconcile.merging.family import ever_merged, led_to
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
        known = {row.id: row.resident_id for row in rows if row.resident_id}
        new = [row for row in rows if not row.resident_id and row.bsn_hash]
        if new:
            known |= _link(connection, hub, {row.id: (row.bsn, row.bsn_hash) for row in new})
        residents |= _follow(connection, known)
    return residents | match(connection, hub, subject_ids, engine)


def _follow(connection: Connection, people: dict[int, str]) -> set[str]:
    """Bring people whose resident went into another along; return the residents they are.

    Who merges moves all that is there. What was read before that, and written after it, is seen
    here: it waits in the queue.
    """
    led = led_to(connection, set(people.values()))
    late = [{"row": id_, "who": led[who]} for id_, who in people.items() if who in led]
    if late:
        moved = update(subject).where(subject.c.id == bindparam("row"))
        connection.execute(moved.values(resident_id=bindparam("who")), late)
    now = {id_: led.get(who, who) for id_, who in people.items()}
    merged = ever_merged(connection, set(now.values()))
    spread(connection, [id_ for id_, who in now.items() if who in merged])
    return set(now.values())


def _link(connection: Connection, hub: Hub, people: dict[int, tuple[str, str]]) -> dict[int, str]:
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
    return {id_: found[bsn_hash] for id_, (_, bsn_hash) in people.items()}


def _residents(connection: Connection, hub: Hub, hashes: list[str]) -> dict[str, str]:
    who = func.coalesce(resident.c.merged_into, resident.c.id)
    query = select(resident.c.bsn_hash, who).where(
        resident.c.municipality == hub.municipality, resident.c.bsn_hash.in_(hashes)
    )
    return dict(connection.execute(query).all())
