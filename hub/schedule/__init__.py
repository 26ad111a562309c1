"""The schedule: APScheduler is the clock, the run table is the queue, the worker works it off."""

from __future__ import annotations

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from hub.clock import AMSTERDAM
from hub.core import Hub
from hub.reconcile import reconcile
from hub.rights.destroy import carry_out_approved
from hub.rights.lists import propose
from hub.schedule.planning import plan_due_runs
from hub.schedule.worker import sweep
from hub.security.anchor import note_anchors
from hub.sync.expiry import check_sources
from hub.sync.once import forget
from hub.sync.rejects import clean_rejects

__all__ = ["start_clock"]


def start_clock(hub: Hub) -> BackgroundScheduler:
    """Start the clock: due runs every minute, a full reconciliation and some care every night.

    Its jobs only write rows or call what may safely run twice, so a second clock does no harm.
    """
    scheduler = BackgroundScheduler(
        timezone=AMSTERDAM,
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(2)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 3600},
    )
    night = hub.settings.reconcile_at
    scheduler.add_job(_every_minute, "interval", [hub], minutes=1, id="plan")
    scheduler.add_job(
        reconcile, "cron", [hub], {"full": True}, hour=night.hour, minute=night.minute, id="night"
    )
    scheduler.add_job(_nightly, "cron", [hub], hour=5, minute=30, id="care")
    # After the night's pass and its care, so that a list tells of what is known by then.
    scheduler.add_job(_weekly, "cron", [hub], day_of_week="sun", hour=6, minute=0, id="retention")
    scheduler.start()
    plan_due_runs(hub)
    return scheduler


def _every_minute(hub: Hub) -> None:
    """Plan what is due, and end the runs of workers that died meanwhile."""
    plan_due_runs(hub)
    sweep(hub)


def _nightly(hub: Hub) -> None:
    """Look whether a certificate or token ends soon; let go of old rejects, old requests and what
    was approved for destruction; anchor the logs.
    """
    check_sources(hub)
    clean_rejects(hub)
    forget(hub)
    note_anchors(hub)
    carry_out_approved(hub)


def _weekly(hub: Hub) -> None:
    """Propose to a privacy officer what nobody may keep any longer."""
    propose(hub)
