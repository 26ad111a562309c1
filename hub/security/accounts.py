"""Accounts and the log of looks. Demo accounts exist in demo mode only."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update
from werkzeug.security import check_password_hash, generate_password_hash

from hub.core import Hub
from hub.errors import ConfigError
from hub.security.roles import GROUNDS
from hub.store import account, look
from hub.store.engine import insert_new

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
    """Somebody who is signed in; `roles` is never empty."""

    name: str
    title: str
    roles: tuple[str, ...]

    @property
    def role(self) -> str:
        """Return the role of somebody who holds one, or the first of several."""
        return self.roles[0]


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


def sign_in(connection: Connection, hub: Hub, name: str, password: str) -> Account | None:
    """Return the account when name and password fit, else None."""
    row = _row(connection, hub, name)
    # An unknown name costs as much time as a wrong password.
    hashed = row.password if row else _DUMMY
    return _account(row) if check_password_hash(hashed, password) and row else None


_DUMMY = generate_password_hash(secrets.token_hex(8))


def find_account(connection: Connection, hub: Hub, name: str) -> Account | None:
    """Return the enabled account called `name`."""
    row = _row(connection, hub, name)
    return _account(row) if row else None


def _row(connection: Connection, hub: Hub, name: str) -> Any:
    return connection.execute(
        select(account).where(
            account.c.municipality == hub.municipality,
            account.c.name == name,
            account.c.enabled,
        )
    ).one_or_none()


def _account(row: Any) -> Account:
    return Account(row.name, row.title, tuple(row.roles))


def log_look(
    connection: Connection,
    hub: Hub,
    *,
    by: str,
    ground: str,
    action: str,
    resident_id: str | None = None,
) -> None:
    """Log a look at a person, in the transaction of the look: no row, no page.

    Raises ConfigError without a known ground.
    """
    if ground not in GROUNDS:
        raise ConfigError("Kies eerst op welke grondslag u deze inwoner wilt zien.")
    connection.execute(
        insert(look).values(
            municipality=hub.municipality,
            at=hub.clock.now(),
            account=by,
            ground=GROUNDS[ground],
            action=action,
            resident_id=resident_id,
        )
    )
