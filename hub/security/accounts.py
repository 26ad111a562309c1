"""Local accounts: those of the demo, and those for the day that the OpenID provider is down.

An installation has none by default. How often somebody guessed is counted in the audit log, so
that it holds over several processes and after a restart.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, func, insert, or_, select, update
from werkzeug.security import check_password_hash, generate_password_hash

from hub.core import Hub
from hub.errors import ConfigError, SignInRefused
from hub.security.audit import Actor, Deed, log_deed
from hub.security.roles import ROLES
from hub.store import account, audit_log, sign_in_session
from hub.store.engine import insert_new

#: After so many wrong passwords within the time, a name waits, and an address of a network too.
MOST_FAILURES, MOST_FROM_ORIGIN, WITHIN = 5, 30, timedelta(minutes=5)

#: The longest that an emergency account lives, in hours.
LONGEST_EMERGENCY = 24

#: Who knocks: in the logs until the identity is proved. A name that was typed may be anything.
STRANGER = "stranger"

#: What an account that is made by hand may be called.
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")
_THROTTLED = "too many attempts"

#: Demo accounts: name, title and roles.
DEMO_ACCOUNTS = (
    ("hulpverlener", "Sanne de Hulpverlener", ("debt_counsellor",)),
    ("invorderaar", "Ilse de Invorderaar", ("collector",)),
    ("kwijtschelder", "Karim de Kwijtschelder", ("remission_officer",)),
    ("signaleerder", "Vera de Vroegsignaleerder", ("signal_worker",)),
    ("terugvorderaar", "Tom de Terugvorderaar", ("benefit_collector",)),
    ("beheerder", "Bas de Beheerder", ("administrator",)),
    ("privacy", "Petra de Privacy Officer", ("privacy_officer",)),
)


@dataclass(frozen=True)
class Account:
    """Somebody who is signed in; `roles` is never empty, and the first is the one at work."""

    name: str
    title: str
    roles: tuple[str, ...]

    @property
    def role(self) -> str:
        """Return the role that somebody works in now."""
        return self.roles[0]


@dataclass(frozen=True)
class Guest:
    """Somebody whose identity was proved, before there is a session."""

    account: Account
    method: Literal["oidc", "demo", "emergency"]
    ends_at: datetime | None = None
    provider_session: str = ""


def make_demo_accounts(hub: Hub, password: str | None = None) -> tuple[list[Account], str]:
    """Make the demo accounts with one fresh password; return both.

    Raises ConfigError outside demo mode: an installation has no default accounts.
    """
    if not hub.settings.demo:
        raise ConfigError("Demo-accounts bestaan alleen in de demo.")
    password = password or secrets.token_urlsafe(9)
    hashed = generate_password_hash(password)
    rows = [
        {"municipality": hub.municipality, "name": n, "title": t, "roles": r, "password": hashed}
        for n, t, r in DEMO_ACCOUNTS
    ]
    with hub.engine.begin() as connection:
        insert_new(connection, account, rows)
        connection.execute(
            update(account)
            .where(account.c.municipality == hub.municipality)
            .where(account.c.name.in_([row["name"] for row in rows]))
            .values(password=hashed)
        )
    return [Account(*row) for row in DEMO_ACCOUNTS], password


def sign_in(hub: Hub, name: str, password: str, origin: str) -> Guest:
    """Return who has this name and password. Raises SignInRefused, after logging that."""
    attempt = f"name {hub.keys.fingerprint(name)}"
    with hub.reader.connect() as connection:
        waits = _must_wait(connection, hub, attempt, origin)
        row = None if waits else _usable(connection, hub, name)
    if waits:
        refuse(hub, origin, _THROTTLED, attempt)
        raise SignInRefused(
            "U probeerde het te vaak. Wacht vijf minuten en probeer het opnieuw.",
            _THROTTLED,
            wait=True,
        )
    # An unknown name costs as much time as a wrong password.
    fits = check_password_hash(row.password if row else _DUMMY, password)
    if row is None or not fits:
        reason = f"wrong password of {row.name}" if row else "no such account"
        refuse(hub, origin, reason, attempt)
        raise SignInRefused("Deze naam en dit wachtwoord horen niet bij elkaar.", reason)
    return Guest(Account(row.name, row.title, tuple(row.roles)), row.kind, row.ends_at)


_DUMMY = generate_password_hash(secrets.token_hex(8))


def refuse(hub: Hub, origin: str, reason: str, about: str = "", account: str = "") -> None:
    """Log a sign-in that was refused; `account` is empty when nobody proved to have it."""
    deed = Deed("sign_in", object=about, result="refused", reason=reason)
    with hub.engine.begin() as connection:
        log_deed(connection, hub, Actor(account or STRANGER, origin=origin), deed)


def _must_wait(connection: Connection, hub: Hub, attempt: str, origin: str) -> bool:
    """Tell whether this name, or this origin, guessed wrong too often."""
    query = (
        select(audit_log.c.object, audit_log.c.origin)
        .where(
            audit_log.c.municipality == hub.municipality,
            audit_log.c.actor == STRANGER,
            audit_log.c.at > hub.clock.now() - WITHIN,
            audit_log.c.object.startswith("name "),
            # To be sent away is no guess, or who keeps trying would wait for ever.
            audit_log.c.reason != _THROTTLED,
            or_(audit_log.c.object == attempt, audit_log.c.origin == origin),
        )
        # Enough to decide on.
        .limit(MOST_FAILURES + MOST_FROM_ORIGIN)
    )
    found = list(connection.execute(query))
    return (
        sum(row.object == attempt for row in found) >= MOST_FAILURES
        or sum(row.origin == origin for row in found) >= MOST_FROM_ORIGIN
    )


def is_usable(hub: Hub) -> ColumnElement[bool]:
    """Return the condition that an account may be used now; those of the demo only there."""
    kinds = ["emergency", "demo"] if hub.settings.demo else ["emergency"]
    return (
        (account.c.municipality == hub.municipality)
        & account.c.enabled
        & account.c.kind.in_(kinds)
        & or_(account.c.ends_at.is_(None), account.c.ends_at > hub.clock.now())
    )


def password_asked(hub: Hub) -> bool:
    """Tell whether anybody can sign in with a password now."""
    query = select(func.count()).select_from(account).where(is_usable(hub))
    with hub.reader.connect() as connection:
        return bool(connection.execute(query).scalar_one())


def _usable(connection: Connection, hub: Hub, name: str) -> Row[Any] | None:
    query = select(account).where(is_usable(hub), account.c.name == name)
    return connection.execute(query).one_or_none()


def make_emergency_account(hub: Hub, name: str, role: str, hours: int, by: str) -> str:
    """Make an account that ends by itself; return its password, which is kept nowhere.

    Raises ConfigError for a name, role or time that cannot be.
    """
    check_name_and_role(name, role)
    if not 1 <= hours <= LONGEST_EMERGENCY:
        raise ConfigError(f"Een noodaccount leeft 1 tot {LONGEST_EMERGENCY} uur.")
    password = secrets.token_urlsafe(15)
    values = {
        "title": f"Noodaccount {name}",
        "kind": "emergency",
        "password": generate_password_hash(password),
        "ends_at": hub.clock.now() + timedelta(hours=hours),
    }
    make_ending(hub, name, role, values, by)
    return password


def check_name_and_role(name: str, role: str) -> None:
    """Raise ConfigError for a name or role that no account can have."""
    if not NAME.fullmatch(name):
        raise ConfigError(
            "Kies een naam van 2 tot 60 kleine letters, cijfers, punten of streepjes."
        )
    if role not in ROLES:
        raise ConfigError(f"De rol {role!r} bestaat niet. Kies uit {', '.join(ROLES)}.")


def make_ending(hub: Hub, name: str, role: str, values: dict[str, Any], by: str) -> None:
    """Make an account that ends by itself, and log it; `values` has its kind and `ends_at`.

    Raises ConfigError for the name of an account of another kind.
    """
    with hub.engine.begin() as connection:
        _put(connection, hub, name, {"roles": [role], "enabled": True, **values})
        told = f"role {role} until {values['ends_at']:%Y-%m-%d %H:%M} UTC"
        deed = Deed(f"{values['kind']}_account_make", object=f"account {name}", reason=told)
        log_deed(connection, hub, Actor(by), deed)


def _put(connection: Connection, hub: Hub, name: str, values: dict[str, Any]) -> None:
    """Make the account, or bring one back that ended. Raises ConfigError for another one's name."""
    one = (account.c.municipality == hub.municipality) & (account.c.name == name)
    kind = connection.execute(select(account.c.kind).where(one)).scalar_one_or_none()
    if kind not in (None, values["kind"]):
        raise ConfigError(f"Er is al een account met de naam {name!r}. Kies een andere naam.")
    if kind:
        connection.execute(update(account).where(one).values(**values))
        return
    row = {"municipality": hub.municipality, "name": name, **values}
    connection.execute(insert(account).values(**row))


def end_emergency_account(hub: Hub, name: str, by: str) -> None:
    """End an emergency account: who works with it is out. Raises ConfigError for no such."""
    one = is_usable(hub) & (account.c.name == name) & (account.c.kind == "emergency")
    with hub.engine.begin() as connection:
        if not connection.execute(update(account).where(one).values(enabled=False)).rowcount:
            raise ConfigError(f"Er is geen noodaccount {name!r} dat nog te gebruiken is.")
        log_deed(
            connection, hub, Actor(by), Deed("emergency_account_end", object=f"account {name}")
        )


def emergency_accounts(hub: Hub) -> list[Row[Any]]:
    """Return the emergency accounts that can be used now."""
    query = select(account).where(is_usable(hub), account.c.kind == "emergency")
    with hub.reader.connect() as connection:
        return list(connection.execute(query.order_by(account.c.name)))


#: How long ago somebody may have signed in last and still be called a colleague.
_LATELY = timedelta(days=90)


def colleagues(connection: Connection, hub: Hub, role: str) -> dict[str, str]:
    """Return who works in a role here: the name of the account, and what the person is called.

    An identity provider tells of nobody but those who sign in, so it is who did so lately.
    """
    signed = select(sign_in_session.c.account, sign_in_session.c.title, sign_in_session.c.roles)
    known = select(account.c.name, account.c.title, account.c.roles)
    lately = sign_in_session.c.started_at >= hub.clock.now() - _LATELY
    queries = (
        signed.where(sign_in_session.c.municipality == hub.municipality, lately),
        known.where(account.c.municipality == hub.municipality, account.c.enabled),
    )
    rows = [row for query in queries for row in connection.execute(query)]
    return {name: title for name, title, roles in sorted(rows) if role in roles}
