"""Who may open which page. A page that does not say so is open to nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from hub.core import Hub
from hub.security.accounts import Account
from hub.security.roles import CASEWORKERS, ROLES
from hub.security.sessions import Session, resume

View = TypeVar("View", bound=Callable[..., object])

#: Pages for people who are not signed in.
EVERYBODY = "everybody"

#: Addresses that machines ask, which hold no page: nobody is looked up, so no store is needed.
MACHINES = "machines"

#: For pages of everybody who is signed in, in whatever role.
SIGNED_IN = tuple(ROLES)


def only(*roles: str) -> Callable[[View], View]:
    """Declare which roles may open a page; `EVERYBODY` needs no sign-in.

    "caseworker" stands for every role that looks at residents.
    """
    known = {one for role in roles for one in (CASEWORKERS if role == "caseworker" else [role])}

    def mark(view: View) -> View:
        view.roles = frozenset(known)  # type: ignore[attr-defined]
        return view

    return mark


def the_hub() -> Hub:
    """Return the hub behind this request."""
    return cast(Hub, current_app.extensions["hub"])


def nudge() -> None:
    """Wake the worker, as there is something to send."""
    current_app.extensions["hub_nudge"]()


def me() -> Account:
    """Return who is signed in."""
    return my_session().account


def my_session() -> Session:
    """Return the session behind this request."""
    return cast(Session, g.session)


def origin() -> str:
    """Return the address of the network that this request came from."""
    return request.remote_addr or ""


def cookie_name() -> str:
    """Return what the cookie with the session's token is called.

    Browsers take `__Host-` from this host alone, over https and for the whole of it. The token
    has a cookie of its own: the one with the form's token is written by more requests at once.
    """
    return "__Host-hub-session" if the_hub().settings.secure_cookies else "hub-session"


def token() -> str:
    """Return the token that the browser showed."""
    return request.cookies.get(cookie_name(), "")


def give_token(fresh: str) -> None:
    """Let the answer to this request hand the browser a token; an empty one takes it away."""
    g.fresh_token = fresh


def guard(app: Flask) -> None:
    """Check every request against the role that its page declares; deny by default."""

    @app.before_request
    def _check() -> Response | None:
        roles = _roles(app)
        if MACHINES in roles or request.endpoint == "static":
            return None
        g.session = _resumed()
        if request.endpoint is None or EVERYBODY in roles:
            return None
        if g.session is None:
            _remember_page()
            return redirect(url_for("auth.sign_in"))
        if me().role not in roles:
            abort(403)
        return None

    app.after_request(_hand_over)
    app.context_processor(lambda: {"me": g.session.account if g.get("session") else None})


def _roles(app: Flask) -> frozenset[str]:
    view = app.view_functions.get(str(request.endpoint))
    return getattr(view, "roles", frozenset())


def _resumed() -> Session | None:
    if not token():
        return None
    # Looked up each time: who was ended or disabled is out at the next click.
    found = resume(the_hub(), token())
    if found is None:
        return None
    if found.fresh:
        give_token(found.fresh)
    return found.session


def _remember_page() -> None:
    """Keep which page was asked for, to open it after signing in."""
    # One slash and no more: `//elsewhere` is another host to a browser.
    if request.method == "GET" and not request.path.startswith(("//", "/\\")):
        session["asked"] = request.path


def _hand_over(response: Response) -> Response:
    fresh = g.get("fresh_token")
    if fresh is None:
        return response
    safe = the_hub().settings.secure_cookies
    told = {"path": "/", "secure": safe, "httponly": True, "samesite": "Lax"}
    if fresh:
        response.set_cookie(cookie_name(), fresh, **told)
    else:
        response.delete_cookie(cookie_name(), **told)
    return response
