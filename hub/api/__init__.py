"""The REST API, version 1: the same read side, rights and logs as the pages, for programs.

It holds no SQL and no rules: it asks a room of the hub and answers in JSON. Nobody is signed in
by a cookie here; every request shows a bearer token (hub/security/tokens.py).
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask_smorest import Api

from hub.api import access, claims, commands, findings, holds, residents, runs, sources
from hub.api.problems import answer_in_problems
from hub.api.shapes.fields import register_fields
from hub.api.spec import DESCRIPTION, VERSION, publish
from hub.core import Hub
from hub.front.headers import protect
from hub.front.inputs import check_inputs, check_residents
from hub.security.oidc import Provider
from hub.sync.outbound import deliver_due

#: Where the API stands on the address of the municipality.
PREFIX = "/api/v1"

#: The largest body, in bytes: a question or an order, never a delivery.
MOST_BYTES = 100_000


def create_api(hub: Hub, nudge: Callable[[], None] | None = None) -> Flask:
    """Return the API as an application to be mounted at PREFIX; see `create_web` for `nudge`."""
    app = Flask(__name__, static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BYTES,
        API_TITLE="Schuldenhub",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.0.3",
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.url_map.merge_slashes = False
    app.extensions["hub"] = hub
    app.extensions["hub_nudge"] = nudge or (lambda: deliver_due(hub))
    app.extensions["hub_provider"] = Provider(hub.settings, hub.clock, hub.reach)
    check_inputs(app)
    access.guard(app)
    check_residents(app)
    answer_in_problems(app)
    _register(app)
    protect(app)
    return app


def _register(app: Flask) -> None:
    api = _Api(app, spec_kwargs={"info": {"description": DESCRIPTION}})
    register_fields(api)
    for part in (residents, claims, holds, commands, findings, sources, runs):
        api.register_blueprint(part.blueprint)
    publish(app, api)


class _Api(Api):
    """Documents the routes; what goes wrong is answered in problems.py."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave the errors to us."""
