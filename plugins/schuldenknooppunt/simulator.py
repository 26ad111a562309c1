"""The Schuldenknooppunt and the creditors behind it, as the demo and the tests play them.

A message waits until it is confirmed and is delivered again, byte for byte, until then; after five
working days it is gone, as the exchange's rules say.
"""

from __future__ import annotations

import ssl
import threading
import uuid
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, Response, request
from lxml import etree

from hub.clock import Clock, add_working_days
from hub.testing.certificates import Authority, Pair
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Municipality
from plugins.schuldenknooppunt import envelope
from plugins.schuldenknooppunt.envelope import Fault
from plugins.schuldenknooppunt.messages import Header
from plugins.schuldenknooppunt.played import Creditors, questions, refusal

#: A participant's messages are kept this long when nobody confirms them.
KEPT_WORKING_DAYS = 5

_SPACE = uuid.UUID("5b1b3c0e-7a55-4b8e-9d54-6c9c3f1f0a11")


@dataclass(frozen=True)
class Waiting:
    """A message that waits for its receiver."""

    id: str
    receiver: str
    raw: bytes
    offered_on: date


class Exchange(Simulator):
    """The exchange. For tests: `received`, `waiting` and `confirmed` are its books."""

    name: ClassVar[str] = "schuldenknooppunt"

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.us = str(uuid.uuid5(_SPACE, municipality.code))
        self.authority = Authority(folder / "certificates")
        self.server_pair = self.authority.issue("server")
        self.client_pair = self.authority.issue("hub")
        self.received: dict[str, bytes] = {}
        self.passed_on: Counter[str] = Counter()
        # Taken from the front, a plain dict would be walked through from its first place each time.
        self.waiting: OrderedDict[str, Waiting] = OrderedDict()
        self.confirmed: list[str] = []
        self._others = {one.skp_id: one.code for one in municipality.organisations}
        # Participants that are played by nobody, as they speak for themselves: see `join`.
        self._joined: dict[str, Pair] = {}
        self._players = Creditors(municipality)
        self._lock = threading.Lock()
        self._app = Flask(__name__)
        self._app.add_url_rule("/skp", view_func=self._serve, methods=["POST"])

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request."""
        return self._app(environ, start_response)

    def tls(self) -> ssl.SSLContext:
        """Return a context that asks the other side for a certificate of our authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server_pair.certificate, self.server_pair.key)
        context.load_verify_locations(self.authority.file)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def sources(self) -> list[SourceSpec]:
        """Return the source with which debt help takes part."""
        config = {
            "url": f"{self.url}/skp",
            "organisation_id": self.us,
            "ca_file": str(self.authority.file),
            "certificate_file": str(self.client_pair.certificate),
            "key_file": str(self.client_pair.key),
            "contact_name": f"Schuldhulp {self.municipality.name}",
            "contact_email": "schuldhulp@voorbeeldstad.example",
        }
        owner = self.municipality.organisations[0].code
        return [SourceSpec(self.name, "Schuldenknooppunt", self.name, owner, config)]

    def prime(self) -> None:
        """Put a refusal in our box for each planned message, as creditors do."""
        for dossier in self.municipality.dossiers():
            for number, sent in enumerate(dossier.sent):
                mark = str(uuid.uuid5(_SPACE, f"{dossier.person.number}-{number}"))
                party = next(id_ for id_, code in self._others.items() if code == sent.party)
                header = Header(party, self.us, mark, mark, sent.sent_on)
                self.offer(self.us, refusal(header, "", "klant onbekend"), mark)

    def join(self, number: str) -> dict[str, str]:
        """Let a participant speak for itself; return the settings by which it does."""
        self._joined[number] = self.authority.issue(f"deelnemer-{len(self._joined) + 1}")
        pair = self._joined[number]
        return {
            "organisation_id": number,
            "certificate_file": str(pair.certificate),
            "key_file": str(pair.key),
        }

    def effects(self) -> Mapping[str, int]:
        """Return how often each message was passed on, by its number."""
        return self.passed_on

    def offer(self, receiver: str, raw: bytes, id_: str | None = None) -> str:
        """Put a message in a participant's box; return its id."""
        id_ = id_ or str(uuid.uuid4())
        self.waiting[id_] = Waiting(id_, receiver, raw, self.clock.today())
        return id_

    def _serve(self) -> Response:
        try:
            operation = envelope.unwrap(request.get_data())
        except envelope.PermanentError:
            operation = Fault("Client", "Dit is geen SOAP-bericht.")
        if isinstance(operation, Fault):
            return _soap(envelope.fault("Client", operation.text), 500)
        us = envelope.text_of(operation, "deelnemer")
        if us != self.us and us not in (self._others | self._joined):
            return _not_us("Deze deelnemer is niet bekend.")
        pair = self._joined.get(us, self.client_pair)
        if request.environ.get("SSL_CLIENT_CERT") != pair.certificate.read_text():
            return _not_us("Dit certificaat is niet van deze deelnemer.")
        name = etree.QName(operation).localname
        with self._lock:
            return self._carry_out(name, us, operation)

    def _carry_out(self, name: str, us: str, operation: etree._Element) -> Response:
        if name == envelope.COLLECT:
            return _soap(envelope.wrap(f"{name}Antwoord", *self._waiting_for(us, operation)))
        if name == envelope.CONFIRM:
            for element in operation.iterfind(f"{{{envelope.OWN}}}id"):
                if self.waiting.pop(element.text or "", None):
                    self.confirmed.append(element.text or "")
            return _soap(envelope.wrap(f"{name}Antwoord"))
        if name == envelope.SEND:
            return self._accept(operation)
        return _soap(envelope.fault("Client", f"De bewerking {name} bestaat niet."), 500)

    def _waiting_for(self, us: str, operation: etree._Element) -> list[etree._Element]:
        most = int(envelope.text_of(operation, "aantal") or 100)
        mine = list(islice(self._kept_for(us), most))
        return [envelope.message_element(one.id, one.raw, one.offered_on) for one in mine]

    def _kept_for(self, us: str) -> Iterator[Waiting]:
        """Yield the messages of a participant, oldest first; what waited too long is gone."""
        today = self.clock.today()
        while self.waiting and today > _kept_until(next(iter(self.waiting.values())).offered_on):
            self.waiting.popitem(last=False)
        for one in self.waiting.values():
            if one.receiver == us and today <= _kept_until(one.offered_on):
                yield one

    def _accept(self, operation: etree._Element) -> Response:
        (message,) = envelope.messages(operation)
        root = envelope.read_xml(message.raw)
        receiver, known = root.findtext("Ontvanger") or "", self._others | self._joined
        # Who is us may be written to as soon as somebody else speaks for itself.
        if receiver not in known and not (self._joined and receiver == self.us):
            return _soap(envelope.fault("Client", "De ontvanger is niet bekend."), 500)
        # A repeated number is the same message: acknowledged again, without a second effect.
        if message.id not in self.received:
            self.received[message.id] = message.raw
            self.passed_on[message.id] += 1
            if receiver in self._joined or receiver == self.us:
                self.offer(receiver, message.raw, message.id)
            else:
                self._play(root, receiver)
        return _soap(envelope.wrap(f"{envelope.SEND}Antwoord"))

    def _play(self, root: etree._Element, receiver: str) -> None:
        """Do what the receiver of a message does."""
        code = self._others[receiver]
        for header, raw in self._players.answers(root, code, self.clock.today()):
            self.offer(header.receiver, raw, header.reference)


class CreditorExchange(Exchange):
    """The exchange as a creditor sees it: a debt helper elsewhere asks us about residents."""

    name: ClassVar[str] = "schuldenknooppunt_creditor"
    extra: ClassVar[bool] = True

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.us = municipality.organisations[0].skp_id
        self.helper = str(uuid.uuid5(_SPACE, f"{municipality.code}-helper"))
        self._others = {self.helper: "elders"} | {
            one.skp_id: one.code for one in municipality.organisations[1:]
        }

    def sources(self) -> list[SourceSpec]:
        """Return the source with which the municipality takes part as creditor."""
        (spec,) = super().sources()
        owner = self.municipality.organisations[0]
        config = {**spec.config, "contact_name": f"Belastingen {owner.name}"}
        config["contact_email"] = "belastingen@voorbeeldstad.example"
        return [
            SourceSpec(self.name, "Schuldenknooppunt (schuldeiser)", self.name, owner.code, config)
        ]

    def prime(self) -> None:
        """Put a notice and a question in our box about everybody with a case."""
        for dossier in self.municipality.dossiers():
            if dossier.case or dossier.sent:
                for header, raw in questions(
                    dossier, self.helper, self.us, self.municipality.today
                ):
                    self.offer(self.us, raw, header.reference)

    def _play(self, root: etree._Element, receiver: str) -> None:
        """Let nobody answer: we are the ones who do."""


@cache
def _kept_until(offered_on: date) -> date:
    """Return the last day of a message; the box is looked through at every portion."""
    return add_working_days(offered_on, KEPT_WORKING_DAYS)


def _not_us(text: str) -> Response:
    return _soap(envelope.fault(f"Client.{envelope.NOT_US}", text), 500)


def _soap(body: bytes, status: int = 200) -> Response:
    return Response(body, status, content_type="text/xml; charset=utf-8")
