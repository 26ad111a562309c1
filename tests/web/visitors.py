"""People at a browser, for tests of pages."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PASSWORD = "een-lang-wachtwoord"


def hidden(page: str, name: str) -> str:
    """Return the number in a hidden field of a page."""
    found = re.search(rf'name="{re.escape(name)}" value="(\d+)"', page)
    assert found is not None, name
    return found[1]


class Person:
    """Somebody at a browser: follows redirects, and sends the token of the form."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, follow_redirects=True)

    def post(self, path: str, page: str = "/inloggen", **form: str) -> TestResponse:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        assert found is not None, page
        form["csrf_token"] = found[1]
        return self.client.post(path, data=form, follow_redirects=True)

    def sign_in(self, name: str, password: str = PASSWORD) -> TestResponse:
        return self.post("/inloggen", name=name, password=password)

    def start(self, path: str, flow: str, **asks: str) -> TestResponse:
        """Say yes to a flow for the resident at `path`, after seeing what it would send."""
        at = f"{path}/samen/{flow}"
        seen = self.post(at, page=at, stap="bekijk", **asks) if asks else self.get(at)
        hidden = r'type="hidden" name="(\w+)" value="([^"]*)"'
        form = dict(re.findall(hidden, seen.text.partition('id="zeker"')[2]))
        return self.client.post(at, data=form, follow_redirects=True) if form else seen
