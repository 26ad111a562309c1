"""The command line: `hub …`. Thin: it reads options, calls a room of the hub, prints."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

import click
from rich.progress import track
from rich.table import Table

from hub import instance_folder, logs
from hub.cli.accounts import accounts
from hub.cli.audit import audit
from hub.cli.common import console, told, who
from hub.cli.evaluate import evaluate
from hub.cli.identify import identify
from hub.cli.keys import group as keys_group
from hub.cli.rights import access_report, destroy
from hub.cli.serving import init, require_free, serve, serve_all, worker
from hub.core import Hub, open_hub


@click.group()
@click.option("--instance", type=click.Path(path_type=Path), default=None, help="Instance folder.")
@click.option("--verbose", is_flag=True, help="Log what happens.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default=lambda: "text" if sys.stderr.isatty() else "json",
    envvar="HUB_LOG_FORMAT",
    help="Text for a person, JSON for whatever collects logs; text on a terminal.",
)
@click.option(
    "--municipality", envvar="HUB_MUNICIPALITY", help="Among several: which one (CBS code)."
)
@click.pass_context
def main(
    context: click.Context,
    instance: Path | None,
    verbose: bool,
    log_format: str,
    municipality: str | None,
) -> None:
    """Schuldenhub: one overview per resident of debts to local government."""
    serving = context.invoked_subcommand in ("serve", "worker")
    level = logging.INFO if verbose or serving else logging.WARNING
    logs.configure(level, as_json=log_format == "json")
    folder = instance or instance_folder()
    for_all = serving or context.invoked_subcommand in FOR_ALL
    context.obj = folder if for_all else _one_of(folder, municipality)


#: Commands that are about the whole installation, and not about one municipality.
FOR_ALL = ("init", "demo", "evaluate", "plugins", "new-plugin", "migrate")


@told
def _one_of(folder: Path, municipality: str | None) -> Path:
    from hub.installation import folder_of

    return folder_of(folder, municipality)


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--with-keys", is_flag=True, help="Put the keys in it too.")
@click.option("--prune", is_flag=True, help="Remove backups beside it older than backup_days.")
@click.pass_obj
@told
def backup(instance: Path, file: Path, with_keys: bool, prune: bool) -> None:
    """Write a backup to FILE while the hub works."""
    from hub.backup import backup as make_backup
    from hub.backup import prune as remove_old

    hub = open_hub(instance)
    made = make_backup(hub, file, with_keys=with_keys)
    rows = sum(made.rows.values())
    console.print(f"Reservekopie gemaakt: {file} ({rows} rijen, schema {made.revision}).")
    if with_keys:
        console.print("De sleutels zitten erin. Bewaar dit bestand even veilig als de sleutels.")
    else:
        console.print("De sleutels zitten er niet in. Bewaar het bestand keys apart en veilig.")
    for old in remove_old(hub, file.resolve().parent) if prune else []:
        console.print(f"Verwijderd, want te oud: {old}", markup=False)


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Also over a database that holds rows.")
@click.pass_obj
@told
def restore(instance: Path, file: Path, force: bool) -> None:
    """Put the backup FILE in the place of the database; stop the hub first."""
    from hub.backup import restore as put_back

    done = put_back(instance, file, force=force)
    made, again = done.manifest, sum(done.destroyed.values())
    console.print(f"Teruggezet: de gegevens van {made.moment} ({sum(made.rows.values())} rijen).")
    if again:
        console.print(f"Opnieuw vernietigd wat sindsdien vernietigd was: {again} rijen.")


@main.command()
@click.option("--to", "target", default="head", show_default=True, help="A revision, head, base.")
@click.option("--yes", is_flag=True, help="Go down without asking.")
@click.pass_obj
@told
def migrate(instance: Path, target: str, yes: bool) -> None:
    """Bring the schema of the store up or down."""
    from hub.settings import load_settings
    from hub.store import schema
    from hub.store.engine import migrate as move
    from hub.store.engine import open_store, revision

    store = open_store(load_settings(instance).database_url)
    lost = schema.undone(revision(store), schema.named(target))
    if lost:
        _tell_what_is_lost(target, [f"{one.revision}: {one.brings}" for one in lost])
        if not yes:
            click.confirm("Doorgaan?", abort=True)
    start, goal = move(store, target)
    console.print(f"Schema: {start} → {goal}." if start != goal else f"Schema: al op {goal}.")


def _tell_what_is_lost(target: str, steps: list[str]) -> None:
    console.print("Een ouder schema heeft geen plaats voor wat later kwam. U raakt kwijt:")
    for one in steps:
        console.print(f"- {one}", markup=False)
    if target == "base":
        console.print("Op base blijft er niets over: alle gegevens zijn weg.")
    console.print("Maak eerst een reservekopie met hub backup.")


@main.command()
@click.argument("source", required=False)
@click.pass_obj
@told
def sync(instance: Path, source: str | None) -> None:
    """Read one source, or all of them, now; then reconcile."""
    from hub.reconcile import reconcile as run_reconcile
    from hub.sync.inbound import sync_source
    from hub.sync.outbound import deliver_due
    from hub.sync.sources import all_sources, find_source

    hub = open_hub(instance)
    sources = [find_source(hub, source)] if source else all_sources(hub)
    deliver_due(hub)
    results = [
        (one.name, outcome)
        for one in track(sources, "Synchroniseren", console=console, transient=True)
        for outcome in sync_source(hub, one)
    ]
    run_reconcile(hub)
    _print_runs(hub, results)
    if any(outcome.status == "failed" for _, outcome in results):
        raise SystemExit(1)


@main.command()
@click.option("--full", is_flag=True, help="Judge every resident, not only changed ones.")
@click.pass_obj
@told
def reconcile(instance: Path, full: bool) -> None:
    """Identify, link and judge what changed."""
    from hub.reconcile import reconcile as run_reconcile

    hub = open_hub(instance)
    with console.status("Vergelijken…"):
        tally = run_reconcile(hub, full=full)
    table = Table("Regel", "nieuw", "opgelost")
    for rule in hub.plugins.rules():
        table.add_row(
            rule.title, str(tally.opened.get(rule.id, 0)), str(tally.closed.get(rule.id, 0))
        )
    console.print(table)


@main.command()
@click.option("--role", default="debt_counsellor", show_default=True, help="As whom you look.")
@click.pass_obj
@told
def overview(instance: Path, role: str) -> None:
    """Show one resident's overview; asks for the BSN so that it stays out of the history."""
    from hub.overview.people import search
    from hub.overview.resident import resident_overview
    from hub.security.audit import Actor, log_deed
    from hub.security.permits import permit
    from hub.security.roles import CASEWORKERS

    if role not in CASEWORKERS:
        raise click.ClickException(f"Kies een rol uit: {', '.join(CASEWORKERS)}.")
    hub = open_hub(instance)
    bsn = click.prompt("BSN", hide_input=True)
    actor = Actor(who(), role, origin="cli")
    with hub.engine.begin() as connection:
        found = search(connection, hub, actor.name, role, bsn=bsn)
        about = found.people[0].resident_id if found.people else ""
        allowed = permit(connection, hub, actor.name, role, about) if about else None
        view = resident_overview(connection, hub, allowed) if allowed else None
        log_deed(connection, hub, actor, _overview_deed(allowed, found.resident_id))
    if view is None and found.elsewhere:
        raise click.ClickException("Deze inwoner is bekend, maar hoort niet bij uw caseload.")
    if view is None:
        raise click.ClickException("De hub kent deze inwoner niet. Er kunnen toch schulden zijn.")
    _print_overview(view)


def _overview_deed(allowed: Any, refused: str) -> Any:
    from hub.security.audit import Deed

    if allowed is None:
        about = [refused] if refused else []
        return Deed("overview", "overview", about, result="refused")
    return Deed(
        "overview",
        "overview",
        [allowed.resident_id],
        groups=sorted(allowed.reads),
        ground=allowed.ground,
        case=allowed.case,
    )


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
@told
def plugins(instance: Path, as_json: bool) -> None:
    """List the plugins: version, hooks, streams, commands, quality."""
    from hub.plugins import load_plugins

    found = load_plugins([instance / "plugins"]).describe()
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    table = Table("Plugin", "versie", "haken", "stromen", "opdrachten", "kwaliteit")
    for one in found:
        if one.get("missing"):
            table.add_row(one["name"], "ontbreekt", "", "", "", "")
            continue
        lists = [", ".join(one[name]) for name in ("hooks", "streams", "commands")]
        table.add_row(one["name"], one["version"], *lists, one["quality"])
    console.print(table)


@main.command("new-plugin")
@click.argument("name")
@click.option("--title", help="The Dutch name on the screen.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where plugins stand.")
@click.pass_obj
@told
def new_plugin(instance: Path, name: str, title: str | None, folder: Path | None) -> None:
    """Write a plugin that works: connector, messages, simulator, quality file and tests."""
    from hub.scaffold import write_plugin

    target = folder or instance / "plugins"
    for path in write_plugin(name, title or name.replace("_", " ").capitalize(), target):
        console.print(f"  {path}", markup=False)
    console.print(f"Toets hem:  pytest {target / name}", markup=False)
    console.print("Bekijk hem: hub demo", markup=False)


@main.command()
@click.argument("source")
@click.pass_obj
@told
def check(instance: Path, source: str) -> None:
    """Test the connection of SOURCE step by step, without changing anything."""
    from hub.sync.sources import check as run_check
    from hub.sync.sources import find_source

    hub = open_hub(instance)
    one = find_source(hub, source)
    steps = run_check(hub, one.connector, one.config, one.owner)
    for step in steps:
        console.print(f"{'✓' if step.ok else '✗'} {step.name}: {step.message}", markup=False)
    if not all(step.ok for step in steps):
        raise SystemExit(1)


@main.command()
@click.argument("source", required=False)
@click.pass_obj
@told
def rejects(instance: Path, source: str | None) -> None:
    """List the records that were rejected and wait, with every reason."""
    from hub.overview.sources import open_rejects
    from hub.sync.sources import all_sources, find_source

    hub = open_hub(instance)
    table = Table("nr", "bron", "stroom", "record", "wat klopt er niet", "versie")
    for one in [find_source(hub, source)] if source else all_sources(hub):
        with hub.reader.connect() as connection:
            for row in open_rejects(connection, one.id):
                told = "\n".join(row.reasons)
                version = str(row.mapping_version)
                table.add_row(str(row.id), one.name, row.stream, row.key, told, version)
    console.print(table)


@main.command()
@click.argument("source")
@click.option("--id", "ids", type=int, multiple=True, help="Only this reject; may be repeated.")
@click.option("--preview", "only_preview", is_flag=True, help="Tell what would happen; do nothing.")
@click.pass_obj
@told
def replay(instance: Path, source: str, ids: tuple[int, ...], only_preview: bool) -> None:
    """Parse the rejected records of SOURCE again, after the mapping was repaired."""
    from hub.reconcile import reconcile as run_reconcile
    from hub.sync.rejects import open_ids, preview
    from hub.sync.rejects import replay as run_replay
    from hub.sync.sources import find_source

    hub = open_hub(instance)
    one = find_source(hub, source)
    told = (preview if only_preview else run_replay)(hub, one, list(ids) or open_ids(hub, one))
    for result in told:
        outcome = "; ".join(result.problems) or ", ".join(
            f"{count} × {kind}" for kind, count in result.kinds.items()
        )
        console.print(f"{'✗' if result.problems else '✓'} {result.key}: {outcome}", markup=False)
    good = sum(not result.problems for result in told)
    if only_preview:
        console.print(
            f"{good} te verwerken, {len(told) - good} blijven afgekeurd. Niets gewijzigd."
        )
        return
    run_reconcile(hub)
    console.print(f"{good} verwerkt, {len(told) - good} nog steeds afgekeurd.")


@main.command()
@click.argument("run_id", type=int, required=False)
@click.option("--release", "released", is_flag=True, help="Remove what the delivery lacks.")
@click.option("--refuse", "refused", is_flag=True, help="Remove nothing.")
@click.pass_obj
@told
def held(instance: Path, run_id: int | None, released: bool, refused: bool) -> None:
    """List the deliveries that wait; of RUN_ID show what it lacks, and release or refuse that."""
    from hub.overview.trouble import held_difference, held_runs
    from hub.overview.words import euro
    from hub.reconcile import reconcile as run_reconcile
    from hub.sync.held import refuse, release

    hub = open_hub(instance)
    with hub.reader.connect() as connection:
        waiting = held_runs(connection, hub)
        if run_id is None:
            _print_held(waiting)
            return
        if run_id not in {one.id for one in waiting}:
            raise click.ClickException(
                f"Synchronisatie {run_id} wacht niet op een besluit. Zie hub held."
            )
        lacks = held_difference(connection, hub, run_id)
    console.print(
        f"Deze levering mist {lacks.count} records van {lacks.residents} inwoners, "
        f"samen {euro(lacks.open)} open."
    )
    if released == refused:
        console.print("Kies --release (verwijderen) of --refuse (alles laten staan).")
        return
    by = who()
    if released:
        console.print(f"{release(hub, run_id, by)} records verwijderd.")
    else:
        refuse(hub, run_id, by)
        console.print("Geweigerd: er is niets verwijderd.")
    run_reconcile(hub)


def _print_held(waiting: Any) -> None:
    from hub.overview.words import day

    table = Table("nr", "bron", "stroom", "gelezen op")
    for one in waiting:
        table.add_row(str(one.id), one.source, one.stream, day(one.ended_at))
    console.print(table if waiting else "Er wacht geen levering op een besluit.")


@main.command()
@click.option("--once", is_flag=True, help="Do the whole job, print the result, and stop.")
@click.option("--seed", default=1, show_default=True, help="Which municipality.")
@click.option("--size", default=2000, show_default=True, help="How many residents.")
@click.option("--silent", multiple=True, help="Leave this simulator down, e.g. vish.")
@click.option("--keep", is_flag=True, help="Go on with the demo that is there.")
@click.option("--port", default=8080, show_default=True, help="Where to serve the pages.")
@click.option("--all", "whole_chain", is_flag=True, help="Play every register of the chain.")
@click.pass_obj
@told
def demo(
    instance: Path,
    once: bool,
    seed: int,
    size: int,
    silent: tuple[str, ...],
    keep: bool,
    port: int,
    whole_chain: bool,
) -> None:
    """Start a synthetic municipality with its registers, sync, reconcile and serve."""
    from hub.demo.home import make_home
    from hub.demo.run import demo_settings, fill, start_demo
    from hub.security.accounts import make_demo_accounts

    if not once:
        require_free("127.0.0.1", port, "hub demo --port")
    home = make_home(instance, port=port, keep=keep)
    hub = open_hub(home, overrides=demo_settings(port=port))
    console.print(f"Gemeente met {size} inwoners en haar registers opbouwen…")
    with start_demo(
        home, seed=seed, size=size, hub=hub, silent=silent, whole_chain=whole_chain
    ) as started:
        results = []
        with console.status("Synchroniseren…") as status:
            for name, outcome in fill(started):
                status.update(f"{name}: {outcome.read} records, {outcome.status}")
                results.append((name, outcome))
        _print_runs(hub, results)
        _print_findings(hub)
        if not once:
            _, password = make_demo_accounts(hub)
            _announce(password, started)
        console.print(f"Commando's op deze demo: hub --instance {home} …", markup=False)
        if not once:
            serve_all([hub])


def _announce(password: str, demo: Any) -> None:
    from hub.overview.words import day
    from hub.security.accounts import DEMO_ACCOUNTS

    for name, title, _ in DEMO_ACCOUNTS:
        console.print(f"Inloggen als {title}: naam {name}, wachtwoord {password}")
    who = demo.somebody()
    console.print(
        f"Zoek bijvoorbeeld {who.surname}, geboren {day(who.birth_date)} (BSN {who.bsn}). "
        "Of kies op de werklijst een inwoner met een bevinding. Alle personen zijn verzonnen.",
        markup=False,
    )


def _print_runs(hub: Hub, results: list[Any]) -> None:
    table = Table("Bron en stroom")
    for heading in ("gelezen", "verwerkt", "gelijk", "afgekeurd"):
        table.add_column(heading, justify="right")
    table.add_column("uitkomst")
    streams = _streams_of(hub, [outcome.run_id for _, outcome in results])
    for name, outcome in results:
        counts = (outcome.read, outcome.applied, outcome.unchanged, outcome.rejected)
        place = f"{name} {streams.get(outcome.run_id, '')}"
        table.add_row(place, *map(str, counts), STATUS.get(outcome.status, outcome.status))
    console.print(table)
    for name, outcome in results:
        if outcome.message:
            console.print(f"{name}: {outcome.message}", markup=False)


#: How the end of a run reads.
STATUS = {
    "succeeded": "gelukt",
    "partly": "deels gelukt",
    "failed": "mislukt",
    "held": "wacht op een mens",
    "planned": "gepland",
    "cancelled": "gestopt",
}


def _streams_of(hub: Hub, run_ids: list[int]) -> dict[int, str]:
    from hub.overview.sources import run_detail

    with hub.reader.connect() as connection:
        found = [run_detail(connection, hub, id_) for id_ in run_ids]
    return {row.id: row.stream for row in found if row}


def _print_findings(hub: Hub) -> None:
    from hub.overview.findings import counts

    with hub.reader.connect() as connection:
        found = counts(connection, hub)
    table = Table("Bevinding", "aantal open")
    for rule in hub.plugins.rules():
        table.add_row(f"{rule.title} ({rule.id})", str(found.get(rule.id, 0)))
    console.print(table)


def _print_overview(view: Any) -> None:
    from hub.overview.words import day, euro

    least = "ten minste " if view.at_least else ""
    console.print(f"{view.person.name}, geboren {day(view.person.birth_date)}", markup=False)
    console.print(f"Openstaand bij lokale overheid: {least}{euro(view.total)}")
    for row in view.silent:
        console.print(f"  {row.title} zwijgt sinds {day(row.heard_at)}", markup=False)
    table = Table("Schuldeiser", "soort", "nummer", "fase", "open", "peildatum", "bron")
    for one in view.open_claims:
        table.add_row(
            one.creditor,
            one.type,
            one.reference,
            one.stage,
            euro(one.open),
            day(one.as_of),
            one.source,
        )
    console.print(table)
    for finding in view.findings:
        console.print(f"! {finding.title}: {finding.sentence}", markup=False)


_OTHERS = (
    *(accounts, audit, evaluate, identify, keys_group),
    *(access_report, destroy, init, serve, worker),
)
for _command in _OTHERS:
    main.add_command(_command)
