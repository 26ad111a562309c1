"""Reconciliation: identify (who), link (which claim), judge (what is wrong)."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, or_, select

from hub.core import Hub
from hub.reconcile.engine import Tally, judge
from hub.reconcile.identify import identify
from hub.reconcile.link import link
from hub.security.audit import HUB, Deed, log_deed
from hub.store import changed, own, participant, reconciliation, subject
from hub.store.engine import chunks

__all__ = ["reconcile"]

#: Subjects taken from the queue in one transaction.
PORTION = 5000


def reconcile(hub: Hub, *, full: bool = False, engine: str = "duckdb") -> Tally:
    """Work off the queue of changed subjects; with `full`, judge everybody after that.

    `engine` is what compares people without BSN: duckdb, or spark for a very large population.
    New terms of a covenant concern everybody, so they make any pass a full one.
    """
    started = hub.clock.now()
    full = full or _terms_changed(hub)
    tally, residents = Tally(), 0
    while portion := _portion(hub):
        with hub.engine.begin() as connection:
            about = link(connection, hub, identify(connection, hub, portion, engine))
            if about:
                log_deed(connection, hub, HUB, Deed("update", "update", sorted(about)))
            residents += len(about)
            if not full:
                _add(tally, judge(connection, hub, hub.plugins.rules(), about))
            for some in chunks(portion):
                connection.execute(delete(changed).where(changed.c.subject_id.in_(some)))
    with hub.engine.begin() as connection:
        if full:
            tally = judge(connection, hub, hub.plugins.rules(), None)
        elif not residents:
            tally = judge(connection, hub, hub.plugins.rules(), [])
        if full or residents or any(tally.opened.values()) or any(tally.closed.values()):
            _note(connection, hub, started, full, residents, tally)
    return tally


def _portion(hub: Hub) -> list[int]:
    with hub.reader.connect() as connection:
        query = (
            select(changed.c.subject_id)
            .join(subject, subject.c.id == changed.c.subject_id)
            .where(subject.c.municipality == hub.municipality)
            .order_by(changed.c.subject_id)
            .limit(PORTION)
        )
        return list(connection.execute(query).scalars())


def _terms_changed(hub: Hub) -> bool:
    last = (
        select(reconciliation.c.started_at)
        .where(reconciliation.c.municipality == hub.municipality, reconciliation.c.full)
        .order_by(reconciliation.c.id.desc())
        .limit(1)
    )
    with hub.reader.connect() as connection:
        since = connection.execute(last).scalar()
        news = select(participant.c.id).where(own(participant, hub.municipality)).limit(1)
        if since is not None:
            news = news.where(
                or_(participant.c.received_at > since, participant.c.superseded_at > since)
            )
        return connection.execute(news).first() is not None


def _add(tally: Tally, more: Tally) -> None:
    for total, part in ((tally.opened, more.opened), (tally.closed, more.closed)):
        for rule, count in part.items():
            total[rule] = total.get(rule, 0) + count


def _note(
    connection: Connection, hub: Hub, started: object, full: bool, residents: int, tally: Tally
) -> None:
    connection.execute(
        insert(reconciliation).values(
            municipality=hub.municipality,
            started_at=started,
            ended_at=hub.clock.now(),
            full=full,
            residents=residents,
            opened=sum(tally.opened.values()),
            closed=sum(tally.closed.values()),
        )
    )
