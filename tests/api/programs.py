"""Programs that call the API, for its tests."""

from __future__ import annotations

import uuid
from typing import Any

from book import BSNS
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

#: A client with everything, a debtor without help, and somebody only VISH knows.
CLIENT, DEBTOR, STRANGER = BSNS[0], BSNS[1], BSNS[2]

API = "/api/v1"


class Program:
    """A program that calls the API with its token."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client, self.token = client, token

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Call a route; `Idempotency_Key` and the like become headers."""
        told = {"Authorization": f"Bearer {self.token}"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        more = {} if body is None else {"json": body}
        return self.client.open(API + path, method=method, headers=told, **more)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.call("GET", path, **headers)

    def write(
        self, method: str, path: str, body: Any = None, seen: str = "", **headers: str
    ) -> TestResponse:
        """Call a route that writes, under a key of its own; `seen` is the ETag that was seen."""
        headers.setdefault("Idempotency_Key", str(uuid.uuid4()))
        if seen:
            headers["If_Match"] = seen
        return self.call(method, path, body, **headers)
