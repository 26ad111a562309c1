"""Who is signed in: a row in the store for each, so that a session can be seen and ended.

The browser holds a token of 256 bits, the store its SHA-256. A token lives fifteen minutes; the
one before it is good for one minute more, for requests that were under way. The next token is a
keyed hash of the one before: so a browser that missed the answer with its new token is told it
again, and two requests at once get the same one. A token that comes back later was copied, or
belongs to a browser that missed that too: the session ends.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select, update

from hub.core import Hub
from hub.errors import ConfigError
from hub.security.accounts import Account, Guest, is_usable
from hub.security.audit import HUB, Actor, Deed, log_deed
from hub.store import account, sign_in_session
from hub.sync.incidents import open_concern

#: How long a token lives, how long the one before is still good, how exactly `seen_at` tells.
ROTATE_AFTER, GRACE, SEEN_WITHIN = (timedelta(minutes=m) for m in (15, 1, 1))


@dataclass(frozen=True)
class Session:
    """Somebody's time at the hub. `origin` is the address it began at."""

    id: int
    account: Account
    method: str
    started_at: datetime
    seen_at: datetime
    ends_at: datetime
    origin: str
    browser: str


@dataclass(frozen=True)
class Resumed:
    """A session that goes on; `fresh` is the browser's new token, empty when it keeps its own."""

    session: Session
    fresh: str = ""


def start(connection: Connection, hub: Hub, guest: Guest, origin: str, browser: str) -> str:
    """Begin a session and log that; return the token for the browser."""
    end_outlived(connection, hub)
    token, now = secrets.token_hex(32), hub.clock.now()
    ends_at = now + timedelta(hours=hub.settings.session_hours)
    row = {
        "municipality": hub.municipality,
        "token": _digest(token),
        "rotated_at": now,
        "account": guest.account.name,
        "title": guest.account.title,
        "roles": list(guest.account.roles),
        "method": guest.method,
        "provider_session": guest.provider_session,
        "started_at": now,
        "seen_at": now,
        "ends_at": min(ends_at, guest.ends_at or ends_at),
        "origin": origin[:64],
        "browser": browser[:200],
    }
    connection.execute(insert(sign_in_session).values(**row))
    actor = Actor(guest.account.name, guest.account.role, origin)
    log_deed(connection, hub, actor, Deed("sign_in", object=f"method {guest.method}"))
    if guest.method == "emergency":
        _tell_privacy_officer(connection, hub, guest, origin)
    return token


def _tell_privacy_officer(connection: Connection, hub: Hub, guest: Guest, origin: str) -> None:
    name = guest.account.name
    message = (
        f"Iemand logde in met het noodaccount {name}, vanaf {origin or 'een onbekend adres'}. "
        "Ga na of dat nodig was, en bekijk in het logboek wat ermee is gedaan."
    )
    open_concern(connection, hub, "emergency_account", name, message)


def resume(hub: Hub, token: str) -> Resumed | None:
    """Return the session that this token belongs to, or None when there is none (any more)."""
    digest = _digest(token)
    with hub.reader.connect() as connection:
        row = _by_token(connection, hub, digest)
    if row is None:
        return None
    now, is_newest = hub.clock.now(), row.token == digest
    reason = _why_over(row, hub, is_newest=is_newest)
    if reason:
        with hub.engine.begin() as connection:
            end(connection, hub, row.id, HUB, reason)
        return None
    if not is_newest:
        fresh = _following(hub, token)
        return Resumed(_session(row), fresh if _digest(fresh) == row.token else "")
    if now - row.rotated_at >= ROTATE_AFTER:
        with hub.engine.begin() as connection:
            return Resumed(_session(row), rotate(connection, hub, row.id, token))
    if now - row.seen_at >= SEEN_WITHIN:
        with hub.engine.begin() as connection:
            connection.execute(_one(hub, row.id).values(seen_at=now))
    return Resumed(_session(row))


def rotate(connection: Connection, hub: Hub, session_id: int, token: str) -> str:
    """Replace the token of a session; return the one that follows it."""
    fresh, now = _following(hub, token), hub.clock.now()
    connection.execute(
        _one(hub, session_id)
        # Of two requests at once one changes the row; the other returns the same token.
        .where(sign_in_session.c.token == _digest(token))
        .values(token=_digest(fresh), previous_token=_digest(token), rotated_at=now, seen_at=now)
    )
    return fresh


def work_as(hub: Hub, session: Session, role: str, token: str, actor: Actor) -> str:
    """Choose the role to work in; return the new token. Raises ConfigError for another's role."""
    held = session.account.roles
    if role not in held:
        raise ConfigError("Deze rol hoort niet bij uw account. Kies een rol uit de lijst.")
    with hub.engine.begin() as connection:
        ordered = [role, *(one for one in held if one != role)]
        connection.execute(_one(hub, session.id).values(roles=ordered))
        log_deed(connection, hub, actor, Deed("work_as", object=f"role {role}"))
        return rotate(connection, hub, session.id, token)


def end(
    connection: Connection,
    hub: Hub,
    session_id: int,
    actor: Actor,
    reason: str,
    *,
    action: str = "session_end",
) -> bool:
    """End a session and log that; return whether there was one to end."""
    ended = (
        _one(hub, session_id)
        .values(ended_at=hub.clock.now(), ended_by=actor.name)
        .returning(sign_in_session.c.account)
    )
    whose = connection.execute(ended).scalar_one_or_none()
    if whose is None:
        return False
    about = f"session {session_id} of {whose}"
    log_deed(connection, hub, actor, Deed(action, object=about, reason=reason))
    return True


def end_outlived(connection: Connection, hub: Hub) -> None:
    """End the sessions whose time is over, so that the log tells of each that it ended."""
    query = select(sign_in_session.c.id).where(_standing(hub), ~_within_limits(hub))
    for id_ in list(connection.execute(query).scalars()):
        end(connection, hub, id_, HUB, "time is over")


def end_at_provider(hub: Hub, account_name: str, provider_session: str, origin: str) -> int:
    """End what the provider ended: one session, or all of an account; return how many.

    Where both are told, the session is the one that counts (Back-Channel Logout 1.0, 2.4).
    """
    column, value = sign_in_session.c.provider_session, provider_session
    if not provider_session:
        column, value = sign_in_session.c.account, account_name
    theirs = (sign_in_session.c.method == "oidc") & (column == value)
    actor = Actor("provider", origin=origin, machine=True, attended=False)
    return _end_all(hub, theirs, actor, "signed out at the provider")


def end_others(hub: Hub, session: Session, actor: Actor) -> int:
    """End every session of this account but this one; return how many."""
    others = _of(session) & (sign_in_session.c.id != session.id)
    return _end_all(hub, others, actor, "ended by its owner from another session")


def _end_all(hub: Hub, which: ColumnElement[bool], actor: Actor, reason: str) -> int:
    query = select(sign_in_session.c.id).where(_standing(hub), which)
    with hub.engine.begin() as connection:
        ids = list(connection.execute(query).scalars())
        return sum(end(connection, hub, id_, actor, reason) for id_ in ids)


def sessions_of(connection: Connection, hub: Hub, session: Session) -> list[Session]:
    """Return the sessions of the account behind this one, the newest first."""
    return _listed(connection, hub, _of(session))


def all_sessions(connection: Connection, hub: Hub) -> list[Session]:
    """Return everybody's sessions, the newest first."""
    return _listed(connection, hub, sign_in_session.c.id.is_not(None))


def _listed(connection: Connection, hub: Hub, which: ColumnElement[bool]) -> list[Session]:
    query = select(sign_in_session).where(_standing(hub), _within_limits(hub), which)
    rows = connection.execute(query.order_by(sign_in_session.c.id.desc()))
    return [_session(row) for row in rows]


def _of(session: Session) -> ColumnElement[bool]:
    return (sign_in_session.c.account == session.account.name) & (
        sign_in_session.c.method == session.method
    )


def _standing(hub: Hub) -> ColumnElement[bool]:
    return (sign_in_session.c.municipality == hub.municipality) & sign_in_session.c.ended_at.is_(
        None
    )


def _within_limits(hub: Hub) -> ColumnElement[bool]:
    return (sign_in_session.c.ends_at > hub.clock.now()) & (
        sign_in_session.c.seen_at > hub.clock.now() - _idle(hub)
    )


def _idle(hub: Hub) -> timedelta:
    return timedelta(minutes=hub.settings.session_idle_minutes)


def _one(hub: Hub, session_id: int) -> Any:
    return update(sign_in_session).where(_standing(hub), sign_in_session.c.id == session_id)


def _by_token(connection: Connection, hub: Hub, digest: str) -> Row[Any] | None:
    its_account = and_(
        is_usable(hub),
        account.c.name == sign_in_session.c.account,
        account.c.kind == sign_in_session.c.method,
    )
    query = (
        select(sign_in_session, account.c.id.label("local"))
        .outerjoin(account, its_account)
        .where(
            _standing(hub),
            or_(sign_in_session.c.token == digest, sign_in_session.c.previous_token == digest),
        )
    )
    return connection.execute(query).one_or_none()


def _why_over(row: Row[Any], hub: Hub, *, is_newest: bool) -> str:
    """Return why a session is over, empty when it is not."""
    now = hub.clock.now()
    if row.ends_at <= now:
        return "its longest time is over"
    if row.seen_at <= now - _idle(hub):
        return "nothing was done for too long"
    if row.method != "oidc" and row.local is None:
        return "the account ended or was disabled"
    if not is_newest and now - row.rotated_at > GRACE:
        return "an old token came back"
    return ""


def _session(row: Row[Any]) -> Session:
    return Session(
        row.id,
        Account(row.account, row.title, tuple(row.roles)),
        row.method,
        row.started_at,
        row.seen_at,
        row.ends_at,
        row.origin,
        row.browser,
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _following(hub: Hub, token: str) -> str:
    return hub.keys.fingerprint(f"the token after {token}")
