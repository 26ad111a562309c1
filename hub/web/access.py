"""Who may open which page. A page that does not say so is open to nobody."""

from __future__ import annotations

from typing import cast

from flask import Flask, abort, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from hub.front.access import (
    EVERYBODY,
    MACHINES,
    SIGNED_IN,
    nudge,
    only,
    origin,
    roles_here,
    the_hub,
)
from hub.security.accounts import Account
from hub.security.sessions import Session, resume

__all__ = ["EVERYBODY", "MACHINES", "SIGNED_IN", "nudge", "only", "origin", "the_hub"]


def me() -> Account:
    """Return who is signed in."""
    return my_session().account


def my_session() -> Session:
    """Return the session behind this request."""
    return cast(Session, g.session)


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
        roles = roles_here(app)
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
