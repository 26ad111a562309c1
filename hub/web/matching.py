"""How the hub recognises people without BSN: its limits, what they do today, and what it learnt."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.reconcile import reconcile
from hub.reconcile.matching.decide import WHY, Thresholds
from hub.reconcile.matching.limits import Effect, preview, read_limits, set_limits
from hub.reconcile.matching.model import models, train_model
from hub.reconcile.matching.strangers import load_limits
from hub.web.access import nudge, only, the_hub
from hub.web.looks import actor

blueprint = Blueprint("matching", __name__, url_prefix="/beheer/herkennen")


@blueprint.route("")
@only("administrator")
def limits() -> str:
    """Show from which chance the hub links or asks, and what that does with the people of today."""
    return _page()


@blueprint.route("", methods=["POST"])
@only("administrator")
def choose() -> str | Response:
    """Show what other limits would do today, or keep them. Raises ConfigError for wrong ones."""
    hub = the_hub()
    asked = read_limits(_percents(request.form))
    if request.form.get("stap") != "opslaan":
        with hub.reader.connect() as connection:
            return _page(asked, preview(connection, hub, asked))
    with hub.engine.begin() as connection:
        set_limits(connection, hub, actor(), asked)
    reconcile(hub)
    flash("Opgeslagen. De hub deelde alle meldingen zonder BSN opnieuw in.")
    return redirect(url_for("matching.limits"))


@blueprint.route("/leren", methods=["POST"])
@only("administrator")
def train() -> Response:
    """Learn from the municipality's own people; a worker compares everybody with it after that."""
    hub = the_hub()
    with hub.engine.begin() as connection:
        model = train_model(connection, hub, actor())
    nudge()
    flash(
        f"De hub leerde opnieuw herkennen: versie {model.version}. Hij vergelijkt nu alle personen "
        "zonder BSN opnieuw; ververs de pagina over een paar minuten."
    )
    return redirect(url_for("matching.limits"))


def _percents(form: Mapping[str, str]) -> dict[str, str]:
    return {"lower": form.get("ondergrens", ""), "upper": form.get("bovengrens", "")}


def _page(tried: Thresholds | None = None, effect: Effect | None = None) -> str:
    hub = the_hub()
    with hub.reader.connect() as connection:
        stands = load_limits(connection, hub)
        now = preview(connection, hub, stands)
        learnt = models(connection, hub)
    return render_template(
        "matching.html",
        stands=stands,
        tried=tried,
        shown=tried or stands,
        now=now,
        effect=effect,
        reasons=WHY,
        learnt=learnt,
    )
