"""The outbox: commands wait here from the transaction that made them until they have ended.

States and their transitions stand in one table. `sending` is written before the register hears
anything, so a command found in that state after a crash has an unknown outcome: the register is
asked before anything is sent again. What a person asks of a command that is under way (pause,
cancel) is written beside it and takes effect before the next attempt.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, insert, select, update

from hub.core import Hub
from hub.errors import ConfigError
from hub.store import command, source, subject
from hub.sync.apply import mark_changed
from hub.sync.sources import Source

#: Which state may follow which.
TRANSITIONS: dict[str, frozenset[str]] = {
    "ready": frozenset({"sending", "paused", "cancelled", "exhausted"}),
    "paused": frozenset({"ready", "cancelled"}),
    "sending": frozenset(
        {"ready", "paused", "cancelled", "delivered", "refused", "unknown", "exhausted"}
    ),
    "unknown": frozenset({"ready", "paused", "cancelled", "delivered", "refused", "exhausted"}),
    # The retry budget is spent. Who tries again asks the register first.
    "exhausted": frozenset({"unknown", "cancelled"}),
    "delivered": frozenset(),
    "refused": frozenset(),
    "cancelled": frozenset(),
}

#: The states in which a command has ended, one way or another.
ENDED = frozenset(state for state, following in TRANSITIONS.items() if not following)

#: What a person may ask of a command that is under way, and the state it then comes to.
ASKS = {"pause": "paused", "cancel": "cancelled"}

Ask = Literal["pause", "cancel"]


@dataclass(frozen=True)
class Order:
    """A command to be made: what, for whom, on which ground, by whom."""

    source: str
    kind: str
    resident_id: str
    data: Mapping[str, Any]
    ground: str
    created_by: str


def create_command(
    connection: Connection, hub: Hub, source: Source, order: Order, id_: str = ""
) -> str:
    """Put a command in the outbox, in the caller's transaction; return its id.

    The id is also the idempotency key. A caller that may ask twice brings an id (a UUID) of its
    own; asked again, nothing is added. Raises ConfigError when the source knows no such command.
    """
    if order.kind not in source.connector.commands:
        raise ConfigError(f"De bron {source.title} kan de opdracht '{order.kind}' niet ontvangen.")
    if id_ and connection.execute(select(command.c.id).where(command.c.id == id_)).first():
        return id_
    id_, now = id_ or str(uuid.uuid4()), hub.clock.now()
    number = connection.execute(select(func.coalesce(func.max(command.c.number), 0))).scalar_one()
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
            number=number + 1,
            state="ready",
            next_at=now,
        )
    )
    # A newer command may put an end to the finding that an older one was refused.
    touch(connection, order.resident_id)
    return id_


def touch(connection: Connection, resident_id: str) -> None:
    """Queue a resident for reconciliation: what happened to a command may be a finding."""
    ids = connection.execute(select(subject.c.id).where(subject.c.resident_id == resident_id))
    mark_changed(connection, ids.scalars())


def move(connection: Connection, hub: Hub, id_: str, old: str, new: str, **values: Any) -> bool:
    """Bring a command from one state to the next; False when it was no longer there.

    Raises ValueError for a step that TRANSITIONS does not allow.
    """
    if new not in TRANSITIONS[old]:
        raise ValueError(f"a command cannot go from {old} to {new}")
    if new in ENDED:
        values.setdefault("ended_at", hub.clock.now())
    values.setdefault("next_at", hub.clock.now())
    moved = connection.execute(
        update(command)
        .where(command.c.id == id_, command.c.state == old)
        .values(state=new, **values)
    )
    return moved.rowcount == 1


def ask(hub: Hub, id_: str, what: Ask, by: str) -> str:
    """Pause or cancel a command, in a transaction of its own; see `ask_in`."""
    with hub.engine.begin() as connection:
        return ask_in(connection, hub, id_, what, by)


def ask_in(connection: Connection, hub: Hub, id_: str, what: Ask, by: str) -> str:
    """Pause or cancel a command; return the state it is in, or will be before the next attempt.

    A command that is under way cannot be called back: what was asked takes effect as soon as it
    is certain that it did not arrive. Raises ConfigError when the command has ended.
    """
    new = ASKS[what]
    row = find_command(connection, hub, id_)
    if row.state in ENDED or row.state == new:
        raise ConfigError("Deze opdracht is al afgerond. Ververs de pagina.")
    if new in TRANSITIONS[row.state] and row.state not in ("sending", "unknown"):
        move(connection, hub, id_, row.state, new, asked="", asked_by=by)
    else:
        asked = update(command).where(command.c.id == id_).values(asked=what, asked_by=by)
        connection.execute(asked)
    touch(connection, row.resident_id)
    return new


def resume(hub: Hub, id_: str, by: str) -> None:
    """Let a command go on, in a transaction of its own; see `resume_in`."""
    with hub.engine.begin() as connection:
        resume_in(connection, hub, id_, by)


def resume_in(connection: Connection, hub: Hub, id_: str, by: str) -> None:
    """Let a paused command go on, or give one whose budget is spent another try.

    Raises ConfigError when the command neither waits nor was given up.
    """
    following = {"paused": "ready", "exhausted": "unknown"}
    row = find_command(connection, hub, id_)
    if row.state in following:
        values = {"asked": "", "asked_by": by, "attempts": 0, "handled_at": None}
        move(connection, hub, id_, row.state, following[row.state], **values)
    elif row.asked == "pause":
        connection.execute(update(command).where(command.c.id == id_).values(asked="", asked_by=by))
    else:
        raise ConfigError("Deze opdracht wacht niet op u. Ververs de pagina.")
    touch(connection, row.resident_id)


def take_note(hub: Hub, id_: str, by: str) -> None:
    """Note that a command was dealt with, in a transaction of its own; see `take_note_in`."""
    with hub.engine.begin() as connection:
        take_note_in(connection, hub, id_, by)


def take_note_in(connection: Connection, hub: Hub, id_: str, by: str) -> None:
    """Note that a person dealt with a command that was refused or given up."""
    row = find_command(connection, hub, id_)
    if row.state not in ("refused", "exhausted"):
        raise ConfigError("Deze opdracht is niet geweigerd. Ververs de pagina.")
    values = {"handled_by": by, "handled_at": hub.clock.now()}
    connection.execute(update(command).where(command.c.id == id_).values(**values))
    touch(connection, row.resident_id)


#: What a person can do with a command, in the transaction of the look.
ACTS: dict[str, Callable[[Connection, Hub, str, str], object]] = {
    "pause": lambda connection, hub, id_, by: ask_in(connection, hub, id_, "pause", by),
    "cancel": lambda connection, hub, id_, by: ask_in(connection, hub, id_, "cancel", by),
    "resume": resume_in,
    "note": take_note_in,
}


def find_command(connection: Connection, hub: Hub, id_: str) -> Row[Any]:
    """Return a command of this municipality with its source's name. Raises ConfigError."""
    row = connection.execute(
        select(command, source.c.name.label("source_name"))
        .join(source, source.c.id == command.c.source_id)
        .where(command.c.id == id_, source.c.municipality == hub.municipality)
    ).one_or_none()
    if row is None:
        raise ConfigError("Deze opdracht bestaat niet.", f"no command {id_}")
    return row


#: Seconds to wait before the next attempt, by number of attempts made.
WAITS = (60, 300, 900, 3600)


def next_wait(attempts: int, retry_after: float | None) -> timedelta:
    """Return how long to wait after so many attempts, or as long as the register asks."""
    return timedelta(seconds=retry_after or WAITS[min(attempts, len(WAITS)) - 1])
