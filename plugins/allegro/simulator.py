"""Allegro as the demo and the tests play it: both SOAP services, with sessions that end.

Real is the shape of every message. Its own are the numbers of relations, which letter goes with
which phase (books.py), and the words of a refusal.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, Response, request

from hub.clock import Clock
from hub.connector import PermanentError
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Municipality
from plugins.allegro.books import Book, book_of
from plugins.allegro.envelope import Fault, element_name, fault, read, response
from plugins.allegro.session import SESSION
from plugins.allegro.shapes import OPERATIONS

#: By the name of the element in a question.
_BY_ELEMENT = {element_name(operation): operation for operation in OPERATIONS}


#: The companies that share this Allegro, each with numbers of its own; debt help is at the first.
COMPANIES = {"2": "Kredietbank", "10": "Budgetbeheer"}

#: How far the numbers of two companies are apart.
_APART = 5000


def _at_companies(relation: int) -> list[dict[str, Any]]:
    """Return somebody's number at each company; the other one stands first."""
    told = [
        {"Relatiecode": str(relation + at * _APART), "Bedrijfscode": code, "Bedrijfsnaam": name}
        for at, (code, name) in enumerate(COMPANIES.items())
    ]
    return told[::-1] if relation else []


class Refused(Exception):
    """A question that is answered with a fault."""


class AllegroServer(Simulator):
    """Allegro. For tests: `books` by BSN, `sessions` with their end, `asked` by operation.

    `remarks` holds by BSN a code of ExtraInfo and its text; `exchanged` every question and answer.
    """

    name: ClassVar[str] = "allegro"
    extra: ClassVar[bool] = True
    username = "schuldenhub"

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.password = secrets.token_hex(8)
        self.books: dict[str, Book] = {}
        self.sessions: dict[str, datetime] = {}
        self.asked: Counter[str] = Counter()
        self.remarks: dict[str, tuple[str, str]] = {}
        self.exchanged: list[tuple[bytes, bytes]] | None = None
        for case in (dossier.case for dossier in municipality.dossiers() if dossier.case):
            for person in case.clients:
                self.books[person.bsn] = book_of(1000 + len(self.books), case)
        self._bsns = {str(book.relation): bsn for bsn, book in self.books.items()}
        self._web = Flask("allegro")
        self._web.add_url_rule("/SOAP", view_func=self._serve, methods=["POST"])

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request (WSGI)."""
        return self._web(environ, start_response)

    def sources(self) -> list[SourceSpec]:
        """Return Allegro as one source."""
        config = {
            "url": f"{self.url}/SOAP",
            "username": self.username,
            "password": self.password,
        }
        owner = self.municipality.organisations[0].code
        return [SourceSpec("allegro", "Schuldregelingen (Allegro)", "allegro", owner, config)]

    # --- answers -------------------------------------------------------------------------------

    def _serve(self) -> Response:
        question = request.get_data()
        try:
            status, answer = 200, self._answer(question)
        except Refused as refused:
            status, answer = 500, fault("Server", str(refused))
        if self.exchanged is not None:
            self.exchanged.append((question, answer))
        return Response(answer, status, mimetype="text/xml")

    def _answer(self, question: bytes) -> bytes:
        try:
            told = read(question, "De vraag")
        except PermanentError as error:
            raise Refused("Ongeldig bericht") from error
        if isinstance(told, Fault) or told[0] not in _BY_ELEMENT:
            raise Refused("Onbekende methode")
        operation, values, session = _BY_ELEMENT[told[0]], told[1], told[2]
        if request.args.get("service") != OPERATIONS[operation][0]:
            raise Refused("Onbekende service")
        self.asked[operation] += 1
        if operation == "AllegroWebLogin":
            return response(operation, self._sign_in(values))
        if self.sessions.get(session, self.clock.now()) <= self.clock.now():
            raise Refused("Sessie onbekend of verlopen")
        return response(operation, self._values(operation, values), session)

    def _sign_in(self, asked: Any) -> dict[str, Any]:
        if (asked["aUsername"], asked["aPassword"]) != (self.username, self.password):
            user = {"ExtraInfo": "1", "ExtraInfoOmschrijving": "Aanmelden mislukt"}
            return {"Result": "false", "aUserInfo": user}
        session = secrets.token_hex(16)
        self.sessions[session] = self.clock.now() + SESSION
        user = {"SessionID": session, "UserID": self.username, "LoginType": "Hulpverlener"}
        return {"Result": "true", "aUserInfo": user}

    def _values(self, operation: str, asked: Any) -> dict[str, Any]:
        if operation == "BSNNaarRelatie":
            return self._relation(str(asked["BSN"]).zfill(9))
        if operation == "BSNNaarRelatieMetBedrijf":
            told = self._relation(str(asked["BSN"]).zfill(9))
            return told | {"Result": _at_companies(int(told["Result"]))}
        if "aRelatieCode" in asked:
            return {"Result": self._overview(operation, asked["aRelatieCode"])}
        return {"Result": self._one(operation, asked["aHeader"])}

    def _relation(self, bsn: str) -> dict[str, str]:
        code, text = self.remarks.get(bsn, ("0", ""))
        known = bsn in self.books and code == "0"
        relation = str(self.books[bsn].relation) if known else "0"
        return {"Result": relation, "ExtraInfo": code, "ExtraInfoOmschrijving": text}

    def _overview(self, operation: str, relation: str) -> list[dict[str, Any]]:
        book = self._book(relation)
        found = book.requests if operation == "GetSRVOverzicht" else book.mediations
        return [one["InfoHeader"] for one in found.values()]

    def _one(self, operation: str, head: dict[str, str]) -> dict[str, Any]:
        book, number = self._book(head["RelatieCode"]), int(head["Volgnummer"])
        kind = "srv" if "SRV" in operation else "sb"
        if operation.endswith("Eisers"):
            return book.creditors[kind, number]
        return (book.requests if kind == "srv" else book.mediations)[number]

    def _book(self, relation: str) -> Book:
        if relation not in self._bsns:
            raise Refused("Relatie onbekend")
        return self.books[self._bsns[relation]]
