"""Held: a snapshot that shrank too much waits for a person, who releases or refuses the removal.

Which records the snapshot lacks is written down when it is held. A record that the source
delivers again after all is taken off that list, so a release removes only what is still absent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update

from hub.core import Hub
from hub.errors import ConfigError
from hub.store import missing, own, run
from hub.store.engine import chunks
from hub.sync.apply import drop_facts
from hub.sync.incidents import solve_incident
from hub.sync.landing import mark_removed, solve_rejects
from hub.sync.sources import heard


def hold_back(connection: Connection, run_id: int, record_ids: Iterable[int]) -> None:
    """Write down which records a run lacks, instead of removing them."""
    for some in chunks(record_ids, 5000):
        connection.execute(insert(missing), [{"run_id": run_id, "record_id": i} for i in some])


def has_held(connection: Connection, source_id: int, stream: str | None = None) -> bool:
    """Tell whether a removal of this stream, or of any of the source, waits for a person."""
    return bool(connection.execute(select(exists(_held(source_id, stream)))).scalar_one())


def found_again(connection: Connection, record_ids: Iterable[int]) -> None:
    """Take records off every list of missing ones: their source delivers them."""
    for some in chunks(record_ids):
        connection.execute(delete(missing).where(missing.c.record_id.in_(some)))


def overtake(connection: Connection, source_id: int, stream: str, run_id: int) -> None:
    """Let a newer complete delivery take the place of those that still wait for a person."""
    older = _held(source_id, stream).where(run.c.id != run_id)
    ids = list(connection.execute(older).scalars())
    if ids:
        connection.execute(delete(missing).where(missing.c.run_id.in_(ids)))
        connection.execute(update(run).where(run.c.id.in_(ids)).values(status="overtaken"))


def _held(source_id: int, stream: str | None = None) -> Any:
    query = select(run.c.id).where(run.c.source_id == source_id, run.c.status == "held")
    return query if stream is None else query.where(run.c.stream == stream)


def release(hub: Hub, run_id: int, by: str) -> int:
    """Remove what a held run lacks, in a transaction of its own; see `release_in`."""
    with hub.engine.begin() as connection:
        return release_in(connection, hub, run_id, by)


def release_in(connection: Connection, hub: Hub, run_id: int, by: str) -> int:
    """Remove what a held run lacks; return how many records. Raises ConfigError if not held."""
    now = hub.clock.now()
    row = _decide(connection, hub, run_id, by, "released")
    query = select(missing.c.record_id).where(missing.c.run_id == run_id)
    gone = list(connection.execute(query).scalars())
    for some in chunks(gone, 5000):
        drop_facts(connection, some, now)
        mark_removed(connection, run_id, some)
        solve_rejects(connection, some, now)
    connection.execute(delete(missing).where(missing.c.run_id == run_id))
    connection.execute(update(run).where(run.c.id == run_id).values(removed=len(gone)))
    if row.as_of and not _read_since(connection, row):
        heard(connection, row.source_id, row.stream, row.ended_at or now, row.as_of)
    return len(gone)


def refuse(hub: Hub, run_id: int, by: str) -> None:
    """Keep what a held run lacks, in a transaction of its own; see `refuse_in`."""
    with hub.engine.begin() as connection:
        refuse_in(connection, hub, run_id, by)


def refuse_in(connection: Connection, hub: Hub, run_id: int, by: str) -> None:
    """Keep what a held run lacks. Raises ConfigError when the run is not held."""
    _decide(connection, hub, run_id, by, "refused")
    connection.execute(delete(missing).where(missing.c.run_id == run_id))


def _decide(connection: Connection, hub: Hub, run_id: int, by: str, status: str) -> Row[Any]:
    decided = connection.execute(
        update(run)
        .where(run.c.id == run_id, run.c.status == "held", own(run, hub.municipality))
        .values(status=status, decided_by=by, decided_at=hub.clock.now())
    )
    if decided.rowcount != 1:
        raise ConfigError(
            "Deze levering wacht niet meer op een besluit. Ververs de pagina.",
            f"run {run_id} is not held",
        )
    row = connection.execute(select(run).where(run.c.id == run_id)).one()
    if not has_held(connection, row.source_id):
        solve_incident(connection, hub, row.source_id, "held")
    return row


def _read_since(connection: Connection, row: Row[Any]) -> bool:
    """Tell whether the stream was read to its end by a later run."""
    later = select(func.count()).where(
        run.c.source_id == row.source_id,
        run.c.stream == row.stream,
        run.c.id > row.id,
        run.c.as_of.is_not(None),
    )
    return connection.execute(later).scalar_one() > 0
