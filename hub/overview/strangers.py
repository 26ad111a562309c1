"""People whom a source names without BSN: who they may be, side by side.

Only for who may read what the source tells; of a resident whom a stranger may be only the
identity is shown, and never which source knows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from hub.core import Hub
from hub.overview.findings import FindingView, findings_by
from hub.overview.likeness import PARTS, bits_of, degree_of, described, weight_of
from hub.reconcile.matching.decide import WHY, Weights
from hub.reconcile.matching.verdicts import stamp
from hub.reconcile.rules.identity import ASKED, rule_of
from hub.security.caseload import register_named
from hub.security.permits import Permit, caseload, open_groups
from hub.store import match_candidate, person, resident, source, subject
from hub.store.engine import chunks


@dataclass(frozen=True)
class Line:
    """One part of both descriptions: what each says, how alike that is, and how much it weighs."""

    title: str
    told: str
    known: Sequence[str]
    degree: str
    weight: str
    bits: float


@dataclass(frozen=True)
class CandidateView:
    """A resident whom a stranger may be. `open` tells whether who looks may open the overview.

    `verdict` is what a person said (linked, refused), empty for nothing.
    """

    resident_id: str
    name: str
    percent: float
    lines: list[Line]
    linked: bool
    open: bool
    verdict: str
    decided_by: str
    decided_at: datetime | None
    reason: str


@dataclass(frozen=True)
class StrangerView:
    """A stranger with whoever it may be; `stamp` changes when somebody decides on it."""

    id: int
    source: str
    groups: frozenset[str]
    told: list[tuple[str, str]]
    heard_at: datetime
    resident_id: str | None
    method: str
    why: str
    candidates: list[CandidateView]
    findings: list[FindingView]
    stamp: str


def registers_open(connection: Connection, hub: Hub, role: str) -> dict[str, str]:
    """Return the registers of whose strangers a role may say who they are, with the field group."""
    reads = open_groups(connection, hub, role)
    return {
        register: group for register, (_, group) in ASKED.items() if {"identity", group} <= reads
    }


def find_stranger(
    connection: Connection, hub: Hub, role: str, subject_id: int
) -> StrangerView | None:
    """Return a stranger for who may say who it is; None for anybody else, or with a BSN."""
    row = connection.execute(strangers_of(hub).where(subject.c.id == subject_id)).first()
    if row is None:
        return None
    register = register_named(hub, row.connector)
    group = registers_open(connection, hub, role).get(register)
    if group is None:
        return None
    return StrangerView(
        id=row.subject_id,
        source=row.title,
        groups=frozenset({"identity", group}),
        told=[(title, ", ".join(described([row], part))) for part, title in PARTS.items()],
        heard_at=row.received_at,
        resident_id=row.resident_id,
        method=row.method or "",
        why=WHY.get(row.dropout or "", ""),
        candidates=_candidates(connection, hub, role, row),
        findings=findings_by(connection, hub, role, rule_of(register), str(subject_id)),
        stamp=stamp(connection, subject_id),
    )


def beside(
    connection: Connection, hub: Hub, role: str, subject_id: int, resident_ids: Sequence[str]
) -> list[CandidateView]:
    """Return a stranger beside residents that a person looked up, who need be no candidates."""
    row = connection.execute(strangers_of(hub).where(subject.c.id == subject_id)).one()
    known = descriptions_of(connection, resident_ids)
    mine = _in_caseload(connection, hub, role, resident_ids)
    return [_candidate(row, None, who, known[who], who in mine) for who in known]


def _candidates(connection: Connection, hub: Hub, role: str, row: Row[Any]) -> list[CandidateView]:
    """Return whom a person is asked about, and whom anybody linked or refused."""
    c = match_candidate.c
    query = (
        select(match_candidate)
        .where(c.subject_id == row.subject_id)
        .where(c.asked | c.verdict.is_not(None) | (c.resident_id == row.resident_id))
        .order_by(c.verdict == "refused", c.score.desc(), c.resident_id)
    )
    rows: dict[str, Row[Any] | None] = {one.resident_id: one for one in connection.execute(query)}
    if row.resident_id and row.resident_id not in rows:
        rows = {row.resident_id: None, **rows}
    known = descriptions_of(connection, rows)
    mine = _in_caseload(connection, hub, role, list(rows))
    return [_candidate(row, one, who, known.get(who, []), who in mine) for who, one in rows.items()]


def _candidate(
    row: Row[Any], one: Row[Any] | None, who: str, known: list[Row[Any]], mine: bool
) -> CandidateView:
    weights = one.weights if one else {}
    names = described(known, "surname")
    return CandidateView(
        resident_id=who,
        name=" ".join([*described(known, "initials")[:1], *names[:1]]) or "Naam onbekend",
        percent=one.score * 100 if one else 0.0,
        lines=[_line(row, known, weights, part) for part in PARTS],
        linked=row.resident_id == who,
        open=mine,
        verdict=(one.verdict or "") if one else "",
        decided_by=(one.decided_by or "") if one else "",
        decided_at=one.decided_at if one else None,
        reason=one.reason if one else "",
    )


def _line(row: Row[Any], known: list[Row[Any]], weights: Weights, part: str) -> Line:
    return Line(
        title=PARTS[part],
        told=", ".join(described([row], part)),
        known=described(known, part),
        degree=degree_of(weights, part),
        weight=weight_of(weights, part),
        bits=bits_of(weights, part),
    )


def descriptions_of(connection: Connection, residents: Iterable[str]) -> dict[str, list[Row[Any]]]:
    """Return how registers with a BSN describe these residents, the newest first."""
    found: dict[str, list[Row[Any]]] = {who: [] for who in residents}
    for some in chunks(found):
        query = (
            select(person, subject.c.resident_id)
            .join(subject, subject.c.id == person.c.subject_id)
            .where(subject.c.resident_id.in_(some), subject.c.bsn_hash.is_not(None))
            .where(person.c.superseded_at.is_(None))
            .order_by(person.c.received_at.desc(), person.c.id)
        )
        for row in connection.execute(query):
            found[row.resident_id].append(row)
    return found


def _in_caseload(connection: Connection, hub: Hub, role: str, ids: Sequence[str]) -> set[str]:
    query = select(resident.c.id).where(
        resident.c.id.in_(ids), resident.c.id.in_(caseload(hub, role))
    )
    return set(connection.execute(query).scalars())


def strangers_of(hub: Hub) -> Any:
    """Return the select of the people without BSN, as their sources describe them."""
    return (
        select(
            person,
            subject.c.resident_id,
            subject.c.method,
            subject.c.dropout,
            source.c.title,
            source.c.connector,
        )
        .join(subject, subject.c.id == person.c.subject_id)
        .join(source, source.c.id == subject.c.source_id)
        .where(
            subject.c.municipality == hub.municipality,
            subject.c.bsn_hash.is_(None),
            person.c.superseded_at.is_(None),
        )
    )


def linked_strangers(connection: Connection, hub: Hub, permit: Permit) -> list[Row[Any]]:
    """Return what was linked to a resident without a BSN, of registers that a permit opens.

    Rows have id, title (of the source), method (likeness or person) and score.
    """
    query = (
        select(subject.c.id, source.c.title, source.c.connector, subject.c.method, subject.c.score)
        .join(source, source.c.id == subject.c.source_id)
        .where(
            subject.c.resident_id == permit.resident_id,
            subject.c.municipality == hub.municipality,
            subject.c.bsn_hash.is_(None),
        )
        .order_by(source.c.title, subject.c.id)
    )
    registers = registers_open(connection, hub, permit.role)
    rows: list[Row[Any]] = list(connection.execute(query))
    return [
        row for row in rows if permit.may(registers.get(register_named(hub, row.connector), ""))
    ]
