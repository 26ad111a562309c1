"""Outbound: commands wait in an outbox, are delivered with an idempotency key, and get a receipt.

States and their transitions stand in one table. `sending` is written before the register hears
anything, so a command found in that state after a crash has an unknown outcome: the register is
asked before anything is sent again.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from hub.connector import Command, Connector, Receipt
from hub.core import Hub
from hub.errors import ConfigError, HubError, TransientError
from hub.store import command, person, resident, run, source, subject
from hub.store.engine import insert_new
from hub.sync.apply import apply_facts
from hub.sync.inbound import sync_source
from hub.sync.landing import find_landed, land
from hub.sync.parse import check_facts, raw_digest
from hub.sync.sources import Source, connect, find_source
from hub.sync.subjects import DETAILS

log = logging.getLogger("hub.outbox")

#: Which state may follow which.
TRANSITIONS: dict[str, frozenset[str]] = {
    "ready": frozenset({"sending", "cancelled"}),
    "sending": frozenset({"ready", "delivered", "refused", "unknown"}),
    "unknown": frozenset({"ready", "delivered", "refused"}),
    "delivered": frozenset(),
    "refused": frozenset(),
    "cancelled": frozenset(),
}

#: The stream under which the facts land that a command itself brought about.
SENT = "verzonden"

#: Seconds to wait before the next attempt, by number of attempts made.
WAITS = (60, 300, 900, 3600)

#: How long a worker has a command to itself: longer than any attempt, so none is sent twice.
LEASE = timedelta(minutes=20)


@dataclass(frozen=True)
class Order:
    """A command to be made: what, for whom, on which ground, by whom."""

    source: str
    kind: str
    resident_id: str
    data: Mapping[str, Any]
    ground: str
    created_by: str


def create_command(connection: Connection, hub: Hub, source: Source, order: Order) -> str:
    """Put a command in the outbox, in the caller's transaction; return its id.

    Raises ConfigError when the source knows no such command.
    """
    if order.kind not in source.connector.commands:
        raise ConfigError(f"De bron {source.title} kan de opdracht '{order.kind}' niet ontvangen.")
    id_, now = str(uuid.uuid4()), hub.clock.now()
    connection.execute(
        insert(command).values(
            id=id_,
            source_id=source.id,
            resident_id=order.resident_id,
            kind=order.kind,
            data=dict(order.data),
            ground=order.ground,
            created_by=order.created_by,
            created_at=now,
            state="ready",
            next_at=now,
        )
    )
    return id_


@dataclass
class _Delivery:
    """One round of deliveries: connectors and the run that its sent messages stand under."""

    hub: Hub
    connectors: dict[int, tuple[Source, Connector]] = field(default_factory=dict)
    runs: dict[int, int] = field(default_factory=dict)

    def connector(self, row: Row[Any]) -> tuple[Source, Connector]:
        if row.source_id not in self.connectors:
            one = find_source(self.hub, row.source_name)
            self.connectors[row.source_id] = one, connect(self.hub, one)
        return self.connectors[row.source_id]


def deliver_due(hub: Hub, limit: int = 1000) -> dict[str, int]:
    """Deliver every command that is due; return how many reached each state."""
    delivery = _Delivery(hub)
    reached: dict[str, int] = {}
    refresh: dict[str, set[str]] = {}
    for row in _due(hub, limit):
        state, streams = _deliver(delivery, row)
        reached[state] = reached.get(state, 0) + 1
        refresh.setdefault(row.source_name, set()).update(streams)
    for name, names in refresh.items():
        if names:
            sync_source(hub, find_source(hub, name), sorted(names))
    return reached


def _due(hub: Hub, limit: int) -> list[Row[Any]]:
    query = (
        select(command, source.c.name.label("source_name"))
        .join(source, source.c.id == command.c.source_id)
        .where(
            source.c.municipality == hub.municipality,
            source.c.enabled,
            command.c.state.in_(("ready", "sending", "unknown")),
            command.c.next_at <= hub.clock.now(),
        )
        .order_by(command.c.created_at, command.c.id)
        .limit(limit)
    )
    with hub.reader.connect() as connection:
        return list(connection.execute(query))


def _deliver(delivery: _Delivery, row: Row[Any]) -> tuple[str, tuple[str, ...]]:
    hub, state = delivery.hub, row.state
    try:
        one, connector = delivery.connector(row)
        receipt = connector.inquire(row.id) if state != "ready" else None
        if receipt is None:
            # Nobody knows of it at the other side, so it is ours to send.
            if state != "ready":
                _move(hub, row.id, state, "ready")
            if not _move(hub, row.id, "ready", "sending", LEASE):
                return "taken", ()
            state = "sending"
            message = Command(row.kind, _person(hub, row.resident_id), row.data, row.created_at)
            receipt = connector.send(message, row.id)
    except TransientError as error:
        return _postpone(hub, row, state, error, error.may_have_arrived), ()
    except HubError as error:
        if state != "sending":
            # Nothing was sent: the source itself is not in order. The command waits for that.
            return _postpone(hub, row, state, error, False), ()
        receipt = Receipt("refused", message=error.user)
    except Exception as error:
        log.exception("command %s broke", row.id)
        fault = HubError("De koppeling maakte een onverwachte fout.", type(error).__name__)
        return _postpone(hub, row, state, fault, True), ()
    _settle(delivery, one, row, state, receipt)
    return receipt.outcome, receipt.refresh


def _move(
    hub: Hub, id_: str, old: str, new: str, wait: timedelta = timedelta(0), **values: Any
) -> bool:
    """Bring a command from one state to the next; False when it was no longer there."""
    if new not in TRANSITIONS[old]:
        raise ValueError(f"a command cannot go from {old} to {new}")
    with hub.engine.begin() as connection:
        moved = connection.execute(
            update(command)
            .where(command.c.id == id_, command.c.state == old)
            .values(state=new, next_at=hub.clock.now() + wait, **values)
        )
        return moved.rowcount == 1


def _postpone(hub: Hub, row: Row[Any], state: str, error: HubError, may_have_arrived: bool) -> str:
    """Leave a command for later; one that may have arrived is asked after before a resend."""
    attempts = row.attempts + 1
    seconds = getattr(error, "retry_after", None) or WAITS[min(attempts, len(WAITS)) - 1]
    wait = timedelta(seconds=seconds)
    values = {"attempts": attempts, "message": error.user}
    if state == "sending":
        new = "unknown" if may_have_arrived else "ready"
        _move(hub, row.id, "sending", new, wait, **values)
        return new
    with hub.engine.begin() as connection:
        connection.execute(
            update(command)
            .where(command.c.id == row.id)
            .values(next_at=hub.clock.now() + wait, **values)
        )
    return str(state)


def _settle(delivery: _Delivery, one: Source, row: Row[Any], state: str, receipt: Receipt) -> None:
    """Write the end of a command together with the facts it brought about."""
    hub = delivery.hub
    with hub.engine.begin() as connection:
        connection.execute(
            update(command)
            .where(command.c.id == row.id, command.c.state == state)
            .values(
                state=receipt.outcome,
                attempts=row.attempts + 1,
                ended_at=hub.clock.now(),
                reference=receipt.reference,
                message=receipt.message,
            )
        )
        if receipt.facts:
            _land_sent(connection, delivery, one, row, receipt)


def _land_sent(
    connection: Connection, delivery: _Delivery, one: Source, row: Row[Any], receipt: Receipt
) -> None:
    """Land what was sent as a record of its own, so that it has the history of any other."""
    hub = delivery.hub
    facts = check_facts(one.connector.name, list(receipt.facts))
    run_id = _sent_run(connection, delivery, one)
    outcome = {row.id: (raw_digest(row.id.encode(), 1), "applied")}
    known = find_landed(connection, one.id, SENT, [row.id])
    rows = land(connection, (one.id, SENT), run_id, outcome, known)
    apply_facts(connection, hub, one.id, {rows[row.id]: facts}, hub.clock.now())


def _sent_run(connection: Connection, delivery: _Delivery, one: Source) -> int:
    """Return the run of this round for `one`, having counted one more record in it."""
    now = delivery.hub.clock.now()
    if one.id not in delivery.runs:
        place = {"source_id": one.id, "stream": SENT, "planned_at": now}
        row = {**place, "started_at": now, "status": "succeeded", "read": 0, "applied": 0}
        insert_new(connection, run, [row])
        delivery.runs[one.id] = connection.execute(select(run.c.id).filter_by(**place)).scalar_one()
    connection.execute(
        update(run)
        .where(run.c.id == delivery.runs[one.id])
        .values(read=run.c.read + 1, applied=run.c.applied + 1, ended_at=now)
    )
    return delivery.runs[one.id]


def _person(hub: Hub, resident_id: str) -> dict[str, Any]:
    """Return what registers must hear of a resident: BSN and the newest details."""
    with hub.reader.connect() as connection:
        sealed = connection.execute(
            select(resident.c.bsn).where(resident.c.id == resident_id)
        ).scalar_one()
        details = connection.execute(
            select(person)
            .join(subject, subject.c.id == person.c.subject_id)
            .where(subject.c.resident_id == resident_id, person.c.superseded_at.is_(None))
            # A name says more than a bare address; the newest of equals wins.
            .order_by((person.c.surname != "").desc(), person.c.received_at.desc(), person.c.id)
            .limit(1)
        ).one_or_none()
    found = {name: getattr(details, name) for name in DETAILS} if details else {}
    return {"bsn": hub.keys.open(sealed, "resident.bsn") if sealed else None, **found}
