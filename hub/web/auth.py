"""Sign in and out: through the OpenID provider, or with a password where there are accounts."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, cast

from flask import (
    Blueprint,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response

from hub.errors import HubError, SignInRefused
from hub.security import accounts
from hub.security.accounts import DEMO_ACCOUNTS, Account, Guest
from hub.security.oidc import Begun, Provider
from hub.security.sessions import end, end_at_provider, start, work_as
from hub.web.access import (
    EVERYBODY,
    MACHINES,
    SIGNED_IN,
    give_token,
    my_session,
    only,
    origin,
    the_hub,
    token,
)
from hub.web.looks import actor

blueprint = Blueprint("auth", __name__)

log = logging.getLogger("hub.sign_in")

#: How long somebody may take at the provider, and how many tabs may be there at once.
PATIENCE, MOST_TABS = timedelta(minutes=15), 3

Page = str | Response | tuple[str, int]


@blueprint.route("/inloggen", methods=["GET", "POST"])
@only(EVERYBODY)
def sign_in() -> Page:
    """Show the ways in, or check name and password."""
    if request.method == "GET":
        return _form()
    name, password = (request.form.get(one, "") for one in ("name", "password"))
    try:
        guest = accounts.sign_in(the_hub(), name.strip(), password, origin())
    except SignInRefused as refused:
        return _form(refused.user), 429 if refused.wait else 401
    return _enter(guest)


@blueprint.route("/inloggen/gemeente")
@only(EVERYBODY)
def begin() -> Page:
    """Send the browser to the provider. A form would be stopped on its way: our policy says so."""
    if not the_hub().settings.oidc_issuer:
        return redirect(url_for("auth.sign_in"))
    try:
        begun = _provider().begin(_address("auth.finish"))
    except HubError as error:
        return _provider_failed(error)
    waiting = list(session.get("begun", {}).items())[1 - MOST_TABS :]
    told = [begun.nonce, begun.verifier, the_hub().clock.now().timestamp()]
    session["begun"] = dict([*waiting, (begun.state, told)])
    return redirect(begun.url)


@blueprint.route("/inloggen/terug")
@only(EVERYBODY)
def finish() -> Page:
    """Take the answer of the provider that the browser brings."""
    hub = the_hub()
    try:
        begun = _begun(request.args.get("state", ""))
        found = _provider().finish(begun, request.args, _address("auth.finish"))
    except SignInRefused as refused:
        accounts.refuse(hub, origin(), refused.log, account=refused.account)
        return render_template("error.html", title=refused.title, text=refused.user), 403
    except HubError as error:
        return _provider_failed(error)
    account = Account(found.account, found.title, found.roles)
    return _enter(Guest(account, "oidc", provider_session=found.session))


def _begun(state: str) -> Begun:
    """Return what this browser began, and never again. Raises SignInRefused."""
    waiting = dict(session.get("begun", {}))
    nonce, verifier, at = waiting.pop(state, ("", "", 0))
    session["begun"] = waiting
    if at < (the_hub().clock.now() - PATIENCE).timestamp():
        raise SignInRefused(
            "Deze inlogpoging is verlopen of al gebruikt. Begin opnieuw met inloggen.",
            "an answer to nothing that this browser began, or too late",
        )
    return Begun("", state, nonce, verifier)


def _enter(guest: Guest) -> Response:
    hub, asked = the_hub(), session.get("asked")
    # A fresh session, so that one planted before signing in is worth nothing.
    session.clear()
    with hub.engine.begin() as connection:
        if g.session:
            end(connection, hub, g.session.id, actor(), "signed in anew")
        give_token(start(connection, hub, guest, origin(), str(request.user_agent)))
    return redirect(asked or url_for("residents.home"))


@blueprint.route("/uitloggen", methods=["POST"])
@only(*SIGNED_IN)
def sign_out() -> Response:
    """End the session, here and at the provider where that can be."""
    hub, mine = the_hub(), my_session()
    with hub.engine.begin() as connection:
        end(connection, hub, mine.id, actor(), "", action="sign_out")
    session.clear()
    give_token("")
    where = "auth.signed_out" if mine.method == "oidc" else "auth.sign_in"
    response = redirect(url_for(where))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.route("/uitgelogd")
@only(EVERYBODY)
def signed_out() -> str:
    """Say so, and lead on to the provider: a form may not, by our own policy."""
    try:
        onward = _provider().sign_out_url(_address("auth.sign_in"))
    except HubError as error:
        log.warning("the provider did not say how to sign out: %s", error.log)
        onward = ""
    return render_template("signed_out.html", onward=onward)


@blueprint.route("/uitloggen/gemeente", methods=["POST"])
@only(MACHINES)
def provider_ended() -> tuple[str, int]:
    """Let the provider end sessions (OpenID Connect Back-Channel Logout 1.0)."""
    hub = the_hub()
    if not hub.settings.oidc_issuer:
        return "", 404
    try:
        account, its_session = _provider().ended(request.form.get("logout_token", ""))
    except HubError as error:
        log.warning("a back-channel logout was refused: %s", error.log)
        return "", 400
    end_at_provider(hub, account, its_session, origin())
    return "", 200


@blueprint.route("/ik-werk-als", methods=["POST"])
@only(*SIGNED_IN)
def choose_role() -> Response:
    """Work in another of one's roles from now on."""
    fresh = work_as(the_hub(), my_session(), request.form.get("role", ""), token(), actor())
    # What was chosen in the other role, such as a ground, does not go along.
    session.clear()
    give_token(fresh)
    flash("U werkt nu in een andere rol.")
    return redirect(url_for("residents.home"))


def _provider() -> Provider:
    return cast(Provider, current_app.extensions["hub_provider"])


def _address(endpoint: str) -> str:
    """Return the address of a page as the provider knows it: never taken from the request."""
    return str(the_hub().settings.public_url).rstrip("/") + url_for(endpoint)


def _provider_failed(error: HubError) -> Page:
    log.warning("sign-in failed at the provider: %s", error.log)
    text = (
        "De inlogdienst van de gemeente antwoordt niet goed. Probeer het over een paar minuten "
        "opnieuw. Blijft het misgaan? Bel uw beheerder: die kan een noodaccount maken."
    )
    return _form(text), 503


def _form(problem: str = "") -> str:
    hub = the_hub()
    ways: dict[str, Any] = {
        "accounts": DEMO_ACCOUNTS if hub.settings.demo else (),
        "by_password": accounts.password_asked(hub),
        "by_provider": bool(hub.settings.oidc_issuer),
    }
    return render_template("sign_in.html", problem=problem, **ways)
