"""Orders to the registers, as a page or a program gives them: on which ground, and to whom.

What a flow does for everybody at once goes through that flow, whoever asks: its switch, its second
pair of eyes and its reasons hold for a program as they do for a page.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from hub.connector import OrderForm
from hub.core import Hub
from hub.errors import ConfigError
from hub.flows import life
from hub.flows.declared import FLOWS
from hub.flows.settings import switches
from hub.security.audit import Actor
from hub.security.fields import COMMANDS
from hub.security.grounds import require
from hub.security.permits import Permit
from hub.security.roles import ROLES
from hub.store import flow_step
from hub.sync import orders
from hub.sync.outbox import Order, create_command
from hub.sync.sources import Source, all_sources, load_form

#: Which flow carries out an order that is one decision for every creditor or register.
BY_FLOW = {"set_hold": "pauze", "register": "vish-aanmelden", "deregister": "vish-afmelden"}

#: Which flow does the same for all at once: who must be two there, must be two here.
_AT_ONCE = {
    "lift_hold": "reden-weg",
    "notice": "aanschrijven",
    "balance_request": "aanschrijven",
}


@dataclass(frozen=True)
class Asked:
    """What was asked: a kind of command, and what belongs to it."""

    kind: str
    until: date | None = None
    hold: int = 0
    #: Which state of the hold was seen; None for whatever stands.
    version: str | None = None
    party: str = ""


@dataclass(frozen=True)
class Given:
    """What became of an order: the commands in the outbox, or that a second person must approve."""

    commands: list[str]
    waits: bool = False


def groups(kind: str) -> frozenset[str]:
    """Return the field groups that who gives this order must be able to change."""
    return FLOWS[BY_FLOW[kind]].groups if kind in BY_FLOW else frozenset({COMMANDS[kind][0]})


def give(connection: Connection, hub: Hub, allowed: Permit, asked: Asked, actor: Actor) -> Given:
    """Put an order in the outbox.

    Raises ConfigError without a ground in force, or when it cannot be carried out.
    """
    if asked.kind in BY_FLOW:
        return _by_flow(connection, hub, allowed.resident_id, asked, actor)
    _alone(connection, hub, asked.kind)
    ground = _ground(connection, hub, allowed, asked.kind)
    make = _MAKERS[asked.kind]
    return Given(make(connection, hub, allowed.resident_id, asked, ground, actor.name))


def _ground(connection: Connection, hub: Hub, allowed: Permit, kind: str) -> str:
    """Return on what an order rests. Raises ConfigError without a ground in force."""
    case = COMMANDS[kind][1]
    if not case:
        return ROLES[allowed.role].ground
    legal = require(connection, hub, case)
    return f"{ROLES[allowed.role].ground}; {case}: {legal.title}"[:200]


def forms_for(one: Source, allowed: Permit) -> list[OrderForm]:
    """Return the forms of a source with which whoever has this permit can give an order."""
    return [form for form in one.connector.order_forms if groups(form.command) <= allowed.writes]


def sources_with_forms(hub: Hub, allowed: Permit) -> list[Source]:
    """Return the sources to which whoever has this permit can give an order by a form."""
    return [one for one in all_sources(hub) if one.enabled and forms_for(one, allowed)]


def by_form(
    connection: Connection,
    hub: Hub,
    allowed: Permit,
    one: Source,
    form: OrderForm,
    values: Mapping[str, Any],
    key: str,
    actor: Actor,
) -> str:
    """Put what a form tells in the outbox, under `key` (a UUID); sent twice it is one order.

    Raises RecordError with everything that is wrong in the form, ConfigError without a ground.
    """
    data = load_form(form.schema, values)
    ground = _ground(connection, hub, allowed, form.command)
    order = Order(one.name, form.command, allowed.resident_id, data, ground, actor.name)
    return create_command(connection, hub, one, order, key)


def _by_flow(
    connection: Connection, hub: Hub, resident_id: str, asked: Asked, actor: Actor
) -> Given:
    flow = FLOWS[BY_FLOW[asked.kind]]
    if "until" in flow.asks and asked.until is None:
        raise ConfigError("Vul in tot en met welke dag de pauze duurt, als 31-12-2027.")
    told = life.Asked(flow, resident_id, secrets.token_hex(16), seen="", until=asked.until)
    # Who gives an order saw no plan before it; what is planned now is what goes out.
    plan = flow.plan(life.work_of(connection, hub, told))
    run = life.begin(connection, hub, actor, replace(told, seen=plan.digest))
    if life.find_run(connection, hub, run).state == "asked":
        return Given([], waits=True)
    made = select(flow_step.c.command_id).where(
        flow_step.c.flow_run_id == run, flow_step.c.way == "send"
    )
    return Given([id_ for id_ in connection.execute(made).scalars() if id_])


def _alone(connection: Connection, hub: Hub, kind: str) -> None:
    """Raise ConfigError for an order that a second person must approve."""
    found = switches(connection, hub)[_AT_ONCE[kind]]
    if found.four_eyes:
        raise ConfigError(
            f"Hiervoor is een tweede medewerker nodig. Gebruik '{found.flow.title}'; een collega "
            "keurt het dan goed."
        )


Maker = Callable[[Connection, Hub, str, Asked, str, str], list[str]]


def _lift(c: Connection, hub: Hub, who: str, asked: Asked, ground: str, by: str) -> list[str]:
    return orders.lift_hold(c, hub, who, asked.hold, ground=ground, by=by, version=asked.version)


def _write(c: Connection, hub: Hub, who: str, asked: Asked, ground: str, by: str) -> list[str]:
    return orders.write_to_creditor(c, hub, who, asked.kind, asked.party, ground=ground, by=by)


#: What makes the command of each kind of order that is about one creditor.
_MAKERS: dict[str, Maker] = {"lift_hold": _lift, "notice": _write, "balance_request": _write}
