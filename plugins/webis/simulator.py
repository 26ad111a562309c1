"""A fictitious Webis: one address that gives all claims as JSON, to who shows the token.

Nobody outside knows what the real one gives. This shape was chosen because it is simple.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from hub.clock import Clock
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Municipality

MAPPING = json.dumps(
    {
        "format": "json",
        "full": True,
        "rows": "vorderingen",
        "count": "aantal",
        "key": ["nummer"],
        "facts": [
            {
                "kind": "claim_statement",
                "fields": {
                    "person.bsn": {"from": "bsn", "as": "bsn"},
                    "reference": {"from": "nummer"},
                    "type": {"value": "overig"},
                    "open": {"from": "open", "as": "cents"},
                    "as_of": {"from": "datum", "as": "date"},
                },
            }
        ],
    },
    indent=1,
)


class FictitiousWebis(Simulator):
    """One address. For tests: `rows` is the book."""

    name = "webis"
    extra = True

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.token = secrets.token_hex(16)
        self.rows: list[dict[str, Any]] = [
            {
                "nummer": f"W-{one.person.number:06}",
                "bsn": one.person.bsn,
                "open": 7_500 + one.person.number,
                "datum": municipality.today.isoformat(),
            }
            for one in municipality.dossiers()
            if one.claims
        ]
        self._web = _routes(self)

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request (WSGI)."""
        return self._web(environ, start_response)

    def sources(self) -> list[SourceSpec]:
        """Return the one source."""
        config = {
            "transport": "rest",
            "url": f"{self.url}/export",
            "token": self.token,
            "mapping": MAPPING,
        }
        owner = self.municipality.organisations[0].code
        return [SourceSpec("webis", "Webis (verzonnen)", "webis", owner, config)]


def _routes(side: FictitiousWebis) -> Flask:
    web = Flask("webis")

    @web.get("/export")
    def export() -> Response:
        if request.headers.get("Authorization") != f"Bearer {side.token}":
            return Response("", 401)
        told = {"aantal": len(side.rows), "vorderingen": side.rows}
        return Response(json.dumps(told), content_type="application/json")

    return web
