"""What a monitoring system wants to know, measured in the store when it asks.

Nothing is counted in a process, so any number of processes tell the same. Each metric is one
grouped query; none tells anything about a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, func, literal, select

from hub.core import Hub
from hub.overview.findings import counts
from hub.reconcile.night import last_full
from hub.store import command, expiry, incident, patience, record, reject, run, schema, source
from hub.sync.health import health_query, is_silent
from hub.sync.incidents import WARNINGS

#: States of a command that still has to reach the other side.
WAITING = ("ready", "paused", "sending", "unknown")
BREAKER = ("closed", "open", "blocked")
ROWS = ("read", "applied", "unchanged", "rejected", "removed")


class Sample(NamedTuple):
    """One number, and what it is about: a value for each label of its metric."""

    labels: tuple[str, ...]
    value: float


Query = Callable[[Connection, Hub], Iterable[Sample]]


@dataclass(frozen=True)
class Metric:
    """A metric: its name, what it means (with its unit), its labels and how it is measured.

    `grows` tells a number that only goes up, such as rows read since the beginning.
    """

    name: str
    help: str
    labels: tuple[str, ...]
    query: Query
    grows: bool = False

    def samples(self, connection: Connection, hub: Hub) -> list[Sample]:
        """Measure now."""
        return list(self.query(connection, hub))


def _about_sources(hub: Hub, *columns: Any) -> Select[Any]:
    """Return a select over the sources of this municipality, by name."""
    query = select(source.c.name, *columns).select_from(source)
    return query.where(source.c.municipality == hub.municipality).order_by(source.c.name)


def _of_source(table: Table) -> ColumnElement[bool]:
    return table.c.source_id == source.c.id


def _counted(connection: Connection, query: Select[Any]) -> list[Sample]:
    """Return a sample for each row: everything but the last column are labels."""
    return [Sample(tuple(row[:-1]), float(row[-1])) for row in connection.execute(query)]


def _seconds(now: datetime, then: datetime | None) -> float:
    """Return how long ago `then` was; what never happened is infinitely long ago."""
    return (now - then).total_seconds() if then else float("inf")


def _runs(connection: Connection, hub: Hub) -> list[Sample]:
    labels = (run.c.stream, run.c.status)
    query = _about_sources(hub, *labels, func.count()).join(run, _of_source(run))
    return _counted(connection, query.group_by(source.c.name, *labels))


def _rows(connection: Connection, hub: Hub) -> list[Sample]:
    sums = [func.sum(run.c[name]) for name in ROWS]
    query = _about_sources(hub, run.c.stream, *sums).join(run, _of_source(run))
    rows = connection.execute(query.group_by(source.c.name, run.c.stream)).all()
    return [
        Sample((name, stream, kind), float(count))
        for name, stream, *found in rows
        for kind, count in zip(ROWS, found, strict=True)
    ]


def _rejects(connection: Connection, hub: Hub) -> list[Sample]:
    query = (
        _about_sources(hub, record.c.stream, func.count())
        .join(record, _of_source(record))
        .join(reject, reject.c.record_id == record.c.id)
        .where(reject.c.solved_at.is_(None))
    )
    return _counted(connection, query.group_by(source.c.name, record.c.stream))


def _commands(connection: Connection, hub: Hub) -> list[Sample]:
    query = _about_sources(hub, command.c.state, func.count()).join(command, _of_source(command))
    return _counted(connection, query.group_by(source.c.name, command.c.state))


def _oldest(connection: Connection, hub: Hub) -> list[Sample]:
    query = (
        _about_sources(hub, command.c.state, func.min(command.c.created_at))
        .join(command, _of_source(command))
        .where(command.c.state.in_(WAITING))
    )
    now = hub.clock.now()
    rows = connection.execute(query.group_by(source.c.name, command.c.state))
    return [Sample((name, state), _seconds(now, oldest)) for name, state, oldest in rows]


def _patience(connection: Connection, hub: Hub, column: Any) -> list[tuple[str, Any]]:
    query = _about_sources(hub, column).outerjoin(patience, _of_source(patience))
    return [(name, value) for name, value in connection.execute(query)]


def _breakers(connection: Connection, hub: Hub) -> list[Sample]:
    return [
        Sample((name, state), float(state == (now or "closed")))
        for name, now in _patience(connection, hub, patience.c.state)
        for state in BREAKER
    ]


def _failures(connection: Connection, hub: Hub) -> list[Sample]:
    found = _patience(connection, hub, patience.c.failures)
    return [Sample((name,), float(count or 0)) for name, count in found]


def _asked_again(connection: Connection, hub: Hub) -> list[Sample]:
    now = hub.clock.now()
    found = _patience(connection, hub, patience.c.until)
    return [
        Sample((name,), max(0.0, (until - now).total_seconds()) if until else 0.0)
        for name, until in found
    ]


def _streams(connection: Connection, hub: Hub, value: Callable[[Any], float]) -> list[Sample]:
    rows = connection.execute(health_query(hub.municipality))
    return [Sample((row.source, row.stream or ""), value(row)) for row in rows]


def _lag(connection: Connection, hub: Hub) -> list[Sample]:
    now = hub.clock.now()
    return _streams(connection, hub, lambda row: _seconds(now, row.as_of))


def _unheard(connection: Connection, hub: Hub) -> list[Sample]:
    now = hub.clock.now()
    return _streams(connection, hub, lambda row: _seconds(now, row.heard_at))


def _silent(connection: Connection, hub: Hub) -> list[Sample]:
    now = hub.clock.now()
    return _streams(connection, hub, lambda row: float(is_silent(row, now)))


def _incidents(connection: Connection, hub: Hub) -> list[Sample]:
    query = (
        _about_sources(hub, incident.c.kind, func.count())
        .join(incident, _of_source(incident))
        .where(incident.c.solved_at.is_(None))
    )
    about_sources = _counted(connection, query.group_by(source.c.name, incident.c.kind))
    of_itself = (
        select(literal(""), incident.c.kind, func.count())
        .where(
            incident.c.municipality == hub.municipality,
            incident.c.kind.in_(WARNINGS),
            incident.c.solved_at.is_(None),
        )
        .group_by(incident.c.kind)
    )
    return about_sources + _counted(connection, of_itself)


def _expiry(connection: Connection, hub: Hub) -> list[Sample]:
    query = _about_sources(hub, func.min(expiry.c.ends_at)).join(expiry, _of_source(expiry))
    now = hub.clock.now()
    rows = connection.execute(query.group_by(source.c.name))
    return [Sample((name,), -_seconds(now, first)) for name, first in rows]


def _findings(connection: Connection, hub: Hub) -> list[Sample]:
    known = {rule.id: 0 for rule in hub.plugins.rules()}
    found = known | counts(connection, hub)
    return [Sample((rule,), float(count)) for rule, count in sorted(found.items())]


def _drift(connection: Connection, hub: Hub) -> list[Sample]:
    last = last_full(connection, hub)
    found = {rule.id: 0 for rule in hub.plugins.rules()} | ((last and last.drift) or {})
    return [Sample((rule,), float(count)) for rule, count in sorted(found.items())]


def _night(connection: Connection, hub: Hub) -> list[Sample]:
    last = last_full(connection, hub)
    return [Sample((), _seconds(hub.clock.now(), last.started_at if last else None))]


def _schema(connection: Connection, hub: Hub) -> list[Sample]:
    return [Sample((schema.current(connection), schema.newest()), 1.0)]


_STREAM = ("source", "stream")

METRICS: tuple[Metric, ...] = (
    Metric("hub_runs", "Runs in the store, by how they stand.", (*_STREAM, "status"), _runs),
    Metric(
        "hub_rows",
        "Records that all runs together read, applied, found unchanged, rejected or removed.",
        (*_STREAM, "kind"),
        _rows,
        grows=True,
    ),
    Metric("hub_rejects_open", "Rejected records that nobody solved yet.", _STREAM, _rejects),
    Metric("hub_outbox_commands", "Commands by state.", ("source", "state"), _commands),
    Metric(
        "hub_outbox_oldest_seconds",
        "Age in seconds of the oldest command that still has to reach the other side.",
        ("source", "state"),
        _oldest,
    ),
    Metric(
        "hub_breaker_state",
        "1 for the state the circuit breaker is in, 0 for the others; closed is well.",
        ("source", "state"),
        _breakers,
    ),
    Metric("hub_breaker_failures", "Failures in a row.", ("source",), _failures),
    Metric(
        "hub_breaker_wait_seconds",
        "Seconds until the source is asked again; 0 when it may be asked now.",
        ("source",),
        _asked_again,
    ),
    Metric(
        "hub_lag_seconds",
        "Seconds since the moment as of which the source last spoke; +Inf when it never did.",
        _STREAM,
        _lag,
    ),
    Metric(
        "hub_unheard_seconds",
        "Seconds since the source was last heard completely; +Inf when it never was.",
        _STREAM,
        _unheard,
    ),
    Metric(
        "hub_stream_silent",
        "1 when amounts are shown as 'at least': never heard, failing, held, or too old.",
        _STREAM,
        _silent,
    ),
    Metric(
        "hub_incidents_open",
        "Incidents not solved yet; of the hub itself where no source is named.",
        ("source", "kind"),
        _incidents,
    ),
    Metric(
        "hub_expiry_seconds",
        "Seconds until the first certificate or token of the source ends; negative once past.",
        ("source",),
        _expiry,
    ),
    Metric("hub_findings_open", "Findings that stand open, by rule.", ("rule",), _findings),
    Metric(
        "hub_reconcile_drift",
        "Findings that the last pass over everybody opened, closed or changed and that no clock "
        "explains; anything above 0 is a fault of the hub.",
        ("rule",),
        _drift,
    ),
    Metric(
        "hub_reconcile_full_seconds",
        "Seconds since everybody was last judged; +Inf when that never happened.",
        (),
        _night,
    ),
    Metric(
        "hub_schema_info",
        "Always 1; the labels tell the schema of the store and the newest this hub knows.",
        ("revision", "newest"),
        _schema,
    ),
)
