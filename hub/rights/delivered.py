"""What a source still delivers: destroyed today, it would be back tonight.

A record that stands in the snapshot of a source is told again at its next read, in other bytes
as soon as anything changes. So the source lets go of it first; until then the thing stays, and
the list says so. A stream of changes or a queue tells once: what it told may go.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from hub.core import Hub
from hub.rights.parts import parts_of_claims
from hub.store import record, reject, source
from hub.store.engine import chunks
from hub.sync.outbound import SENT


def still_delivered(connection: Connection, hub: Hub, thing: str, ids: Sequence[str]) -> set[str]:
    """Return which of these things of one table their source still delivers."""
    found: set[str] = set()
    for some in chunks(ids):
        records = _records(connection, thing, some)
        standing = _standing(connection, hub, list(records))
        found |= {id_ for one in standing for id_ in records[one]}
    return found


def _records(connection: Connection, thing: str, ids: Sequence[str]) -> dict[int, set[str]]:
    """Return the things that stand in each record, by the record's id."""
    found: dict[int, set[str]] = {}
    if thing == "record":
        return {int(id_): {id_} for id_ in ids}
    if thing == "reject":
        query = select(reject.c.record_id, reject.c.id).where(reject.c.id.in_(map(int, ids)))
        for record_id, id_ in connection.execute(query):
            found.setdefault(record_id, set()).add(str(id_))
    if thing == "claim":
        for part in parts_of_claims(connection, [int(id_) for id_ in ids]):
            found.setdefault(part.record_id, set()).add(str(part.claim_id))
    return found


def _standing(connection: Connection, hub: Hub, record_ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for some in chunks(record_ids):
        query = (
            select(record.c.id, record.c.stream, source.c.connector)
            .join(source, source.c.id == record.c.source_id)
            .where(record.c.id.in_(some), record.c.state != "removed", source.c.enabled)
        )
        rows = connection.execute(query)
        found |= {row.id for row in rows if _tells_again(hub, row.connector, row.stream)}
    return found


def _tells_again(hub: Hub, connector: str, stream: str) -> bool:
    known = hub.plugins.connectors.get(connector)
    modes = {one.name: one.mode for one in known.streams} if known else {}
    # Without its plugin nobody can tell what a stream is: then it is left alone.
    return stream != SENT and modes.get(stream, "snapshot") == "snapshot"
