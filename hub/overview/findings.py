"""The worklist: open findings, most harmful and most urgent first, by who works on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select

from hub.core import Hub
from hub.overview.people import names_of
from hub.overview.words import organisation_names, sentence
from hub.reconcile.engine import Rule
from hub.reconcile.rules.identity import RULES as IDENTITY
from hub.security.permits import Permit, caseload, open_groups
from hub.security.roles import CASEWORKERS, family
from hub.store import finding

#: The rules that ask who somebody is.
ASKING = frozenset(rule.id for rule in IDENTITY)

#: How many findings, by rule.
Counts = dict[str, int]


@dataclass(frozen=True)
class FindingView:
    """An open finding as it is shown; `resident` is a name, empty for a finding on a source."""

    id: int
    rule: str
    title: str
    sentence: str
    advice: str
    basis: str
    severity: int
    owner: str
    resident_id: str | None
    resident: str
    due_on: date | None
    overdue: bool
    opened_at: datetime
    groups: frozenset[str]
    #: What people made of it: see hub.reconcile.findings.
    state: str
    assigned_to: str
    until: date | None
    reason: str
    version: int
    history: list[dict[str, str]]
    #: The subject without BSN that it asks about, where it asks who somebody is.
    stranger: int | None = None

    @property
    def waits(self) -> bool:
        """Tell whether somebody must still do something about it."""
        return self.state != "settled"


#: The parts of a worklist.
PARTS = ("team", "mine", "postponed", "settled")


@dataclass(frozen=True)
class Choice:
    """Which part of a worklist: of the whole team, of one's own, put off, or settled; what rule."""

    part: str = "team"
    account: str = ""
    rule: str | None = None


def findings_of(connection: Connection, hub: Hub, allowed: Permit) -> list[FindingView]:
    """Return the open findings about one resident that a permit opens."""
    rules = [one.id for one in hub.plugins.rules() if one.groups <= allowed.reads]
    query = _open(hub).where(finding.c.resident_id == allowed.resident_id)
    return _views(connection, hub, query.where(finding.c.rule.in_(rules)))


def worklist(
    connection: Connection,
    hub: Hub,
    role: str,
    choice: Choice = Choice(),
    *,
    page: int = 1,
    size: int = 50,
) -> list[FindingView]:
    """Return one page of a part of the worklist of a role.

    Only findings about residents in the caseload, of which the role may read all that they show.
    """
    query = _open(hub).where(_workable(connection, hub, role), _in_part(hub, choice))
    if choice.rule:
        query = query.where(finding.c.rule == choice.rule)
    return _views(connection, hub, query.limit(size).offset((page - 1) * size))


def find_finding(connection: Connection, hub: Hub, role: str, id_: int) -> FindingView | None:
    """Return an open finding that a role works on; None when it is none of its business."""
    query = _open(hub).where(_workable(connection, hub, role), finding.c.id == id_)
    found = _views(connection, hub, query)
    return found[0] if found else None


def findings_by(
    connection: Connection, hub: Hub, role: str, rule: str, key: str
) -> list[FindingView]:
    """Return the open findings of a rule that have this key, whoever they are about."""
    query = _open(hub).where(_workable(connection, hub, role))
    return _views(connection, hub, query.where(finding.c.rule == rule, finding.c.key == key))


def workable(connection: Connection, hub: Hub, role: str, ids: Sequence[int]) -> dict[int, str]:
    """Return which of these open findings a role works on, with the resident they are about."""
    query = select(finding.c.id, finding.c.resident_id).where(
        finding.c.id.in_(ids),
        finding.c.municipality == hub.municipality,
        finding.c.closed_at.is_(None),
        _workable(connection, hub, role),
    )
    return {id_: resident_id or "" for id_, resident_id in connection.execute(query)}


def _in_part(hub: Hub, choice: Choice) -> ColumnElement[bool]:
    """Return the condition of a part of the worklist; what was put off is back on its day."""
    rests = and_(finding.c.state == "postponed", finding.c.until > hub.clock.today())
    works = finding.c.state.in_(("open", "taken", "postponed")) & ~rests
    return {
        "team": works,
        "mine": works & (finding.c.assigned_to == choice.account),
        "postponed": rests,
        "settled": finding.c.state == "settled",
    }[choice.part]


def rules_of(connection: Connection, hub: Hub, role: str) -> list[Rule]:
    """Return the rules whose findings a role works on and may read."""
    reads = open_groups(connection, hub, role) if role in CASEWORKERS else frozenset()
    owner = family(role)
    return [one for one in hub.plugins.rules() if one.owner == owner and one.groups <= reads]


def _workable(connection: Connection, hub: Hub, role: str) -> ColumnElement[bool]:
    mine = rules_of(connection, hub, role)
    rules = [one.id for one in mine]
    if role not in CASEWORKERS:
        # A finding about a source; who works on sources sees no residents.
        return finding.c.rule.in_(rules) & finding.c.resident_id.is_(None)
    beyond = finding.c.rule.in_([one.id for one in mine if one.beyond_caseload])
    return finding.c.rule.in_(rules) & (beyond | finding.c.resident_id.in_(caseload(hub, role)))


def counts(connection: Connection, hub: Hub) -> dict[str, int]:
    """Return how many findings stand open, by rule, whatever people made of them."""
    query = (
        select(finding.c.rule, func.count())
        .where(finding.c.municipality == hub.municipality, finding.c.closed_at.is_(None))
        .group_by(finding.c.rule)
    )
    return dict(connection.execute(query).all())


def part_counts(connection: Connection, hub: Hub, role: str, account: str) -> dict[str, Counts]:
    """Return how many findings each part of the worklist of a role holds, by rule."""
    found: dict[str, Counts] = {}
    for part in PARTS:
        query = (
            select(finding.c.rule, func.count())
            .where(
                finding.c.municipality == hub.municipality,
                finding.c.closed_at.is_(None),
                _workable(connection, hub, role),
                _in_part(hub, Choice(part, account)),
            )
            .group_by(finding.c.rule)
        )
        found[part] = dict(connection.execute(query).all())
    return found


def _open(hub: Hub) -> Any:
    return (
        select(finding)
        .where(finding.c.municipality == hub.municipality, finding.c.closed_at.is_(None))
        .order_by(finding.c.severity.desc(), finding.c.due_on.is_(None), finding.c.due_on)
        .order_by(finding.c.id)
    )


def _stream_titles(hub: Hub) -> dict[str, str]:
    return {
        f"stream:{stream.name}": stream.title.lower()
        for connector in hub.plugins.connectors.values()
        for stream in connector.streams
    }


def _views(connection: Connection, hub: Hub, query: Any) -> list[FindingView]:
    rows: Sequence[Row[Any]] = connection.execute(query).all()
    rules: dict[str, Rule] = {rule.id: rule for rule in hub.plugins.rules()}
    people = names_of(connection, hub, {row.resident_id for row in rows if row.resident_id})
    names = organisation_names(connection, hub.municipality) | _stream_titles(hub)
    today = hub.clock.today()
    return [
        FindingView(
            id=row.id,
            rule=row.rule,
            title=rules[row.rule].title,
            sentence=sentence(rules[row.rule], row.facts, names),
            advice=rules[row.rule].advice,
            basis=rules[row.rule].source,
            severity=row.severity,
            owner=rules[row.rule].owner,
            resident_id=row.resident_id,
            resident=people.get(row.resident_id, ""),
            due_on=row.due_on,
            overdue=row.due_on is not None and row.due_on < today,
            opened_at=row.opened_at,
            groups=rules[row.rule].groups,
            state=row.state,
            assigned_to=row.assigned_to,
            until=row.until,
            reason=row.reason,
            version=row.version,
            history=row.history,
            stranger=row.facts["subject"] if row.rule in ASKING else None,
        )
        for row in rows
        if row.rule in rules
    ]
