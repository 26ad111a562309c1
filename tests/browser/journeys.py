"""What journeys share: a served hub, and a page that is watched."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import waitress
from playwright.sync_api import Browser, ConsoleMessage, Page

from hub.core import Hub
from hub.web import create_web
from hub.web.server import OPTIONS

PASSWORD = "een-lang-wachtwoord"


@contextmanager
def served(hub: Hub) -> Iterator[str]:
    """Serve the pages of a hub; yield their address."""
    server = waitress.create_server(create_web(hub), host="127.0.0.1", port=0, **OPTIONS)
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


@contextmanager
def watched(browser: Browser, address: str) -> Iterator[Page]:
    """A page that fails the test on any script, style or policy error."""
    context = browser.new_context(base_url=address, locale="nl-NL")
    made = context.new_page()
    errors: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    made.on("console", listen)
    made.on("pageerror", lambda error: errors.append(str(error)))
    yield made
    context.close()
    assert errors == []
