"""Who is signed in: everybody sees and ends their own sessions, two roles those of all."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.security.sessions import all_sessions, end, end_others, sessions_of
from hub.web.access import SIGNED_IN, me, my_session, only, the_hub
from hub.web.looks import actor

blueprint = Blueprint("sessions", __name__, url_prefix="/sessies")

#: Who may see and end the sessions of everybody.
GUARDIANS = ("administrator", "privacy_officer")


@blueprint.route("")
@only(*SIGNED_IN)
def mine() -> str:
    """List one's own sessions."""
    hub = the_hub()
    with hub.reader.connect() as connection:
        found = sessions_of(connection, hub, my_session())
    return render_template("sessions.html", found=found, here=my_session().id, of_all=False)


@blueprint.route("/alle")
@only(*GUARDIANS)
def everybody() -> str:
    """List the sessions of everybody."""
    hub = the_hub()
    with hub.reader.connect() as connection:
        found = all_sessions(connection, hub)
    return render_template("sessions.html", found=found, here=my_session().id, of_all=True)


@blueprint.route("/<int:session_id>/beeindigen", methods=["POST"])
@only(*SIGNED_IN)
def end_one(session_id: int) -> Response:
    """End one session: one's own, or anybody's for who guards them."""
    hub, guards = the_hub(), me().role in GUARDIANS
    with hub.engine.begin() as connection:
        own = {one.id for one in sessions_of(connection, hub, my_session())}
        if session_id not in own and not guards:
            abort(404)
        reason = "ended by its owner" if session_id in own else "ended by who guards sessions"
        ended = end(connection, hub, session_id, actor(), reason)
    flash("De sessie is beëindigd." if ended else "Deze sessie was al beëindigd.")
    return _back()


@blueprint.route("/andere/beeindigen", methods=["POST"])
@only(*SIGNED_IN)
def end_rest() -> Response:
    """End one's own sessions elsewhere."""
    count = end_others(the_hub(), my_session(), actor())
    flash(f"Uw andere sessies zijn beëindigd: {count}.")
    return _back()


def _back() -> Response:
    listed = "sessions.everybody" if "alle" in request.form else "sessions.mine"
    return redirect(url_for(listed))
