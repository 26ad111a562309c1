"""Commands for the rights of residents: the access report, and lists of what may be destroyed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
from rich.table import Table

from hub.cli.common import console, told, who
from hub.core import open_hub
from hub.security.audit import Actor

#: How a list stands.
STATUS = {
    "proposed": "wacht op besluit",
    "approved": "goedgekeurd",
    "refused": "geweigerd",
    "done": "uitgevoerd",
}


def _officer() -> Actor:
    return Actor(who(), "privacy_officer", origin="cli")


@click.command("access-report")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The folder for the PDF and the JSON; without it the current one.",
)
@click.pass_obj
@told
def access_report(instance: Path, folder: Path) -> None:
    """Write all that is known of one resident, and who looked (AVG 15); asks for the BSN."""
    from hub.rights.paper import as_pdf
    from hub.rights.report import make_report

    hub = open_hub(instance)
    bsn = click.prompt("BSN", hide_input=True)
    report = make_report(hub, bsn, _officer())
    folder.mkdir(parents=True, exist_ok=True)
    moment = f"{hub.clock.now():%Y%m%d-%H%M%S}"
    as_json = json.dumps(report, ensure_ascii=False, indent=2).encode()
    for ending, content in (("pdf", as_pdf(report)), ("json", as_json)):
        path = folder / f"inzage-{report['resident_id']}-{moment}.{ending}"
        _write_for_owner(path, content)
        console.print(f"Geschreven: {path}", markup=False)
    console.print("Geef dit alleen aan de inwoner zelf, en wis de bestanden daarna.")


def _write_for_owner(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


@click.group()
def destroy() -> None:
    """Lists of what nobody may keep any longer: look, decide, carry out."""


@destroy.command("list")
@click.option("--propose", "first", is_flag=True, help="Look first for what is due today.")
@click.pass_obj
@told
def list_them(instance: Path, first: bool) -> None:
    """Show every list: what it is of, how it stands, how much is on it."""
    from hub.rights.lists import lists, propose

    hub = open_hub(instance)
    if first:
        propose(hub)
    table = Table("nr", "wat", "toestand", "te vernietigen", "bewaard", "vernietigde rijen")
    with hub.reader.connect() as connection:
        for one in lists(connection, hub):
            title, status = one.record_class.title, STATUS[one.status]
            numbers = (one.waiting, one.kept, one.destroyed)
            table.add_row(str(one.id), title, status, *map(str, numbers))
    console.print(table)


@destroy.command()
@click.argument("number", type=int)
@click.pass_obj
@told
def show(instance: Path, number: int) -> None:
    """Show what stands on list NUMBER, and what stays as its source still delivers it."""
    from hub.overview.words import day
    from hub.rights.lists import exceptions, items_of, one_list

    hub = open_hub(instance)
    with hub.reader.connect() as connection:
        one = one_list(connection, hub, number)
        items = items_of(connection, hub, number, size=one.waiting + one.kept)
        stays = exceptions(connection, hub, one.record_class.name)
    console.print(f"{one.record_class.title}: {STATUS[one.status]}", markup=False)
    kind = one.record_class
    sure = "" if kind.confirmed else " (niet bevestigd)"
    console.print(f"Termijn: {kind.months} maanden na {kind.starts}. {kind.ground}{sure}.")
    table = Table("nr", "wat", "inwoner", "geëindigd", "mag weg vanaf", "bewaard")
    for row in items:
        thing, whose = f"{row.thing} {row.thing_id}", row.resident_id or ""
        kept = "ja" if row.kept else ""
        table.add_row(str(row.id), thing, whose, day(row.ended_on), day(row.due_on), kept)
    console.print(table)
    if stays:
        console.print(f"Blijft staan: {len(stays)}, want de bron levert het nog.")


@destroy.command()
@click.argument("number", type=int)
@click.pass_obj
@told
def approve(instance: Path, number: int) -> None:
    """Approve list NUMBER; the hub carries it out at night, or `hub destroy run` at once."""
    from hub.rights import lists

    hub = open_hub(instance)
    with hub.engine.begin() as connection:
        lists.approve(connection, hub, _officer(), number)
    console.print(f"Lijst {number} is goedgekeurd.")


@destroy.command()
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why; without a BSN.")
@click.pass_obj
@told
def refuse(instance: Path, number: int, reason: str) -> None:
    """Refuse list NUMBER: nothing of it goes."""
    from hub.rights import lists

    hub = open_hub(instance)
    with hub.engine.begin() as connection:
        lists.refuse(connection, hub, _officer(), number, reason)
    console.print(f"Lijst {number} is geweigerd. Er is niets vernietigd.")


@destroy.command()
@click.argument("item", type=int)
@click.option("--reason", required=True, help="Why; without a BSN.")
@click.pass_obj
@told
def keep(instance: Path, item: int, reason: str) -> None:
    """Keep one ITEM back from the list it stands on."""
    from hub.rights import lists

    hub = open_hub(instance)
    with hub.engine.begin() as connection:
        number = lists.keep(connection, hub, _officer(), item, reason)
    console.print(f"Bewaard; het gaat niet mee met lijst {number}.")


@destroy.command()
@click.argument("number", type=int)
@click.pass_obj
@told
def run(instance: Path, number: int) -> None:
    """Destroy what stands on the approved list NUMBER. It cannot be undone."""
    from hub.rights.destroy import carry_out

    hub = open_hub(instance)
    with console.status("Vernietigen…"):
        counts = carry_out(hub, _officer(), number)
    for name, count in sorted(counts.items()):
        console.print(f"{name}: {count}", markup=False)
    console.print(f"Lijst {number} is uitgevoerd.")
