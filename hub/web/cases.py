"""Access to a resident outside the caseload: a case, a permission, or broken glass."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub.errors import ConfigError
from hub.front import deeds
from hub.overview.people import is_known
from hub.security import cases
from hub.security.grounds import in_force
from hub.security.roles import ROLES
from hub.security.table import groups
from hub.web.access import me, only, the_hub
from hub.web.looks import actor, log_it, permit_for

blueprint = Blueprint("cases", __name__)


@blueprint.route("/inwoners/<resident_id>/toegang")
@only("caseworker")
def access(resident_id: str) -> str:
    """Show what opens this resident, and how access can be asked. It names nobody."""
    with the_hub().reader.connect() as connection:
        return access_page(connection, resident_id)


def access_page(connection: Connection, resident_id: str) -> str:
    """Return that page. Ends in 404 for somebody this municipality does not know."""
    hub, role = the_hub(), me().role
    _require_known(connection, resident_id)
    allowed = permit_for(connection, resident_id)
    return render_template(
        "access.html",
        resident_id=resident_id,
        allowed=allowed,
        access=cases.access_of(connection, hub, allowed) if allowed else None,
        kinds=cases.KINDS.get(role, {}),
        channels=cases.CHANNELS,
        shared=[groups()[name] for name in cases.SHARED],
        shared_with=[ROLES[name] for name in cases.SHARED_WITH],
        permitted="B" in in_force(connection, hub),
        minutes=hub.settings.emergency_minutes,
        shortest=cases.SHORTEST,
        today=hub.clock.today(),
        role=ROLES[role],
    )


def refused(connection: Connection, resident_id: str) -> tuple[str, int]:
    """Return the page of somebody who may not see this resident, after it was logged."""
    page = access_page(connection, resident_id)
    log_it(connection, deeds.refused(me().role, resident_id))
    return page, 403


@blueprint.route("/inwoners/<resident_id>/dossier", methods=["POST"])
@only("caseworker")
def link(resident_id: str) -> Response:
    """Tie this resident to the caseload by a case with a number."""
    form = request.form
    with the_hub().engine.begin() as connection:
        _require_known(connection, resident_id)
        cases.link_case(
            connection,
            the_hub(),
            actor(),
            resident_id,
            kind=form.get("kind", ""),
            number=form.get("number", ""),
            starts_on=_day("starts_on"),
        )
    return _back(resident_id)


@blueprint.route("/inwoners/<resident_id>/dossier/<int:id_>/einde", methods=["POST"])
@only("caseworker")
def end(resident_id: str, id_: int) -> Response:
    """End a case that opened this resident."""
    with the_hub().engine.begin() as connection:
        _require_permit(connection, resident_id)
        cases.end_case(connection, the_hub(), actor(), resident_id, id_)
    flash("Het dossier is beëindigd. De toegang daardoor stopt vandaag.")
    return redirect(url_for("cases.access", resident_id=resident_id))


@blueprint.route("/inwoners/<resident_id>/toestemming", methods=["POST"])
@only("caseworker")
def permission(resident_id: str) -> Response:
    """Record what the resident agreed to share, and with whom."""
    form = request.form
    with the_hub().engine.begin() as connection:
        _require_known(connection, resident_id)
        agreed = cases.Agreed(
            text_version=form.get("text_version", ""),
            channel=form.get("channel", ""),
            given_on=_day("given_on"),
            groups=form.getlist("groups"),
            roles=form.getlist("roles"),
        )
        cases.give_permission(connection, the_hub(), actor(), resident_id, agreed)
    flash("De toestemming is vastgelegd.")
    return _back(resident_id)


@blueprint.route("/inwoners/<resident_id>/toestemming/<int:id_>/intrekken", methods=["POST"])
@only("caseworker")
def withdraw(resident_id: str, id_: int) -> Response:
    """Withdraw a permission: what it opened is closed at once."""
    with the_hub().engine.begin() as connection:
        _require_permit(connection, resident_id)
        cases.withdraw(connection, the_hub(), actor(), resident_id, id_)
    flash("De toestemming is ingetrokken.")
    return redirect(url_for("cases.access", resident_id=resident_id))


@blueprint.route("/inwoners/<resident_id>/noodtoegang", methods=["POST"])
@only("caseworker")
def emergency(resident_id: str) -> Response:
    """Break the glass: open this resident for a while, for a reason that is reviewed."""
    with the_hub().engine.begin() as connection:
        _require_known(connection, resident_id)
        cases.break_glass(
            connection, the_hub(), actor(), resident_id, request.form.get("reason", "")
        )
    return _back(resident_id)


def _require_known(connection: Connection, resident_id: str) -> None:
    if not is_known(connection, the_hub(), resident_id):
        abort(404)


def _require_permit(connection: Connection, resident_id: str) -> None:
    _require_known(connection, resident_id)
    if permit_for(connection, resident_id) is None:
        abort(403)


def _back(resident_id: str) -> Response:
    return redirect(url_for("residents.overview", resident_id=resident_id))


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise ConfigError("Vul een datum in, als 31-12-2026.") from None
