"""`hub identify`: compare people without BSN with who is known, and learn how to."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from hub.cli.common import console, told, who
from hub.core import open_hub


@click.command()
@click.option("--train", is_flag=True, help="Learn from the municipality's own people first.")
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    show_default=True,
    help="What compares; Spark is for a population that one machine cannot hold.",
)
@click.pass_obj
@told
def identify(instance: Path, train: bool, engine: str) -> None:
    """Compare everybody without BSN anew with the residents the hub knows."""
    from hub.reconcile import reconcile
    from hub.reconcile.matching.decide import WHY
    from hub.reconcile.matching.limits import preview
    from hub.reconcile.matching.model import train_model
    from hub.reconcile.matching.people import look_again
    from hub.reconcile.matching.strangers import load_limits
    from hub.security.audit import Actor

    hub = open_hub(instance)
    with console.status("Vergelijken…"):
        with hub.engine.begin() as connection:
            if train:
                model = train_model(connection, hub, Actor(who(), origin="cli"))
            look_again(connection, hub)
        reconcile(hub, engine=engine)
        with hub.reader.connect() as connection:
            effect = preview(connection, hub, load_limits(connection, hub))
    if train:
        console.print(f"De hub leerde opnieuw: versie {model.version}.")
    table = Table("Personen zonder BSN", "aantal")
    table.add_row("gekoppeld", str(effect.linked))
    table.add_row("gevraagd aan een mens", str(effect.asked))
    for reason, text in WHY.items():
        table.add_row(text, str(effect.dropouts.get(reason, 0)))
    console.print(table)
