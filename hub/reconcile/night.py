"""The pass over everybody: it finds what clocks brought, and notices what the others missed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hub.core import Hub
from hub.reconcile.drift import drifted, fingerprint
from hub.reconcile.engine import Scope, Tuning, load_tuning
from hub.reconcile.judging import Tally, judge_rule
from hub.store import reconciliation, resident, rule_setting
from hub.store.engine import refresh_statistics
from hub.sync.incidents import open_warning, solve_warning

#: So many residents may have changed since the last pass for their differences to be set apart.
MOST_CHANGED = 50_000


@dataclass
class Night:
    """What a pass over everybody found: the counts, by which rules, and what nothing explains.

    `drift` has a count for each rule that missed something; None when there was nothing to
    compare with: a first night, other rules than the night before, new terms of a covenant.
    """

    tally: Tally = field(default_factory=Tally)
    rules: str = ""
    drift: dict[str, int] | None = None


def judge_everybody(hub: Hub, changed: Collection[str] | None) -> Night:
    """Judge every resident by every rule, a rule in a transaction, so that nobody waits long.

    `changed` are the residents of whom something arrived just before: what is found of them is
    news. None tells that something changed for everybody.
    """
    rules = hub.plugins.rules()
    refresh_statistics(hub.engine)
    with hub.reader.connect() as connection:
        whole = _whole(connection, hub)
        night = Night(rules=fingerprint(connection, hub, rules))
        since = _comparable(connection, hub, night.rules)
    if since is not None and changed is not None and len(changed) <= MOST_CHANGED:
        night.drift = {}
    for rule in rules:
        with hub.engine.begin() as connection:
            take_turns(connection, hub)
            tuning = load_tuning(connection, hub.municipality).get(rule.id, Tuning())
            change = judge_rule(connection, rule, tuning, whole)
            night.tally.add(rule.id, change)
            if since is None or night.drift is None:
                continue
            old = change.about_others(changed or ())
            moment = max(since, _set_at(connection, hub, rule.id) or since)
            missed = drifted(connection, rule, tuning, old, whole, moment)
            if missed:
                night.drift[rule.id] = len(missed)
    return night


def take_turns(connection: Connection, hub: Hub) -> None:
    """Wait until no other process judges this municipality; ends with the transaction.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        number = int(hub.municipality)
        connection.execute(select(func.pg_advisory_xact_lock(0x53480010, number)))


def tell_of_drift(connection: Connection, hub: Hub, drift: dict[str, int] | None) -> None:
    """Warn the administrator of drift once; a night without any ends the warning."""
    if drift:
        titles = {rule.id: rule.title for rule in hub.plugins.rules()}
        told = ", ".join(f"{titles.get(one, one)} ({drift[one]})" for one in sorted(drift))
        open_warning(
            connection,
            hub,
            "drift",
            f"De nachtelijke controle vond {sum(drift.values())} bevindingen die overdag al "
            f"hadden moeten veranderen, bij de regels: {told}. Ze zijn nu bijgewerkt. Meld dit "
            "aan de beheerder van de software: de hub mist dan soms een wijziging.",
        )
    elif drift is not None:
        solve_warning(connection, hub, "drift")


def last_full(connection: Connection, hub: Hub) -> Any:
    """Return the last pass over everybody (started_at, rules and drift), or None."""
    query = (
        select(reconciliation.c.started_at, reconciliation.c.rules, reconciliation.c.drift)
        .where(reconciliation.c.municipality == hub.municipality, reconciliation.c.full)
        .order_by(reconciliation.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).first()


def _comparable(connection: Connection, hub: Hub, rules: str) -> datetime | None:
    """Return when everybody was last judged by these same rules."""
    last = last_full(connection, hub)
    found: datetime | None = last.started_at if last and last.rules == rules else None
    return found


def _set_at(connection: Connection, hub: Hub, rule: str) -> datetime | None:
    """Return when a municipality last changed a rule, which judged everybody by it."""
    query = select(rule_setting.c.changed_at).where(
        rule_setting.c.municipality == hub.municipality, rule_setting.c.rule == rule
    )
    found: datetime | None = connection.execute(query).scalar()
    return found


def _whole(connection: Connection, hub: Hub) -> Scope:
    others = select(resident.c.id).where(resident.c.municipality != hub.municipality).limit(1)
    alone = connection.execute(others).first() is None
    return Scope(hub.municipality, hub.clock.now(), hub.clock.today(), alone=alone)
