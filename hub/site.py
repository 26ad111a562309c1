"""The whole of a municipality's site: the pages, and the API beside them under /api/v1."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from hub.api import PREFIX, create_api
from hub.core import Hub
from hub.web import create_web


def create_site(hub: Hub, nudge: Callable[[], None] | None = None) -> Flask:
    """Return pages and API as one application; see `create_web` for `nudge`.

    They are two applications on one address: no cookie and no form of the pages means anything
    to the API.
    """
    web, api = create_web(hub, nudge), create_api(hub, nudge)
    web.wsgi_app = DispatcherMiddleware(web.wsgi_app, {PREFIX: api})  # type: ignore[method-assign]
    return web
