"""`hub audit …`: check, anchor and export the logs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TextIO

import click

from hub.cli.common import console, told, who
from hub.core import open_hub


@click.group()
def audit() -> None:
    """Check, anchor and export the log of every look."""


@audit.command()
@click.option("--anchors", type=click.Path(path_type=Path), help="Anchors kept elsewhere.")
@click.pass_obj
@told
def verify(instance: Path, anchors: Path | None) -> None:
    """Find any row of the logs that was changed, taken away, moved or cut off."""
    from hub.security.anchor import kept_anchors
    from hub.security.verify import verify as check
    from hub.sync.incidents import open_concern

    hub = open_hub(instance)
    kept, count = kept_anchors(hub, anchors), 0
    with hub.reader.connect() as connection:
        for fault in check(connection, hub, kept):
            count += 1
            console.print(f"✗ {fault.log} {fault.number}: {fault.what}", markup=False)
    if count:
        with hub.engine.begin() as connection:
            text = f"hub audit verify vond {count} fouten. Behandel dit als incident."
            open_concern(connection, hub, "log", "logboek", text)
        raise SystemExit(1)
    compared = f"past bij {len(kept)} ankers" if kept else "er zijn geen ankers om te vergelijken"
    console.print(f"✓ Het logboek is heel; {compared}.")


@audit.command()
@click.pass_obj
@told
def anchor(instance: Path) -> None:
    """Note where the logs end, in the file and syslog of the settings, and print it."""
    from hub.security.anchor import note_anchors

    for one in note_anchors(open_hub(instance)):
        click.echo(one.line())


@audit.command()
@click.argument("file", type=click.File("w"))
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="From this day on.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Until, not including, this day.")
@click.pass_obj
@told
def export(instance: Path, file: TextIO, since: datetime | None, until: datetime | None) -> None:
    """Write the processing log to FILE, in the shape of the Logboek Dataverwerkingen."""
    from hub.clock import AMSTERDAM
    from hub.security.audit import Actor, Deed, log_deed
    from hub.security.export import export as lines

    hub = open_hub(instance)
    first, last = (one.replace(tzinfo=AMSTERDAM) if one else None for one in (since, until))
    count = 0
    with hub.reader.connect() as connection:
        for line in lines(connection, hub, first, last):
            file.write(line + "\n")
            count += 1
    with hub.engine.begin() as connection:
        log_deed(connection, hub, Actor(who(), origin="cli"), Deed("log_export"))
    console.print(f"{count} regels geschreven.")
