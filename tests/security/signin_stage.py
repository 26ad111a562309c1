"""What tests of sign-in share: the provider as they set it, a served hub, and a browser."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import requests
from sqlalchemy import select

from hub.core import Hub
from hub.store import audit_log

SECRET = "een-lang-geheim-van-de-hub"


@dataclass
class Provider:
    """The provider as a test sets it; what is not said is well."""

    issuer: str
    hub: str = ""
    told: dict[str, Any] = field(default_factory=dict)

    def tell(self, **more: Any) -> None:
        """Say how to behave: claims, acr, amr, logout, denied, fault."""
        self.told |= more
        body = {"hub": self.hub, "acr": "mfa", **self.told}
        requests.put(f"{self.issuer}/test", json=body, timeout=10).raise_for_status()


@dataclass
class Served:
    """A hub and the address at which it is served."""

    hub: Hub
    address: str

    def deeds(self, action: str = "sign_in") -> list[Any]:
        """What the audit log holds of an action, the oldest first."""
        query = select(audit_log).where(audit_log.c.action == action).order_by(audit_log.c.id)
        with self.hub.reader.connect() as connection:
            return list(connection.execute(query))


class Browser:
    """Somebody at a browser, without scripts: follows redirects and posts forms."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.http = requests.Session()

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.http.get(self.address + path, timeout=30, **options)

    def post(self, path: str, page: str, **form: str) -> requests.Response:
        """Post a form that stands on a page of the hub."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        assert found is not None, page
        data = {**form, "csrf_token": found[1]}
        return self.http.post(self.address + path, data=data, timeout=30)

    def sign_in(self, account: str = "u-17") -> requests.Response:
        """Sign in at the provider; return the page of the hub that this leads to."""
        page = self.get("/inloggen/gemeente")
        if 'name="login"' not in page.text:
            return page
        return self.http.post(page.url, data={"login": account}, timeout=30)

    def answer(self, account: str = "u-17") -> str:
        """Sign in at the provider; return the address it sends the browser to, unvisited."""
        page = self.get("/inloggen/gemeente")
        step = self.http.post(page.url, data={"login": account}, allow_redirects=False, timeout=30)
        while "/inloggen/terug" not in step.headers["Location"]:
            step = self.http.get(step.headers["Location"], allow_redirects=False, timeout=30)
        return str(step.headers["Location"])
