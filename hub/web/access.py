"""Who may open which page. A page that does not say so is open to nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from hub.core import Hub
from hub.security.accounts import Account, find_account
from hub.security.roles import CASEWORKERS

View = TypeVar("View", bound=Callable[..., object])

#: Pages for people who are not signed in.
EVERYBODY = "everybody"

#: Addresses that machines ask, which hold no page: nobody is looked up, so no store is needed.
MACHINES = "machines"


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
    return cast(Account, g.account)


def guard(app: Flask) -> None:
    """Check every request against the role that its page declares; deny by default."""

    @app.before_request
    def _check() -> Response | None:
        roles = _roles(app)
        if MACHINES in roles:
            return None
        g.account = _signed_in()
        if request.endpoint in (None, "static"):
            return None
        if EVERYBODY in roles:
            return None
        if g.account is None:
            return redirect(url_for("auth.sign_in"))
        if g.account.role not in roles:
            abort(403)
        return None

    app.context_processor(lambda: {"me": g.get("account")})


def _roles(app: Flask) -> frozenset[str]:
    view = app.view_functions.get(str(request.endpoint))
    return getattr(view, "roles", frozenset())


def _signed_in() -> Account | None:
    name = session.get("account")
    if not name:
        return None
    hub = the_hub()
    with hub.reader.connect() as connection:
        # Looked up each time: a disabled account is out at its next click.
        return find_account(connection, hub, name)
