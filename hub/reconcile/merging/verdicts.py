"""What people said of messages without BSN and a resident, when two become one or two again.

That a message is about the one that goes then says it of the one that stays. Candidates without
a verdict are no decision: they are compared anew.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from hub.core import Hub
from hub.reconcile.matching.people import look_again
from hub.reconcile.merging.moves import packed, plain_value, unpacked
from hub.store import match_candidate, subject

_SAID = ("verdict", "decided_by", "decided_at", "reason")
_ALL = (
    "subject_id",
    "register",
    "score",
    "weights",
    "model_version",
    "asked",
    *_SAID,
)

#: For each message: the verdict that went, and what was said of the one that stayed, if anything.
Kept = list[dict[str, Any]]


def join_verdicts(connection: Connection, hub: Hub, resident_id: str, into_id: str) -> Kept:
    """Bring the verdicts on one resident to another; return those that went."""
    rows, theirs = _of(connection, resident_id), _of(connection, into_id)
    connection.execute(delete(match_candidate).where(match_candidate.c.resident_id == resident_id))
    kept = []
    for row in rows.values():
        if row.verdict:
            kept.append(_join(connection, row, theirs.get(row.subject_id), into_id))
    look_again(connection, hub, rows.keys() | theirs.keys())
    return kept


def _join(
    connection: Connection, row: Row[Any], other: Row[Any] | None, into_id: str
) -> dict[str, Any]:
    # "It is this one" says more than "it is not that one", now that both are the same.
    counts = (
        other is None or not other.verdict or (row.verdict, other.verdict) == ("linked", "refused")
    )
    if other is None:
        copy = unpacked(match_candidate, packed(row, _ALL)) | {"resident_id": into_id}
        connection.execute(insert(match_candidate).values(copy))
    elif counts:
        said = {name: getattr(row, name) for name in _SAID}
        connection.execute(
            update(match_candidate).where(match_candidate.c.id == other.id).values(**said)
        )
    before = packed(other, _SAID) if other is not None else None
    return {"row": packed(row, _ALL), "before": before, "counts": counts}


def part_verdicts(connection: Connection, hub: Hub, kept: Kept, stays: str, back: str) -> None:
    """Give back the verdicts that went, unless a person decided otherwise since."""
    now = _of(connection, stays)
    ids = select(subject.c.id).where(subject.c.id.in_([one["row"]["subject_id"] for one in kept]))
    known = set(connection.execute(ids).scalars())
    for one in kept:
        if one["row"]["subject_id"] in known:
            _part(connection, one, now.get(one["row"]["subject_id"]), back)
    look_again(connection, hub, known | now.keys())


def _part(connection: Connection, one: dict[str, Any], other: Row[Any] | None, back: str) -> None:
    told = one["row"]
    as_left = other is not None and all(
        plain_value(getattr(other, name)) == told[name] for name in _SAID
    )
    if one["counts"] and not as_left:
        return
    if one["counts"] and other is not None:
        mine = match_candidate.c.id == other.id
        if one["before"] is None:
            connection.execute(delete(match_candidate).where(mine))
        else:
            said = unpacked(match_candidate, one["before"])
            connection.execute(update(match_candidate).where(mine).values(**said))
    row = unpacked(match_candidate, told) | {"resident_id": back}
    connection.execute(insert(match_candidate).values(row))


def _of(connection: Connection, resident_id: str) -> dict[int, Row[Any]]:
    query = select(match_candidate).where(match_candidate.c.resident_id == resident_id)
    return {row.subject_id: row for row in connection.execute(query)}
