"""Received: an outside system calls us, and what it brings is landed before it is answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from hub.connector import (
    Answer,
    Batch,
    Connector,
    ContractError,
    HubError,
    Incoming,
    Record,
    Stream,
)
from hub.core import Hub
from hub.store import run
from hub.sync.inbound import Outcome, end_run, take_in
from hub.sync.landing import find_landed
from hub.sync.parse import raw_digest
from hub.sync.sources import Source, all_sources, connect


def address_key(hub: Hub, one: Source) -> str:
    """Return what stands in the address of a source that others call: nobody can guess it."""
    return hub.keys.fingerprint(f"ontvangst:{one.id}")[:32]


def receives(one: Source) -> bool:
    """Tell whether others can call this source."""
    return one.connector.receive is not Connector.receive


def source_at(hub: Hub, key: str) -> Source | None:
    """Return the source at an address, None when there is none or it is switched off."""
    found = (one for one in all_sources(hub) if receives(one) and address_key(hub, one) == key)
    return next((one for one in found if one.enabled), None)


def receive(hub: Hub, one: Source, call: Incoming) -> Answer:
    """Return the connector's answer to a call; what the call brought is committed before.

    Raises HubError when the call cannot be used or what it brought cannot be kept.
    """
    connector = connect(hub, one)
    connector.context.seen = lambda stream, told: _seen(hub, one, stream, told)
    answer = connector.receive(call)
    if answer.batch is not None:
        land_now(hub, one, connector, answer.stream, answer.batch)
    return answer


def _seen(hub: Hub, one: Source, name: str, told: Record) -> Literal["new", "same", "other"]:
    """Tell what a stream has under a record's key; see hub.connector.Context."""
    stream = next(found for found in one.connector.streams if found.name == name)
    with hub.reader.connect() as connection:
        known = find_landed(connection, one.id, name, [told.key]).get(told.key)
    if known is None or known.state == "removed":
        return "new"
    return "same" if known.digest == raw_digest(told.raw, stream.version) else "other"


def land_now(
    hub: Hub,
    one: Source,
    connector: Connector,
    stream: str,
    batch: Batch,
    kind: str = "received",
) -> Outcome:
    """Land a batch that came by itself as a run of this kind. Raises HubError when it cannot."""
    known = next((found for found in connector.streams if found.name == stream), None)
    if known is None or known.mode == "snapshot":
        # What calls us tells what changed; a snapshot would take its silence for an end.
        raise ContractError(
            f"De koppeling {one.connector.name} ontvangt iets voor de stroom {stream}, en die "
            "kan dat niet.",
            f"{one.connector.name} received a batch for {stream!r}",
        )
    try:
        return _run(hub, one, connector, known, batch, kind)
    except IntegrityError:
        # Another call brought the same key at this moment: now it is there, and known.
        return _run(hub, one, connector, known, batch, kind)


def _run(
    hub: Hub, one: Source, connector: Connector, stream: Stream, batch: Batch, kind: str
) -> Outcome:
    """Land a batch as a run; a failure stands in the run too. Raises HubError."""
    outcome = Outcome(_begin(hub, one, stream, kind), stream.name)
    try:
        take_in(hub, one, connector, stream, batch, outcome)
    except Exception as error:
        outcome.status, outcome.log = "failed", type(error).__name__
        if isinstance(error, HubError):
            outcome.message, outcome.log = error.user, error.log
        raise
    finally:
        end_run(hub, outcome)
    return outcome


def _begin(hub: Hub, one: Source, stream: Stream, kind: str) -> int:
    now = hub.clock.now()
    place = (run.c.source_id == one.id, run.c.stream == stream.name)
    with hub.engine.begin() as connection:
        last = connection.execute(select(func.max(run.c.planned_at)).where(*place)).scalar()
        # Two calls in one tick of the clock are two runs.
        at = max(now, last + timedelta(microseconds=1)) if last else now
        row = {"source_id": one.id, "stream": stream.name, "kind": kind, "planned_at": at}
        made = insert(run).values(**row, status="running", started_at=now).returning(run.c.id)
        return int(connection.execute(made).scalar_one())
