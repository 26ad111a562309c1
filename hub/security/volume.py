"""Unusual volumes: somebody who looks at many residents in an hour is told of (ASVS 2.4.1)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, func, select

from hub.core import Hub
from hub.security.audit import Actor
from hub.store import audit_log
from hub.sync.incidents import open_concern

#: The deeds in which a person sees somebody. A page of the worklist is one, though it names many:
#: who works a list in the order it comes is not unusual, who leafs through it is.
LOOKS = ("overview", "search", "worklist", "flags")


def watch_volume(connection: Connection, hub: Hub, actor: Actor) -> None:
    """Tell the privacy officer when this person's looks in the past hour reach the limit.

    Only tells: a caseworker with a busy day must be able to go on.
    """
    limit = hub.settings.looks_per_hour
    looks = connection.execute(
        select(func.count()).where(
            audit_log.c.municipality == hub.municipality,
            audit_log.c.actor == actor.name,
            audit_log.c.at > hub.clock.now() - timedelta(hours=1),
            audit_log.c.action.in_(LOOKS),
        )
    ).scalar_one()
    if looks >= limit:
        message = f"{actor.name} keek in een uur {looks} keer naar inwoners; de grens is {limit}."
        open_concern(connection, hub, "volume", actor.name, message)
