"""For the privacy officer: what concerns privacy, broken glass to review, grounds, and the log."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.errors import ConfigError
from hub.overview.privacy import concerns, logged
from hub.security import cases, grounds
from hub.security.audit import Deed, log_deed
from hub.security.roles import ROLES
from hub.security.table import RIGHTS, groups
from hub.sync.incidents import solve_concern
from hub.web.access import me, only, the_hub
from hub.web.inputs import page_number
from hub.web.looks import actor, trace

blueprint = Blueprint("privacy", __name__, url_prefix="/privacy")

SIZE = 100


@blueprint.route("")
@only("privacy_officer")
def home() -> str:
    """Show what asks for attention, and every broken glass."""
    hub = the_hub()
    with hub.reader.connect() as connection:
        return render_template(
            "privacy.html",
            concerns=concerns(connection, hub),
            emergencies=cases.emergencies(connection, hub),
        )


@blueprint.route("/meldingen/<int:id_>", methods=["POST"])
@only("privacy_officer")
def concern(id_: int) -> Response:
    """Take note of a concern."""
    hub = the_hub()
    with hub.engine.begin() as connection:
        solve_concern(connection, hub, id_, me().name)
        log_deed(connection, hub, actor(), Deed("concern_end", object=f"incident:{id_}"), trace())
    return redirect(url_for("privacy.home"))


@blueprint.route("/noodtoegang/<int:id_>", methods=["POST"])
@only("privacy_officer")
def review(id_: int) -> Response:
    """Judge a broken glass."""
    verdict = request.form.get("oordeel")
    if verdict not in ("terecht", "onterecht"):
        raise ConfigError("Kies of de noodtoegang terecht was.")
    with the_hub().engine.begin() as connection:
        cases.review(
            connection,
            the_hub(),
            actor(),
            id_,
            justified=verdict == "terecht",
            remark=request.form.get("remark", ""),
        )
    return redirect(url_for("privacy.home"))


@blueprint.route("/toegang")
@only("privacy_officer", "administrator")
def table() -> str:
    """Show who may see what: the access table, as it is in force."""
    return render_template("access_table.html", groups=groups(), roles=ROLES, rights=RIGHTS)


@blueprint.route("/grondslagen", methods=["GET", "POST"])
@only("privacy_officer")
def legal_grounds() -> str | Response:
    """Show on what each sharing case rests, or record a ground."""
    hub = the_hub()
    if request.method == "POST":
        with hub.engine.begin() as connection:
            grounds.record_ground(
                connection,
                hub,
                actor(),
                letter=request.form.get("letter", ""),
                title=request.form.get("title", ""),
                starts_on=_day("starts_on") or hub.clock.today(),
                ends_on=_day("ends_on"),
            )
        flash("De grondslag is vastgelegd.")
        return redirect(url_for("privacy.legal_grounds"))
    with hub.reader.connect() as connection:
        return render_template(
            "grounds.html",
            cases=grounds.cases(),
            recorded=grounds.recorded(connection, hub),
            in_force=grounds.in_force(connection, hub),
            today=hub.clock.today(),
        )


@blueprint.route("/grondslagen/<int:id_>/einde", methods=["POST"])
@only("privacy_officer")
def end_ground(id_: int) -> Response:
    """End a recorded ground today."""
    hub = the_hub()
    with hub.engine.begin() as connection:
        grounds.end_ground(connection, hub, actor(), id_, hub.clock.today())
    flash("De grondslag is beëindigd. De hub deelt daarop vanaf vandaag niets meer.")
    return redirect(url_for("privacy.legal_grounds"))


@blueprint.route("/logboek")
@only("privacy_officer")
def log() -> str:
    """Show the audit log, newest first; it names residents by their number only."""
    hub, page = the_hub(), page_number(request.args)
    with hub.engine.begin() as connection:
        found = logged(connection, hub, actor=request.args.get("wie", ""), page=page, size=SIZE)
        log_deed(connection, hub, actor(), Deed("log_read"), trace())
    return render_template("log.html", found=found, page=page, more=len(found) == SIZE)


def _day(name: str) -> date | None:
    text = request.form.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ConfigError("Vul een datum in, als 31-12-2026.") from None
