"""Who calls, and whether that may be: checked on every request, denied by default."""

from __future__ import annotations

from typing import NoReturn, cast

from flask import Flask, Response, current_app, g, request
from sqlalchemy import Connection

from hub.api.problems import Problem
from hub.errors import SignInRefused
from hub.front import deeds
from hub.front.access import EVERYBODY, origin, roles_here, the_hub
from hub.overview.people import is_known
from hub.security.accounts import Account
from hub.security.audit import Actor, Deed, Trace, log_deed, trace_from
from hub.security.permits import Permit, permit
from hub.security.tokens import Caller, caller_of
from hub.security.volume import watch_volume

#: Which of several roles somebody works in for this request.
ROLE_HEADER = "Hub-Role"

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="schuldenhub"'}


def guard(app: Flask) -> None:
    """Check every request against the role that its route declares."""

    @app.before_request
    def _check() -> None:
        _require_json_wanted()
        roles = roles_here(app)
        if request.endpoint is None or EVERYBODY in roles:
            return
        g.caller = _caller()
        g.role = _role(g.caller.account)
        if g.role not in roles:
            raise Problem(403, f"De rol {g.role} mag dit niet. Er is niets gelezen of gewijzigd.")

    @app.errorhandler(Shut)
    def _shut(shut: Shut) -> Response:
        return _log_shut(shut).answer()


def _caller() -> Caller:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Problem(
            401, "Stuur een token mee in de kop Authorization: Bearer …", headers=_CHALLENGE
        )
    try:
        provider = current_app.extensions["hub_provider"]
        return caller_of(the_hub(), provider, token.strip(), origin())
    except SignInRefused as refused:
        if refused.wait:
            raise Problem(429, refused.user, headers={"Retry-After": "300"}) from refused
        told = {"WWW-Authenticate": f'{_CHALLENGE["WWW-Authenticate"]}, error="invalid_token"'}
        raise Problem(401, refused.user, headers=told) from refused


def _role(account: Account) -> str:
    wanted = request.headers.get(ROLE_HEADER, "").strip()
    if wanted and wanted not in account.roles:
        raise Problem(403, f"De rol in {ROLE_HEADER} hoort niet bij dit token.")
    return wanted or account.role


def _require_json_wanted() -> None:
    kinds = ("application/json", "application/problem+json")
    if request.accept_mimetypes and not request.accept_mimetypes.best_match(kinds):
        raise Problem(406, "Dit antwoord bestaat alleen als application/json.")


def account() -> str:
    """Return the name of who calls."""
    return cast(Caller, g.caller).account.name


def role() -> str:
    """Return the role in which this request is made."""
    return cast(str, g.role)


def actor() -> Actor:
    """Return who calls, for the logs: a person or a machine, and from where."""
    machine = cast(Caller, g.caller).machine
    return Actor(account(), role(), origin(), machine=machine, attended=not machine)


def log_it(connection: Connection, deed: Deed) -> None:
    """Log a deed of this request; a look that cannot be logged is not answered."""
    if "trace" not in g:
        g.trace = trace_from(request.headers.get("traceparent"))
    log_deed(connection, the_hub(), actor(), deed, cast(Trace, g.trace))
    watch_volume(connection, the_hub(), actor())


class Shut(Exception):
    """A resident who is not open to who asks; logged after whatever was begun is undone."""

    def __init__(self, resident_id: str) -> None:
        super().__init__("closed to who asks")
        self.resident_id = resident_id


def permit_for(connection: Connection, resident_id: str) -> Permit:
    """Return what who calls may do with a resident's data today. Raises Problem and Shut."""
    if not is_known(connection, the_hub(), resident_id):
        not_there("Deze inwoner")
    allowed = permit(connection, the_hub(), account(), role(), resident_id)
    if allowed is None:
        raise Shut(resident_id)
    return allowed


def require_write(allowed: Permit, group: str) -> None:
    """Raise Problem when a permit does not let this field group be changed."""
    if group not in allowed.writes:
        raise Problem(403, "Deze rol mag dit niet wijzigen. Er is niets gewijzigd.")


def not_there(what: str) -> NoReturn:
    """Raise the Problem of what does not exist, or is none of the caller's business."""
    raise Problem(404, f"{what} is niet bekend, of hoort niet bij deze rol.")


def _log_shut(shut: Shut) -> Problem:
    """Log that somebody was refused, and return how to answer that."""
    with the_hub().engine.begin() as connection:
        log_it(connection, deeds.refused(role(), shut.resident_id))
    return Problem(403, "Deze inwoner hoort niet bij de caseload van deze rol. Dit is vastgelegd.")
