"""A pause of collection has reasons: it lasts until the last of them is gone.

A reason is the municipality's own and stays in the hub; what a creditor hears is one hold, from
when until when. So a second reason makes no second hold, and lifting one reason never lifts
another: the difference between what the reasons want and what a creditor was told makes the
commands. Holds that a creditor set by itself have no reason here and are never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection, Row, insert, select, update

from hub.core import Hub
from hub.store import command, hold, hold_reason, standing
from hub.sync.outbox import touch
from hub.sync.sources import Source

#: Why collection may rest. `HELP` is the reason that ends with the help.
HELP = "schuldhulp"
REASONS = {
    HELP: "de schuldhulp loopt",
    "kwijtschelding": "er is kwijtschelding gevraagd",
    "bezwaar": "de inwoner is het niet eens met de vordering",
    "noodsituatie": "er is een bedreigende situatie",
}

#: States of a command that did not come to anything.
_NOTHING = ("cancelled", "refused")


@dataclass(frozen=True)
class Held:
    """A hold that the hub asked of a creditor's channel, and how far that came.

    `reference` is empty until the creditor confirmed it; `state` is that of the last command
    about it.
    """

    until: date
    state: str
    command_id: str
    reference: str = ""


@dataclass(frozen=True)
class Move:
    """One thing to do so that a channel holds what the reasons want."""

    kind: Literal["set_hold", "lift_hold", "cancel"]
    data: Mapping[str, Any] = field(default_factory=dict)
    command_id: str = ""


def wanted_until(untils: Iterable[date], today: date) -> date | None:
    """Return until when collection must rest for these reasons; None when none runs any more."""
    return max((one for one in untils if one >= today), default=None)


def moves(wanted: date | None, held: Sequence[Held], today: date, ground: str) -> list[Move]:
    """Return what makes a channel that was told `held` hold until `wanted`."""
    if wanted is None:
        return [_away(one) for one in held]
    data = {
        "ground": ground,
        "starts_on": today.isoformat(),
        "ends_on": wanted.isoformat(),
        "scope": "alle vorderingen",
    }
    # A command that was given up on may never arrive; it holds nothing.
    known = [one for one in held if one.state != "exhausted"]
    if any(one.until == wanted for one in known):
        return []
    if confirmed := [one for one in known if one.reference]:
        last = max(confirmed, key=lambda one: one.until)
        return [Move("set_hold", data | {"reference": last.reference})]
    waiting = [_away(one) for one in known if one.state in ("ready", "paused")]
    if known and not waiting and wanted < max(one.until for one in known):
        # It is under way and longer than needed; once confirmed it can be shortened.
        return []
    return [*waiting, Move("set_hold", data)]


def _away(one: Held) -> Move:
    if one.reference:
        return Move("lift_hold", {"reference": one.reference})
    return Move("cancel", command_id=one.command_id)


def held_at(connection: Connection, one: Source, resident_id: str) -> list[Held]:
    """Return the holds that the hub asked of this channel and that may still stand."""
    rows = connection.execute(
        select(command)
        .where(
            command.c.source_id == one.id,
            command.c.resident_id == resident_id,
            command.c.kind.in_(("set_hold", "lift_hold")),
            command.c.state.not_in(_NOTHING),
            command.c.asked != "cancel",
        )
        .order_by(command.c.number)
    )
    found: dict[str, Held] = {}
    for row in rows:
        reference = str(row.data.get("reference") or row.reference or "")
        if row.kind == "lift_hold":
            found.pop(reference, None)
        elif reference or row.state != "delivered":
            until = date.fromisoformat(row.data["ends_on"])
            found[reference or row.id] = Held(until, row.state, row.id, reference)
    gone = _gone(connection, one, [name for name, told in found.items() if told.reference])
    return [told for name, told in found.items() if name not in gone]


def _gone(connection: Connection, one: Source, references: list[str]) -> set[str]:
    """Return which of these holds the creditor once listed and does not any more."""
    rows = connection.execute(
        select(hold.c.reference, hold.c.superseded_at.is_(None).label("stands")).where(
            hold.c.source_id == one.id, hold.c.reference.in_(references)
        )
    ).all()
    return {row.reference for row in rows} - {row.reference for row in rows if row.stands}


def reasons_of(connection: Connection, hub: Hub, resident_id: str) -> Sequence[Row[Any]]:
    """Return the standing reasons for a resident, by creditor, oldest first."""
    query = (
        select(hold_reason)
        .where(
            hold_reason.c.municipality == hub.municipality,
            hold_reason.c.resident_id == resident_id,
            hold_reason.c.lifted_at.is_(None),
        )
        .order_by(hold_reason.c.creditor, hold_reason.c.id)
    )
    return connection.execute(query).all()


def add_reason(
    connection: Connection,
    hub: Hub,
    resident_id: str,
    creditor: str,
    reason: str,
    *,
    until: date,
    by: str,
    run_id: int | None = None,
) -> None:
    """Note why collection rests at a creditor; the same reason again gets the new last day."""
    lift_reason(connection, hub, resident_id, creditor, reason, by=by, run_id=run_id)
    values = {
        "municipality": hub.municipality,
        "resident_id": resident_id,
        "creditor": creditor,
        "reason": reason,
        "until": until,
        "run_id": run_id,
        "made_by": by,
        "made_at": hub.clock.now(),
    }
    connection.execute(insert(hold_reason).values(**values))
    touch(connection, resident_id)


def lift_reason(
    connection: Connection,
    hub: Hub,
    resident_id: str,
    creditor: str,
    reason: str,
    *,
    by: str,
    run_id: int | None = None,
) -> None:
    """Note that one reason at a creditor is gone; every other one stands."""
    connection.execute(
        update(hold_reason)
        .filter_by(
            municipality=hub.municipality,
            resident_id=resident_id,
            creditor=creditor,
            reason=reason,
        )
        .where(hold_reason.c.lifted_at.is_(None))
        .values(lifted_by=by, lifted_at=hub.clock.now(), lifted_run_id=run_id)
    )
    touch(connection, resident_id)


def undo(connection: Connection, hub: Hub, run_id: int, creditor: str, by: str) -> None:
    """Take back what a flow did to the reasons at a creditor that heard nothing of it."""
    mine = hold_reason.c.creditor == creditor
    connection.execute(
        update(hold_reason)
        .where(mine, hold_reason.c.run_id == run_id, hold_reason.c.lifted_at.is_(None))
        .values(lifted_by=by, lifted_at=hub.clock.now())
    )
    connection.execute(
        update(hold_reason)
        .where(mine, hold_reason.c.lifted_run_id == run_id)
        .values(lifted_by=None, lifted_at=None, lifted_run_id=None)
    )


def rests(connection: Connection, resident_id: str, today: date) -> bool:
    """Tell whether collection rests for a resident today, by a hold or by a reason for one."""
    held = select(hold.c.id).where(
        hold.c.resident_id == resident_id,
        standing(hold),
        hold.c.starts_on <= today,
        hold.c.ends_on.is_(None) | (hold.c.ends_on >= today),
    )
    why = select(hold_reason.c.id).where(
        hold_reason.c.resident_id == resident_id,
        hold_reason.c.lifted_at.is_(None),
        hold_reason.c.until >= today,
    )
    return any(connection.execute(one.limit(1)).first() for one in (held, why))
