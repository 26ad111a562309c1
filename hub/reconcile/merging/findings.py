"""Findings of two residents who become one, or two again: each keeps its life.

Where both have a finding of the same kind stand open, the one of who stays goes on and the other
is closed. A split restores every finding that no person touched since the merge.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select, update

from hub.core import Hub
from hub.reconcile.merging.moves import packed, plain_value, unpacked
from hub.security.audit import Actor
from hub.store import finding

#: What a finding was, as far as a merge or the facts after it can change it.
_LIFE = (
    "resident_id",
    "about",
    "facts",
    "severity",
    "due_on",
    "closed_at",
    "closed_by",
    "state",
    "assigned_to",
    "until",
    "reason",
)

#: Steps in a history that are ours: they are no work of a person on the finding.
_STEPS = ("merged", "split")

Kept = list[dict[str, Any]]


def join_findings(
    connection: Connection, hub: Hub, actor: Actor, resident_id: str, into_id: str
) -> Kept:
    """Bring the findings of one resident to another; return what those of both were."""
    query = select(finding).where(finding.c.resident_id.in_((resident_id, into_id)))
    rows = connection.execute(query.order_by(finding.c.id)).all()
    stand = {
        (row.rule, row.about, row.key)
        for row in rows
        if row.resident_id == into_id and row.closed_at is None
    }
    for row in rows:
        if row.resident_id == resident_id:
            about = into_id if row.about == resident_id else row.about
            values: dict[str, Any] = {"resident_id": into_id, "about": about}
            if row.closed_at is None and (row.rule, about, row.key) in stand:
                values |= {"closed_at": hub.clock.now(), "closed_by": "samenvoeging"}
            _change(connection, hub, actor, row, values, "merged")
    return [_kept(row) for row in rows]


def part_findings(
    connection: Connection, hub: Hub, actor: Actor, kept: Kept, stays: str, back: str
) -> None:
    """Give each resident the findings it had, as they were unless a person touched them since."""
    were = {one["id"]: one for one in kept}
    rows = connection.execute(
        select(finding).where(finding.c.id.in_(were), finding.c.resident_id == stays)
    ).all()
    # Those that go make room for those that stay.
    for row in sorted(rows, key=lambda row: were[row.id]["life"]["resident_id"] == stays):
        one = were[row.id]
        if one["opened_at"] != plain_value(row.opened_at):
            continue
        life = unpacked(finding, one["life"])
        goes = life["resident_id"] == back
        # Whoever it was then may itself have gone into the one that stays now.
        life |= {} if goes else {"resident_id": stays, "about": row.about}
        if not _touched(row, one["steps"]):
            _change(connection, hub, actor, row, life, "split")
        elif goes:
            whose = {name: life[name] for name in ("resident_id", "about")}
            _change(connection, hub, actor, row, whose, "split")


def _kept(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "opened_at": plain_value(row.opened_at),
        "steps": len(row.history),
        "life": packed(row, _LIFE),
    }


def _touched(row: Row[Any], steps: int) -> bool:
    """Tell whether a person did something with a finding since its history had so many steps."""
    return any(one["by"] and one["step"] not in _STEPS for one in row.history[steps:])


def _change(
    connection: Connection,
    hub: Hub,
    actor: Actor,
    row: Row[Any],
    values: dict[str, Any],
    step: str,
) -> None:
    entry = {"at": hub.clock.now().isoformat(), "by": actor.name, "step": step}
    connection.execute(
        update(finding)
        .where(finding.c.id == row.id)
        .values(**values, version=row.version + 1, history=[*row.history, entry])
    )
