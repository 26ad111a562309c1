"""Outbound: bringing commands from the outbox to their registers, and their receipts back.

One process at a time works on the outbox of a source (a lock that ends with the process), so a
command that is found `sending` was left by a hub that stopped, and is asked after at once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, select, update

from hub.connector import Command, Connector, Receipt
from hub.core import Hub
from hub.errors import ConfigError, HubError, TransientError
from hub.security.audit import HUB, Deed, log_deed
from hub.security.fields import COMMANDS
from hub.security.grounds import cases, in_force
from hub.store import command, person, resident, run, source, subject
from hub.store.engine import insert_new
from hub.sync.alive import at_work
from hub.sync.apply import apply_facts
from hub.sync.contract import storable
from hub.sync.holds import rests
from hub.sync.inbound import sync_source
from hub.sync.landing import find_landed, land
from hub.sync.outbox import ASKS, ENDED, Order, create_command, find_command, move, next_wait, touch
from hub.sync.parse import check_facts, raw_digest
from hub.sync.patience import waiting, went_well, went_wrong
from hub.sync.sources import Source, connect, find_source
from hub.sync.subjects import DETAILS

__all__ = ["SENT", "Order", "create_command", "deliver_due"]

log = logging.getLogger("hub.outbox")

#: The stream under which the facts land that a command itself brought about.
SENT = "verzonden"


@dataclass
class _Round:
    """One round of deliveries to one source."""

    hub: Hub
    source: Source
    connector: Connector
    run_id: int | None = None
    #: Whose commands must wait, as an earlier one of theirs has not ended.
    blocked: set[str] = field(default_factory=set)
    reached: dict[str, int] = field(default_factory=dict)
    refresh: set[str] = field(default_factory=set)


def deliver_due(hub: Hub, limit: int = 1000) -> dict[str, int]:
    """Deliver every command that is due; return how many reached each state."""
    reached: dict[str, int] = {}
    for name, rows in groupby(_open(hub), key=lambda row: row.name):
        for state, count in _deliver_to(hub, name, list(rows), limit).items():
            reached[state] = reached.get(state, 0) + count
    return reached


def _open(hub: Hub) -> list[Row[Any]]:
    """Return all commands that have not ended, by source, in the order they were given."""
    query = (
        select(
            command.c.id, command.c.resident_id, command.c.state, command.c.next_at, source.c.name
        )
        .join(source, source.c.id == command.c.source_id)
        .where(
            source.c.municipality == hub.municipality,
            source.c.enabled,
            command.c.state.not_in(ENDED),
        )
        .order_by(source.c.name, command.c.number, command.c.id)
    )
    with hub.reader.connect() as connection:
        return list(connection.execute(query))


def _deliver_to(hub: Hub, name: str, rows: list[Row[Any]], limit: int) -> dict[str, int]:
    """Deliver what is due to one source, unless it must be left alone or somebody else does."""
    now = hub.clock.now()
    if not any(_is_due(row, now) for row in rows):
        return {}
    one = find_source(hub, name)
    with hub.reader.connect() as connection:
        if waiting(connection, one.id, now):
            return {}
    with at_work(hub, "outbox", one.id) as ours:
        if not ours:
            return {}
        try:
            work = _Round(hub, one, connect(hub, one))
        except HubError as error:
            _source_failed(hub, one, error)
            return {}
        _deliver_rows(work, rows, limit)
    if work.refresh:
        sync_source(hub, one, sorted(work.refresh))
    return work.reached


def _is_due(row: Row[Any], now: Any) -> bool:
    return row.state in ("ready", "sending", "unknown") and row.next_at <= now


def _deliver_rows(work: _Round, rows: list[Row[Any]], limit: int) -> None:
    now, left = work.hub.clock.now(), limit
    for row in rows:
        whose = _order_key(work.connector, row)
        if whose in work.blocked:
            continue
        state = row.state
        if _is_due(row, now) and left > 0:
            left -= 1
            state = _deliver(work, row.id)
            work.reached[state] = work.reached.get(state, 0) + 1
            if _rests(work):
                return
        if state not in ENDED and whose:
            work.blocked.add(whose)


def _order_key(connector: Connector, row: Row[Any]) -> str:
    """Return within what commands keep their order: the resident, the source, or nothing."""
    return {"resident": str(row.resident_id), "source": "*", "none": ""}[connector.order]


def _rests(work: _Round) -> bool:
    with work.hub.reader.connect() as connection:
        return waiting(connection, work.source.id, work.hub.clock.now()) is not None


def _deliver(work: _Round, id_: str) -> str:
    """Bring one command as far as it gets now; return the state it came to."""
    hub = work.hub
    with hub.reader.connect() as connection:
        # Read anew: a person may have paused or cancelled it since the round began.
        row = find_command(connection, hub, id_)
    if row.state not in ("ready", "sending", "unknown"):
        return str(row.state)
    try:
        receipt = work.connector.inquire(row.id) if row.state != "ready" else None
    except Exception as error:
        return _postpone(work, row, row.state, _known(error, row.id), arrived=True)
    if receipt is None:
        return _send(work, row)
    return _settle(work, row, row.state, receipt)


def _send(work: _Round, row: Row[Any]) -> str:
    """Send a command of which it is certain that the register has not got it."""
    hub = work.hub
    with hub.engine.begin() as connection:
        fresh = find_command(connection, hub, row.id)
        if fresh.asked:
            new = ASKS[fresh.asked]
            move(connection, hub, row.id, fresh.state, new, asked="")
            touch(connection, row.resident_id)
            return new
        if fresh.state != "ready":
            move(connection, hub, row.id, fresh.state, "ready")
        letter = COMMANDS[row.kind][1] if row.kind in COMMANDS else ""
        if letter and letter not in in_force(connection, hub):
            # The flow stopped between the order and its delivery: a person decides what now.
            return _stopped(connection, hub, row, cases()[letter].title)
        if not move(connection, hub, row.id, "ready", "sending"):
            return str(fresh.state)
        # From here on the register may know of the resident.
        about = f"{row.kind}:{work.source.name}"
        deed = Deed("delivery", "delivery", [row.resident_id], object=about, ground=row.ground)
        log_deed(connection, hub, HUB, deed)
    message = Command(row.kind, _person(hub, row.resident_id), _told(hub, row), row.created_at)
    try:
        receipt = work.connector.send(message, row.id)
    except (TransientError, ConfigError) as error:
        return _postpone(work, row, "sending", error, arrived=_may_have_arrived(error))
    except HubError as error:
        receipt = Receipt("refused", message=error.user)
    except Exception as error:
        return _postpone(work, row, "sending", _known(error, row.id), arrived=True)
    return _settle(work, row, "sending", receipt)


def _told(hub: Hub, row: Row[Any]) -> dict[str, Any]:
    """Return what a command says; a letter to a resident also whether collection rests now.

    Which letters are collection is for the channel to know; those it holds back.
    """
    data = dict(row.data)
    if row.kind == "send_message":
        with hub.reader.connect() as connection:
            now = hub.clock.today()
            data["hold"] = bool(data.get("hold")) or rests(connection, row.resident_id, now)
    return data


def _stopped(connection: Connection, hub: Hub, row: Row[Any], title: str) -> str:
    message = f"Niet verstuurd: voor '{title}' geldt vandaag geen grondslag."
    move(connection, hub, row.id, "ready", "exhausted", message=message)
    touch(connection, row.resident_id)
    return "exhausted"


def _may_have_arrived(error: HubError) -> bool:
    return isinstance(error, TransientError) and error.may_have_arrived


def _known(error: Exception, id_: str) -> HubError:
    """Return a hub error for whatever a connector raised; its text may hold a person's data."""
    if isinstance(error, HubError):
        return error
    log.error("command %s broke: %s", id_, type(error).__name__)
    return TransientError("De koppeling maakte een onverwachte fout.", type(error).__name__)


def _postpone(work: _Round, row: Row[Any], state: str, error: HubError, *, arrived: bool) -> str:
    """Leave a command for later, or give it up when its budget is spent."""
    hub, attempts = work.hub, row.attempts + 1
    error.user = storable(error.user)
    spent = attempts >= hub.settings.delivery_attempts
    new = "exhausted" if spent else "unknown" if arrived else "ready"
    wait = next_wait(attempts, getattr(error, "retry_after", None))
    values = {"attempts": attempts, "message": error.user, "next_at": hub.clock.now() + wait}
    with hub.engine.begin() as connection:
        if new == state:
            connection.execute(update(command).where(command.c.id == row.id).values(**values))
        else:
            move(connection, hub, row.id, state, new, **values)
        if spent:
            touch(connection, row.resident_id)
        went_wrong(connection, hub, work.source, "send", error)
    return new


def _source_failed(hub: Hub, one: Source, error: HubError) -> None:
    with hub.engine.begin() as connection:
        went_wrong(connection, hub, one, "send", error)


def _settle(work: _Round, row: Row[Any], state: str, receipt: Receipt) -> str:
    """Write the end of a command together with the facts it brought about."""
    hub = work.hub
    with hub.engine.begin() as connection:
        move(
            connection,
            hub,
            row.id,
            state,
            receipt.outcome,
            attempts=row.attempts + 1,
            asked="",
            reference=receipt.reference,
            message=storable(receipt.message),
        )
        if receipt.facts:
            _land_sent(connection, work, row, receipt)
        touch(connection, row.resident_id)
        went_well(connection, hub, work.source, "send")
    work.refresh.update(receipt.refresh)
    return receipt.outcome


def _land_sent(connection: Connection, work: _Round, row: Row[Any], receipt: Receipt) -> None:
    """Land what was sent as a record of its own, so that it has the history of any other."""
    one = work.source
    facts = check_facts(one.connector.name, list(receipt.facts))
    run_id = _sent_run(connection, work)
    outcome = {row.id: (raw_digest(row.id.encode(), 1), "applied")}
    known = find_landed(connection, one.id, SENT, [row.id])
    rows = land(connection, (one.id, SENT), run_id, outcome, known)
    apply_facts(connection, work.hub, one.id, {rows[row.id]: facts}, work.hub.clock.now())


def _sent_run(connection: Connection, work: _Round) -> int:
    """Return the run of this round, having counted one more record in it."""
    now = work.hub.clock.now()
    if work.run_id is None:
        place = {"source_id": work.source.id, "stream": SENT, "planned_at": now}
        fresh = {"kind": "sent", "started_at": now, "status": "succeeded", "read": 0, "applied": 0}
        insert_new(connection, run, [{**place, **fresh}])
        work.run_id = connection.execute(select(run.c.id).filter_by(**place)).scalar_one()
    connection.execute(
        update(run)
        .where(run.c.id == work.run_id)
        .values(read=run.c.read + 1, applied=run.c.applied + 1, ended_at=now)
    )
    return work.run_id


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
