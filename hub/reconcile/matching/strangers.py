"""The pass over strangers: compare them with who is known, and write what becomes of them.

What a person said of a pair is kept through every pass: who was linked stays linked, and who was
refused is no candidate any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from hub.core import Hub
from hub.reconcile.matching import people
from hub.reconcile.matching.decide import Candidate, Outcome, Thresholds, decide
from hub.reconcile.spread import spread
from hub.store import match_candidate, match_setting, subject
from hub.store.engine import chunks

#: Strangers that are compared in one go: their neighbours must fit in memory.
PORTION = 5000


@dataclass(frozen=True)
class Stranger:
    """A subject without BSN as it stands: whom it is linked to, its candidates and verdicts."""

    id: int
    resident_id: str | None
    found: tuple[Candidate, ...]
    linked: str = ""  # by a person

    def outcome(self, limits: Thresholds, dead: frozenset[str]) -> Outcome:
        """Return what becomes of it; a person's word comes before everything."""
        if self.linked:
            return Outcome(linked=next(c for c in self.found if c.resident_id == self.linked))
        return decide(self.found, limits, dead)


def match(
    connection: Connection, hub: Hub, subject_ids: Sequence[int], engine: str = "duckdb"
) -> set[str]:
    """Compare the strangers among these subjects, and those whom the others may be.

    Returns the residents concerned: those linked, unlinked, or asked about now or before.
    """
    if not people.are_there_strangers(connection, hub):
        return set()
    ids = {row.id for row in people.strangers(connection, hub, subject_ids)}
    ids |= people.strangers_near(connection, hub, subject_ids)
    ids |= _compared_before(connection, subject_ids)
    # Splink takes a second to load, which a hub that knows every BSN never needs.
    from hub.reconcile.matching.compare import Comparer

    comparer, concerned = Comparer(connection, hub, engine), set()
    for some in chunks(sorted(ids), PORTION):
        # Comparing writes the candidates anew: who was asked about before is concerned as well.
        concerned |= {who for _, who in _asked(connection, some)}
        comparer.compare(some)
        concerned |= settle(connection, hub, some, load_limits(connection, hub))
    return concerned


def _compared_before(connection: Connection, subject_ids: Sequence[int]) -> set[int]:
    """Return the strangers that were compared with the residents of these subjects."""
    found: set[int] = set()
    for some in chunks(subject_ids):
        residents = select(subject.c.resident_id).where(subject.c.id.in_(some))
        query = select(match_candidate.c.subject_id).where(
            match_candidate.c.resident_id.in_(residents)
        )
        found |= set(connection.execute(query).scalars())
    return found


def settle(connection: Connection, hub: Hub, ids: Sequence[int], limits: Thresholds) -> set[str]:
    """Link, ask or leave these strangers by what is stored of them; return who is concerned."""
    concerned: set[str] = set()
    moves, asks, before = [], set(), _asked(connection, ids)
    for one, outcome in outcomes(connection, ids, limits):
        linked = outcome.linked.resident_id if outcome.linked else None
        asks |= {(one.id, candidate.resident_id) for candidate in outcome.asked}
        if linked != one.resident_id:
            concerned |= {who for who in (linked, one.resident_id) if who}
        moves.append(_move(one, outcome))
    _write(connection, ids, moves, asks)
    spread(connection, [move["row"] for move in moves if move["moved"]])
    return concerned | {who for _, who in before ^ asks}


def outcomes(
    connection: Connection, ids: Sequence[int], limits: Thresholds
) -> Iterator[tuple[Stranger, Outcome]]:
    """Yield each of these strangers with what becomes of it at these thresholds."""
    for some in chunks(ids):
        strangers = list(_stored(connection, some))
        residents = {c.resident_id for one in strangers for c in one.found}
        dead = people.deceased(connection, residents)
        for one in strangers:
            yield one, one.outcome(limits, dead)


def _stored(connection: Connection, ids: Sequence[int]) -> Iterator[Stranger]:
    query = select(match_candidate).where(match_candidate.c.subject_id.in_(ids))
    # Likeliest first, and of equals in the order of the ids: never in that of arrival.
    query = query.order_by(match_candidate.c.score.desc(), match_candidate.c.resident_id)
    found: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.subject_id, []).append(row)
    whose = select(subject.c.id, subject.c.resident_id).where(subject.c.id.in_(ids))
    for id_, resident_id in connection.execute(whose).all():
        rows = found.get(id_, [])
        linked = next((row.resident_id for row in rows if row.verdict == "linked"), "")
        open_ = [row for row in rows if row.verdict != "refused"]
        some = tuple(Candidate(row.resident_id, row.score, row.weights) for row in open_)
        yield Stranger(id_, resident_id, some, linked)


def _asked(connection: Connection, ids: Sequence[int]) -> set[tuple[int, str]]:
    return {
        (row.subject_id, row.resident_id)
        for some in chunks(ids)
        for row in connection.execute(
            select(match_candidate.c.subject_id, match_candidate.c.resident_id).where(
                match_candidate.c.subject_id.in_(some), match_candidate.c.asked
            )
        )
    }


def _move(one: Stranger, outcome: Outcome) -> dict[str, Any]:
    linked = outcome.linked
    by_person = bool(one.linked)
    return {
        "row": one.id,
        "who": linked.resident_id if linked else None,
        "how": ("person" if by_person else "likeness") if linked else None,
        "sure": linked.score if linked else None,
        "why": outcome.dropout or None,
        "by": ("person" if by_person else "hub") if linked else None,
        "moved": (linked.resident_id if linked else None) != one.resident_id,
    }


def _write(
    connection: Connection,
    ids: Sequence[int],
    moves: list[dict[str, Any]],
    asks: set[tuple[int, str]],
) -> None:
    if moves:
        connection.execute(
            update(subject)
            .where(subject.c.id == bindparam("row"))
            .values(
                resident_id=bindparam("who"),
                method=bindparam("how"),
                score=bindparam("sure"),
                dropout=bindparam("why"),
                decided_by=bindparam("by"),
            ),
            [{name: move[name] for name in move if name != "moved"} for move in moves],
        )
    for some in chunks(ids):
        connection.execute(
            update(match_candidate)
            .where(match_candidate.c.subject_id.in_(some), match_candidate.c.asked)
            .values(asked=False)
        )
    if asks:
        connection.execute(
            update(match_candidate)
            .where(
                match_candidate.c.subject_id == bindparam("one"),
                match_candidate.c.resident_id == bindparam("who"),
            )
            .values(asked=True),
            [{"one": one, "who": who} for one, who in sorted(asks)],
        )


def load_limits(connection: Connection, hub: Hub) -> Thresholds:
    """Return the thresholds of the municipality."""
    query = select(match_setting).where(match_setting.c.municipality == hub.municipality)
    row = connection.execute(query).first()
    return Thresholds(row.lower, row.upper) if row else Thresholds()
