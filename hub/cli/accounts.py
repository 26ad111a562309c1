"""`hub accounts`: emergency accounts, for the day that nobody can sign in as usual."""

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
    """Make and end emergency accounts."""


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


@accounts.command("list")
@click.pass_obj
@told
def list_(instance: Path) -> None:
    """List the emergency accounts that can be used now."""
    from hub.security.accounts import emergency_accounts

    table = Table("naam", "rol", "eindigt")
    for row in emergency_accounts(open_hub(instance)):
        table.add_row(row.name, ", ".join(ROLES[one].title for one in row.roles), day(row.ends_at))
    console.print(table)


@accounts.command()
@click.argument("name")
@click.pass_obj
@told
def end(instance: Path, name: str) -> None:
    """End the emergency account NAME before its time; who works with it is out."""
    from hub.security.accounts import end_emergency_account

    end_emergency_account(open_hub(instance), name, who())
    console.print(f"Noodaccount {name} is beëindigd.", markup=False)
