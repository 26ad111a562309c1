"""What journeys share: a served hub, and a page that is watched."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import waitress
from playwright.sync_api import Browser, ConsoleMessage, Page

from hub.core import Hub
from hub.web import create_web
from hub.web.server import OPTIONS

PASSWORD = "een-lang-wachtwoord"

AXE = Path(__file__).parents[2] / "hub/web/static/vendor/axe.min.js"


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
    assert not errors, errors


def accessible(page: Page) -> None:
    """Check the page with axe against WCAG 2.1 A and AA."""
    if not AXE.is_file():
        pytest.fail("axe-core is absent: run `make setup`")
    found: dict[str, Any] = page.evaluate(
        AXE.read_text() + "\n;axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})"
    )
    told = [
        (one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found["violations"]
    ]
    assert told == []
