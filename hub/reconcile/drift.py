"""Why a pass over everybody finds what the passes over who changed did not.

Between two nights only residents of whom something changed are judged. What a night finds beside
that should be the work of clocks alone: a term ended, a pause began. Whether it is shows by
judging the residents concerned as on the day on which they were last judged: what the rule told
then already, and did not stand, was missed. That is drift: a fault of the hub, not of a register.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import Connection, select

from hub.clock import AMSTERDAM
from hub.core import Hub
from hub.reconcile.engine import Rule, Scope, Tuning, tuned
from hub.reconcile.findings import Place
from hub.reconcile.judging import Change, same, tell
from hub.store import resident, source
from hub.store.engine import chunks


def drifted(
    connection: Connection,
    rule: Rule,
    tuning: Tuning,
    change: Change,
    whole: Scope,
    since: datetime,
) -> set[Place]:
    """Return the places of a change in a pass over everybody that no clock explains.

    `since` is the moment since which only residents that changed were judged by this rule.
    """
    if rule.about:
        return set()  # such a rule is judged in every pass, so there is nothing to compare
    places = defaultdict(set)
    for place in [*change.opened, *change.closed, *change.moved]:
        places[place[0]].add(place)
    missed: set[Place] = set()
    for moment, residents in _last_judged(connection, places, since).items():
        then = replace(whole, now=moment, today=moment.astimezone(AMSTERDAM).date())
        for some in chunks(residents):
            told = tell(connection, rule, tuning, replace(then, residents=some))
            mine = {place for who in some for place in places[who]}
            missed |= {place for place in mine if _missed(place, change, told)}
    return missed


def _missed(place: Place, change: Change, told: dict[Place, str]) -> bool:
    """Tell whether what the rule told then was not what stood."""
    if place in change.opened:
        return place in told
    stood = change.closed.get(place) or change.moved[place]
    return place not in told or not same(stood, told[place])


def _last_judged(
    connection: Connection, residents: Iterable[str], since: datetime
) -> dict[datetime, list[str]]:
    """Return the residents by the moment at which they were last judged, a moment for each day."""
    days: dict[date, datetime] = {}
    found: dict[date, list[str]] = defaultdict(list)
    for some in chunks(residents):
        query = select(resident.c.id, resident.c.judged_at).where(resident.c.id.in_(some))
        for id_, judged_at in connection.execute(query):
            moment = max(judged_at or since, since)
            day = moment.astimezone(AMSTERDAM).date()
            days[day] = max(moment, days.get(day, moment))
            found[day].append(id_)
    return {days[day]: residents for day, residents in found.items()}


def fingerprint(connection: Connection, hub: Hub, rules: Iterable[Rule]) -> str:
    """Return what tells whether two nights judged by the same rules and the same sources.

    After an upgrade, a new plugin or another name of a source a night finds other things, and
    rightly so.
    """
    day = datetime(2026, 1, 1, 12, tzinfo=UTC)
    scope = Scope(hub.municipality, day, day.date(), [])
    told = [(rule.id, *_said(connection, rule, tuned(rule, Tuning(), scope))) for rule in rules]
    columns = (source.c.id, source.c.title, source.c.role, source.c.owner, source.c.enabled)
    query = select(*columns).where(source.c.municipality == hub.municipality).order_by(source.c.id)
    told += [tuple(row) for row in connection.execute(query)]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _said(connection: Connection, rule: Rule, scope: Scope) -> tuple[str, ...]:
    query = rule.query(scope).compile(connection)
    params = repr(sorted(query.params.items(), key=str))
    return str(query), params, _code(rule.keep), _code(rule.key)


def _code(function: Callable[..., object]) -> str:
    code = getattr(function, "__code__", None)
    return repr((code.co_code, code.co_names)) if code else ""
