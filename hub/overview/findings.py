"""The worklist: open findings, most harmful and most urgent first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from hub.core import Hub
from hub.overview.people import names_of
from hub.overview.words import organisation_names, sentence
from hub.reconcile.engine import Rule
from hub.security.permits import Permit, caseload, open_groups
from hub.security.roles import CASEWORKERS, family
from hub.store import finding


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


def findings_of(connection: Connection, hub: Hub, allowed: Permit) -> list[FindingView]:
    """Return the open findings about one resident that a permit opens."""
    rules = [one.id for one in hub.plugins.rules() if one.groups <= allowed.reads]
    query = _open(hub).where(finding.c.resident_id == allowed.resident_id)
    return _views(connection, hub, query.where(finding.c.rule.in_(rules)))


def worklist(
    connection: Connection,
    hub: Hub,
    role: str,
    *,
    rule: str | None = None,
    page: int = 1,
    size: int = 50,
) -> list[FindingView]:
    """Return one page of the worklist of a role, of one rule or of all its rules.

    Only findings about residents in the caseload, of which the role may read all that they show.
    """
    query = _open(hub).where(_workable(connection, hub, role))
    if rule:
        query = query.where(finding.c.rule == rule)
    return _views(connection, hub, query.limit(size).offset((page - 1) * size))


def rules_of(connection: Connection, hub: Hub, role: str) -> list[Rule]:
    """Return the rules whose findings a role works on and may read."""
    reads = open_groups(connection, hub, role) if role in CASEWORKERS else frozenset()
    owner = family(role)
    return [one for one in hub.plugins.rules() if one.owner == owner and one.groups <= reads]


def _workable(connection: Connection, hub: Hub, role: str) -> ColumnElement[bool]:
    rules = [one.id for one in rules_of(connection, hub, role)]
    if role not in CASEWORKERS:
        # A finding about a source; who works on sources sees no residents.
        return finding.c.rule.in_(rules) & finding.c.resident_id.is_(None)
    return finding.c.rule.in_(rules) & finding.c.resident_id.in_(caseload(hub, role))


def counts(connection: Connection, hub: Hub, role: str | None = None) -> dict[str, int]:
    """Return how many findings stand open, by rule: in all, or on the worklist of a role."""
    query = (
        select(finding.c.rule, func.count())
        .where(finding.c.municipality == hub.municipality, finding.c.closed_at.is_(None))
        .group_by(finding.c.rule)
    )
    if role is not None:
        query = query.where(_workable(connection, hub, role))
    return dict(connection.execute(query).all())


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
    names = organisation_names(connection) | _stream_titles(hub)
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
        )
        for row in rows
        if row.rule in rules
    ]
