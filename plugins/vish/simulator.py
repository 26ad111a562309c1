"""VISH as the demo and the tests play it: a list of registrations behind a connection code."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, Response, abort, jsonify, request

from hub.clock import Clock
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Municipality
from plugins.vish.messages import accepted, refused, registration

PAGE = 500


class ReferralIndex(Simulator):
    """The index. For tests: `entries` by number, `answers` by idempotency key, `code`."""

    name: ClassVar[str] = "vish"

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.code = secrets.token_hex(8)
        self.entries = {
            entry.reference: registration(dossier.person, entry)
            for dossier in municipality.dossiers()
            for entry in dossier.vish
        }
        self.answers: dict[str, dict[str, str]] = {}
        self.carried_out: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._app = Flask(__name__)
        self._app.before_request(self._authorise)
        self._app.add_url_rule("/registraties", view_func=self._list)
        self._app.add_url_rule("/meldingen", view_func=self._report, methods=["POST"])
        self._app.add_url_rule("/meldingen/<key>", view_func=self._inquire)

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request."""
        return self._app(environ, start_response)

    def sources(self) -> list[SourceSpec]:
        """Return the source that reads our registrations."""
        config = {
            "url": self.url,
            "aansluitcode": self.code,
            "organisation_name": self.municipality.name,
        }
        owner = self.municipality.organisations[0].code
        return [SourceSpec("vish", "VISH", "vish", owner, config)]

    def effects(self) -> Mapping[str, int]:
        """Return how often each report was carried out, by its key."""
        return self.carried_out

    def _authorise(self) -> None:
        if request.headers.get("X-Aansluitcode") != self.code:
            abort(403)

    def _list(self) -> Response:
        start = (request.args.get("pagina", 1, type=int) - 1) * PAGE
        found = sorted(self.entries.values(), key=lambda entry: str(entry["vishReferentie"]))
        return jsonify(aantal=len(found), registraties=found[start : start + PAGE])

    def _report(self) -> tuple[Response, int]:
        key = request.headers.get("Idempotency-Key", "")
        with self._lock:
            if key not in self.answers:
                self.carried_out[key] += 1
                self.answers[key] = self._carry_out(request.get_json())
            answer = self.answers[key]
        return jsonify(answer), 200 if answer["status"] == "GEACCEPTEERD" else 422

    def _inquire(self, key: str) -> Response:
        if key not in self.answers:
            abort(404)
        return jsonify(self.answers[key])

    def _carry_out(self, report: dict[str, Any]) -> dict[str, str]:
        if report["meldingsoort"] == "AANMELDEN":
            reference = f"VISH-{self.municipality.today:%Y}-N{len(self.entries) + 1:06d}"
            self.entries[reference] = {**report, "vishReferentie": reference}
            return accepted(reference)
        reference = str(report.get("vishReferentie", ""))
        if reference not in self.entries:
            return refused("VISH-404", "deze registratie is niet bekend")
        self.entries[reference] |= {k: v for k, v in report.items() if k != "meldingsoort"}
        return accepted(reference)
