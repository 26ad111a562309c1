"""`hub identify`: compare everybody without BSN with who is known, all over again."""

from __future__ import annotations

from pathlib import Path

import click

from hub.cli.common import console, told
from hub.core import open_hub


@click.command()
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    show_default=True,
    help="What compares; Spark is for a population that one machine cannot hold.",
)
@click.pass_obj
@told
def identify(instance: Path, engine: str) -> None:
    """Compare everybody without BSN anew, and link, ask or leave them."""
    from hub.reconcile import reconcile
    from hub.reconcile.matching.limits import preview
    from hub.reconcile.matching.people import look_again
    from hub.reconcile.matching.strangers import load_limits

    hub = open_hub(instance)
    with hub.engine.begin() as connection:
        look_again(connection, hub)
    reconcile(hub, engine=engine)
    with hub.reader.connect() as connection:
        done = preview(connection, hub, load_limits(connection, hub))
    left = sum(done.dropouts.values())
    console.print(f"{done.linked} gekoppeld, {done.asked} gevraagd, {left} niemand gevonden.")
