"""Judge: rules against what stands, and findings that open and close by themselves.

The rows of a rule's select are compared with the open findings in the same scope: new ones open,
vanished ones close, history stays.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Text, bindparam, cast, select, true, update

from hub.core import Hub
from hub.reconcile.engine import Facts, Rule, Scope, Tuning, load_tuning, tuned
from hub.reconcile.findings import Place, bring_back, disturb
from hub.store import changed, finding, resident, subject
from hub.store.engine import chunks, insert_new


@dataclass
class Tally:
    """How many findings opened and closed, and how many stand open, by rule."""

    opened: dict[str, int] = field(default_factory=dict)
    closed: dict[str, int] = field(default_factory=dict)

    def add(self, rule: str, change: Change) -> None:
        """Count what judging a rule changed."""
        self.opened[rule] = self.opened.get(rule, 0) + len(change.opened)
        self.closed[rule] = self.closed.get(rule, 0) + len(change.closed)


#: The facts of findings as JSON text, by place: small enough to hold all that one rule finds.
Told = dict[Place, str]


@dataclass(frozen=True)
class Change:
    """What judging a rule changed: what opened, what closed, and what tells other facts now.

    `closed` and `moved` have the facts as they stood before, `opened` those of now.
    """

    opened: Told
    closed: Told
    moved: Told

    def about_others(self, residents: Collection[str]) -> Change:
        """Return the change without what is about these residents."""
        if not residents:
            return self

        def rest(told: Told) -> Told:
            return {place: facts for place, facts in told.items() if place[0] not in residents}

        return Change(rest(self.opened), rest(self.closed), rest(self.moved))


@dataclass(frozen=True)
class _Open:
    """A finding that stands open, as far as judging has to know it."""

    id: int
    facts: str
    state: str


def judge(
    connection: Connection, hub: Hub, rules: Iterable[Rule], residents: Iterable[str] | None
) -> Tally:
    """Bring the findings about these residents (None: everybody) up to date.

    Rules about a source rather than a person are judged every time.
    """
    tally = Tally()
    now, today = hub.clock.now(), hub.clock.today()
    settings = load_tuning(connection, hub.municipality)
    whole = Scope(hub.municipality, now, today)
    parts = [whole]
    if residents is not None:
        parts = [replace(whole, residents=some) for some in chunks(sorted(residents))]
    for rule in rules:
        for scope in [whole] if rule.about else parts:
            tuning = settings.get(rule.id, Tuning())
            tally.add(rule.id, judge_rule(connection, rule, tuning, scope))
    if residents is not None:
        _sign(connection, parts, now)
    return tally


def _sign(connection: Connection, parts: Iterable[Scope], now: datetime) -> None:
    """Note when these residents were judged, so that a pass over everybody can explain itself."""
    for scope in parts:
        mine = resident.c.id.in_(scope.residents or ())
        connection.execute(update(resident).where(mine).values(judged_at=now))


def foresee(
    connection: Connection, hub: Hub, rule: Rule, tuning: Tuning
) -> tuple[set[Place], set[Place]]:
    """Return the findings that stand open by a rule, and those that would under a tuning."""
    whole = Scope(hub.municipality, hub.clock.now(), hub.clock.today())
    then = tell(connection, rule, tuning, whole)
    return set(_open_findings(connection, rule, whole)), set(then)


def tell(connection: Connection, rule: Rule, tuning: Tuning, scope: Scope) -> Told:
    """Return what a rule finds: the facts as JSON text, by what they are about and their key.

    Of two rows in one place the facts that sort first count, so that no plan of a store decides.
    """
    found: Told = {}
    for place, facts in _rows(connection, rule, tuning, scope):
        if place not in found or facts < found[place]:
            found[place] = facts
    return found


def _rows(
    connection: Connection, rule: Rule, tuning: Tuning, scope: Scope
) -> Iterator[tuple[Place, str]]:
    if not tuning.enabled:
        return
    scope = tuned(rule, tuning, scope)
    for row in connection.execute(rule.query(scope)):
        if not rule.keep(row, scope):
            continue
        facts = {
            name: _plain(value) for name, value in row._mapping.items() if not name.startswith("_")
        }
        about = facts.pop("resident_id")
        yield (rule.about(facts) if rule.about else about, rule.key(facts)), json.dumps(facts)


def judge_rule(connection: Connection, rule: Rule, tuning: Tuning, scope: Scope) -> Change:
    """Bring the findings of one rule up to date; return what changed.

    In a pass over everybody, who changed meanwhile is left to the pass over who changed.
    """
    told = tell(connection, rule, tuning, scope)
    open_now = _open_findings(connection, rule, scope)
    opened = {place: facts for place, facts in told.items() if place not in open_now}
    closed = {place: one.facts for place, one in open_now.items() if place not in told}
    moved = {
        place: open_now[place].facts
        for place, facts in told.items()
        if place in open_now and not same(open_now[place].facts, facts)
    }
    change = Change(opened, closed, moved)
    if scope.residents is None and not rule.about and (opened or closed or moved):
        change = change.about_others(_waiting(connection, scope))
    why = "feiten" if tuning.enabled else "instelling"
    _open(connection, rule, tuned(rule, tuning, scope), change.opened)
    _move(connection, scope, {open_now[place]: told[place] for place in change.moved})
    _close(connection, scope, [open_now[place].id for place in change.closed], why)
    return change


def same(one: str, other: str) -> bool:
    """Tell whether two texts of JSON say the same facts."""
    return one == other or bool(json.loads(one) == json.loads(other))


def _waiting(connection: Connection, scope: Scope) -> set[str]:
    """Return the residents about whom something arrived that was not linked and judged yet."""
    query = (
        select(subject.c.resident_id)
        .join(changed, changed.c.subject_id == subject.c.id)
        .where(subject.c.municipality == scope.municipality, subject.c.resident_id.is_not(None))
    )
    return set(connection.execute(query).scalars())


def _open_findings(connection: Connection, rule: Rule, scope: Scope) -> dict[Place, _Open]:
    facts = cast(finding.c.facts, Text)
    query = select(finding.c.about, finding.c.key, finding.c.id, facts, finding.c.state).where(
        finding.c.rule == rule.id,
        finding.c.municipality == scope.municipality,
        finding.c.closed_at.is_(None),
        true() if rule.about or scope.residents is None else scope.only(finding.c.about),
    )
    found = connection.execute(query)
    return {(about, key): _Open(*values) for about, key, *values in found}


def _open(connection: Connection, rule: Rule, scope: Scope, told: Told) -> None:
    """Open findings, or open again those that stood there before."""
    for places in chunks(told, 5000):
        fresh = {place: _new(rule, scope, place, json.loads(told[place])) for place in places}
        new = bring_back(connection, scope.municipality, rule.id, fresh, scope.now)
        insert_new(connection, finding, list(new.values()))


def _new(rule: Rule, scope: Scope, place: Place, facts: Facts) -> dict[str, Any]:
    return {
        "municipality": scope.municipality,
        "rule": rule.id,
        "resident_id": None if rule.about else place[0],
        "about": place[0],
        "key": place[1],
        "facts": facts,
        "severity": rule.severity,
        "due_on": rule.due(facts, scope),
        "opened_at": scope.now,
    }


def _move(connection: Connection, scope: Scope, told: Mapping[_Open, str]) -> None:
    """Bring facts up to date; a settled finding of which the facts changed is back."""
    query = update(finding).where(finding.c.id == bindparam("row"))
    rows = [{"row": one.id, "now_facts": json.loads(facts)} for one, facts in told.items()]
    if rows:
        connection.execute(query.values(facts=bindparam("now_facts")), rows)
    disturb(connection, [one.id for one in told if one.state == "settled"], scope.now)


def _close(connection: Connection, scope: Scope, ids: Iterable[int], why: str) -> None:
    for some in chunks(ids):
        connection.execute(
            update(finding).where(finding.c.id.in_(some)).values(closed_at=scope.now, closed_by=why)
        )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
