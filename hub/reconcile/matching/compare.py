"""Compare strangers with who is known, and keep who they may be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from hub.core import Hub
from hub.reconcile.matching import people
from hub.reconcile.matching.decide import Candidate, Pair, candidates
from hub.reconcile.matching.features import as_table, features
from hub.reconcile.matching.model import load_model
from hub.reconcile.matching.splinked import score_pairs
from hub.security.caseload import register_named
from hub.store import match_candidate
from hub.store.engine import chunks


def _scorer(engine: str) -> Callable[..., list[Pair]]:
    if engine == "spark":
        # Spark is an extra, and starting it takes longer than most comparisons.
        from hub.reconcile.matching import sparked

        return sparked.score_pairs
    return score_pairs


class Comparer:
    """Compares strangers with the residents that live near them or share a birth date."""

    def __init__(self, connection: Connection, hub: Hub, engine: str = "duckdb") -> None:
        self.connection = connection
        self.hub = hub
        self.model = load_model(connection, hub)
        self.score_pairs = _scorer(engine)

    def compare(self, ids: Sequence[int]) -> None:
        """Write anew which residents these strangers may be; verdicts of people stay."""
        told = people.strangers(self.connection, self.hub, ids)
        known = people.known_near(self.connection, self.hub, told)
        pairs = self.score_pairs(
            self.model.settings,
            self._table(known),
            self._table({str(row.id): row for row in told}),
        )
        found = {int(who): some for who, some in candidates(pairs).items()}
        registers = {row.id: register_named(self.hub, row.connector) for row in told}
        self._write(registers, found)

    def _table(self, rows: Mapping[str, Row[Any]]) -> Any:
        made = [features(key, dict(row._mapping)) for key, row in rows.items()]
        return as_table(made, self.model.frequencies)

    def _write(
        self, registers: Mapping[int, str], found: Mapping[int, Sequence[Candidate]]
    ) -> None:
        said = _verdicts(self.connection, registers)
        fresh = []
        for id_, register in registers.items():
            mine = said.get(id_, {})
            for one in _with_verdicts(found.get(id_, []), mine):
                row = _row(one, mine.get(one.resident_id))
                version = self.model.version
                fresh.append(
                    row | {"subject_id": id_, "register": register, "model_version": version}
                )
        for some in chunks(registers):
            old = match_candidate.c.subject_id.in_(some)
            self.connection.execute(delete(match_candidate).where(old))
        if fresh:
            self.connection.execute(insert(match_candidate), fresh)


def _with_verdicts(found: Sequence[Candidate], said: Mapping[str, Row[Any]]) -> Iterator[Candidate]:
    """Yield the candidates, and those of whom a person said something though they fit no more."""
    yield from found
    for who in said.keys() - {one.resident_id for one in found}:
        yield Candidate(who, 0.0, {})


def _verdicts(connection: Connection, ids: Iterable[int]) -> dict[int, dict[str, Row[Any]]]:
    found: dict[int, dict[str, Row[Any]]] = {}
    for some in chunks(ids):
        query = select(match_candidate).where(
            match_candidate.c.subject_id.in_(some), match_candidate.c.verdict.is_not(None)
        )
        for row in connection.execute(query):
            found.setdefault(row.subject_id, {})[row.resident_id] = row
    return found


def _row(one: Candidate, said: Row[Any] | None) -> dict[str, Any]:
    return {
        "resident_id": one.resident_id,
        "score": one.score,
        "weights": dict(one.weights),
        "asked": False,
        "verdict": said.verdict if said else None,
        "decided_by": said.decided_by if said else None,
        "decided_at": said.decided_at if said else None,
        "reason": said.reason if said else "",
    }
