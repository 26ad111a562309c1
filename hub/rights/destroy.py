"""Carrying out: what a privacy officer approved goes, portion by portion.

Each portion is one transaction: the log, the events for the indicators, the rows, and the item
of the list, which goes with the thing. So a hub that is killed goes on where it was, and twice
is once. Nothing survives but the logs, with their own term.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from hub.core import Hub
from hub.errors import ConfigError
from hub.rights.delivered import still_delivered
from hub.rights.due import FINDERS, due
from hub.rights.events import write_events
from hub.rights.journal import note, note_residents
from hub.rights.lists import GROUND, LEFT
from hub.rights.remove import remove
from hub.security.audit import HUB, Actor, Deed, log_deed
from hub.security.chain import LOGS
from hub.store import destruction, destruction_item
from hub.sync.alive import at_work

#: Things in one transaction: on SQLite nobody else can write as long as it takes.
PORTION = 500


def carry_out_approved(hub: Hub) -> list[int]:
    """Carry out every approved list, as the nightly care does; return their ids."""
    query = select(destruction.c.id).where(
        destruction.c.municipality == hub.municipality, destruction.c.status == "approved"
    )
    with hub.reader.connect() as connection:
        ids = list(connection.execute(query.order_by(destruction.c.id)).scalars())
    for id_ in ids:
        carry_out(hub, HUB, id_)
    return ids


def carry_out(hub: Hub, actor: Actor, id_: int) -> dict[str, int]:
    """Destroy what stands on an approved list; return the rows that went, by table.

    A list that is done already is left as it is. Raises ConfigError for one that nobody
    approved, or that somebody else is carrying out.
    """
    with at_work(hub, "destruction", id_) as ours:
        if not ours:
            raise ConfigError("Deze lijst wordt nu al uitgevoerd. Wacht tot dat klaar is.")
        while True:
            with hub.engine.begin() as connection:
                row = _approved(connection, hub, id_)
                if row.status == "done":
                    return dict(row.counts)
                _portion(connection, hub, actor, row)


def _approved(connection: Connection, hub: Hub, id_: int) -> Row[Any]:
    row = connection.execute(
        select(destruction)
        .where(destruction.c.id == id_, destruction.c.municipality == hub.municipality)
        .with_for_update()
    ).one_or_none()
    if row is None or row.status not in ("approved", "done"):
        raise ConfigError(
            "Deze lijst is niet goedgekeurd. Een privacy officer keurt haar eerst goed."
        )
    return row


def _portion(connection: Connection, hub: Hub, actor: Actor, row: Row[Any]) -> None:
    """Destroy the next things of a list, or note that there are none any more."""
    items = destruction_item
    mine = (items.c.destruction_id == row.id) & ~items.c.kept
    query = select(items).where(mine).order_by(items.c.id).limit(PORTION)
    found = connection.execute(query).all()
    if not found:
        now = hub.clock.now()
        done = update(destruction).where(destruction.c.id == row.id)
        connection.execute(done.values(status="done", done_at=now))
        deed = Deed("destruction_done", object=f"destruction:{row.id}", ground=GROUND)
        log_deed(connection, hub, actor, deed)
        return
    counts = Counter(row.counts)
    counts.update(_destroy(connection, hub, actor, row, found))
    gone = delete(items).where(items.c.id.in_([one.id for one in found]))
    connection.execute(gone)
    noted = update(destruction).where(destruction.c.id == row.id)
    connection.execute(noted.values(counts=dict(counts)))


def _destroy(
    connection: Connection, hub: Hub, actor: Actor, row: Row[Any], items: Sequence[Row[Any]]
) -> Counter[str]:
    thing, _ = FINDERS[row.record_class]
    # Looked at again: since the list was made, a claim may have been opened or told once more.
    asked = [one.thing_id for one in items]
    still = {one.thing_id for one in due(connection, hub, row.record_class, asked)}
    still -= still_delivered(connection, hub, thing, sorted(still))
    ids = [id_ for id_ in asked if id_ in still]
    counts = Counter({LEFT: len(asked) - len(ids)}) if len(ids) < len(asked) else Counter()
    if ids:
        residents = {one.resident_id for one in items if one.resident_id and one.thing_id in still}
        _log(connection, hub, actor, row, thing, ids, sorted(residents))
        note(connection, hub, thing, ids)
        write_events(connection, hub, thing, ids)
        removed = remove(connection, hub, thing, ids, residents)
        note_residents(hub, removed.forgotten)
        counts += removed.counts
    return counts


def _log(
    connection: Connection,
    hub: Hub,
    actor: Actor,
    row: Row[Any],
    thing: str,
    ids: list[str],
    residents: list[str],
) -> None:
    told = f"destruction:{row.id} {len(ids)} × {thing}"
    if thing in _LOG_NAMES:
        # By this `hub audit verify` knows where the rest of the chain begins.
        told = f"{thing}:{ids[-1]}:{_last_hash(connection, hub, thing, ids[-1])}"
    deed = Deed(
        "destroy",
        "destruction",
        residents,
        object=told,
        ground=GROUND,
        reason=f"goedgekeurd door {row.decided_by}",
    )
    log_deed(connection, hub, actor, deed)


_LOG_NAMES = {table.name: table for table in LOGS.values()}


def _last_hash(connection: Connection, hub: Hub, thing: str, number: str) -> str:
    """Return the hash of the last row that goes: the rest of the chain begins after it."""
    table = _LOG_NAMES[thing]
    query = select(table.c.hash).where(
        table.c.municipality == hub.municipality, table.c.number == int(number)
    )
    return str(connection.execute(query).scalar_one())
