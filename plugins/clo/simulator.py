"""The table of participants as a municipality could keep it: on a web server, in both formats."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from hub.clock import Clock
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Municipality
from plugins.clo.tables import csv_table, json_table, table_rows

_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


class CovenantTable(Simulator):
    """The table of participants.

    For tests: `rows` is the book (call `publish` after changing it), `tables` the bytes that are
    served by format, `headers` what is told with them, and `requests` the formats asked for.
    """

    name = "clo"
    username = "schuldenhub"

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.password = secrets.token_hex(8)
        self.rows = table_rows(municipality.organisations)
        self.tables: dict[str, bytes] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.requests: list[str] = []
        self.publish()
        self._web = _routes(self)

    def publish(self) -> None:
        """Write the tables of the rows of now."""
        self.tables = {"csv": csv_table(self.rows), "json": json_table(self.rows)}
        self.headers = {name: {"Content-Type": kind} for name, kind in _TYPES.items()}
        self.headers["csv"]["X-Aantal"] = str(len(self.rows))

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request (WSGI)."""
        return self._web(environ, start_response)

    def sources(self) -> list[SourceSpec]:
        """Return the CSV table as one source; the JSON one stands beside it."""
        config = {
            "url": f"{self.url}/deelnemers.csv",
            "username": self.username,
            "password": self.password,
        }
        owner = self.municipality.organisations[0].code
        return [SourceSpec("clo", "Convenant Lokale Overheid", "clo", owner, config)]


def _routes(table: CovenantTable) -> Flask:
    """Return the web application of the table."""
    web = Flask("clo")

    @web.get("/deelnemers.<kind>")
    def serve(kind: str) -> Response:
        told = request.authorization
        if not told or (told.username, told.password) != (table.username, table.password):
            return Response("", 401, {"WWW-Authenticate": 'Basic realm="clo"'})
        if kind not in table.tables:
            return Response("", 404)
        table.requests.append(kind)
        return Response(table.tables[kind], headers=table.headers[kind])

    return web
