"""The insolvency register as the demo and the tests play it: searched by name, never by BSN."""

from __future__ import annotations

import secrets
import uuid
from collections import deque
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, Response, request
from lxml import etree

from hub.clock import Clock
from hub.connector import read_xml
from hub.testing.simulator import Index, Simulator, SourceSpec
from hub.testing.world import Municipality
from plugins.cir import books
from plugins.cir.operations import INSPUB, UPDATES
from plugins.cir.soap import ANONYMOUS, CIR, PLAIN, SOAP, WSA, WSSE, WSU, child, local, moment

#: The most that one search gives.
MOST = 50

#: What stands behind the words of a fault: where in the service it went wrong.
_TRACE = "\n   at Register.Security.Filter.Process(Envelope envelope)"

_TIMES = ("Created", "Expires")


#: How many of the last questions and answers are kept for tests.
KEPT = 500


class InsolvencyRegister(Simulator):
    """The register. For tests: `cases`, `changes`, `removed`, `exceptions`, and all `messages`.

    `exceptions` tells by operation which error code it gives instead of an answer.
    """

    name: ClassVar[str] = "cir"
    extra: ClassVar[bool] = True
    username = "gemeente"

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.password = secrets.token_hex(8)
        self.cases: list[etree._Element] = list(books.cases(municipality))
        self.changes: list[tuple[datetime, str]] = []
        self.removed: list[tuple[datetime, str, str, str]] = []
        self.exceptions: dict[str, str] = {}
        self.messages: deque[tuple[etree._Element, etree._Element]] = deque(maxlen=KEPT)
        self.nonces: set[str] = set()
        self._by_name: Index[etree._Element] = Index(lambda case: [_surname(case).casefold()])
        self._by_id: Index[etree._Element] = Index(lambda case: [number_of(case)])
        self._by_mark: Index[etree._Element] = Index(_marks)
        self._web = Flask("cir")
        self._web.add_url_rule("/cir.asmx", view_func=self._serve, methods=["POST"])

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request (WSGI)."""
        return self._web(environ, start_response)

    def sources(self) -> list[SourceSpec]:
        """Return the source that asks this register."""
        config = {
            "url": f"{self.url}/cir.asmx",
            "username": self.username,
            "password": self.password,
            "ground": "Demonstratie met verzonnen inwoners",
        }
        owner = self.municipality.organisations[0].code
        return [SourceSpec("cir", "Insolventieregister (CIR)", "cir", owner, config)]

    # --- the envelope ---------------------------------------------------------------------------

    def _serve(self) -> Response:
        envelope = read_xml(request.get_data(), "De vraag")
        version = "1.1" if envelope.tag == f"{{{SOAP['1.1']}}}Envelope" else "1.2"
        space = SOAP[version]
        body = envelope.find(f"{{{space}}}Body")
        header = envelope.find(f"{{{space}}}Header")
        if header is None or body is None or len(body) != 1:
            return self._fault(version, "Client", "No message")
        if not _addressed(header, f"{CIR}/{local(body[0])}"):
            return self._fault(version, "Security", "An addressing header is required" + _TRACE)
        if not self._fresh(header):
            return self._fault(version, "MessageExpired", "The message has expired" + _TRACE)
        if not self._known(header):
            text = "The security token could not be authenticated"
            return self._fault(version, "Security", text + _TRACE)
        answer = self._answer(body[0])
        self.messages.append((deepcopy(body[0]), deepcopy(answer)))
        return _response(version, answer, 200, self._header(SOAP[version], header, body[0]))

    def _header(
        self, space: str, asked: etree._Element, question: etree._Element
    ) -> etree._Element:
        """Return the header of an answer: of which question it is the answer, and how long."""
        made = etree.Element(f"{{{space}}}Header", nsmap={"wsa": WSA, "wsse": WSSE, "wsu": WSU})
        child(made, WSA, "Action", f"{CIR}/{local(question)}Response")
        child(made, WSA, "MessageID", f"urn:uuid:{uuid.uuid4()}")
        child(made, WSA, "RelatesTo", asked.findtext(f"{{{WSA}}}MessageID"))
        child(made, WSA, "To", asked.findtext(f"{{{WSA}}}ReplyTo/{{{WSA}}}Address"))
        stamp = child(child(made, WSSE, "Security"), WSU, "Timestamp")
        child(stamp, WSU, "Created", moment(self.clock.now()))
        child(stamp, WSU, "Expires", moment(self.clock.now() + timedelta(minutes=5)))
        return made

    def _fresh(self, header: etree._Element) -> bool:
        stamp = header.find(f"{{{WSSE}}}Security/{{{WSU}}}Timestamp")
        told = [stamp.findtext(f"{{{WSU}}}{one}") for one in _TIMES] if stamp is not None else []
        begins, ends = (datetime.fromisoformat(one or "") for one in told or ("", ""))
        return begins <= self.clock.now() < ends

    def _known(self, header: etree._Element) -> bool:
        token = header.find(f"{{{WSSE}}}Security/{{{WSSE}}}UsernameToken")
        if token is None:
            return False
        nonce, word = token.findtext(f"{{{WSSE}}}Nonce"), token.find(f"{{{WSSE}}}Password")
        if not nonce or nonce in self.nonces or not token.findtext(f"{{{WSU}}}Created"):
            return False
        self.nonces.add(nonce)
        told = (token.findtext(f"{{{WSSE}}}Username"), word.text if word is not None else "")
        plain = word is not None and word.get("Type") == PLAIN
        return plain and told == (self.username, self.password)

    def _fault(self, version: str, code: str, text: str) -> Response:
        space = SOAP[version]
        fault = etree.Element(f"{{{space}}}Fault", nsmap={"q0": WSSE, "s": space})
        if version == "1.1":
            etree.SubElement(fault, "faultcode").text = f"q0:{code}"
            etree.SubElement(fault, "faultstring").text = text
        else:
            outer = child(fault, space, "Code")
            child(outer, space, "Value", "s:Sender")
            child(child(outer, space, "Subcode"), space, "Value", f"q0:{code}")
            child(child(fault, space, "Reason"), space, "Text", text)
        return _response(version, fault, 500)

    # --- the answers ----------------------------------------------------------------------------

    def _answer(self, question: etree._Element) -> etree._Element:
        operation = local(question)
        told = {local(one): one.text or "" for one in question}
        answer = etree.Element(f"{{{CIR}}}{operation}Response", nsmap={"cir": CIR})
        makers: dict[str, Callable[[dict[str, str]], etree._Element]] = {
            "searchNaturalPerson": self._search,
            "searchInsolvencyID": self._by_number,
            "searchModifiedSince": self._modified,
            "searchRemovedSince": self._removed,
            "getCase": self._case,
            "GetLastUpdate": self._updated,
        }
        result = makers[operation](told)
        if operation in self.exceptions:
            _except(result, self.exceptions[operation])
        child(answer, CIR, f"{operation}Result").append(result)
        return answer

    def _search(self, told: dict[str, str]) -> etree._Element:
        named = told.get("surname")
        cases = self.cases if named is None else self._by_name.of(self.cases, named.casefold())
        return self._list([_mark(one) for one in cases if _fits(one, told)])

    def _by_number(self, told: dict[str, str]) -> etree._Element:
        wanted = told["insolvencyID"]
        return self._list([_mark(one) for one in self._by_id.of(self.cases, wanted)])

    def _modified(self, told: dict[str, str]) -> etree._Element:
        since = datetime.fromisoformat(told["modifyDate"])
        return self._list([mark for at, mark in self.changes if at >= since])

    def _list(self, marks: list[str]) -> etree._Element:
        made = self._dated("publicatieLijst")
        for mark in marks:
            child(made, INSPUB, "publicatieKenmerk", mark)
        if not marks or len(marks) > MOST:
            _except(made, "3" if marks else "1")
        return made

    def _removed(self, told: dict[str, str]) -> etree._Element:
        since = datetime.fromisoformat(told["modifyDate"])
        made = self._dated("verwijderdePublicatieLijst")
        found = [one for one in self.removed if one[0] >= since]
        for _, number, mark, reason in found:
            one = child(made, INSPUB, "verwijderdeInsolventie")
            child(one, INSPUB, "insolventienummer", number)
            child(one, INSPUB, "publicatieKenmerk", mark)
            child(one, INSPUB, "reden", reason)
        if not found:
            _except(made, "1")
        return made

    def _case(self, told: dict[str, str]) -> etree._Element:
        made = etree.Element(f"{{{INSPUB}}}inspubWebserviceInsolvente", nsmap={"i": INSPUB})
        wanted = told["publicationNumber"]
        found = self._by_mark.of(self.cases, wanted)
        if found:
            made.append(deepcopy(found[0]))
        else:
            _except(made, "1")
        return made

    def _updated(self, told: dict[str, str]) -> etree._Element:
        made = etree.Element(f"{{{UPDATES}}}lastUpdate", nsmap={"u": UPDATES})
        child(made, UPDATES, "lastUpdateDate", f"{self.clock.today().isoformat()}+01:00")
        return made

    def _dated(self, name: str) -> etree._Element:
        made = etree.Element(f"{{{INSPUB}}}{name}", nsmap={"i": INSPUB})
        made.set("extractiedatum", self.clock.now().isoformat())
        return made


def _addressed(header: etree._Element, action: str) -> bool:
    """Tell whether a question says what it is, to whom, and where the answer may go."""
    told = [header.findtext(f"{{{WSA}}}{name}") for name in ("MessageID", "To")]
    back = header.findtext(f"{{{WSA}}}ReplyTo/{{{WSA}}}Address")
    return all(told) and back == ANONYMOUS and header.findtext(f"{{{WSA}}}Action") == action


def number_of(case: etree._Element) -> str:
    """Return the number of a case."""
    return case.findtext(f"{{{INSPUB}}}insolventienummer") or ""


def _marks(case: etree._Element) -> list[str]:
    return [one.text or "" for one in case.iter(f"{{{INSPUB}}}publicatieKenmerk")]


def _mark(case: etree._Element) -> str:
    return _marks(case)[-1]


def _surname(case: etree._Element) -> str:
    return case.findtext(f"{{{INSPUB}}}persoon/{{{INSPUB}}}achternaam") or ""


def _fits(case: etree._Element, told: dict[str, str]) -> bool:
    born = case.findtext(f"{{{INSPUB}}}persoon/{{{INSPUB}}}geboortedatum")
    have = {
        "surname": _surname(case),
        "prefix": case.findtext(f"{{{INSPUB}}}persoon/{{{INSPUB}}}voorvoegsel") or "",
        "dateOfBirth": f"{born}T00:00:00",
        "postalCode": case.findtext(f".//{{{INSPUB}}}postcode") or "",
        "houseNumber": case.findtext(f".//{{{INSPUB}}}huisnummer") or "",
    }
    return all(have[name].casefold() == value.casefold() for name, value in told.items())


def _except(result: etree._Element, code: str) -> None:
    for one in list(result):
        result.remove(one)
    child(result, INSPUB, "exceptie", "melding").set("errorcode", code)


def _response(
    version: str, inside: etree._Element, status: int, header: etree._Element | None = None
) -> Response:
    space = SOAP[version]
    envelope = etree.Element(f"{{{space}}}Envelope", nsmap={"soap": space})
    if header is not None:
        envelope.append(header)
    child(envelope, space, "Body").append(inside)
    kind = "text/xml" if version == "1.1" else "application/soap+xml"
    content = etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
    return Response(content, status, mimetype=kind)
