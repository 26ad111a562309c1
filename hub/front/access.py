"""Which roles may open a route. A route that does not say so is open to nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from flask import Flask, current_app, request

from hub.core import Hub
from hub.security.roles import CASEWORKERS, ROLES

View = TypeVar("View", bound=Callable[..., object])

#: Routes for people who are not signed in.
EVERYBODY = "everybody"

#: Addresses that machines ask, which hold no page: nobody is looked up, so no store is needed.
MACHINES = "machines"

#: For routes of everybody who is signed in, in whatever role.
SIGNED_IN = tuple(ROLES)


def only(*roles: str) -> Callable[[View], View]:
    """Declare which roles may open a route; `EVERYBODY` needs no sign-in.

    "caseworker" stands for every role that looks at residents.
    """
    known = {one for role in roles for one in (CASEWORKERS if role == "caseworker" else [role])}

    def mark(view: View) -> View:
        view.roles = frozenset(known)  # type: ignore[attr-defined]
        return view

    return mark


def roles_here(app: Flask) -> frozenset[str]:
    """Return the roles that may open the route of this request."""
    view = app.view_functions.get(str(request.endpoint))
    return getattr(view, "roles", frozenset())


def the_hub() -> Hub:
    """Return the hub behind this request."""
    return cast(Hub, current_app.extensions["hub"])


def nudge() -> None:
    """Wake the worker, as there is something to send."""
    current_app.extensions["hub_nudge"]()


def origin() -> str:
    """Return the address of the network that this request came from."""
    return request.remote_addr or ""
