"""`hub evaluate`: how well the hub finds who is who, where the truth is known."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from hub.cli.common import console, told

if TYPE_CHECKING:
    from hub.evaluate.report import Report


@click.command()
@click.argument("seed", type=int)
@click.option("--size", default=20_000, show_default=True, help="How many residents.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@told
def evaluate(seed: int, size: int, as_json: bool) -> None:
    """Measure identification, linking and findings on the municipality of SEED.

    The municipality is made up and its truth is known; people and claims are also told of by
    registers that write badly. Ends with 1 when a required limit is missed.
    """
    from hub.evaluate.run import evaluate as run_evaluate

    with tempfile.TemporaryDirectory() as folder, console.status("Gemeente naspelen…"):
        try:
            report = run_evaluate(Path(folder), seed, size)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(_as_json(report), indent=2))
    else:
        _print(report)
    if not report.holds:
        raise SystemExit(1)


def _as_json(report: Report) -> dict[str, object]:
    lines = [asdict(line) | {"holds": line.holds} for line in report.lines()]
    return asdict(report) | {"lines": lines, "holds": report.holds}


def _print(report: Report) -> None:
    table = Table("Gemeten", title=f"Gemeente {report.seed}, {report.size} inwoners")
    for heading in ("uitkomst", "vereist", ""):
        table.add_column(heading, justify="right")
    for line in report.lines():
        whole = line.limit == 0
        value = str(int(line.value)) if whole else f"{line.value:.4f}"
        limit = "0" if whole else f"{'≥' if line.least else '≤'} {line.limit:g}"
        table.add_row(line.title, value, limit, "✓" if line.holds else "✗")
    console.print(table)
    _print_counts(report)
    _print_rules(report)


def _print_counts(report: Report) -> None:
    table = Table("Aantallen")
    for heading in ("verteld", "juist", "fout", "te koppelen", "gevonden", "gevraagd"):
        table.add_column(heading, justify="right")
    for title, one in (
        ("Personen", report.persons),
        ("Personen, voor het leren", report.untrained),
        ("Vorderingen", report.claims),
    ):
        counts = (one.told, one.right, one.wrong, one.linkable, one.found, one.asked)
        table.add_row(title, *map(str, counts))
    console.print(table)


def _print_rules(report: Report) -> None:
    table = Table("Bevinding")
    for heading in ("waar", "ontbreekt", "te veel"):
        table.add_column(heading, justify="right")
    found = report.findings
    for rule in sorted({*found.planted, *found.extra}):
        counts = (some.get(rule, 0) for some in (found.planted, found.missing, found.extra))
        table.add_row(rule, *map(str, counts))
    console.print(table)
