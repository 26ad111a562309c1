"""The pages. They hold no SQL, no rules and no protocol: they ask a room of the hub and show it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask, render_template, request
from flask_babel import Babel
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from hub.core import Hub
from hub.errors import HubError, Outdated
from hub.front.headers import protect
from hub.front.inputs import check_inputs, check_residents
from hub.overview.words import day, euro
from hub.security.oidc import Provider
from hub.security.roles import CASEWORKERS
from hub.sync.outbound import deliver_due
from hub.web import (
    access,
    admin,
    auth,
    cases,
    entries,
    flows,
    matching,
    merging,
    operations,
    orders,
    privacy,
    received,
    repair,
    residents,
    rights,
    rules,
    sessions,
    statements,
    whois,
    words,
    work,
)


def create_web(hub: Hub, nudge: Callable[[], None] | None = None) -> Flask:
    """Return the web application. `nudge` wakes a worker; without it commands go out at once."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=hub.keys.session,
        SESSION_COOKIE_NAME="__Host-hub" if hub.settings.secure_cookies else "hub",
        SESSION_COOKIE_SECURE=hub.settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # This cookie holds the token of forms; who is signed in stands in the store. It is gone
        # when the browser closes, and must live as long as anybody can be signed in.
        PERMANENT_SESSION_LIFETIME=timedelta(hours=hub.settings.session_hours),
        MAX_CONTENT_LENGTH=1_000_000,
        MAX_FORM_MEMORY_SIZE=1_000_000,
        BABEL_DEFAULT_LOCALE="nl",
        WTF_CSRF_TIME_LIMIT=None,
        # Our own policy below keeps the Referer away, so over https it cannot be asked for; the
        # token and the SameSite cookie do the work.
        WTF_CSRF_SSL_STRICT=False,
    )
    # Such a redirect would repeat whatever name the request gave this site.
    app.url_map.merge_slashes = False
    app.extensions["hub"] = hub
    app.extensions["hub_nudge"] = nudge or (lambda: deliver_due(hub))
    app.extensions["hub_provider"] = Provider(hub.settings, hub.clock, hub.reach)
    Babel(app)
    check_inputs(app, machine="received.call")
    forms = CSRFProtect(app)
    forms.exempt(auth.provider_ended)
    # Machines call here, without a form and without a session.
    forms.exempt(received.call)
    for part in (
        auth,
        sessions,
        residents,
        cases,
        merging,
        entries,
        work,
        whois,
        admin,
        repair,
        privacy,
        rights,
        rules,
        statements,
        flows,
        matching,
        received,
        operations,
        orders,
    ):
        app.register_blueprint(part.blueprint)
    access.guard(app)
    check_residents(app)
    app.jinja_env.filters.update(euro=euro, day=day, **words.FILTERS)
    app.jinja_env.globals.update(
        municipality=hub.settings.municipality_name,
        hub_demo=hub.settings.demo,
        caseworkers=CASEWORKERS,
        acting=flows.ACTING,
        stream_title=lambda row: _stream_title(hub, row),
    )
    protect(app)
    _explain_errors(app)
    _believe(app, hub.settings.proxies)
    return app


def _believe(app: Flask, proxies: int) -> None:
    """Take who called from what so many proxies added; everything before it may be made up."""
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0
        )


def _stream_title(hub: Hub, row: Any) -> str:
    """Return what a stream of a health row is called, empty when nothing was read yet."""
    connector = hub.plugins.connectors.get(row.connector)
    titles = {one.name: one.title for one in connector.streams} if connector else {}
    return titles.get(row.stream, row.stream or "")


def _explain_errors(app: Flask) -> None:
    @app.errorhandler(HubError)
    def _hub_error(error: HubError) -> tuple[str, int]:
        return render_template("error.html", title=error.title, text=error.user), 400

    @app.errorhandler(Outdated)
    def _outdated(error: Outdated) -> tuple[str, int]:
        # What somebody else just did is looked at where it was about to be changed.
        return render_template("outdated.html", error=error, here=request.path), 409

    @app.errorhandler(CSRFError)
    def _expired(error: CSRFError) -> tuple[str, int]:
        text = "Deze pagina stond te lang open. Ga terug, ververs de pagina en probeer opnieuw."
        return render_template("error.html", title="Pagina verlopen", text=text), 400

    @app.errorhandler(HTTPException)
    def _other(error: HTTPException) -> tuple[str, int]:
        title, text = words.ERRORS[400]
        return render_template("error.html", title=title, text=text), error.code or 500

    for status, (title, text) in words.ERRORS.items():
        app.register_error_handler(status, _page(status, title, text))


def _page(status: int, title: str, text: str) -> Callable[[Exception], tuple[str, int]]:
    def show(error: Exception) -> tuple[str, int]:
        return render_template("error.html", title=title, text=text), status

    return show
