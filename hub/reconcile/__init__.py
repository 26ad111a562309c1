"""Reconciliation: identify (who), link (which claim), judge (what is wrong)."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, null, or_, select

from hub.core import Hub
from hub.reconcile.identify import identify
from hub.reconcile.judging import Tally, judge
from hub.reconcile.link import link
from hub.reconcile.night import Night, judge_everybody, last_full, take_turns, tell_of_drift
from hub.reconcile.reach import look_up_again, reached
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
    terms = _terms_changed(hub)
    if terms:
        look_up_again(hub)
    full = full or terms
    tally, residents = _work_off(hub, judging=not full, engine=engine)
    night = judge_everybody(hub, None if terms else residents) if full else Night(tally)
    counted = night.tally
    if full or residents or any(counted.opened.values()) or any(counted.closed.values()):
        with hub.engine.begin() as connection:
            _note(connection, hub, started, full, len(residents), night)
            tell_of_drift(connection, hub, night.drift)
    return counted


def _work_off(hub: Hub, *, judging: bool, engine: str) -> tuple[Tally, set[str]]:
    """Identify and link who changed, and judge them; return the counts and the residents."""
    tally, residents = Tally(), set[str]()
    while portion := _portion(hub):
        with hub.engine.begin() as connection:
            take_turns(connection, hub)
            known = identify(connection, hub, portion, engine)
            about = reached(connection, link(connection, hub, known))
            if about:
                log_deed(connection, hub, HUB, Deed("update", "update", sorted(about)))
            residents |= about
            if judging:
                _add(tally, judge(connection, hub, hub.plugins.rules(), about))
            for some in chunks(portion):
                connection.execute(delete(changed).where(changed.c.subject_id.in_(some)))
    if judging and not residents:
        with hub.engine.begin() as connection:
            _add(tally, judge(connection, hub, hub.plugins.rules(), []))
    return tally, residents


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
    with hub.reader.connect() as connection:
        last = last_full(connection, hub)
        news = select(participant.c.id).where(own(participant, hub.municipality)).limit(1)
        if last is not None:
            since = last.started_at
            news = news.where(
                or_(participant.c.received_at > since, participant.c.superseded_at > since)
            )
        return connection.execute(news).first() is not None


def _add(tally: Tally, more: Tally) -> None:
    for total, part in ((tally.opened, more.opened), (tally.closed, more.closed)):
        for rule, count in part.items():
            total[rule] = total.get(rule, 0) + count


def _note(
    connection: Connection, hub: Hub, started: object, full: bool, residents: int, night: Night
) -> None:
    connection.execute(
        insert(reconciliation).values(
            municipality=hub.municipality,
            started_at=started,
            ended_at=hub.clock.now(),
            full=full,
            residents=residents,
            opened=sum(night.tally.opened.values()),
            closed=sum(night.tally.closed.values()),
            rules=night.rules or None,
            drift=null() if night.drift is None else night.drift,
        )
    )
