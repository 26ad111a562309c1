"""Patience: how the hub treats a source that fails, asks for rest, or refuses our credentials.

The state of a source's circuit breaker stands in the `patience` table: `closed` (all is well),
`open` (nothing is asked before `until`), `half` (the wait is over, the next attempt decides), or
`blocked` (credentials refused: nothing is asked until a person has looked).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, Row, delete, select, update

from hub.clock import AMSTERDAM
from hub.core import Hub
from hub.errors import ConfigError, HubError, TransientError
from hub.store import patience
from hub.store.engine import insert_new
from hub.sync.incidents import Kind, open_incident, solve_incident
from hub.sync.sources import Source

#: After so many failures in a row a source is left alone.
THRESHOLD = 3

#: Seconds between attempts, by number of failures in a row; the last one goes on.
WAITS = (60, 300, 900, 1800, 3600)

#: What was tried: reading or delivering. It names the incident.
Deed = Literal["read", "send"]


@dataclass(frozen=True)
class Wait:
    """Why a source is left alone, and until when; without `until` it is until a person looked."""

    until: datetime | None
    asked: bool
    message: str
    seen_at: datetime

    @property
    def sentence(self) -> str:
        """Return the state as an administrator reads it."""
        if self.until is None:
            return "Gestopt: de bron weigert de toegang. Pas de instellingen aan of test opnieuw."
        who = "gevraagd door de bron" if self.asked else "na herhaalde fouten"
        until, seen = self.until.astimezone(AMSTERDAM), self.seen_at.astimezone(AMSTERDAM)
        # A source may ask for a day; an hour alone would then be read as one of today.
        day = "" if until.date() == seen.date() else f"{until:%d-%m-%Y} om "
        return f"Wacht tot {day}{until:%H:%M}, {who}."


def waiting(connection: Connection, source_id: int, now: datetime) -> Wait | None:
    """Return why this source must be left alone now, None when it may be asked."""
    row = _row(connection, source_id)
    return wait_of(row, now) if row else None


def wait_of(row: Row[tuple[object, ...]], now: datetime) -> Wait | None:
    """Return the wait that a row of the patience table stands for at `now`, if any."""
    if row.state == "blocked":
        return Wait(None, False, row.message, now)
    if row.state == "open" and row.until and row.until > now:
        return Wait(row.until, row.asked, row.message, now)
    return None


def went_well(connection: Connection, hub: Hub, source: Source, deed: Deed) -> None:
    """Note a success: the breaker closes and incidents of this deed are solved."""
    row = _row(connection, source.id)
    if row is not None and (row.state != "closed" or row.failures):
        connection.execute(delete(patience).where(patience.c.source_id == source.id))
    kinds: tuple[Kind, ...] = (deed, "access")
    for kind in kinds:
        solve_incident(connection, hub, source.id, kind)


def went_wrong(
    connection: Connection, hub: Hub, source: Source, deed: Deed, error: HubError
) -> datetime | None:
    """Note a failure; return when another attempt makes sense, None when it does not by itself."""
    if isinstance(error, ConfigError) and error.access_denied:
        _write(connection, source.id, state="blocked", message=error.user, until=None)
        open_incident(connection, hub, source.id, "access", error.user)
        return None
    if not isinstance(error, TransientError):
        # The other side answers; trying sooner than planned would bring the same.
        open_incident(connection, hub, source.id, deed, error.user)
        return None
    return _try_later(connection, hub, source, deed, error)


def _try_later(
    connection: Connection, hub: Hub, source: Source, deed: Deed, error: TransientError
) -> datetime:
    row = _row(connection, source.id)
    failures = (row.failures if row else 0) + 1
    asked = error.retry_after is not None
    seconds = error.retry_after if asked else WAITS[min(failures, len(WAITS)) - 1]
    until = hub.clock.now() + timedelta(seconds=seconds or 0)
    state = "open" if asked or failures >= THRESHOLD else "closed"
    _write(
        connection,
        source.id,
        failures=failures,
        state=state,
        until=until,
        asked=asked,
        message=error.user,
    )
    if failures >= THRESHOLD:
        open_incident(connection, hub, source.id, deed, error.user)
    return until


def look_again(connection: Connection, source_id: int) -> None:
    """Forget the failures of a source: a person changed its settings or asks for an attempt.

    What the source itself asked for (Retry-After) stays.
    """
    connection.execute(
        delete(patience).where(patience.c.source_id == source_id, patience.c.asked.is_(False))
    )


def _row(connection: Connection, source_id: int) -> Row[tuple[object, ...]] | None:
    query = select(patience).where(patience.c.source_id == source_id)
    return connection.execute(query).one_or_none()


def _write(connection: Connection, source_id: int, **values: object) -> None:
    insert_new(connection, patience, [{"source_id": source_id}])
    connection.execute(update(patience).where(patience.c.source_id == source_id).values(**values))
