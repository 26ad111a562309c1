"""Two residents side by side, for who is about to say that they are one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.core import Hub
from hub.overview.likeness import PARTS, described
from hub.overview.strangers import descriptions_of
from hub.reconcile.merging.family import merges_of


@dataclass(frozen=True)
class Pair:
    """Another resident beside the one that stays: by part, what is known of each."""

    resident_id: str
    name: str
    lines: list[tuple[str, Sequence[str], Sequence[str], bool]]


@dataclass(frozen=True)
class MergeView:
    """A merge as it is told; `split_at` is empty while it stands."""

    id: int
    reason: str
    merged_by: str
    merged_at: datetime
    split_by: str
    split_at: datetime | None
    split_reason: str


def side_by_side(connection: Connection, stays: str, others: Sequence[str]) -> list[Pair]:
    """Return each of the other residents beside the one that stays."""
    known = descriptions_of(connection, [stays, *others])
    return [
        Pair(
            resident_id=who,
            name=" ".join(
                described(known[who], "initials")[:1] + described(known[who], "surname")[:1]
            ),
            lines=[
                (title, mine, its, bool(set(mine) & set(its)))
                for part, title in PARTS.items()
                for mine, its in [(described(known[stays], part), described(known[who], part))]
            ],
        )
        for who in others
    ]


def merges(connection: Connection, hub: Hub, resident_id: str) -> list[MergeView]:
    """Return the merges that made a resident what it is, also undone ones, newest first."""
    return [
        MergeView(
            id=row.id,
            reason=row.reason,
            merged_by=row.merged_by,
            merged_at=row.merged_at,
            split_by=row.split_by or "",
            split_at=row.split_at,
            split_reason=row.split_reason,
        )
        for row in merges_of(connection, hub, resident_id)
    ]
