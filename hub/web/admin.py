"""For the administrator: sources and their health, their settings, runs, plugins."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.connector import CheckStep, Connector, Trial
from hub.errors import ConfigError, Outdated
from hub.overview.sources import last_runs, open_rejects, run_detail, source_health
from hub.overview.trouble import held_difference, own_trouble, trouble
from hub.reconcile import reconcile
from hub.security.audit import Deed
from hub.sync.entered import forms_of
from hub.sync.expiry import note_expiries
from hub.sync.inbound import Outcome, sync_source
from hub.sync.outbound import SENT
from hub.sync.patience import look_again
from hub.sync.received import address_key, receives
from hub.sync.sources import Source, build, check, find_source, save_source
from hub.web.access import only, the_hub
from hub.web.forms import Number, form_fields, read_form
from hub.web.inputs import number
from hub.web.looks import actor, log_it

blueprint = Blueprint("admin", __name__, url_prefix="/beheer")


@blueprint.route("")
@only("administrator")
def sources() -> str:
    """Show every source: whether it speaks, its last runs, its commands."""
    hub = the_hub()
    with hub.reader.connect() as connection:
        health = source_health(connection, hub)
        condition = trouble(connection, hub)
        own = own_trouble(connection, hub)
    connectors = sorted(hub.plugins.connectors.values(), key=lambda one: one.title)
    return render_template(
        "sources.html", health=health, connectors=connectors, condition=condition, own=own
    )


@blueprint.route("/bronnen/<name>", methods=["GET", "POST"])
@only("administrator")
def source(name: str) -> str | Response | tuple[str, int]:
    """Show a source's settings and runs; save settings after a test that succeeds."""
    found = find_source(the_hub(), name)
    values = {key: getattr(found, key) for key in _SOURCE} | {"connector": found.connector.name}
    if request.method == "POST":
        return _save(values, dict(found.config))
    return _source_page(values, dict(found.config))


@blueprint.route("/bronnen/nieuw", methods=["GET", "POST"])
@only("administrator")
def new_source() -> str | Response | tuple[str, int]:
    """Show an empty form for a connector, or save what was filled in."""
    connector = the_hub().plugins.connector(request.args.get("koppeling", ""))
    values = {
        "name": "",
        "title": connector.title,
        "connector": connector.name,
        "owner": "",
        # What nobody knows for certain is looked at before it is switched on.
        "enabled": not connector.caution,
        "interval_minutes": 1440,
        "max_age_hours": 36,
        "requests_per_minute": None,
        "reject_days": 90,
        "version": 0,
    }
    return _save(values, {}) if request.method == "POST" else _source_page(values, {})


_SOURCE = (
    "name",
    "title",
    "owner",
    "enabled",
    "interval_minutes",
    "max_age_hours",
    "requests_per_minute",
    "reject_days",
    "version",
)


#: The numbers on the form of a source: a day is 1440 minutes, a year 8760 hours.
_NUMBERS = {
    "interval_minutes": Number("Elke … minuten lezen", 1, 525_600, default=1440),
    "max_age_hours": Number("Zwijgt na … uur", 1, 87_600, default=36),
    "requests_per_minute": Number("Hoogstens … vragen per minuut", 1, 100_000),
    "reject_days": Number("Bewaar opgeloste afgekeurde records … dagen", 1, 3650, default=90),
}

#: How many characters the texts on that form may have.
_LENGTHS = {"title": ("Naam op het scherm", 200), "owner": ("Organisatie", 40)}


def _require_short(values: Mapping[str, Any]) -> None:
    for name, (label, most) in _LENGTHS.items():
        if len(values[name]) > most:
            raise ConfigError(f"{label}: vul hoogstens {most} tekens in.")


def _source_page(
    values: dict[str, Any],
    config: dict[str, Any],
    problem: str = "",
    steps: Any = (),
    trial: Trial | None = None,
    changes: Sequence[str] = (),
) -> str:
    hub = the_hub()
    runs, rejects, condition, called_at, has_entries = [], [], None, "", False
    if request.view_args and "name" in request.view_args:
        found = find_source(hub, request.view_args["name"])
        with hub.reader.connect() as connection:
            runs = last_runs(connection, found.id)
            rejects = open_rejects(connection, found.id)
            condition = trouble(connection, hub).get(found.id)
        has_entries = found.enabled and bool(forms_of(found, "source"))
        if receives(found):
            key = address_key(hub, found)
            called_at = url_for("received.call", key=key, path="", _external=True)
    connector = hub.plugins.connector(values["connector"])
    return render_template(
        "source.html",
        values=values,
        groups=form_fields(connector.config, config),
        trial=trial,
        can_try=connector.trial is not Connector.trial,
        caution=connector.caution,
        problem=problem,
        changes=changes,
        steps=steps,
        runs=runs,
        rejects=rejects,
        condition=condition,
        called_at=called_at,
        has_entries=has_entries,
        titles=_titles(connector),
        is_new=not (request.view_args and "name" in request.view_args),
    )


def _titles(connector: type[Connector]) -> dict[str, str]:
    return {one.name: one.title for one in connector.streams} | {SENT: "Verzonden berichten"}


def _filled_in(
    values: dict[str, Any], old: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the form told: of the source, and of its connector."""
    hub, form = the_hub(), request.form
    connector = hub.plugins.connector(values["connector"])
    told = read_form(connector.config, form, Path(hub.settings.secret_folder))
    # A secret that was left empty keeps its value, also for the test.
    config = {k: old.get(k) if v == "" and k in old else v for k, v in told.items()}
    config = {k: v for k, v in config.items() if v not in ("", None)}
    filled = {
        "name": values["name"] or form.get("name", "").strip(),
        "title": form.get("title", "").strip(),
        "owner": form.get("owner", "").strip(),
        "enabled": "enabled" in form,
        "version": number(form, "version", 0),
    }
    return values | filled, config


def _try_out(values: dict[str, Any], config: dict[str, Any]) -> str | tuple[str, int]:
    """Show what settings make of a sample, which is read and kept nowhere."""
    hub, file = the_hub(), request.files.get("sample")
    sample = file.read() if file else b""
    if not sample:
        return _source_page(values, config, "Kies eerst een bestand als voorbeeld."), 400
    connector = hub.plugins.connector(values["connector"])
    with hub.engine.begin() as connection:
        log_it(connection, Deed("trial", object=connector.name))
    try:
        found = build(hub, connector, config, values["owner"]).trial(sample)
    except ConfigError as error:
        return _source_page(values, config, error.user), 400
    return _source_page(values, config, trial=found)


def _save(values: dict[str, Any], old: dict[str, Any]) -> str | Response | tuple[str, int]:
    hub, form = the_hub(), request.form
    connector = hub.plugins.connector(values["connector"])
    values, config = _filled_in(values, old)
    if "try" in form:
        return _try_out(values, config)
    try:
        values |= {name: one.read(form, name) for name, one in _NUMBERS.items()}
        _require_short(values)
    except ConfigError as error:
        return _source_page(values, config, error.user), 400
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{1,58}", values["name"]):
        return _source_page(
            values, config, "Vul een korte naam in: kleine letters en cijfers."
        ), 400
    steps = check(hub, connector, config, values["owner"])
    if not all(step.ok for step in steps) and "anyway" not in form:
        return _source_page(values, config, "De verbinding werkt nog niet.", steps), 400
    try:
        saved = save_source(hub, {**values, "config": config}, values["version"], actor())
    except Outdated as late:
        # What was typed stays, and is now held against what the other made of it.
        seen = values | {"version": late.version}
        again = "Wat u invulde staat nog in het formulier; sla opnieuw op als dat moet gelden."
        return _source_page(seen, config, f"{late.user} {again}", changes=late.changes), 409
    except ConfigError as error:
        return _source_page(values, config, error.user), 400
    _looked_at(saved, steps)
    flash(f"De bron {values['title']} is opgeslagen.")
    return redirect(url_for("admin.source", name=values["name"]))


@blueprint.route("/bronnen/<name>/test", methods=["POST"])
@only("administrator")
def test(name: str) -> str:
    """Test the connection as it is set now and show each step."""
    hub, found = the_hub(), find_source(the_hub(), name)
    steps = check(hub, found.connector, found.config, found.owner)
    _looked_at(found, steps)
    return render_template("check.html", source=found, steps=steps)


def _looked_at(found: Source, steps: list[CheckStep]) -> None:
    """Keep what a test saw; a connection that works again need not wait any longer."""
    hub = the_hub()
    note_expiries(hub, found, steps)
    if all(step.ok for step in steps):
        with hub.engine.begin() as connection:
            look_again(connection, found.id)


@blueprint.route("/bronnen/<name>/synchroniseren", methods=["POST"])
@only("administrator")
def sync(name: str) -> Response:
    """Read the source now and show what came of it."""
    hub = the_hub()
    outcomes = sync_source(hub, find_source(hub, name))
    reconcile(hub)
    for one in outcomes:
        flash(_told(one))
    return redirect(url_for("admin.source", name=name))


def _told(one: Outcome) -> str:
    """Return what a run came to in one sentence; a failure never reads like an empty source."""
    if one.status in ("failed", "planned", "held", "cancelled"):
        return one.message or "Het lezen lukte niet."
    return f"{one.read} gelezen, {one.applied} verwerkt, {one.rejected} afgekeurd."


@blueprint.route("/runs/<int:run_id>")
@only("administrator")
def run(run_id: int) -> str:
    """Show one run: counts that add up, what went wrong, and the records it rejected."""
    hub = the_hub()
    with hub.reader.connect() as connection:
        found = run_detail(connection, hub, run_id)
        if found is None:
            abort(404)
        rejects = open_rejects(connection, found.source_id, run_id)
        held = found.status == "held"
        difference = held_difference(connection, hub, run_id) if held else None
    titles = _titles(find_source(hub, found.source).connector)
    return render_template(
        "run.html", run=found, rejects=rejects, titles=titles, difference=difference
    )


@blueprint.route("/plugins")
@only("administrator")
def plugins() -> str:
    """Show what is installed."""
    return render_template("plugins.html", plugins=the_hub().plugins.describe())
