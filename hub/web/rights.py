"""Rights of a resident: flags on the data, the access report, and lists of what may go."""

from __future__ import annotations

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub.errors import ConfigError
from hub.overview.people import is_known
from hub.rights import flags, lists
from hub.rights.flags import flags_of
from hub.rights.paper import as_pdf
from hub.rights.report import find, report_of
from hub.security.audit import Deed, log_deed
from hub.security.roles import ROLES
from hub.web.access import me, only, the_hub
from hub.web.cases import refused
from hub.web.looks import actor, log_it, permit_for, trace

blueprint = Blueprint("rights", __name__)

SIZE = 100

#: On what the privacy officer looks, who has no caseload.
OFFICE = "Rechten van de inwoner (AVG artikel 15 tot en met 21)"


@blueprint.route("/privacy/inwoner", methods=["GET", "POST"])
@only("privacy_officer")
def search() -> str | Response:
    """Find the resident who asks for something, by BSN."""
    if request.method == "GET":
        return render_template("rights_search.html")
    hub = the_hub()
    with hub.engine.begin() as connection:
        found = find(connection, hub, request.form.get("bsn", ""))
        about = [found] if found else []
        log_it(connection, Deed("search", "rights", about, ground=OFFICE))
    if found is None:
        raise ConfigError("De hub kent niemand met dit BSN. Controleer het nummer.")
    return redirect(url_for("rights.resident", resident_id=found))


@blueprint.route("/inwoners/<resident_id>/rechten")
@only("caseworker", "privacy_officer")
def resident(resident_id: str) -> str | tuple[str, int]:
    """Show what this resident said of the data, and what was decided."""
    hub = the_hub()
    with hub.engine.begin() as connection:
        ground = _ground(connection, resident_id)
        if not ground:
            return refused(connection, resident_id)
        found = flags_of(connection, hub, [resident_id], ended=True).get(resident_id, [])
        log_it(connection, Deed("flags", "rights", [resident_id], ground=ground))
    return render_template(
        "rights.html", resident_id=resident_id, found=found, kinds=flags.KINDS.values()
    )


def _ground(connection: Connection, resident_id: str) -> str:
    """Return on what somebody may see this resident's requests; empty for nobody's caseload.

    Ends in 404 for somebody this municipality does not know.
    """
    if not is_known(connection, the_hub(), resident_id):
        abort(404)
    if not ROLES[me().role].purpose:
        return OFFICE
    allowed = permit_for(connection, resident_id)
    return allowed.ground if allowed else ""


@blueprint.route("/inwoners/<resident_id>/rechten", methods=["POST"])
@only("caseworker", "privacy_officer")
def record(resident_id: str) -> Response | tuple[str, int]:
    """Record a correction, an objection or a restriction."""
    hub, form = the_hub(), request.form
    with hub.engine.begin() as connection:
        if not _ground(connection, resident_id):
            return refused(connection, resident_id)
        flags.record_flag(
            connection,
            hub,
            actor(),
            resident_id,
            kind=form.get("kind", ""),
            about=form.get("about", ""),
            text=form.get("text", ""),
            trace=trace(),
        )
    flash("Vastgelegd. Iedereen die het overzicht van deze inwoner opent, ziet het.")
    return redirect(url_for("rights.resident", resident_id=resident_id))


@blueprint.route("/inwoners/<resident_id>/rechten/<int:id_>/einde", methods=["POST"])
@only("caseworker", "privacy_officer")
def end(resident_id: str, id_: int) -> Response | tuple[str, int]:
    """End one with what was decided."""
    hub = the_hub()
    with hub.engine.begin() as connection:
        if not _ground(connection, resident_id):
            return refused(connection, resident_id)
        outcome = request.form.get("outcome", "")
        flags.end_flag(connection, hub, actor(), resident_id, id_, outcome=outcome, trace=trace())
    flash("Het besluit is vastgelegd.")
    return redirect(url_for("rights.resident", resident_id=resident_id))


@blueprint.route("/inwoners/<resident_id>/rechten/inzage", methods=["POST"])
@only("privacy_officer")
def report(resident_id: str) -> Response:
    """Give the access report as a PDF, for the resident."""
    hub = the_hub()
    with hub.engine.begin() as connection:
        if not is_known(connection, hub, resident_id):
            abort(404)
        told = report_of(connection, hub, resident_id, actor())
    answer = make_response(as_pdf(told))
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'attachment; filename="inzage-{resident_id}.pdf"'
    return answer


@blueprint.route("/privacy/vernietigen")
@only("privacy_officer")
def destructions() -> str:
    """Show the lists of what nobody may keep any longer."""
    hub = the_hub()
    with hub.reader.connect() as connection:
        return render_template("destructions.html", found=lists.lists(connection, hub))


@blueprint.route("/privacy/vernietigen/<int:id_>")
@only("privacy_officer")
def destruction(id_: int) -> str:
    """Show one list; it names residents by their number only."""
    hub, page = the_hub(), max(1, request.args.get("pagina", 1, type=int))
    with hub.engine.begin() as connection:
        one = lists.one_list(connection, hub, id_)
        items = lists.items_of(connection, hub, id_, page, SIZE)
        stays = lists.exceptions(connection, hub, one.record_class.name)
        log_deed(connection, hub, actor(), Deed("destruction_read", object=f"destruction:{id_}"))
    return render_template(
        "destruction.html",
        one=one,
        items=items,
        stays=stays,
        shown=stays[:SIZE],
        page=page,
        pages=max(1, -(-(one.waiting + one.kept) // SIZE)),
    )


@blueprint.route("/privacy/vernietigen/<int:id_>/besluit", methods=["POST"])
@only("privacy_officer")
def decide(id_: int) -> Response:
    """Approve a list, or refuse it."""
    hub = the_hub()
    with hub.engine.begin() as connection:
        if request.form.get("besluit") == "goedkeuren":
            lists.approve(connection, hub, actor(), id_)
            flash("Goedgekeurd. De hub vernietigt het komende nacht; tot dan kunt u weigeren.")
        else:
            lists.refuse(connection, hub, actor(), id_, request.form.get("reason", ""))
            flash("Geweigerd. Er is niets vernietigd.")
    return redirect(url_for("rights.destruction", id_=id_))


@blueprint.route("/privacy/vernietigen/bewaren/<int:id_>", methods=["POST"])
@only("privacy_officer")
def keep(id_: int) -> Response:
    """Keep one thing back from its list."""
    hub = the_hub()
    with hub.engine.begin() as connection:
        number = lists.keep(connection, hub, actor(), id_, request.form.get("reason", ""))
    flash("Bewaard. Het gaat niet mee met deze lijst.")
    return redirect(url_for("rights.destruction", id_=number))
