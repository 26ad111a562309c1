"""A rule: signals about one resident in one matching period that wait beside each other.

Which belong together is told by matching.py, and tests hold the select to it. It looks at no more
than a resident's own signals: who else lives at an address is for the system of early signals, that
has the ground to match addresses.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    cast,
    exists,
    extract,
    func,
    or_,
    select,
)

from hub.rules import FACTS, Facts, Knob, Rule, Scope, early_signal, standing

_case = FACTS["signal_case"]

#: What a status says when nothing was done yet; many sources tell none.
_WAITING = ("", "Nog niet opgepakt")


def _period(day: ColumnElement[Any], first_day: int) -> ColumnElement[int]:
    """Return the number of the period that holds `day`: its year times twelve, plus its month."""
    before = case((extract("day", day) < first_day, 1), else_=0)
    return cast(extract("year", day) * 12 + extract("month", day) - before, Integer)


def _waiting_together(scope: Scope) -> Select[Any]:
    day = early_signal.c.signalled_on
    taken_up = exists().where(
        standing(_case),
        _case.c.resident_id == early_signal.c.resident_id,
        or_(
            _case.c.taken_up_on >= day,
            _case.c.matched_on >= day,
            and_(_case.c.period_starts_on <= day, _case.c.period_ends_on >= day),
        ),
    )
    period, count = _period(day, scope.knob("dag")), func.count()
    return (
        select(
            early_signal.c.resident_id,
            period.label("period"),
            count.label("count"),
            func.min(day).label("since"),
            func.max(day).label("until"),
        )
        .where(
            scope.only(early_signal.c.resident_id),
            early_signal.c.resident_id.is_not(None),
            standing(early_signal),
            early_signal.c.status.in_(_WAITING),
            early_signal.c.status_code.in_(_WAITING),
            day >= scope.days_ago(scope.knob("dagen")),
            ~taken_up,
        )
        # By name: PostgreSQL does not see that an expression with parameters is the same twice.
        .group_by(early_signal.c.resident_id, "period")
        .having(count > 1)
    )


def _by_period(facts: Facts) -> str:
    year, month = divmod(facts["period"] - 1, 12)
    return f"{year}-{month + 1:02}"


RULES = [
    Rule(
        id="signalen_samen_oppakken",
        title="Vroegsignalen die samen één zaak zijn",
        sentence=(
            "{count} vroegsignalen van {since} tot en met {until} vallen in één periode. Er is nog "
            "niets mee gedaan."
        ),
        advice="Pak ze op als één zaak: neem één keer contact op over alle meldingen.",
        source="Divosa, monitor vroegsignalering; wanneer een periode begint is een werkafspraak",
        severity=1,
        owner="caseworker",
        groups=frozenset({"signal", "signal_result"}),
        query=_waiting_together,
        key=_by_period,
        knobs=(
            Knob("dag", "Op welke dag van de maand een periode begint", 1, 1, 28, "dag"),
            Knob("dagen", "Hoe lang na het signaal", 180, 1, 3650),
        ),
    )
]
