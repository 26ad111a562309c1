"""What a rule is: data plus one select that never writes, and about whom and when it is judged.

What is made of the rows of the select stands in hub.reconcile.judging.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, String, case, select, true

from hub.clock import add_working_days
from hub.store import resident, rule_setting

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

    Without `residents` it is about everybody of the municipality; `alone` tells that the store
    holds nobody else, which spares looking up whose every row is.
    """

    municipality: str
    now: datetime
    today: date
    residents: Sequence[str] | None = None
    knobs: Mapping[str, int] = field(default_factory=dict)
    alone: bool = False

    def knob(self, name: str) -> int:
        """Return what the municipality set for a number of the rule that is judged."""
        return self.knobs[name]

    def only(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return the condition that keeps a select within the scope."""
        if self.residents is not None:
            return column.in_(self.residents)
        if self.alone:
            return column.is_not(None)
        return column.in_(select(resident.c.id).where(resident.c.municipality == self.municipality))

    def within(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return the condition that keeps a select inside another to the residents at hand.

        The one around it has `only`. Without this one, a store reads of everybody what it needs of
        a few, and judging who changed takes longer in a larger town.
        """
        return true() if self.residents is None else column.in_(self.residents)

    def lead(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a column whose index may lead a store to the rows, but only of everybody.

        Of some residents a store has to begin with them, and an index of kinds or amounts would
        take it through the claims of all: then the column is written so that no index has it.
        """
        if self.residents is None:
            return column
        return column + ("" if isinstance(column.type, String) else 0)

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


def tuned(rule: Rule, tuning: Tuning, scope: Scope) -> Scope:
    """Return the scope with the numbers of a rule as the municipality set them."""
    knobs = {knob.name: tuning.knobs.get(knob.name, knob.default) for knob in rule.knobs}
    return replace(scope, knobs=knobs)


def load_tuning(connection: Connection, municipality: str) -> dict[str, Tuning]:
    """Return the tuning of each rule that the municipality changed."""
    query = select(rule_setting).where(rule_setting.c.municipality == municipality)
    return {
        row.rule: Tuning(row.enabled, row.knobs, row.version, row.changed_by, row.changed_at)
        for row in connection.execute(query)
    }
