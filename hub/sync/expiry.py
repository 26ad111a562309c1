"""Expiry: counting down to the end of certificates and tokens, as connection tests saw them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, insert

from hub.clock import AMSTERDAM
from hub.connector import CheckStep
from hub.core import Hub
from hub.store import expiry
from hub.sync.incidents import open_incident, solve_incident
from hub.sync.sources import Source, all_sources, check


def check_sources(hub: Hub) -> None:
    """Test the connection of every enabled source: once a day, to see what is about to end."""
    for source in all_sources(hub):
        if source.enabled:
            note_expiries(hub, source, check(hub, source.connector, source.config, source.owner))


def note_expiries(hub: Hub, source: Source, steps: list[CheckStep]) -> None:
    """Keep when what the steps saw ends; open an incident for what ends soon, else solve it.

    A test that did not get as far as a certificate says nothing about it: what was known stays.
    """
    ends = {step.name: step.ends_at for step in steps if step.ends_at}
    if not ends:
        return
    now = hub.clock.now()
    soon = now + timedelta(days=hub.settings.expiry_warning_days)
    rows = [
        {"source_id": source.id, "what": what, "ends_at": at, "seen_at": now}
        for what, at in ends.items()
    ]
    with hub.engine.begin() as connection:
        connection.execute(
            delete(expiry).where(expiry.c.source_id == source.id, expiry.c.what.in_(list(ends)))
        )
        connection.execute(insert(expiry), rows)
        ending = {what: at for what, at in ends.items() if at <= soon}
        if ending:
            open_incident(connection, hub, source.id, "expiry", _sentence(ending, now))
        else:
            solve_incident(connection, hub, source.id, "expiry")


def _sentence(ending: dict[str, datetime], now: datetime) -> str:
    told = [
        f"{what}: nog {max(0, (at - now).days)} dagen, tot {at.astimezone(AMSTERDAM):%d-%m-%Y}"
        for what, at in sorted(ending.items())
    ]
    return f"{'; '.join(told)}. Vraag op tijd een nieuw certificaat of token aan."
