"""Incidents: what is wrong with a source, told once when it starts and once when it is solved.

A concern is an incident without a source: something the privacy officer must know of, about
whom or what `about` names. It stays open until a person has looked.

An incident and its alerts are written in the transaction that saw the trouble; the alerts are
sent afterwards (hub/schedule/alerts.py), so a hub that dies in between still tells.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, select, update

from hub.core import Hub
from hub.store import alert, incident
from hub.store.engine import insert_new

#: What can be wrong, and how an administrator reads it.
KINDS = {
    "read": "Lezen lukt niet",
    "send": "Opdrachten komen niet aan",
    "access": "Toegang geweigerd",
    "held": "Levering wacht op een besluit",
    "expiry": "Certificaat of token verloopt",
}

#: What a privacy officer must know of.
CONCERNS = {"emergency_account": "Noodaccount gebruikt"}

Concern = Literal["emergency_account"]
Kind = Literal["read", "send", "access", "held", "expiry"]


def open_incident(
    connection: Connection, hub: Hub, source_id: int, kind: Kind, message: str
) -> None:
    """Open an incident and its alerts; one that is open already only gets the newer message."""
    row = {"source_id": source_id, "kind": kind, "message": message}
    _open(connection, hub, row, _is_open(source_id, kind), channels(hub))


def solve_incident(
    connection: Connection, hub: Hub, source_id: int, kind: Kind, message: str = ""
) -> None:
    """End an open incident and announce it; nothing happens when there is none."""
    _solve(connection, hub, _is_open(source_id, kind), channels(hub))


def open_concern(connection: Connection, hub: Hub, kind: Concern, about: str, message: str) -> None:
    """Open a concern and tell the privacy officer; one that is open gets the newer message."""
    row = {"about": about, "kind": kind, "message": message}
    _open(connection, hub, row, _worries(hub, kind, about), channels(hub, concern=True))


def solve_concern(connection: Connection, hub: Hub, kind: Concern, about: str, by: str) -> bool:
    """End an open concern that `by` looked at; return whether there was one."""
    to = channels(hub, concern=True)
    return _solve(connection, hub, _worries(hub, kind, about), to, by)


def concerns(connection: Connection, hub: Hub) -> list[Row[Any]]:
    """Return the concerns that wait for the privacy officer, the oldest first."""
    query = select(incident).where(
        incident.c.municipality == hub.municipality,
        incident.c.source_id.is_(None),
        incident.c.solved_at.is_(None),
    )
    return list(connection.execute(query.order_by(incident.c.id)))


def _worries(hub: Hub, kind: Concern, about: str) -> ColumnElement[bool]:
    return (
        (incident.c.municipality == hub.municipality)
        & incident.c.source_id.is_(None)
        & (incident.c.about == about)
        & (incident.c.kind == kind)
        & incident.c.solved_at.is_(None)
    )


def _open(
    connection: Connection,
    hub: Hub,
    row: dict[str, Any],
    is_open: ColumnElement[bool],
    to: list[str],
) -> None:
    now = hub.clock.now()
    if connection.execute(update(incident).where(is_open).values(message=row["message"])).rowcount:
        return
    row = {"municipality": hub.municipality, "opened_at": now, **row}
    insert_new(connection, incident, [row])
    id_ = connection.execute(select(incident.c.id).where(is_open)).scalar_one()
    _announce(connection, id_, "start", now, to)


def _solve(
    connection: Connection,
    hub: Hub,
    is_open: ColumnElement[bool],
    to: list[str],
    by: str | None = None,
) -> bool:
    now = hub.clock.now()
    ids = list(connection.execute(select(incident.c.id).where(is_open)).scalars())
    for id_ in ids:
        ended = {"solved_at": now, "solved_by": by}
        connection.execute(update(incident).where(incident.c.id == id_).values(**ended))
        _announce(connection, id_, "solved", now, to)
    return bool(ids)


def _is_open(source_id: int, kind: Kind) -> ColumnElement[bool]:
    return (
        (incident.c.source_id == source_id)
        & (incident.c.kind == kind)
        & incident.c.solved_at.is_(None)
    )


def _announce(
    connection: Connection, incident_id: int, moment: str, now: datetime, to: list[str]
) -> None:
    rows = [
        {"incident_id": incident_id, "moment": moment, "channel": channel, "next_at": now}
        for channel in to
    ]
    insert_new(connection, alert, rows)


def channels(hub: Hub, *, concern: bool = False) -> list[str]:
    """Return the channels that are set up: the log always, mail and webhook by setting.

    A concern is not for the monitoring of administrators, so the webhook does not tell it.
    """
    settings = hub.settings
    found = ["log"]
    if settings.smtp_host and receivers(hub, concern=concern):
        found.append("mail")
    if settings.alert_webhook_url and not concern:
        found.append("webhook")
    return found


def receivers(hub: Hub, *, concern: bool) -> str:
    """Return who gets the mail: without an address of the privacy officer, the administrator."""
    settings = hub.settings
    to: str = settings.alert_mail_to
    return settings.privacy_mail_to or to if concern else to
