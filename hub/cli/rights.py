"""Commands for the rights of residents: the access report, and lists of what may be destroyed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from hub.cli.common import console, told, who
from hub.core import open_hub


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
    from hub.security.audit import Actor

    hub = open_hub(instance)
    bsn = click.prompt("BSN", hide_input=True)
    report = make_report(hub, bsn, Actor(who(), "privacy_officer", origin="cli"))
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
