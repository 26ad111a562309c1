"""The clock plans each moment once, over summer time too; the worker works it off."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from book import Book, add_source, book_plugin, statement
from sqlalchemy import select

from hub.clock import AMSTERDAM
from hub.schedule import start_clock
from hub.schedule.planning import last_planned_moment, plan_due_runs
from hub.schedule.worker import sweep, work_once
from hub.store import claim, run
from hub.sync.alive import at_work


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("why", "now", "minutes", "moment"),
    [
        ("hourly", at(2026, 11, 23, 9, 59), 60, at(2026, 11, 23, 9)),
        ("daily in winter: local midnight", at(2026, 11, 23, 9), 1440, at(2026, 11, 22, 23)),
        ("daily in summer", at(2026, 7, 1, 9), 1440, at(2026, 6, 30, 22)),
        ("the short day of 29 March 2026", at(2026, 3, 29, 12), 1440, at(2026, 3, 28, 23)),
        ("the day after it", at(2026, 3, 30, 12), 1440, at(2026, 3, 29, 22)),
        ("the long day of 25 October 2026", at(2026, 10, 25, 12), 1440, at(2026, 10, 24, 22)),
        ("the long day's last hour", at(2026, 10, 25, 22, 59), 1440, at(2026, 10, 25, 22)),
        ("six-hourly on the short day", at(2026, 3, 29, 9), 360, at(2026, 3, 29, 5)),
    ],
)
def test_planned_moments(why: str, now: datetime, minutes: int, moment: datetime) -> None:
    assert last_planned_moment(now, minutes) == moment, why


@pytest.mark.parametrize("day", [(2026, 3, 29), (2026, 10, 25), (2026, 11, 23)])
def test_every_local_day_has_its_midnight_run(day: tuple[int, int, int]) -> None:
    noon = datetime(*day, 12, tzinfo=AMSTERDAM)
    local = last_planned_moment(noon.astimezone(UTC), 1440).astimezone(AMSTERDAM)
    assert (local.hour, local.minute, local.date()) == (0, 0, noon.date())


def test_two_clocks_plan_one_run_and_one_worker_executes_it(make_hub: Any) -> None:
    book = Book()
    hub = make_hub(book_plugin(book))
    add_source(hub)
    book.put("claims", statement("A1", 100))
    plan_due_runs(hub)
    plan_due_runs(hub)
    assert work_once(hub) == 1
    assert work_once(hub) == 0
    with hub.reader.connect() as connection:
        (row,) = connection.execute(select(run)).all()
        assert (row.status, row.applied) == ("succeeded", 1)
        assert connection.execute(select(claim.c.reference)).scalars().all() == ["A1"]


def test_a_run_waits_while_another_of_its_stream_is_at_work(make_hub: Any) -> None:
    hub = make_hub(book_plugin(Book()))
    add_source(hub)
    plan_due_runs(hub)
    with hub.engine.begin() as connection:
        connection.execute(run.update().values(status="running", started_at=hub.clock.now()))
    hub.clock.move(days=1)  # type: ignore[attr-defined]
    with hub.engine.begin() as connection:
        connection.execute(run.update().values(started_at=hub.clock.now()))
    plan_due_runs(hub)
    work_once(hub)
    with hub.reader.connect() as connection:
        states = connection.execute(select(run.c.status).order_by(run.c.id)).scalars().all()
    assert states == ["running", "planned"]
    hub.clock.move(hours=5)  # type: ignore[attr-defined]
    work_once(hub)
    with hub.reader.connect() as connection:
        states = connection.execute(select(run.c.status).order_by(run.c.id)).scalars().all()
    assert states == ["running", "succeeded"], "past its deadline nobody waits for it"


def test_a_disabled_source_is_left_alone(make_hub: Any) -> None:
    hub = make_hub(book_plugin(Book()))
    add_source(hub, enabled=False)
    plan_due_runs(hub)
    assert work_once(hub) == 0


def test_a_run_that_nobody_works_on_any_more_says_so(make_hub: Any) -> None:
    hub = make_hub(book_plugin(Book()))
    add_source(hub)
    plan_due_runs(hub)
    with hub.engine.begin() as connection:
        connection.execute(run.update().values(status="running", started_at=hub.clock.now()))
    with at_work(hub, "run", 1):
        assert sweep(hub) == 0, "somebody is at work on it"
    assert sweep(hub) == 1
    with hub.reader.connect() as connection:
        row = connection.execute(select(run)).one()
    assert row.status == "failed"
    assert row.message.startswith("De hub stopte tijdens deze synchronisatie.")


def test_the_clock_starts_with_its_jobs_and_plans_at_once(make_hub: Any) -> None:
    hub = make_hub(book_plugin(Book()))
    add_source(hub)
    scheduler = start_clock(hub)
    try:
        jobs = {job.id: job for job in scheduler.get_jobs()}
        assert set(jobs) == {"plan", "night", "care", "retention"}
        assert all(job.coalesce and job.max_instances == 1 for job in jobs.values())
        night = jobs["night"].next_run_time.astimezone(AMSTERDAM)
        assert (night.hour, night.minute) == (3, 30)
        with hub.reader.connect() as connection:
            assert connection.execute(select(run.c.status)).scalars().all() == ["planned"]
    finally:
        scheduler.shutdown()
