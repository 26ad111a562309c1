"""How far flows came: each run with its steps, who confirmed, and what is left for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from hub.core import Hub
from hub.flows.declared import FLOWS, Flow
from hub.flows.life import is_by_hand, read_asks
from hub.flows.words import BY_HAND, DOES
from hub.security.permits import Permit
from hub.store import command, flow_run, flow_step, hold, standing
from hub.store.engine import chunks
from hub.sync.holds import REASONS


@dataclass(frozen=True)
class StepView:
    """One step as it is shown.

    `state` is none, cancel, hand, handled, gone (the command was destroyed), told (delivered, but
    the creditor did not confirm the hold yet), or that of the command; `by_hand` says what a
    person must do, empty when nothing waits.
    """

    id: int
    kind: str
    receiver: str
    does: str
    state: str
    note: str
    message: str
    reference: str
    by_hand: str
    handled_by: str | None
    handled_at: datetime | None
    ended_at: datetime | None

    @property
    def confirmed(self) -> bool:
        """Tell whether the receiver confirmed it, or a person did it."""
        return self.state in ("delivered", "handled")

    @property
    def counts(self) -> bool:
        """Tell whether somebody had to do something with it."""
        return self.state not in ("none", "cancel", "cancelled")


@dataclass(frozen=True)
class RunView:
    """One run of a flow as it is shown; `reason` and `until` are what the form told."""

    id: int
    flow: Flow
    resident_id: str
    finding_id: int | None
    state: str
    reason: str
    until: date | None
    why: str
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    remark: str
    stopped_by: str | None
    stopped_at: datetime | None
    steps: list[StepView]

    @property
    def counted(self) -> list[StepView]:
        """Return the steps that had to be done."""
        return [one for one in self.steps if one.counts]

    @property
    def confirmed(self) -> int:
        """Return how many of those were confirmed."""
        return sum(one.confirmed for one in self.counted)

    @property
    def open(self) -> bool:
        """Tell whether it waits for a yes, or for a register, creditor or person."""
        unconfirmed = self.state == "started" and any(one.state == "told" for one in self.steps)
        return self.state == "asked" or self.stoppable or unconfirmed

    @property
    def waits_for_us(self) -> bool:
        """Tell whether only a person can go on with it."""
        by_hand = any(one.by_hand for one in self.steps)
        return self.state == "started" and by_hand and not any(map(_pending, self.steps))

    @property
    def stoppable(self) -> bool:
        """Tell whether stopping it would still change anything."""
        left = any(one.by_hand or _pending(one) for one in self.steps)
        return self.state == "started" and left


def _pending(step: StepView) -> bool:
    """Tell whether a register has not answered yet."""
    return step.state in ("ready", "sending", "unknown", "paused")


def runs_of(connection: Connection, hub: Hub, allowed: Permit) -> list[RunView]:
    """Return the runs for one resident that a permit opens, newest first."""
    found = _runs(connection, hub, flow_run.c.resident_id == allowed.resident_id)
    return [one for one in found if one.flow.groups <= allowed.reads]


def runs_of_finding(connection: Connection, hub: Hub, finding_id: int) -> list[RunView]:
    """Return the runs that were asked from a finding, newest first."""
    return _runs(connection, hub, flow_run.c.finding_id == finding_id)


def waiting(connection: Connection, hub: Hub) -> list[RunView]:
    """Return the runs that wait for a second person, oldest first."""
    return _runs(connection, hub, flow_run.c.state == "asked")[::-1]


def started(connection: Connection, hub: Hub) -> dict[str, int]:
    """Return how often each flow was started here."""
    query = (
        select(flow_run.c.flow, func.count())
        .where(
            flow_run.c.municipality == hub.municipality,
            flow_run.c.state.in_(("started", "stopped")),
        )
        .group_by(flow_run.c.flow)
    )
    return dict(connection.execute(query).all())


def _runs(connection: Connection, hub: Hub, where: ColumnElement[bool]) -> list[RunView]:
    query = (
        select(flow_run)
        .where(flow_run.c.municipality == hub.municipality, where)
        .order_by(flow_run.c.id.desc())
    )
    rows = [row for row in connection.execute(query) if row.flow in FLOWS]
    held = _held(connection, [row.resident_id for row in rows])
    steps = _steps(connection, [row.id for row in rows])
    return [_run(row, steps.get(row.id, []), held) for row in rows]


def _run(row: Row[Any], steps: Sequence[Row[Any]], held: set[tuple[str, str]]) -> RunView:
    flow, asks = FLOWS[row.flow], read_asks(row.asks)
    return RunView(
        id=row.id,
        flow=flow,
        resident_id=row.resident_id,
        finding_id=row.finding_id,
        state=row.state,
        reason=REASONS[asks["reason"]] if flow.asks else "",
        until=asks.get("until"),
        why=row.why,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        remark=row.remark,
        stopped_by=row.stopped_by,
        stopped_at=row.stopped_at,
        steps=[_step(one, flow, held) for one in steps],
    )


def _steps(connection: Connection, run_ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = {}
    for some in chunks(run_ids):
        query = (
            select(
                flow_step,
                command.c.state,
                command.c.message,
                command.c.reference,
                command.c.ended_at,
            )
            .outerjoin(command, command.c.id == flow_step.c.command_id)
            .where(flow_step.c.flow_run_id.in_(some))
            .order_by(flow_step.c.flow_run_id, flow_step.c.number)
        )
        for row in connection.execute(query):
            found.setdefault(row.flow_run_id, []).append(row)
    return found


def _held(connection: Connection, resident_ids: Sequence[str]) -> set[tuple[str, str]]:
    """Return which creditors say that they hold collection, by resident."""
    found: set[tuple[str, str]] = set()
    for some in chunks(dict.fromkeys(resident_ids)):
        query = select(hold.c.resident_id, hold.c.creditor).where(
            hold.c.resident_id.in_(some), standing(hold)
        )
        found |= {(row.resident_id, row.creditor) for row in connection.execute(query)}
    return found


def _step(row: Row[Any], flow: Flow, held: set[tuple[str, str]]) -> StepView:
    by_hand = is_by_hand(row, row.state)
    return StepView(
        id=row.id,
        kind=row.kind,
        receiver=row.receiver,
        does=DOES[row.kind],
        state=_state(row, flow, held),
        note="" if row.way == "hand" else row.note,
        message=row.message or "",
        reference=row.reference or "",
        by_hand=BY_HAND[row.kind] if by_hand else "",
        handled_by=row.handled_by,
        handled_at=row.handled_at,
        ended_at=row.ended_at,
    )


def _state(row: Row[Any], flow: Flow, held: set[tuple[str, str]]) -> str:
    if row.handled_at is not None:
        return "handled"
    if row.way != "send":
        return str(row.way)
    if row.state is None:
        return "gone"
    # A letter that arrived is no hold yet: the creditor must still say so.
    asks_hold = flow.id == "pauze" and row.kind == "notice"
    if row.state == "delivered" and asks_hold and (row.resident_id, row.creditor) not in held:
        return "told"
    return str(row.state)
