"""Incidents: what is wrong with a source, told once when it starts and once when it is solved.

An incident and its alerts are written in the transaction that saw the trouble; the alerts are
sent afterwards (hub/schedule/alerts.py), so a hub that dies in between still tells.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Connection, select, update

from hub.core import Hub
from hub.errors import ConfigError
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

Kind = Literal["read", "send", "access", "held", "expiry"]

#: What concerns the privacy officer and no source.
CONCERNS = {
    "volume": "Ongewoon veel inwoners bekeken",
    "emergency": "Noodtoegang gebruikt",
    "emergency_account": "Noodaccount gebruikt",
    "log": "Het logboek klopt niet",
}

Concern = Literal["volume", "emergency", "emergency_account", "log"]


#: What concerns the administrator and no source: the hub itself.
WARNINGS = {
    "drift": "De nachtelijke controle vond gemiste bevindingen",
}

OwnTrouble = Literal["drift"]

#: What a warning is about.
ITSELF = "hub"


def open_incident(
    connection: Connection, hub: Hub, source_id: int, kind: Kind, message: str
) -> None:
    """Open an incident and its alerts; one that is open already only gets the newer message."""
    now = hub.clock.now()
    newer = connection.execute(
        update(incident).where(_is_open(source_id, kind)).values(message=message)
    )
    if newer.rowcount:
        return
    row = {
        "municipality": hub.municipality,
        "source_id": source_id,
        "kind": kind,
        "message": message,
        "opened_at": now,
    }
    insert_new(connection, incident, [row])
    id_ = connection.execute(select(incident.c.id).where(_is_open(source_id, kind))).scalar_one()
    _announce(connection, hub, id_, "start", now)


def solve_incident(
    connection: Connection, hub: Hub, source_id: int, kind: Kind, message: str = ""
) -> None:
    """End an open incident and announce it; nothing happens when there is none."""
    now = hub.clock.now()
    ids = list(connection.execute(select(incident.c.id).where(_is_open(source_id, kind))).scalars())
    for id_ in ids:
        connection.execute(update(incident).where(incident.c.id == id_).values(solved_at=now))
        _announce(connection, hub, id_, "solved", now)


def open_concern(connection: Connection, hub: Hub, kind: Concern, about: str, message: str) -> None:
    """Open an incident for the privacy officer; one that is open only gets the newer message.

    `about` names an account or a thing, never a resident.
    """
    _open_about(connection, hub, kind, about, message, hub.settings.privacy_mail_to)


def solve_concern(connection: Connection, hub: Hub, id_: int, by: str) -> None:
    """End a concern: a person has looked at it. Raises ConfigError when it is not open."""
    ended = connection.execute(
        update(incident)
        .where(
            incident.c.id == id_,
            incident.c.municipality == hub.municipality,
            incident.c.kind.in_(CONCERNS),
            incident.c.solved_at.is_(None),
        )
        .values(solved_at=hub.clock.now(), solved_by=by)
    )
    if not ended.rowcount:
        raise ConfigError("Deze melding is al afgehandeld. Ververs de pagina.")


def open_warning(connection: Connection, hub: Hub, kind: OwnTrouble, message: str) -> None:
    """Open an incident about the hub itself; one that is open only gets the newer message."""
    _open_about(connection, hub, kind, ITSELF, message, hub.settings.alert_mail_to)


def solve_warning(connection: Connection, hub: Hub, kind: OwnTrouble) -> None:
    """End an open warning and announce it; nothing happens when there is none."""
    now, about = hub.clock.now(), _concerns(hub, kind, ITSELF)
    for id_ in list(connection.execute(select(incident.c.id).where(about)).scalars()):
        connection.execute(update(incident).where(incident.c.id == id_).values(solved_at=now))
        _announce(connection, hub, id_, "solved", now)


def _open_about(
    connection: Connection,
    hub: Hub,
    kind: Concern | OwnTrouble,
    about: str,
    message: str,
    mail_to: str,
) -> None:
    now, open_now = hub.clock.now(), _concerns(hub, kind, about)
    if connection.execute(update(incident).where(open_now).values(message=message)).rowcount:
        return
    row = {"municipality": hub.municipality, "about": about, "kind": kind, "message": message}
    insert_new(connection, incident, [row | {"opened_at": now}])
    id_ = connection.execute(select(incident.c.id).where(open_now)).scalar_one()
    _announce(connection, hub, id_, "start", now, mail_to)


def _concerns(hub: Hub, kind: Concern | OwnTrouble, about: str) -> ColumnElement[bool]:
    return (
        (incident.c.municipality == hub.municipality)
        & (incident.c.about == about)
        & (incident.c.kind == kind)
        & incident.c.source_id.is_(None)
        & incident.c.solved_at.is_(None)
    )


def _is_open(source_id: int, kind: Kind) -> ColumnElement[bool]:
    return (
        (incident.c.source_id == source_id)
        & (incident.c.kind == kind)
        & incident.c.solved_at.is_(None)
    )


def _announce(
    connection: Connection,
    hub: Hub,
    incident_id: int,
    moment: str,
    now: datetime,
    mail_to: str | None = None,
) -> None:
    rows = [
        {"incident_id": incident_id, "moment": moment, "channel": channel, "next_at": now}
        for channel in channels(hub, hub.settings.alert_mail_to if mail_to is None else mail_to)
    ]
    insert_new(connection, alert, rows)


def channels(hub: Hub, mail_to: str) -> list[str]:
    """Return the channels that are set up: the log always, mail and webhook by setting."""
    settings = hub.settings
    found = ["log"]
    if mail_to and settings.smtp_host:
        found.append("mail")
    if settings.alert_webhook_url:
        found.append("webhook")
    return found
