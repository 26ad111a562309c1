"""Alerts: telling an administrator that an incident started or was solved.

Three channels: the log always, mail over SMTP and a webhook where set up. Each alert waits in
its own row until its channel took it, so one channel that is down delays no other, and a
restart forgets none. No alert holds anything about a resident.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import smtplib
import ssl
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import Row, select, update

from hub.clock import AMSTERDAM
from hub.core import Hub
from hub.errors import HubError
from hub.http import HubSession
from hub.sockets import GuardedSmtp
from hub.store import alert, incident, source
from hub.sync.incidents import CONCERNS, KINDS, WARNINGS

log = logging.getLogger("hub.alerts")

#: Seconds before the next attempt of an alert that its channel did not take.
WAITS = (60, 300, 900, 3600)


def send_alerts(hub: Hub) -> int:
    """Send every alert that is due; return how many were sent."""
    sent = 0
    for row in _due(hub):
        try:
            _CHANNELS[row.channel](hub, row)
        except (HubError, OSError, smtplib.SMTPException) as error:
            why = error.log if isinstance(error, HubError) else type(error).__name__
            log.warning("alert %s not sent by %s: %s", row.id, row.channel, why)
            _postpone(hub, row)
        else:
            _sent(hub, row)
            sent += 1
    return sent


def _due(hub: Hub) -> list[Row[Any]]:
    query = (
        select(
            alert,
            incident.c.kind,
            incident.c.message,
            incident.c.opened_at,
            incident.c.solved_at,
            incident.c.about,
            source.c.name,
            source.c.title,
        )
        .join(incident, incident.c.id == alert.c.incident_id)
        .outerjoin(source, source.c.id == incident.c.source_id)
        .where(
            alert.c.sent_at.is_(None),
            alert.c.next_at <= hub.clock.now(),
            incident.c.municipality == hub.municipality,
        )
        .order_by(alert.c.id)
    )
    with hub.reader.connect() as connection:
        return list(connection.execute(query))


def _postpone(hub: Hub, row: Row[Any]) -> None:
    wait = timedelta(seconds=WAITS[min(row.attempts, len(WAITS) - 1)])
    values = {"attempts": row.attempts + 1, "next_at": hub.clock.now() + wait}
    with hub.engine.begin() as connection:
        connection.execute(update(alert).where(alert.c.id == row.id).values(**values))


def _sent(hub: Hub, row: Row[Any]) -> None:
    with hub.engine.begin() as connection:
        connection.execute(
            update(alert).where(alert.c.id == row.id).values(sent_at=hub.clock.now())
        )


def _title(row: Row[Any]) -> str:
    solved = "Opgelost: " if row.moment == "solved" else ""
    return f"{solved}{row.title or row.about}: {(KINDS | CONCERNS | WARNINGS)[row.kind]}"


def _text(row: Row[Any]) -> str:
    since = f"Sinds {row.opened_at.astimezone(AMSTERDAM):%d-%m-%Y %H:%M}."
    if row.moment == "solved":
        ended = row.solved_at.astimezone(AMSTERDAM)
        since = f"{since[:-1]} tot {ended:%d-%m-%Y %H:%M}."
    return f"{_title(row)}\n\n{row.message}\n\n{since}\n"


def _to_log(hub: Hub, row: Row[Any]) -> None:
    level = logging.INFO if row.moment == "solved" else logging.WARNING
    log.log(level, "incident %s of %s: %s", row.kind, row.name or row.about, row.moment)


def _to_mail(hub: Hub, row: Row[Any]) -> None:
    settings = hub.settings
    message = EmailMessage()
    message["Subject"] = f"[Schuldenhub] {_title(row)}"
    message["From"] = settings.alert_mail_from
    message["To"] = settings.privacy_mail_to if row.kind in CONCERNS else settings.alert_mail_to
    # The receiver's mail program recognises a repeated message by its number.
    message["Message-ID"] = f"<alert-{row.id}@schuldenhub.{hub.municipality}>"
    message.set_content(_text(row))
    with GuardedSmtp(hub.reach, settings.smtp_host, settings.smtp_port, timeout=20) as server:
        if settings.smtp_starttls:
            # Without a context of its own, smtplib would trust any certificate.
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
        server.send_message(message)


def _to_webhook(hub: Hub, row: Row[Any]) -> None:
    body = json.dumps(
        {
            "id": row.id,
            "moment": row.moment,
            "source": row.name,
            "about": row.about,
            "kind": row.kind,
            "title": _title(row),
            "message": row.message,
            "opened_at": row.opened_at.isoformat(),
            "solved_at": row.solved_at.isoformat() if row.solved_at else None,
        }
    ).encode()
    secret = hub.settings.alert_webhook_secret.encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"alert-{row.id}"}
    if secret:
        headers["X-Hub-Signature-256"] = hmac.new(secret, body, hashlib.sha256).hexdigest()
    with HubSession(hub.reach) as session:
        session.post(hub.settings.alert_webhook_url, data=body, headers=headers, timeout=20)


_CHANNELS: dict[str, Callable[[Hub, Row[Any]], None]] = {
    "log": _to_log,
    "mail": _to_mail,
    "webhook": _to_webhook,
}
