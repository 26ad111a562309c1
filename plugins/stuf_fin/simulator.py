"""A collection system as the demo and the tests play it: it answers questions and tells changes."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, Response, request
from lxml import etree

from hub.clock import Clock
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Municipality, TaxClaim
from plugins.stuf_fin import books
from plugins.stuf_fin.envelope import (
    Fault,
    Header,
    Party,
    fault_message,
    local,
    moment,
    read_header,
    unwrap,
    wrap,
    wrap_fault,
)
from plugins.stuf_fin.question import Selection, answer, number_of, read_question
from plugins.stuf_fin.status import ACTION

US, HUB = "Inningen", "Schuldenhub"


class CollectionSystem(Simulator):
    """The collection system of the first organisation, for what is no tax.

    For tests: `fault` is told instead of an answer, `ignore_selection` makes it answer with
    everybody's claims and say so, `silent` makes it do that without a word; `notes` stand in every
    answer; `organisation` is how it names itself. `change` and `headers` are what it sends when a
    claim changes its status.
    """

    name: ClassVar[str] = "stuf_fin"
    extra: ClassVar[bool] = True
    username = "hub"

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.password, self.receive_password = secrets.token_hex(8), secrets.token_hex(8)
        self.owner = municipality.organisations[0]
        self.claims: dict[str, list[etree._Element]] = {}
        self.ledger: dict[str, TaxClaim] = {}
        self.asked: list[Selection] = []
        self.fault: Fault | None = None
        self.ignore_selection = self.silent = False
        self.notes: list[str] = []
        self.organisation = municipality.code
        self._fill()
        self._web = Flask("stuf-fin")
        self._web.add_url_rule("/", view_func=self._serve, methods=["POST"])

    def _fill(self) -> None:
        helped = books.helped(self.municipality)
        for dossier in self.municipality.dossiers():
            for one in dossier.claims:
                if one.creditor == self.owner.code:
                    claim = self.book(one, dossier.person.bsn in helped)
                    self.ledger[claim.number] = claim
                    made = books.claims_of(dossier.person, claim, self.owner)
                    self.claims.setdefault(dossier.person.bsn, []).extend(one for _, one in made)

    def book(self, claim: TaxClaim, helped: bool) -> TaxClaim:
        """Return what this system holds of somebody who has this claim in the tax system."""
        return books.receivable(claim, helped)

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request (WSGI)."""
        return self._web(environ, start_response)

    def sources(self) -> list[SourceSpec]:
        """Return the source that asks this system."""
        config = {
            "url": f"{self.url}/",
            "username": self.username,
            "password": self.password,
            "organisation": self.municipality.code,
            "their_organisation": self.municipality.code,
            "their_application": US,
            "levy_codes": ", ".join(f"{code}={kind}" for code, kind in books.CODES.items()),
            "stage_element": books.STAGE,
            "costs_element": books.COSTS,
            "receive_password": self.receive_password,
        }
        title = "Inningensysteem (StUF-FIN)"
        return [SourceSpec("inningen", title, "stuf_fin", self.owner.code, config)]

    # --- questions -----------------------------------------------------------------------------

    def _serve(self) -> Response:
        told = request.authorization
        if not told or (told.username, told.password) != (self.username, self.password):
            return Response("", 401)
        message = unwrap(request.get_data(), "De vraag")
        if self.fault is not None or isinstance(message, Fault):
            return _refused(self.fault or Fault("StUF055", "Geen vraag"))
        header = read_header(message)
        if local(message) != "vrdLv01" or header is None or header.receiver is None:
            return _refused(Fault("StUF022", "Dit bericht wordt niet ondersteund"))
        if header.receiver.application != US:
            return _refused(Fault("StUF010", "Ontvanger is onbekend"))
        return Response(wrap(self._answer(message)), mimetype="text/xml")

    def _answer(self, message: etree._Element) -> etree._Element:
        selection, most = read_question(message)
        self.asked.append(selection)
        notes, found = list(self.notes), self._found(selection)
        if self.ignore_selection:
            notes.append("StUF0001: selectie genegeerd op inp.bsn")
        if len(found) > most:
            notes.append("StUF0002: er zijn meer objecten dan het maximumAantal")
        copies = [deepcopy(one) for one in found[:most]]
        us, hub = Party(US, self.organisation), Party(HUB, self.municipality.code)
        return answer(us, hub, copies, *notes)

    def _found(self, selection: Selection) -> list[etree._Element]:
        everything = [one for many in self.claims.values() for one in many]
        if self.ignore_selection or self.silent:
            return everything
        if selection.number:
            return [one for one in everything if number_of(one) == selection.number]
        return self.claims.get(selection.bsn, [])

    # --- changes of status ---------------------------------------------------------------------

    def change(
        self, number: str, stage: str, on: date, *, part: int = 0, reference: str = "r-1"
    ) -> bytes:
        """Return a change of status as it is sent to the hub."""
        us, hub = Party(US, self.municipality.code), Party(HUB, self.municipality.code)
        header: Header = books.status_header(us, hub, reference, moment(self.clock.now()))
        return wrap(books.status_change(header, self.ledger[number], stage, on, self.owner, part))

    def headers(self) -> dict[str, str]:
        """Return the headers with which a change is sent."""
        code = base64.b64encode(f"inningen:{self.receive_password}".encode()).decode()
        return {
            "Authorization": f"Basic {code}",
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{ACTION}"',
        }


def _refused(fault: Fault) -> Response:
    body = wrap_fault(fault_message(Header("Fo02"), fault), fault)
    return Response(body, 500, mimetype="text/xml")
