"""The rules of the hub, and what this municipality makes of them."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.errors import Outdated
from hub.overview.findings import counts
from hub.reconcile.engine import Rule, Tuning, load_tuning
from hub.reconcile.tuning import Effect, preview, read_tuning, set_rule
from hub.web.access import only, the_hub
from hub.web.inputs import number
from hub.web.looks import actor

blueprint = Blueprint("rules", __name__, url_prefix="/beheer/regels")


@blueprint.route("")
@only("administrator")
def rules() -> str:
    """Show every rule with its source, its numbers, and how many findings stand open."""
    return _page()


@blueprint.route("/<rule_id>", methods=["POST"])
@only("administrator")
def tune(rule_id: str) -> str | Response | tuple[str, int]:
    """Show what other numbers would do today, or keep them. Raises ConfigError for wrong ones.

    When somebody else set the rule meanwhile, the page shows that beside what was chosen.
    """
    hub = the_hub()
    rule = next((one for one in hub.plugins.rules() if one.id == rule_id), None)
    if rule is None:
        abort(404)
    asked = read_tuning(rule, request.form.get("aan") == "ja", request.form)
    if request.form.get("stap") != "opslaan":
        with hub.reader.connect() as connection:
            return _page(rule, asked, preview(connection, hub, rule, asked))
    try:
        with hub.engine.begin() as connection:
            tally = set_rule(
                connection, hub, actor(), rule, asked, number(request.form, "version", 0)
            )
    except Outdated as outdated:
        return _page(rule, asked, outdated=outdated), 409
    opened, closed = tally.opened.get(rule.id, 0), tally.closed.get(rule.id, 0)
    flash(f"{rule.title}: opgeslagen. Bevindingen erbij: {opened}, eraf: {closed}.")
    return redirect(url_for("rules.rules"))


def _page(
    tried: Rule | None = None,
    asked: Tuning | None = None,
    effect: Effect | None = None,
    outdated: Outdated | None = None,
) -> str:
    hub = the_hub()
    with hub.reader.connect() as connection:
        tuned = load_tuning(connection, hub.municipality)
        standing = counts(connection, hub)
    if tried and asked:
        stands = tuned.get(tried.id, Tuning())
        tuned[tried.id] = replace(asked, version=stands.version)
    return render_template(
        "rules.html",
        rules=hub.plugins.rules(),
        tuned=tuned,
        plain=Tuning(),
        standing=standing,
        tried=tried.id if tried else "",
        effect=effect,
        outdated=outdated,
    )
