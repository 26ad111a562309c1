"""`hub accounts`: for the day that nobody can sign in as usual, and for programs (the API)."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from hub.cli.common import console, told, who
from hub.core import open_hub
from hub.overview.words import day
from hub.security.roles import ROLES


@click.group()
def accounts() -> None:
    """Make and end emergency accounts, and accounts of programs."""


@accounts.command()
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(list(ROLES)), help="What it may do.")
@click.option("--hours", default=8, show_default=True, help="After so many hours it ends.")
@click.pass_obj
@told
def emergency(instance: Path, name: str, role: str, hours: int) -> None:
    """Make the emergency account NAME; its password is shown once."""
    from hub.security.accounts import make_emergency_account

    password = make_emergency_account(open_hub(instance), name, role, hours, who())
    console.print(f"Noodaccount {name} ({ROLES[role].title}) werkt {hours} uur.", markup=False)
    console.print(f"Wachtwoord: {password}", markup=False)
    console.print("U ziet dit wachtwoord maar één keer. Wie ermee inlogt, wordt gemeld.")


@accounts.command()
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(list(ROLES)), help="What it may do.")
@click.option("--days", default=90, show_default=True, help="After so many days it ends.")
@click.pass_obj
@told
def api(instance: Path, name: str, role: str, days: int) -> None:
    """Make the account NAME for a program; its token is shown once."""
    from hub.security.tokens import make_api_account

    token = make_api_account(open_hub(instance), name, role, days, who())
    console.print(f"Programma {name} ({ROLES[role].title}) mag {days} dagen.", markup=False)
    console.print(f"Token: {token}", markup=False, soft_wrap=True)
    console.print("U ziet dit token maar één keer. Nog eens maken vervangt het.")


@accounts.command("list")
@click.pass_obj
@told
def list_(instance: Path) -> None:
    """List the accounts that can be used now."""
    from hub.security.accounts import emergency_accounts
    from hub.security.tokens import api_accounts

    hub = open_hub(instance)
    table = Table("naam", "soort", "rol", "eindigt")
    for kind, rows in (("nood", emergency_accounts(hub)), ("programma", api_accounts(hub))):
        for row in rows:
            roles = ", ".join(ROLES[one].title for one in row.roles)
            table.add_row(row.name, kind, roles, day(row.ends_at))
    console.print(table)


@accounts.command()
@click.argument("name")
@click.pass_obj
@told
def end(instance: Path, name: str) -> None:
    """End the account NAME before its time; who works with it is out."""
    from hub.security.accounts import end_emergency_account
    from hub.security.tokens import end_api_account

    hub = open_hub(instance)
    if end_api_account(hub, name, who()):
        console.print(f"Het token van {name} werkt niet meer.", markup=False)
        return
    end_emergency_account(hub, name, who())
    console.print(f"Noodaccount {name} is beëindigd.", markup=False)
