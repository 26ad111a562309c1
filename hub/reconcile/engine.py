"""Judge: rules against what stands, and findings that open and close by themselves.

A rule is data plus one select; it never writes. The engine compares the rows of the select with
the open findings in the same scope: new ones open, vanished ones close, history stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    insert,
    select,
    true,
    update,
)

from hub.clock import add_working_days
from hub.core import Hub
from hub.reconcile.findings import Place, bring_back, disturb
from hub.store import finding, resident, rule_setting
from hub.store.engine import chunks

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Knob:
    """A whole number in a rule that a municipality may set: a term, an amount in cents, a share.

    `title` is Dutch and says what the number is; `unit` is the Dutch word behind it.
    """

    name: str
    title: str
    default: int
    least: int = 0
    most: int = 3650
    unit: str = "dagen"


@dataclass(frozen=True)
class Scope:
    """When and about whom a rule is judged.

    Without `residents` it is about everybody of the municipality.
    """

    municipality: str
    now: datetime
    today: date
    residents: Sequence[str] | None = None
    knobs: Mapping[str, int] = field(default_factory=dict)

    def knob(self, name: str) -> int:
        """Return what the municipality set for a number of the rule that is judged."""
        return self.knobs[name]

    def only(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return the condition that keeps a select within the scope."""
        if self.residents is not None:
            return column.in_(self.residents)
        return column.in_(select(resident.c.id).where(resident.c.municipality == self.municipality))

    def days_ago(self, days: int) -> date:
        """Return the day so many calendar days ago."""
        return self.today - timedelta(days=days)

    def working_days_passed(self, count: int) -> date:
        """Return the last day since which more than `count` working days have passed.

        A term of `count` working days that began on that day ended before today.
        """
        # The day before the count-th working day back: from that working day on, one is missing.
        return add_working_days(self.today, -count) - timedelta(days=1)

    def term_passed(
        self, begin: ColumnElement[Any], count: ColumnElement[Any], most: int = 40
    ) -> ColumnElement[bool]:
        """Return the condition that a term in working days, itself a column, has ended."""
        limits = {days: self.working_days_passed(days) for days in range(most + 1)}
        return begin <= case(limits, value=count, else_=self.working_days_passed(most))


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong in the chain.

    `query` selects resident_id and the facts (a column whose name begins with _ is for `keep`
    alone and becomes no fact); `key` tells findings of one resident apart;
    `sentence` is Dutch for the caseworker, with the facts as {names}; `source` is the law or
    practice the rule rests on; `due` gives the day before which somebody should have acted.
    """

    id: str
    title: str
    sentence: str
    advice: str
    source: str
    severity: int  # 1 look at it, 2 act, 3 act today
    owner: str  # who works it: caseworker, administrator or privacy_officer
    #: The field groups that the sentence shows; only who may read all of them sees a finding.
    groups: frozenset[str]
    query: Callable[[Scope], Select[Any]]
    key: Callable[[Facts], str]
    due: Callable[[Facts, Scope], date | None] = lambda facts, scope: None
    keep: Callable[[Any, Scope], bool] = lambda row, scope: True
    about: Callable[[Facts], str] | None = None
    knobs: tuple[Knob, ...] = ()
    #: Whether who may read the groups works it for residents outside the caseload too: as long as
    #: it is not known whom a message is about, it can be in nobody's.
    beyond_caseload: bool = False


@dataclass(frozen=True)
class Tuning:
    """What a municipality made of a rule: whether it is used, and with which numbers."""

    enabled: bool = True
    knobs: Mapping[str, int] = field(default_factory=dict)
    #: How often it was set, 0 for never, and who did so last.
    version: int = field(default=0, compare=False)
    changed_by: str = field(default="", compare=False)
    changed_at: datetime | None = field(default=None, compare=False)


def load_tuning(connection: Connection, municipality: str) -> dict[str, Tuning]:
    """Return the tuning of each rule that the municipality changed."""
    query = select(rule_setting).where(rule_setting.c.municipality == municipality)
    return {
        row.rule: Tuning(row.enabled, row.knobs, row.version, row.changed_by, row.changed_at)
        for row in connection.execute(query)
    }


@dataclass
class Tally:
    """How many findings opened and closed, and how many stand open, by rule."""

    opened: dict[str, int] = field(default_factory=dict)
    closed: dict[str, int] = field(default_factory=dict)


def judge(
    connection: Connection, hub: Hub, rules: Iterable[Rule], residents: Iterable[str] | None
) -> Tally:
    """Bring the findings about these residents (None: everybody) up to date.

    Rules about a source rather than a person are judged every time.
    """
    tally = Tally()
    now, today = hub.clock.now(), hub.clock.today()
    tuned = load_tuning(connection, hub.municipality)
    whole = Scope(hub.municipality, now, today)
    parts = [whole]
    if residents is not None:
        parts = [Scope(hub.municipality, now, today, some) for some in chunks(sorted(residents))]
    for rule in rules:
        for scope in [whole] if rule.about else parts:
            _judge_rule(connection, rule, tuned.get(rule.id, Tuning()), scope, tally)
    return tally


def foresee(
    connection: Connection, hub: Hub, rule: Rule, tuning: Tuning
) -> tuple[set[Place], set[Place]]:
    """Return the findings that stand open by a rule, and those that would under a tuning."""
    whole = Scope(hub.municipality, hub.clock.now(), hub.clock.today())
    then = {place for place, _, _ in _told(connection, rule, tuning, whole)}
    return set(_open_findings(connection, rule, whole)), then


def _told(
    connection: Connection, rule: Rule, tuning: Tuning, scope: Scope
) -> Iterator[tuple[Place, str | None, dict[str, Any]]]:
    """Yield what a rule finds: what it is about and its key, the resident, and the facts."""
    if not tuning.enabled:
        return
    scope = _tuned(rule, tuning, scope)
    for row in connection.execute(rule.query(scope)):
        if not rule.keep(row, scope):
            continue
        facts = {
            name: _plain(value) for name, value in row._mapping.items() if not name.startswith("_")
        }
        resident_id = facts.pop("resident_id")
        yield (
            (rule.about(facts) if rule.about else resident_id, rule.key(facts)),
            resident_id,
            facts,
        )


def _tuned(rule: Rule, tuning: Tuning, scope: Scope) -> Scope:
    knobs = {knob.name: tuning.knobs.get(knob.name, knob.default) for knob in rule.knobs}
    return replace(scope, knobs=knobs)


def _judge_rule(
    connection: Connection, rule: Rule, tuning: Tuning, scope: Scope, tally: Tally
) -> None:
    open_now = _open_findings(connection, rule, scope)
    fresh: dict[Place, dict[str, Any]] = {}
    again: list[dict[str, Any]] = []
    moved: list[int] = []
    told: set[Place] = set()
    tuned = _tuned(rule, tuning, scope)
    for place, resident_id, facts in _told(connection, rule, tuning, scope):
        told.add(place)
        if place in open_now:
            id_, old, state = open_now[place]
            if old != facts:
                again.append({"row": id_, "now_facts": facts})
            if old != facts and state == "settled":
                moved.append(id_)
        else:
            fresh[place] = _new(rule, tuned, resident_id, place, facts)
    gone = [id_ for place, (id_, *_) in open_now.items() if place not in told]
    new = bring_back(connection, scope.municipality, rule.id, fresh, scope.now)
    why = "feiten" if tuning.enabled else "instelling"
    _write(connection, scope, list(new.values()), again, gone, why)
    disturb(connection, moved, scope.now)
    tally.opened[rule.id] = tally.opened.get(rule.id, 0) + len(fresh)
    tally.closed[rule.id] = tally.closed.get(rule.id, 0) + len(gone)


def _open_findings(
    connection: Connection, rule: Rule, scope: Scope
) -> dict[Place, tuple[int, Any, str]]:
    query = select(
        finding.c.about, finding.c.key, finding.c.id, finding.c.facts, finding.c.state
    ).where(
        finding.c.rule == rule.id,
        finding.c.municipality == scope.municipality,
        finding.c.closed_at.is_(None),
        true() if rule.about or scope.residents is None else scope.only(finding.c.about),
    )
    found = connection.execute(query)
    return {(about, key): (id_, facts, state) for about, key, id_, facts, state in found}


def _new(
    rule: Rule, scope: Scope, resident_id: str | None, place: Place, facts: Facts
) -> dict[str, Any]:
    return {
        "municipality": scope.municipality,
        "rule": rule.id,
        "resident_id": resident_id,
        "about": place[0],
        "key": place[1],
        "facts": facts,
        "severity": rule.severity,
        "due_on": rule.due(facts, scope),
        "opened_at": scope.now,
    }


def _write(
    connection: Connection,
    scope: Scope,
    fresh: list[dict[str, Any]],
    again: list[dict[str, Any]],
    gone: list[int],
    why: str,
) -> None:
    if fresh:
        connection.execute(insert(finding), fresh)
    if again:
        connection.execute(
            update(finding)
            .where(finding.c.id == bindparam("row"))
            .values(facts=bindparam("now_facts")),
            again,
        )
    for some in chunks(gone):
        connection.execute(
            update(finding).where(finding.c.id.in_(some)).values(closed_at=scope.now, closed_by=why)
        )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
