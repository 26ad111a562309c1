"""Who calls the API: a program with a token of its own, or whoever the provider gave one.

A token of the hub is 256 random bits, shown once; the store holds its digest. It belongs to an
account of kind `api`, which has one role and ends by itself, and with which nobody can sign in at
a page. A token of the municipality's OpenID provider is a JWT meant for the hub (RFC 9068).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from hub.core import Hub
from hub.errors import ConfigError, SignInRefused
from hub.security.accounts import (
    MOST_FROM_ORIGIN,
    STRANGER,
    WITHIN,
    Account,
    check_name_and_role,
    make_ending,
)
from hub.security.audit import Actor, Deed, log_deed
from hub.security.oidc import Provider
from hub.store import account, audit_log

#: What every token of the hub begins with, so that one that leaked is recognised.
PREFIX = "hub_"

#: The longest that a token lives, in days.
LONGEST = 365

_THROTTLED = "too many attempts"


@dataclass(frozen=True)
class Caller:
    """Who calls; a machine has nobody behind it."""

    account: Account
    machine: bool


def make_api_account(hub: Hub, name: str, role: str, days: int, by: str) -> str:
    """Make an account for a program; return its token, which is kept nowhere.

    Made again under the same name it gets a new token, and the old one is worth nothing. Raises
    ConfigError for a name, role or time that cannot be.
    """
    check_name_and_role(name, role)
    if not 1 <= days <= LONGEST:
        raise ConfigError(f"Een token leeft 1 tot {LONGEST} dagen.")
    token = PREFIX + secrets.token_urlsafe(32)
    values = {
        "title": f"Programma {name}",
        "kind": "api",
        "password": _digest(token),
        "ends_at": hub.clock.now() + timedelta(days=days),
    }
    make_ending(hub, name, role, values, by)
    return token


def end_api_account(hub: Hub, name: str, by: str) -> bool:
    """End the account of a program; False when there is none of that name."""
    one = _is_usable(hub) & (account.c.name == name)
    with hub.engine.begin() as connection:
        if not connection.execute(update(account).where(one).values(enabled=False)).rowcount:
            return False
        log_deed(connection, hub, Actor(by), Deed("api_account_end", object=f"account {name}"))
    return True


def api_accounts(hub: Hub) -> list[Row[Any]]:
    """Return the accounts of programs whose token can be used now."""
    with hub.reader.connect() as connection:
        query = select(account).where(_is_usable(hub)).order_by(account.c.name)
        return list(connection.execute(query))


def caller_of(hub: Hub, provider: Provider, token: str, origin: str) -> Caller:
    """Return who shows this token. Raises SignInRefused, after logging that."""
    with hub.reader.connect() as connection:
        if _must_wait(connection, hub, origin):
            raise SignInRefused(
                "Er kwamen te veel verkeerde tokens van dit adres. Wacht vijf minuten.",
                _THROTTLED,
                wait=True,
            )
        row = _by_token(connection, hub, token)
    if row is not None:
        return Caller(Account(row.name, row.title, tuple(row.roles)), machine=True)
    try:
        found = provider.access(token)
    except SignInRefused as refused:
        _log_refused(hub, origin, refused)
        raise
    return Caller(Account(found.account, found.title, found.roles), found.machine)


def _by_token(connection: Connection, hub: Hub, token: str) -> Row[Any] | None:
    # By digest, so that how long it takes tells nothing of the tokens there are.
    query = select(account).where(_is_usable(hub), account.c.password == _digest(token))
    return connection.execute(query).one_or_none()


def _is_usable(hub: Hub) -> ColumnElement[bool]:
    return (
        (account.c.municipality == hub.municipality)
        & (account.c.kind == "api")
        & account.c.enabled
        & (account.c.ends_at > hub.clock.now())
    )


def _must_wait(connection: Connection, hub: Hub, origin: str) -> bool:
    wrong = select(func.count()).where(
        audit_log.c.municipality == hub.municipality,
        audit_log.c.actor == STRANGER,
        audit_log.c.at > hub.clock.now() - WITHIN,
        audit_log.c.action == "api_sign_in",
        audit_log.c.origin == origin,
    )
    return bool(connection.execute(wrong).scalar_one() >= MOST_FROM_ORIGIN)


def _log_refused(hub: Hub, origin: str, refused: SignInRefused) -> None:
    deed = Deed("api_sign_in", result="refused", reason=refused.log[:200])
    actor = Actor(refused.account or STRANGER, origin=origin)
    with hub.engine.begin() as connection:
        log_deed(connection, hub, actor, deed)


def _digest(token: str) -> str:
    return f"sha256:{hashlib.sha256(token.encode()).hexdigest()}"
