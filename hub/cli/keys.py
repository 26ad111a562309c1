"""`hub keys …`: which keys there are, a new one while the hub works, and an old one out of use."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from hub.cli.common import console, told, who
from hub.clock import AMSTERDAM
from hub.core import open_hub
from hub.security import rotation
from hub.security.audit import Actor

_STATES = {
    "new": "nieuw, nog niet in gebruik",
    "current": "in gebruik",
    "old": "vervangen",
    "retired": "buiten gebruik",
}


@click.group("keys")
def group() -> None:
    """List, rotate and retire the keys that seal what must stay secret."""


@group.command("list")
@click.pass_obj
@told
def list_keys(instance: Path) -> None:
    """List the keys: how each stands, its dates, and how many values are under it."""
    table = Table("Sleutel", "staat", "gemaakt", "vervangen", "buiten gebruik", "waarden")
    for key, state, values in rotation.list_keys(open_hub(instance)):
        dates = [_day(one) for one in (key.made_at, key.replaced_at, key.retired_at)]
        table.add_row(key.id, _STATES[state], *dates, str(values))
    console.print(table)


@group.command()
@click.pass_obj
@told
def rotate(instance: Path) -> None:
    """Seal everything anew under a new key while the hub works; start again to go on."""
    hub = open_hub(instance)
    bar = Progress(
        TextColumn("Opnieuw versleutelen"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )
    with bar:
        task = bar.add_task("")
        done = rotation.rotate(
            hub,
            _actor(),
            lambda ready, total: bar.update(task, completed=ready, total=max(ready, total)),
        )
    console.print(f"Klaar: {done.done} waarden opnieuw versleuteld onder sleutel {done.key_id}.")
    if done.broken:
        raise click.ClickException(
            f"{done.broken} waarden zijn met geen enkele sleutel te openen en bleven staan. Zet "
            "de sleutel terug waaronder ze staan (hub keys list toont welke) en begin opnieuw."
        )
    if hub.keys.place.own:
        console.print("Bewaar nu een kopie van instance/keys, apart van de reservekopieën.")
    else:
        console.print("Nieuwe sleutel nodig? Zet hem eerst in de kluis: hub keys prepare.")


@group.command()
@click.argument("key_id")
@click.pass_obj
@told
def retire(instance: Path, key_id: str) -> None:
    """Take KEY_ID out of use; refused while anything is under it."""
    hub = open_hub(instance)
    rotation.retire(hub, key_id, _actor())
    if hub.keys.place.own:
        console.print(f"Sleutel {key_id} is buiten gebruik en staat in instance/keys.retired.")
    else:
        console.print(f"Niets staat nog onder sleutel {key_id}. Haal hem nu uit de kluis.")
    console.print("Reservekopieën van vóór vandaag hebben deze sleutel nodig: bewaar hem zo lang.")


@group.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
@told
def prepare(instance: Path, file: Path) -> None:
    """Write to FILE what a vault must hold next; for keys that are kept outside."""
    ring = rotation.prepare(open_hub(instance), file)
    console.print(f"Zet de inhoud van {file} in de kluis en haal het bestand daarna weg.")
    if ring.waiting:
        console.print(
            "De nieuwe sleutel is dan bekend en nog niet in gebruik. Staat hij in een variabele, "
            "start dan elk proces opnieuw. Geef daarna hub keys prepare nog eens."
        )
    else:
        console.print(
            "De nieuwe sleutel is dan in gebruik. Staat hij in een variabele, start dan elk "
            "proces opnieuw. Geef daarna hub keys rotate."
        )


@group.command()
@click.pass_obj
@told
def session(instance: Path) -> None:
    """Replace the key that signs cookies; forms that are open then must be opened again."""
    rotation.renew_session(open_hub(instance), _actor())
    console.print(
        "Start de pagina's opnieuw (hub serve). Wie een formulier open heeft, opent het dan "
        "opnieuw."
    )
    console.print("Wie is ingelogd, blijft dat: beëindig sessies op de pagina met sessies.")


def _actor() -> Actor:
    return Actor(who(), "administrator", "terminal")


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone(AMSTERDAM):%d-%m-%Y}" if moment else "-"
