"""A case system that speaks DDAS: a token server and `POST /gegevens`, quirks of paging included.

It does not sign its answers (see the plugin's docstring).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, json, request
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from hub.clock import Clock
from hub.ddas import digest
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Case, Municipality
from plugins.debt_help.pages import SHV
from plugins.debt_help.writing import traject_json

TOKEN_SECONDS = 300

#: Above this number of trajects the standard obliges to page.
LARGEST_PAGE = 25000

#: What names who delivers in a question: by version 1.0 of the API, and by version 2.0.
NAMES = SHV.organisations


class Question(Schema):
    """The body of a question: a closed object, nothing obliged."""

    class Meta:
        unknown = RAISE

    start = fields.Date(data_key="aanleverperiodeStartdatum")
    end = fields.Date(data_key="aanleverperiodeEinddatum")
    organisation = fields.String(data_key=NAMES[0])
    page = fields.Integer(strict=True, validate=validate.Range(1))
    size = fields.Integer(strict=True, validate=validate.Range(1), data_key="pageSize")


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """A question that is not answered: status and reason of the problem document."""

    status: int
    reason: str


class DebtHelpSystem(Simulator):
    """The case system of the municipality's debt help.

    For tests: `cases` is the book of cases and may be changed, `requests` lists the questions
    that were answered, and `tokens` the tokens given out with the moment each expires.
    """

    name = "debt_help"
    client_id = "schuldenhub"
    reference_field = "referentie"

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.client_secret = secrets.token_hex(16)
        self.cases: list[Case] = [one.case for one in municipality.dossiers() if one.case]
        self.requests: list[dict[str, Any]] = []
        self.newer = False
        self.tokens: dict[str, datetime] = {}
        self._web = _routes(self)

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request (WSGI)."""
        return self._web(environ, start_response)

    def sources(self) -> list[SourceSpec]:
        """Return the case system as one source, read from a day before any case began."""
        began = min((case.registered_on for case in self.cases), default=self.municipality.today)
        config = {
            "url": self.url,
            "token_url": f"{self.url}/token",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "reference_field": self.reference_field,
            "period_start": date(began.year, 1, 1).isoformat(),
        }
        owner = self.municipality.organisations[0].code
        return [SourceSpec("schuldhulp", "Schuldhulpverlening", "debt_help", owner, config)]

    # --- answers -------------------------------------------------------------------------------

    def give_token(self) -> dict[str, Any]:
        """Return a new token as the token server tells it."""
        token = secrets.token_urlsafe(16)
        self.tokens[token] = self.clock.now() + timedelta(seconds=TOKEN_SECONDS)
        return {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}

    def knows(self, token: str) -> bool:
        """Tell whether a token was given out and has not expired."""
        return token in self.tokens and self.tokens[token] > self.clock.now()

    def answer(self, asked: Any) -> dict[str, Any]:
        """Return the answer to a question. Raises Refusal."""
        question = self._understood(asked)
        start, end = self._period(question)
        found = [case for case in self.cases if _runs(case, start, end)]
        size = question.get("size", LARGEST_PAGE)
        pages = max(1, -(-len(found) // size))
        # A page that does not exist is answered with the first one, as the standard has it.
        page = question.get("page", 1)
        page = page if page <= pages else 1
        answer = {"gegevens": self._model(start, end, found[(page - 1) * size : page * size])}
        if pages > 1:
            answer["paginering"] = {
                "pageSize": size,
                "currentPage": page,
                "totalPages": pages,
                "totalRecords": len(found),
            }
        return answer

    def _understood(self, asked: Any) -> dict[str, Any]:
        if self.newer and isinstance(asked, dict):
            if NAMES[0] in asked:
                raise Refusal(400, f"Het veld {NAMES[0]} bestaat niet.")
            asked = {NAMES[0] if name == NAMES[1] else name: one for name, one in asked.items()}
        try:
            question: dict[str, Any] = Question().load(asked)
        except ValidationError as error:
            raise Refusal(400, "De vraag heeft niet de juiste vorm.") from error
        if question.get("organisation", self.municipality.name) != self.municipality.name:
            raise Refusal(422, "Deze organisatie is hier niet bekend.")
        self.requests.append(asked)
        return question

    def _period(self, question: dict[str, Any]) -> tuple[date, date]:
        """Return the period asked for, by default the last whole half year."""
        today = self.clock.today()
        half = date(today.year, 1 if today.month < 7 else 7, 1)
        last = half - timedelta(days=1)
        first = date(last.year, 1 if last.month < 7 else 7, 1)
        start, end = question.get("start", first), question.get("end", last)
        if start > end:
            raise Refusal(422, "De periode eindigt voor zij begint.")
        return start, end

    def _model(self, start: date, end: date, cases: list[Case]) -> dict[str, Any]:
        code = self.municipality.code
        return {
            "startdatumLevering": start.isoformat(),
            "einddatumLevering": end.isoformat(),
            "aanleverdatumEnTijd": self.clock.now().isoformat(timespec="seconds"),
            "codeGegevensleverancier": "Simulator 1.0",
            "leveringen": [
                {
                    "teller": 1,
                    "aanleverende_organisatie": {
                        "(Statutaire) Naam": self.municipality.name,
                        "gemeentecode": code,
                    },
                    "schuldhulptrajecten": [
                        traject_json(case, code, self.reference_field) for case in cases
                    ],
                }
            ],
        }


def _runs(case: Case, start: date, end: date) -> bool:
    return case.registered_on <= end and (case.ended_on is None or case.ended_on >= start)


def _problem(status: int, title: str, **more: str) -> Response:
    told = {"type": "about:blank", "title": title, "status": status, **more}
    return Response(json.dumps(told), status, mimetype="application/problem+json")


def _routes(system: DebtHelpSystem) -> Flask:
    """Return the web application of the case system."""
    web = Flask("debt-help")

    @web.post("/token")
    def token() -> Response:
        wanted = ("client_credentials", system.client_id, system.client_secret)
        names = ("grant_type", "client_id", "client_secret")
        if tuple(request.form.get(name) for name in names) != wanted:
            return Response('{"error":"invalid_client"}', 401, mimetype="application/json")
        return Response(json.dumps(system.give_token()), mimetype="application/json")

    @web.post("/gegevens")
    def data() -> Response:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not system.knows(given):
            return _fsc_error()
        try:
            answer = system.answer(request.get_json(silent=True))
        except Refusal as refusal:
            return _problem(refusal.status, "Ongeldig verzoek", detail=refusal.reason)
        body = json.dumps(answer).encode()
        return Response(body, headers={"Digest": digest(body)}, mimetype="application/json")

    return web


def _fsc_error() -> Response:
    code = "ERROR_CODE_ACCESS_TOKEN_INVALID"
    told = {"code": code, "domain": "ERROR_DOMAIN_INWAY", "status": 401}
    headers = {"Fsc-Error-Code": code, "WWW-Authenticate": "Bearer"}
    return Response(json.dumps(told), 401, headers, mimetype="application/problem+json")
