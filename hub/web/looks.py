"""Who does what in this request, for the logs: written in the transaction of the look."""

from __future__ import annotations

from flask import abort, g, request
from sqlalchemy import Connection

from hub.security.audit import Actor, Deed, Trace, log_deed, trace_from
from hub.security.permits import Permit, permit
from hub.security.volume import watch_volume
from hub.web.access import me, origin, the_hub


def actor() -> Actor:
    """Return who is at the browser, in which role, from where."""
    return Actor(me().name, me().role, origin())


def trace() -> Trace:
    """Return the trace of this request, the caller's own where it told one."""
    if "trace" not in g:
        g.trace = trace_from(request.headers.get("traceparent"))
    found: Trace = g.trace
    return found


def log_it(connection: Connection, deed: Deed) -> None:
    """Log a deed of this request; a look that cannot be logged is not shown."""
    log_deed(connection, the_hub(), actor(), deed, trace())
    watch_volume(connection, the_hub(), actor())


def permit_for(connection: Connection, resident_id: str) -> Permit | None:
    """Return what the person at the browser may do with a resident's data today."""
    return permit(connection, the_hub(), me().name, me().role, resident_id)


def require_write(allowed: Permit, group: str) -> None:
    """End in 403 when a permit does not let this field group be changed."""
    if group not in allowed.writes:
        abort(403)
