"""Sign in and out."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from hub.security.accounts import DEMO_ACCOUNTS
from hub.security.accounts import sign_in as check_password
from hub.web.access import EVERYBODY, only, the_hub

blueprint = Blueprint("auth", __name__)

#: After so many wrong passwords within the time, a name waits.
MOST_FAILURES, WITHIN = 5, timedelta(minutes=5)

_failures: defaultdict[str, list[datetime]] = defaultdict(list)


@blueprint.route("/inloggen", methods=["GET", "POST"])
@only(EVERYBODY)
def sign_in() -> str | Response | tuple[str, int]:
    """Show the form, or check name and password."""
    if request.method == "GET":
        return _form()
    hub, name = the_hub(), request.form.get("name", "").strip()
    recent = [at for at in _failures[name] if at > hub.clock.now() - WITHIN]
    if len(recent) >= MOST_FAILURES:
        return _form("U probeerde het te vaak. Wacht vijf minuten en probeer het opnieuw."), 429
    with hub.reader.connect() as connection:
        account = check_password(connection, hub, name, request.form.get("password", ""))
    if account is None:
        _failures[name] = [*recent, hub.clock.now()]
        return _form("Deze naam en dit wachtwoord horen niet bij elkaar."), 401
    _failures.pop(name, None)
    # A fresh session, so that one planted before signing in is worth nothing.
    session.clear()
    session.permanent = True
    session["account"] = account.name
    return redirect(url_for("residents.home"))


@blueprint.route("/uitloggen", methods=["POST"])
@only("caseworker", "administrator", "privacy_officer")
def sign_out() -> Response:
    """End the session."""
    session.clear()
    response = redirect(url_for("auth.sign_in"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _form(problem: str = "") -> str:
    accounts = DEMO_ACCOUNTS if the_hub().settings.demo else ()
    return render_template("sign_in.html", problem=problem, accounts=accounts)
