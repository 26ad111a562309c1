"""An early-signal system that speaks DDAS v1.2: a token server and `POST /gegevens`, paged.

Its book is its own: who owes taxes has arrears elsewhere too.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask, Response, request

from hub.clock import Clock
from hub.ddas import digest
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Municipality, Person
from plugins.early_signals.matching import period_of
from plugins.early_signals.messages import case_json, signal_json

TOKEN_SECONDS = 300

#: Above this number of signals the standard obliges to page.
LARGEST_PAGE = 50_000

_PARTNERS = ("Energie", "Zorg", "Water", "Huur")
_ENDS = (
    ("Vervolghulp en/of verwijzing", True),
    ("Definitief geen contact kunnen krijgen", False),
    ("(Budget)advies en/of quick fix", True),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A signal in the book, and the case it came in: both canonical."""

    signal: dict[str, Any]
    case: dict[str, Any] | None
    attempts: tuple[dict[str, Any], ...] = ()


class SignalSystem(Simulator):
    """The early-signal system of the municipality; `book` may be changed by a test."""

    name = "early_signals"
    client_id = "schuldenhub"

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.client_secret = secrets.token_hex(16)
        owing = (one.person for one in municipality.dossiers() if any(c.open for c in one.claims))
        self.book = [_entry(person, municipality.today) for person in owing]
        self.tokens: dict[str, datetime] = {}
        self._web = _routes(self)

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request (WSGI)."""
        return self._web(environ, start_response)

    def sources(self) -> list[SourceSpec]:
        """Return the system as one source, read from a year ago."""
        began = self.municipality.today - timedelta(days=365)
        config = {
            "transport": "http",
            "url": self.url,
            "token_url": f"{self.url}/token",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "period_start": began.isoformat(),
            "page_size": 1000,
        }
        owner = self.municipality.organisations[0].code
        return [SourceSpec("vroegsignalering", "Vroegsignalering", "early_signals", owner, config)]

    def give_token(self) -> dict[str, Any]:
        """Return a new token, as a token server tells it."""
        token = secrets.token_urlsafe(16)
        self.tokens[token] = self.clock.now() + timedelta(seconds=TOKEN_SECONDS)
        return {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}

    def knows(self, token: str) -> bool:
        """Tell whether a token was given out and has not expired."""
        return token in self.tokens and self.tokens[token] > self.clock.now()

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a question; a page that does not exist is page 1."""
        size = asked.get("pageSize", LARGEST_PAGE)
        pages = max(1, -(-len(self.book) // size))
        page = asked.get("page", 1)
        page = page if page <= pages else 1
        told = {"gegevens": self.model(self.book[(page - 1) * size : page * size])}
        if pages > 1:
            told["paginering"] = {
                "pageSize": size,
                "currentPage": page,
                "totalPages": pages,
                "totalRecords": len(self.book),
            }
        return told

    def model(self, entries: list[Entry]) -> dict[str, Any]:
        """Return these entries as one delivery."""
        today = self.municipality.today
        cases = [case_json(one.case, list(one.attempts)) for one in entries if one.case]
        return {
            "startdatumLevering": (today - timedelta(days=365)).isoformat(),
            "einddatumLevering": today.isoformat(),
            "aanleverdatumEnTijd": self.clock.now().isoformat(timespec="seconds"),
            "codeGegevensleverancier": "Simulator 1.0",
            "leveringen": [
                {
                    "teller": 1,
                    "gemeentecode": self.municipality.code,
                    "aanleverendeOrganisatie": {"naam": self.municipality.name},
                    "vroegsignalen": [signal_json(one.signal) for one in entries],
                    "vroegsignaalzaken": cases,
                }
            ],
        }


def _entry(person: Person, today: date) -> Entry:
    random = Random(person.number)  # the same book at every start
    signalled = today - timedelta(days=random.randrange(5, 300))
    known = random.random() < 0.5
    who = {
        "bsn": person.bsn if known else None,
        "gender": person.sex,
        "birth_date": person.birth_date,
        "postcode": person.postcode,
        "house_number": person.house_number,
        "addition": person.addition,
    }
    taken = random.random() < 0.6
    signal = {
        "person": who,
        "reference": f"VS-{person.number}",
        "partner_type": random.choice(_PARTNERS),
        "amount": random.randrange(100, 1500) * 100,
        "arisen_on": signalled - timedelta(days=random.randrange(30, 90)),
        "signalled_on": signalled,
        "crisis": random.random() < 0.05,
        "warm_handover": False,
        "status": "Opgepakt" if taken else "Nog niet opgepakt",
    }
    if not taken:
        return Entry(signal, None)
    result, reached = random.choice(_ENDS)
    period = period_of(signalled)
    case = {
        "result": result,
        "matched_on": signalled,
        "period_starts_on": period.starts_on,
        "period_ends_on": period.ends_on,
        "taken_up_on": min(signalled + timedelta(days=3), today),
        "signals": [signal["reference"]],
    }
    attempt = {
        "on": min(signalled + timedelta(days=6), today),
        "channel": random.choice(("Telefoon", "Huisbezoek", "Brief")),
        "reached": reached,
        "part_of_day": "Middag",
    }
    return Entry(signal, case, (attempt,))


def _routes(system: SignalSystem) -> Flask:
    """Return the web application of the system."""
    web = Flask("early-signals")

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
            told = {"code": "ERROR_CODE_ACCESS_TOKEN_INVALID", "domain": "ERROR_DOMAIN_INWAY"}
            headers = {"WWW-Authenticate": "Bearer"}
            return Response(json.dumps(told), 401, headers, mimetype="application/problem+json")
        body = json.dumps(system.answer(request.get_json())).encode()
        return Response(body, headers={"Digest": digest(body)}, mimetype="application/json")

    return web
