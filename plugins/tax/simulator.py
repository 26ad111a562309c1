"""The tax office of the demo and the tests, and the folders of the other tax authorities.

The first organisation of the municipality is its own tax office, which answers over HTTP. Every
other organisation with claims puts its lists in a folder. Claims are never held in memory: a
delivery is written as a stream in one pass over the municipality, and served from its file.
"""

from __future__ import annotations

import io
import secrets
import threading
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from flask import Flask, Response, request, send_file

from hub.clock import Clock
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Dossier, Municipality, Person, TaxClaim
from plugins.tax.contacts import contact_file
from plugins.tax.envelope import Header
from plugins.tax.messages import CHANGES, CONTACTS, FULL
from plugins.tax.orders import LIFT, HoldOrder, confirmation, read_order, refusal
from plugins.tax.writing import (
    DeliveryWriter,
    HoldEntry,
    contacts_xml,
    holds_xml,
    write_delivery,
)

_XML = "application/xml"


class TaxOffice(Simulator):
    """The municipal tax office and its colleagues.

    For tests: `received` lists the orders carried out or refused, `holds` is the book of holds,
    `delivery` the file that is served (it may be overwritten), and `change` changes a claim.
    """

    name = "tax"
    username = "schuldenhub"

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.code = municipality.organisations[0].code
        self.password = secrets.token_hex(8)
        self.holds: dict[str, HoldEntry] = {}
        self.received: list[HoldOrder] = []
        self.delivery = folder / "levering.xml"
        self.contacts = folder / "contacten.xml"
        self.folders: dict[str, Path] = {}
        self._lock = threading.Lock()
        self._changed: dict[str, tuple[Person, TaxClaim] | None] = {}
        self._since: dict[str, set[str]] = {}
        self._messages = 0
        self._answers: dict[str, tuple[bytes, bytes, int]] = {}
        self._debtors = array("I")
        self._web = _routes(self)
        self.publish()

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request (WSGI)."""
        return self._web(environ, start_response)

    def sources(self) -> list[SourceSpec]:
        """Return the municipal tax office over HTTP, and each other authority as a folder."""
        config: dict[str, Any] = {
            "transport": "http",
            "url": self.url,
            "username": self.username,
            "password": self.password,
        }
        own = SourceSpec("belastingen", "Gemeentelijke belastingen", "tax", self.code, config)
        titles = {one.code: one.name for one in self.municipality.organisations}
        return [own] + [
            SourceSpec(
                code,
                titles.get(code, code),
                "tax",
                code,
                {"transport": "folder", "folder": str(folder)},
            )
            for code, folder in sorted(self.folders.items())
        ]

    def effects(self) -> Mapping[str, int]:
        """Return how often each order was carried out, by its key."""
        return Counter(order.key for order in self.received)

    # --- deliveries ----------------------------------------------------------------------------

    def publish(self) -> None:
        """Write the deliveries of now: claims and holds of every authority, in one pass."""
        files = _Files(self)
        debtors = array("I")
        with files:
            for dossier in self._dossiers():
                for claim in dossier.claims:
                    files.writer(claim.creditor).add(dossier.person, claim)
                for code in sorted({claim.creditor for claim in dossier.claims}):
                    file = contact_file(dossier, code, self.municipality.today)
                    files.contacts(code).put(contacts_xml(file))
                for hold in dossier.holds:
                    files.holds.setdefault(hold.creditor, []).append(_entry(dossier, hold))
                if any(claim.creditor == self.code for claim in dossier.claims):
                    debtors.append(int(dossier.person.bsn))
            files.writer(self.code)
            files.contacts(self.code)
        self._debtors = array("I", sorted(debtors))
        # What was set or lifted by an order stands; the municipality only knows how it began.
        self.holds = {one.reference: one for one in files.holds.get(self.code, [])} | self.holds

    def change(self, number: str, entry: tuple[Person, TaxClaim] | None) -> None:
        """Let a claim of the tax office be new, different, or (None) gone."""
        self._changed[number] = entry
        for numbers in self._since.values():
            numbers.add(number)

    def _dossiers(self) -> Iterator[Dossier]:
        for dossier in self.municipality.dossiers():
            if self._changed:
                kept = tuple(one for one in dossier.claims if one.number not in self._changed)
                dossier = replace(dossier, claims=kept)
            yield dossier
        for entry in self._changed.values():
            if entry is not None:
                yield Dossier(entry[0], claims=(entry[1],))

    def header(self, sender: str, function: str = "", **more: str) -> Header:
        """Return the header of a new message by an authority."""
        now = self.clock.now()
        self._messages += 1
        reference = f"{now:%Y%m%d%H%M%S}-{self._messages}"
        if function in (FULL, CHANGES) and sender == self.code:
            self._since[reference] = set()
        return Header(sender, self.municipality.code, reference, now, function, **more)

    def changes_since(self, reference: str) -> bytes | None:
        """Return a delivery of what changed since one of ours; None when it is not ours."""
        if reference not in self._since:
            return None
        numbers = sorted(self._since[reference])
        entries = [self._changed[number] for number in numbers]
        gone = [number for number in numbers if self._changed[number] is None]
        file = io.BytesIO()
        header = self.header(self.code, CHANGES)
        write_delivery(file, header, [one for one in entries if one is not None], gone)
        return file.getvalue()

    # --- orders --------------------------------------------------------------------------------

    def take(self, raw: bytes) -> tuple[bytes, int]:
        """Carry out an order and return answer and status; a repeated one gets the same answer."""
        order = read_order(raw)
        with self._lock:
            if order.key not in self._answers:
                self.received.append(order)
                self._answers[order.key] = (raw, *self._decide(order))
            first, answer, status = self._answers[order.key]
        if first != raw:
            reason = "Dit referentienummer is al gebruikt voor een ander bericht."
            return self._refuse(order, "StUF016", reason)
        return answer, status

    def answer_to(self, key: str) -> bytes | None:
        """Return the answer that order `key` got; None when it never came."""
        found = self._answers.get(key)
        return found[1] if found else None

    def _decide(self, order: HoldOrder) -> tuple[bytes, int]:
        known = self.holds.get(order.reference)
        if order.reference and known is None:
            return self._refuse(order, "P404", "Deze incassopauze is niet bekend.")
        if order.action == LIFT:
            if known is None:
                return self._refuse(order, "P400", "Het pauzenummer ontbreekt.")
            return self._book(order, replace(known, ends_on=self.clock.today()))
        if not self._owes(order.bsn):
            return self._refuse(order, "P410", "Deze persoon heeft hier geen vorderingen.")
        try:
            starts_on, ends_on = map(date.fromisoformat, (order.starts_on, order.ends_on))
        except ValueError:
            return self._refuse(order, "P400", "De begindatum of einddatum klopt niet.")
        if ends_on < starts_on:
            return self._refuse(order, "P422", "De einddatum ligt voor de begindatum.")
        number = order.reference or f"PZ-{self.clock.today():%Y}-{len(self.received):05d}"
        scope = order.scope or "alle vorderingen"
        today = self.clock.today()
        entry = HoldEntry(order.bsn, number, order.ground, starts_on, ends_on, today, scope)
        return self._book(order, entry)

    def _owes(self, bsn: str) -> bool:
        if not bsn.isdigit():
            return False
        at = bisect_left(self._debtors, int(bsn))
        return at < len(self._debtors) and self._debtors[at] == int(bsn)

    def _book(self, order: HoldOrder, entry: HoldEntry) -> tuple[bytes, int]:
        self.holds[entry.reference] = entry
        header = self.header(self.code, code="Bv01", answers=order.key)
        return confirmation(header, entry.reference, self.clock.today()), 200

    def _refuse(self, order: HoldOrder, code: str, reason: str) -> tuple[bytes, int]:
        header = self.header(self.code, code="Fo01", answers=order.key)
        return refusal(header, code, reason), 422


def _entry(dossier: Dossier, hold: Any) -> HoldEntry:
    days = (hold.starts_on, hold.ends_on, hold.confirmed_on)
    return HoldEntry(dossier.person.bsn, hold.reference, hold.ground, *days)


class _Files(ExitStack):
    """The files of all authorities being written; each gets its name when it is whole."""

    def __init__(self, office: TaxOffice) -> None:
        super().__init__()
        self._office = office
        self._open: dict[Path, tuple[DeliveryWriter, BinaryIO, str]] = {}
        self._paths: dict[str, Path] = {}
        self.holds: dict[str, list[HoldEntry]] = {}

    def writer(self, code: str) -> DeliveryWriter:
        """Return the writer of an authority's claims; the first call opens its file."""
        if code not in self._paths:
            header = self._office.header(code, FULL)
            self._paths[code] = self._path(code, header)
            self._begin(self._paths[code], header, "levering", "aantalVorderingen")
        return self._open[self._paths[code]][0]

    def contacts(self, code: str) -> DeliveryWriter:
        """Return the writer of an authority's contacts; the first call opens its file."""
        path = self._office.contacts
        if code != self._office.code:
            path = self._office.folder / code / path.name
        if path not in self._open:
            header = self._office.header(code, CONTACTS.functions[0])
            self._begin(path, header, CONTACTS.root, CONTACTS.count)
        return self._open[path][0]

    def _begin(self, path: Path, header: Header, root: str, count: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = self.enter_context(path.with_suffix(".part").open("wb"))
        self._open[path] = DeliveryWriter(file, header, root), file, count

    def _path(self, code: str, header: Header) -> Path:
        if code == self._office.code:
            return self._office.delivery
        return self._office.folder / code / f"levering-{header.reference}.xml"

    def __exit__(self, *details: Any) -> bool:
        if details[0] is None:
            for path, (writer, file, count) in self._open.items():
                writer.close(count)
                file.close()
                path.with_suffix(".part").replace(path)
            for code, path in self._paths.items():
                self._show(code, path)
        return bool(super().__exit__(*details))

    def _show(self, code: str, path: Path) -> None:
        if code == self._office.code:
            return
        for old in path.parent.glob("levering-*.xml"):
            if old != path:
                old.unlink()
        self._office.folders[code] = path.parent
        header = self._office.header(code, "pauzelijst")
        (path.parent / "pauzes.xml").write_bytes(holds_xml(header, self.holds.get(code, [])))


def _routes(office: TaxOffice) -> Flask:
    """Return the web application of the office."""
    web = Flask("tax-office")

    @web.before_request
    def sign_in() -> Response | None:
        told = request.authorization
        wanted = (office.username, office.password)
        if told and told.type == "basic" and (told.username, told.password) == wanted:
            return None
        return Response("", 401, {"WWW-Authenticate": 'Basic realm="belastingen"'})

    @web.get("/levering")
    def claims() -> Response:
        changes = office.changes_since(request.args.get("sinds", ""))
        if changes is not None:
            return Response(changes, mimetype=_XML)
        return send_file(office.delivery, mimetype=_XML)

    @web.get("/pauzes")
    def holds() -> Response:
        header = office.header(office.code, "pauzelijst")
        return Response(holds_xml(header, list(office.holds.values())), mimetype=_XML)

    web.add_url_rule("/contacten", "contacts", lambda: send_file(office.contacts, mimetype=_XML))

    @web.post("/pauzes")
    def take() -> Response:
        try:
            answer, status = office.take(request.get_data())
        except ValueError:
            return Response("", 400)
        return Response(answer, status, mimetype=_XML)

    @web.get("/pauzes/opdracht/<key>")
    def answer(key: str) -> Response:
        found = office.answer_to(key)
        return Response(found or b"", 200 if found else 404, mimetype=_XML)

    return web
