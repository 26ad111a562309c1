"""The schedule: APScheduler is the clock, the run table is the queue, the worker works it off."""

from __future__ import annotations

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from hub.clock import AMSTERDAM
from hub.core import Hub
from hub.reconcile import reconcile
from hub.schedule.planning import plan_due_runs

__all__ = ["start_clock"]


def start_clock(hub: Hub) -> BackgroundScheduler:
    """Start the clock: it plans due runs every minute and a full reconciliation every night.

    Its jobs only write rows or call what may safely run twice, so a second clock does no harm.
    """
    scheduler = BackgroundScheduler(
        timezone=AMSTERDAM,
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(2)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 3600},
    )
    night = hub.settings.reconcile_at
    scheduler.add_job(plan_due_runs, "interval", [hub], minutes=1, id="plan")
    scheduler.add_job(
        reconcile, "cron", [hub], {"full": True}, hour=night.hour, minute=night.minute, id="night"
    )
    scheduler.start()
    plan_due_runs(hub)
    return scheduler
