"""The life of a flow: asked, approved where a second person must, started, stopped.

Everything that starting does (reasons, commands in the outbox, steps) is one transaction, so a
hub that is killed has started a flow or has not. The form carries a key: sent twice it is one
run. Two people who act at once wait for each other at the resident's row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from hub.core import Hub
from hub.errors import ConfigError, Outdated
from hub.flows.declared import FLOWS, Flow
from hub.flows.plan import Plan, Step, Work
from hub.flows.settings import require_on
from hub.security.audit import Actor
from hub.security.cases import plain
from hub.security.fields import COMMANDS
from hub.security.grounds import require
from hub.security.roles import ROLES
from hub.store import command, flow_run, flow_step, resident
from hub.sync import holds
from hub.sync.outbox import ENDED, Order, ask_in, create_command, touch

#: Which state may follow which; what has started is stopped, what was asked is decided.
STATES: dict[str, frozenset[str]] = {
    "asked": frozenset({"started", "refused", "withdrawn"}),
    "started": frozenset({"stopped"}),
    "refused": frozenset(),
    "withdrawn": frozenset(),
    "stopped": frozenset(),
}

#: The shortest remark that says why something was refused, in characters.
SHORTEST = 10


@dataclass(frozen=True)
class Asked:
    """What a form asked: which flow, for whom, and what was seen before the yes.

    `key` is random and of this form; `seen` is the digest of the plan that the person saw.
    """

    flow: Flow
    resident_id: str
    key: str
    seen: str
    reason: str = holds.HELP
    until: date | None = None
    why: str = ""
    finding_id: int | None = None


def work_of(connection: Connection, hub: Hub, asked: Asked) -> Work:
    """Return for what a plan is made. Raises ConfigError for a reason that does not exist."""
    if asked.reason not in holds.REASONS:
        raise ConfigError("Kies een reden uit de lijst.")
    return Work(connection, hub, asked.resident_id, asked.reason, asked.until)


def begin(connection: Connection, hub: Hub, actor: Actor, asked: Asked) -> int:
    """Start a flow, or ask a second person to approve it; return the id of the run.

    Raises ConfigError when it may not or there is nothing to do, and Outdated when what would be
    sent changed since the person saw it.
    """
    _hold_still(connection, asked.resident_id)
    if known := _by_key(connection, hub, asked.key):
        return int(known.id)
    switch = require_on(connection, hub, asked.flow)
    _none_waits(connection, hub, asked)
    plan = _seen(asked.flow.plan(work_of(connection, hub, asked)), asked.seen)
    id_ = _new_run(connection, hub, actor, asked, "asked" if switch.four_eyes else "started")
    if not switch.four_eyes:
        _start(connection, hub, actor, id_, plan)
    touch(connection, asked.resident_id)
    return id_


def approve(connection: Connection, hub: Hub, actor: Actor, id_: int, seen: str) -> None:
    """Start what somebody else asked.

    Raises ConfigError for one's own request or one that was decided, and Outdated when what
    would be sent changed since it was shown.
    """
    run = _locked(connection, hub, id_)
    if run.asked_by == actor.name:
        raise ConfigError("U vroeg dit zelf. Een andere medewerker moet het goedkeuren.")
    _require_undecided(run, "started")
    require_on(connection, hub, FLOWS[run.flow])
    plan = _seen(plan_of(connection, hub, run), seen)
    _decide(connection, hub, run, "started", actor)
    _start(connection, hub, actor, id_, plan)


def refuse(connection: Connection, hub: Hub, actor: Actor, id_: int, remark: str) -> None:
    """Refuse what somebody else asked, with the reason. Nothing goes out."""
    run = _locked(connection, hub, id_)
    if run.asked_by == actor.name:
        raise ConfigError("U vroeg dit zelf. U kunt het intrekken.")
    _decide(connection, hub, run, "refused", actor, plain(remark, SHORTEST)[:1000])


def withdraw(connection: Connection, hub: Hub, actor: Actor, id_: int) -> None:
    """Take back one's own request before anybody approved it."""
    run = _locked(connection, hub, id_)
    if run.asked_by != actor.name:
        raise ConfigError("Iemand anders vroeg dit. U kunt het weigeren.")
    _decide(connection, hub, run, "withdrawn", actor)


def stop(connection: Connection, hub: Hub, actor: Actor, id_: int) -> None:
    """Stop a flow: cancel what was not sent yet; what was sent stays sent.

    Where a creditor heard nothing of it yet, the reasons for its hold are as they were.
    """
    run = _locked(connection, hub, id_)
    if "stopped" not in STATES[run.state]:
        raise ConfigError("Dit loopt niet meer. Ververs de pagina.")
    if not open_steps(connection, id_):
        raise ConfigError("Alles is al gedaan, dus er valt niets meer te stoppen.")
    steps = _steps(connection, id_)
    unsent = [step for step, state in steps if state and state not in ENDED]
    told = {step.creditor for step, state in steps if state == "delivered"}
    for step in unsent:
        ask_in(connection, hub, step.command_id, "cancel", actor.name)
    for creditor in {step.creditor for step in unsent} - told:
        holds.undo(connection, hub, id_, creditor, actor.name)
    values = {"state": "stopped", "stopped_by": actor.name, "stopped_at": hub.clock.now()}
    connection.execute(update(flow_run).where(flow_run.c.id == id_).values(**values))
    touch(connection, run.resident_id)


def handle(connection: Connection, hub: Hub, actor: Actor, id_: int, step_id: int) -> None:
    """Note that a person did a step by hand, or dealt with its refusal."""
    run = _locked(connection, hub, id_)
    found = [(step, state) for step, state in _steps(connection, id_) if step.id == step_id]
    if not found or not is_by_hand(*found[0]) or run.state not in ("started", "stopped"):
        raise ConfigError("Deze stap wacht niet op u. Ververs de pagina.")
    step, state = found[0]
    noted = {"handled_by": actor.name, "handled_at": hub.clock.now()}
    connection.execute(update(flow_step).where(flow_step.c.id == step_id).values(**noted))
    if state in ("refused", "exhausted"):
        noted["handled_by"] = actor.name[:60]
        connection.execute(update(command).where(command.c.id == step.command_id).values(**noted))
    touch(connection, run.resident_id)


def is_by_hand(step: Row[Any], state: str | None) -> bool:
    """Tell whether a person must still do this step, as the hub cannot or a register refused."""
    return step.handled_at is None and (step.way == "hand" or state in ("refused", "exhausted"))


def open_steps(connection: Connection, id_: int) -> int:
    """Return how many steps of a run are under way or wait for a person."""
    return sum(
        is_by_hand(step, state) or (state is not None and state not in ENDED)
        for step, state in _steps(connection, id_)
    )


def find_run(connection: Connection, hub: Hub, id_: int) -> Row[Any]:
    """Return a run of this municipality. Raises ConfigError when there is none."""
    query = select(flow_run).where(
        flow_run.c.id == id_, flow_run.c.municipality == hub.municipality
    )
    found = connection.execute(query).one_or_none()
    if found is None:
        raise ConfigError("Deze aanvraag bestaat niet meer. Ververs de pagina.")
    return found


def plan_of(connection: Connection, hub: Hub, run: Row[Any]) -> Plan:
    """Return what a run that was asked would do now."""
    return FLOWS[run.flow].plan(Work(connection, hub, run.resident_id, **read_asks(run.asks)))


def read_asks(asks: Mapping[str, str]) -> dict[str, Any]:
    """Return what a form asked, as it is kept, for a plan."""
    told: dict[str, Any] = {"reason": asks.get("reason", holds.HELP)}
    return told | ({"until": date.fromisoformat(asks["until"])} if "until" in asks else {})


def _start(connection: Connection, hub: Hub, actor: Actor, id_: int, plan: Plan) -> None:
    run = find_run(connection, hub, id_)
    reason = run.asks.get("reason", holds.HELP)
    about = (connection, hub, run.resident_id)
    for creditor, until in plan.adds:
        holds.add_reason(*about, creditor, reason, until=until, by=run.asked_by, run_id=id_)
    for creditor in plan.lifts:
        holds.lift_reason(*about, creditor, reason, by=run.asked_by, run_id=id_)
    rows = [
        {
            "flow_run_id": id_,
            "resident_id": run.resident_id,
            "number": number,
            "kind": step.kind,
            "creditor": step.creditor,
            "receiver": step.receiver[:200],
            "way": step.way,
            "note": step.note,
            "command_id": _carry_out(connection, hub, actor, run, step),
        }
        for number, step in enumerate(plan.steps, start=1)
    ]
    if rows:
        connection.execute(insert(flow_step), rows)
    touch(connection, run.resident_id)


def _carry_out(
    connection: Connection, hub: Hub, actor: Actor, run: Row[Any], step: Step
) -> str | None:
    """Put the command of a step in the outbox, or take one back; return the new one's id."""
    if step.way == "cancel":
        ask_in(connection, hub, step.command_id, "cancel", run.asked_by)
    if step.way != "send" or step.source is None:
        return None
    letter = COMMANDS[step.kind][1]
    title = require(connection, hub, letter).title
    ground = f"{ROLES[actor.role].ground}; {letter}: {title}"[:200]
    by = str(run.asked_by)[:60]
    order = Order(step.source.name, step.kind, run.resident_id, step.data, ground, by)
    return create_command(connection, hub, step.source, order)


def _seen(plan: Plan, seen: str) -> Plan:
    """Return a plan that is as it was shown. Raises Outdated or ConfigError."""
    if not plan.does_something:
        raise ConfigError("Er is niets meer te doen: alles is al gedaan of al onderweg.")
    if plan.digest != seen:
        raise Outdated(
            "Er is intussen iets veranderd in wat de hub zou versturen. Er is niets verstuurd. "
            "Ga terug en kijk opnieuw.",
            "plan changed since it was shown",
        )
    return plan


def _new_run(connection: Connection, hub: Hub, actor: Actor, asked: Asked, state: str) -> int:
    asks: dict[str, str] = {}
    if "reason" in asked.flow.asks:
        asks["reason"] = asked.reason
    if asked.until and "until" in asked.flow.asks:
        asks["until"] = asked.until.isoformat()
    values = {
        "municipality": hub.municipality,
        "key": asked.key,
        "flow": asked.flow.id,
        "resident_id": asked.resident_id,
        "finding_id": asked.finding_id,
        "state": state,
        "asks": asks,
        "why": plain(asked.why)[:1000] if asked.why.strip() else "",
        "ground": ROLES[actor.role].ground,
        "asked_by": actor.name,
        "asked_at": hub.clock.now(),
    }
    made = insert(flow_run).values(**values).returning(flow_run.c.id)
    return int(connection.execute(made).scalar_one())


def _decide(
    connection: Connection, hub: Hub, run: Row[Any], state: str, actor: Actor, remark: str = ""
) -> None:
    _require_undecided(run, state)
    values = {
        "state": state,
        "decided_by": actor.name,
        "decided_at": hub.clock.now(),
        "remark": remark,
    }
    connection.execute(update(flow_run).where(flow_run.c.id == run.id).values(**values))
    touch(connection, run.resident_id)


def _require_undecided(run: Row[Any], state: str) -> None:
    if state not in STATES[run.state]:
        raise ConfigError("Hierover is al besloten. Ververs de pagina.")


def _none_waits(connection: Connection, hub: Hub, asked: Asked) -> None:
    query = select(flow_run.c.id).filter_by(
        municipality=hub.municipality,
        resident_id=asked.resident_id,
        flow=asked.flow.id,
        state="asked",
    )
    if connection.execute(query).first():
        raise ConfigError("Dit is al gevraagd en wacht op goedkeuring van een collega.")


def _by_key(connection: Connection, hub: Hub, key: str) -> Row[Any] | None:
    query = select(flow_run).filter_by(municipality=hub.municipality, key=key)
    return connection.execute(query).one_or_none()


def _hold_still(connection: Connection, resident_id: str) -> None:
    """Let whoever else acts for this resident wait until this transaction is over."""
    query = select(resident.c.id).where(resident.c.id == resident_id).with_for_update()
    connection.execute(query)


def _locked(connection: Connection, hub: Hub, id_: int) -> Row[Any]:
    _hold_still(connection, find_run(connection, hub, id_).resident_id)
    return find_run(connection, hub, id_)


def _steps(connection: Connection, id_: int) -> list[tuple[Row[Any], str | None]]:
    """Return the steps of a run, each with the state of its command."""
    query = (
        select(flow_step, command.c.state.label("state"))
        .outerjoin(command, command.c.id == flow_step.c.command_id)
        .where(flow_step.c.flow_run_id == id_)
        .order_by(flow_step.c.number)
    )
    return [(row, row.state) for row in connection.execute(query)]
