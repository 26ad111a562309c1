"""Where outside systems call the hub: one address per source, and the connector answers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app, request

from hub.connector import HubError, Incoming, TransientError
from hub.sync.received import receive, source_at
from hub.web.access import MACHINES, only, the_hub

blueprint = Blueprint("received", __name__)

#: The largest call that is taken in: a message or an event, never a whole delivery.
MOST_BYTES = 10_000_000

#: What is the server's to say, and a cookie, which no machine needs.
_OURS = {"set-cookie", "content-length", "transfer-encoding", "connection", "server"}

#: Of a method that it does not know, the connector says so in the words of its protocol.
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

_ADDRESS: Any = {"methods": _METHODS, "provide_automatic_options": False}


@blueprint.route("/ontvangst/<key>/", defaults={"path": ""}, **_ADDRESS)
@blueprint.route("/ontvangst/<key>/<path:path>", **_ADDRESS)
@only(MACHINES)
def call(key: str, path: str) -> Response:
    """Let the connector at this address answer; who calls is for the connector to check."""
    hub = the_hub()
    one = source_at(hub, key)
    if one is None:
        abort(404)
    request.max_content_length = MOST_BYTES
    headers = {name.lower(): value for name, value in request.headers.items()}
    told = Incoming(request.method, path, headers, request.get_data())
    try:
        answer = receive(hub, one, told)
    except HubError as error:
        later = isinstance(error, TransientError)
        return Response(error.user, 503 if later else 400, mimetype="text/plain")
    if answer.batch is not None:
        current_app.extensions["hub_nudge"]()
    made = Response(answer.body, answer.status)
    for name, value in answer.headers.items():
        if name.lower() not in _OURS:
            made.headers[name] = value
    return made
