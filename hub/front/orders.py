"""Orders to the registers, as a page or a program gives them: on which ground, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from hub.core import Hub
from hub.errors import ConfigError
from hub.security.fields import COMMANDS
from hub.security.grounds import require
from hub.security.permits import Permit
from hub.security.roles import ROLES
from hub.sync import orders


@dataclass(frozen=True)
class Asked:
    """What was asked: a kind of command, and what belongs to it."""

    kind: str
    until: date | None = None
    hold: int = 0
    #: Which state of the hold was seen; None for whatever stands.
    version: str | None = None
    party: str = ""


def give(connection: Connection, hub: Hub, allowed: Permit, asked: Asked, by: str) -> list[str]:
    """Put an order in the outbox; return the ids of its commands.

    Raises ConfigError without a ground in force, or when it cannot be carried out.
    """
    case = COMMANDS[asked.kind][1]
    legal = require(connection, hub, case)
    ground = f"{ROLES[allowed.role].ground}; {case}: {legal.title}"[:200]
    return MAKERS[asked.kind](connection, hub, allowed.resident_id, asked, ground, by)


Maker = Callable[[Connection, Hub, str, Asked, str, str], list[str]]


def _hold(c: Connection, hub: Hub, who: str, asked: Asked, ground: str, by: str) -> list[str]:
    if asked.until is None:
        raise ConfigError("Vul in tot en met welke dag de pauze duurt, als 31-12-2027.")
    return orders.put_hold(c, hub, who, until=asked.until, ground=ground, by=by)


def _lift(c: Connection, hub: Hub, who: str, asked: Asked, ground: str, by: str) -> list[str]:
    return orders.lift_hold(c, hub, who, asked.hold, ground=ground, by=by, version=asked.version)


def _register(c: Connection, hub: Hub, who: str, asked: Asked, ground: str, by: str) -> list[str]:
    return orders.register_vish(c, hub, who, ground=ground, by=by)


def _deregister(c: Connection, hub: Hub, who: str, asked: Asked, ground: str, by: str) -> list[str]:
    return orders.deregister_vish(c, hub, who, ground=ground, by=by)


def _write(c: Connection, hub: Hub, who: str, asked: Asked, ground: str, by: str) -> list[str]:
    return orders.write_to_creditor(c, hub, who, asked.kind, asked.party, ground=ground, by=by)


#: What makes the commands of each kind of order.
MAKERS: dict[str, Maker] = {
    "set_hold": _hold,
    "lift_hold": _lift,
    "register": _register,
    "deregister": _deregister,
    "notice": _write,
    "balance_request": _write,
}
