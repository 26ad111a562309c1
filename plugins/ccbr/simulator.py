"""The register as the demo and the tests play it, with its token service."""

from __future__ import annotations

import re
import secrets
from collections import deque
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, Response, request
from lxml import etree

from hub.clock import Clock
from hub.connector import read_xml
from hub.testing.simulator import Index, Simulator, SourceSpec
from hub.testing.world import Municipality, Person
from plugins.ccbr.messages import as_element
from plugins.ccbr.signing import Signer
from plugins.ccbr.soap import DATA, PLAIN, SOAP, V1, WSA, WSSE, WSU, child, local
from plugins.ccbr.tokens import POLICY, SAML, TRUST

#: Of so many clients one has a card here.
ONE_IN = 4

REALM = "https://ccbr.example/"

_TIMES = ("Created", "Expires")
_WISHES = ("KeyType", "RequestType")

_ASSERTION = re.compile(rb"<saml:Assertion.*</saml:Assertion>", re.S)


@dataclass(frozen=True, slots=True)
class Card:
    """One card: of whom, its number, the measure, and who acts."""

    who: Person
    number: str
    ground: str
    starts_on: date
    ends_on: date | None = None
    acting: str = "Bewindkantoor Voorbeeld"


#: How many of the last questions and answers are kept for tests.
KEPT = 500


class GuardianshipRegister(Simulator):
    """The register. For tests: `cards`, `error`, `refuse`, `signer`, `envelopes`, `messages`.

    `error` is told as Foutmelding instead of an answer; `refuse` holds the HTTP statuses of the
    next answers.
    """

    name: ClassVar[str] = "ccbr"
    extra: ClassVar[bool] = True
    username = "gemeente"

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.password = secrets.token_hex(8)
        self.signer = Signer()
        self.cards: list[Card] = list(_cards(municipality))
        self.handles: dict[str, Card] = {}
        self._by_name: Index[Card] = Index(lambda card: [card.who.surname.casefold()])
        self.error: tuple[str, str] | None = None
        self.refuse: list[int] = []
        self.tokens_asked = 0
        self.envelopes: deque[bytes] = deque(maxlen=KEPT)
        self.messages: deque[tuple[etree._Element, etree._Element]] = deque(maxlen=KEPT)
        self._web = Flask("ccbr")
        self._web.add_url_rule("/sts", view_func=self._token, methods=["POST"])
        self._web.add_url_rule("/ccbr.svc", view_func=self._serve, methods=["POST"])

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request (WSGI)."""
        return self._web(environ, start_response)

    def sources(self) -> list[SourceSpec]:
        """Return the source that asks this register."""
        config = {
            "url": f"{self.url}/ccbr.svc",
            "sts_url": f"{self.url}/sts",
            "realm": REALM,
            "username": self.username,
            "password": self.password,
            "ground": "Demonstratie met verzonnen inwoners",
        }
        owner = self.municipality.organisations[0].code
        title = "Curatele- en bewindregister (CCBR)"
        return [SourceSpec("ccbr", title, "ccbr", owner, config)]

    # --- the token service ----------------------------------------------------------------------

    def _token(self) -> Response:
        self.tokens_asked += 1
        envelope = read_xml(request.get_data(), "De vraag")
        token = envelope.find(f".//{{{WSSE}}}UsernameToken")
        word = token.find(f"{{{WSSE}}}Password") if token is not None else None
        about = envelope.find(f".//{{{POLICY}}}AppliesTo")
        realm = "".join(str(one) for one in about.itertext()) if about is not None else ""
        name = token.findtext(f"{{{WSSE}}}Username") if token is not None else ""
        right = word is not None and (name, word.text) == (self.username, self.password)
        if not self._fresh(envelope):
            return _fault("InvalidSecurity", "An error occurred when verifying security.")
        if not right or word is None or word.get("Type") != PLAIN:
            return _fault("FailedAuthentication", "ID3242: The security token could not be used.")
        if realm != REALM:
            return _fault("InvalidScope", "ID3082: The request scope is not valid.")
        if not _issue(envelope):
            return _fault("BadRequest", "The request is not for a bearer token.")
        head, tail = _around_token()
        content = head + self.signer.issue(realm, self.clock.now()) + tail
        return Response(content, 200, mimetype="application/soap+xml")

    # --- the register ---------------------------------------------------------------------------

    def _serve(self) -> Response:
        content = request.get_data()
        self.envelopes.append(content)
        if self.refuse:
            return Response("", self.refuse.pop(0))
        envelope = read_xml(content, "De vraag")
        found = _ASSERTION.search(content)
        if not self._fresh(envelope) or not _stamped_first(envelope):
            return _fault("InvalidSecurity", "An error occurred when verifying security.")
        if not found or not self.signer.takes(found[0], self.clock.now()):
            return _fault("FailedAuthentication", "The security token could not be used.")
        told = envelope.findtext(f".//{{{WSA}}}To")
        if told != f"{self.url}/ccbr.svc":
            return _fault("DestinationUnreachable", "The message cannot be processed here.")
        body = envelope.find(f"{{{SOAP}}}Body")
        assert body is not None, "read_xml gave an envelope"
        answer = self._answer(body[0])
        self.messages.append((deepcopy(body[0]), deepcopy(answer)))
        return _response(answer, 200)

    def _fresh(self, envelope: etree._Element) -> bool:
        stamp = envelope.find(f".//{{{WSSE}}}Security/{{{WSU}}}Timestamp")
        told = [stamp.findtext(f"{{{WSU}}}{one}") for one in _TIMES] if stamp is not None else []
        moments = [datetime.fromisoformat(one) for one in told if one]
        return len(moments) == 2 and moments[0] <= self.clock.now() < moments[1]

    def _answer(self, question: etree._Element) -> etree._Element:
        operation = local(question)
        made = etree.Element(f"{{{V1}}}{operation}Response", nsmap={"v": V1})
        result = child(made, V1, f"{operation}Result")
        code, text = self.error or (None, None)
        wrong = {"Code": code, "Omschrijving": text} if self.error else None
        result.append(as_element("Foutmelding", wrong))
        if not self.error and operation == "ZoekRegisterkaarten":
            result.append(self._found(question))
        elif not self.error:
            handle = question.findtext(f"{{{V1}}}registerkaartAanduiding") or ""
            result.append(as_element("Registerkaart", self._card(handle)))
        result.append(as_element("VerificatieCode", secrets.token_hex(8)))
        return made

    def _found(self, question: etree._Element) -> etree._Element:
        prefix = (question.findtext(f"{{{V1}}}voorvoegsel") or "").casefold()
        surname = (question.findtext(f"{{{V1}}}achternaam") or "").casefold()
        day = (question.findtext(f".//{{{DATA}}}Datum") or "")[:10]
        year = question.findtext(f".//{{{DATA}}}Jaar") or day[:4]
        made = as_element("Registerkaarten", {})
        for card in self._by_name.of(self.cards, surname):
            born = card.who.birth_date
            if str(born.year) == year:
                whole = (prefix, day) == (card.who.prefix.casefold(), born.isoformat())
                made.append(as_element("ZoekRegisterkaart", self._hit(card, whole)))
        return made

    def _hit(self, card: Card, whole: bool) -> dict[str, Any]:
        handle = secrets.token_urlsafe(24)
        self.handles[handle] = card
        return {
            "Geregistreerde": _registered(card.who),
            "HonderdProcentMatch": "true" if whole else "false",
            "Registerkaartidentificatie": _identification(handle, card),
            "SoortRegister": "Item02",
        }

    def _card(self, handle: str) -> dict[str, Any] | None:
        card = self.handles.get(handle)
        return card_of(card, handle) if card else None


def _issue(envelope: etree._Element) -> bool:
    """Tell whether a token is asked for that whoever holds it may use."""
    wish = envelope.find(f".//{{{TRUST}}}RequestSecurityToken")
    told = [wish.findtext(f"{{{TRUST}}}{one}") for one in _WISHES] if wish is not None else []
    return told == [f"{TRUST}/Bearer", f"{TRUST}/Issue"]


def _stamped_first(envelope: etree._Element) -> bool:
    """Tell whether the time stands before the token: a strict service wants that order."""
    security = envelope.find(f".//{{{WSSE}}}Security")
    names = [local(one) for one in security] if security is not None else []
    return names == ["Timestamp", "Assertion"]


def card_of(card: Card, handle: str) -> dict[str, Any]:
    """Return a card as the register gives it."""
    organisation = {"Adressen": {"Adres": [_address()]}, "NaamOrganisatieVolledig": card.acting}
    guardian = card.ground in ("03", "04")
    mine = "CuratorNietNatuurlijkPersoon" if guardian else "BewindvoerderNietNatuurlijkPersoon"
    groups: dict[str, Any] = {
        "BewindvoerdersNietNatuurlijkPersoon": {},
        "CuratorenNietNatuurlijkPersoon": {},
    }
    groups[
        "CuratorenNietNatuurlijkPersoon" if guardian else "BewindvoerdersNietNatuurlijkPersoon"
    ] = {mine: [organisation]}
    return {
        "Aantekeningen": {"Aantekening": [{"Beslissing": _ruling(card)}]},
        "BeperktBewind": "false",
        "BewindvoerdersNatuurlijkpersoon": {},
        "BewindvoerdersNietNatuurlijkPersoon": groups["BewindvoerdersNietNatuurlijkPersoon"],
        "CentraalCurateleNummer": "0",
        "CuratorenNatuurlijkPersoon": {},
        "CuratorenNietNatuurlijkPersoon": groups["CuratorenNietNatuurlijkPersoon"],
        "DatumPublicatie": _moment(card.starts_on + timedelta(days=1)),
        "Geldigheid": _period(card),
        "Geregistreerde": _registered(card.who),
        "Grond": card.ground,
        "InstantieBeheer": "Rechtbank Midden-Nederland",
        "Registerkaartidentificatie": _identification(handle, card),
        "SoortRegister": "Item02",
    }


def _ruling(card: Card) -> dict[str, Any]:
    return {
        "Beslissingcode": {"Nummer": "-102"},
        "Beslissingstekst": "De kantonrechter heeft beslist.",
        "DatumBeslissing": _moment(card.starts_on),
        "Geldigheid": _period(card),
        "RechtspraakZaakreferentie": {"Zaakidentificatie": {"Zaakidentificatiecode": "0000000"}},
        "UitspraakInstantie": "Zittingsplaats Voorbeeldstad",
    }


def _period(card: Card) -> dict[str, Any]:
    ends = _moment(card.ends_on) if card.ends_on else None
    return {"DatumBegin": _moment(card.starts_on), "DatumEinde": ends}


def _registered(who: Person) -> dict[str, Any]:
    return {
        "Geboorte": {
            "BuitenlandsePlaats": None,
            "Datum": _moment(who.birth_date),
            "Jaar": str(who.birth_date.year),
            "Land": {"Naam": None},
            "Woonplaats": {"Naam": "Voorbeeldstad"},
        },
        "SamengesteldeNaam": {
            "Geslachtsnaam": who.surname,
            "Voornamen": who.initials,
            "Voorvoegsel": who.prefix,
        },
    }


def _identification(handle: str, card: Card) -> dict[str, str]:
    return {"RegisterkaartAanduiding": handle, "RegisterkaartIndentificatieCode": card.number}


def _address() -> dict[str, Any]:
    street = {"Huisletter": None, "Huisnummer": "1", "Huisnummertoevoeging": None}
    street["NaamOpenbareRuimte"] = "Postbus"
    postcode = {"AlfabetischDeel": "AA", "NumeriekDeel": "9999"}
    place = {"Naam": "Voorbeeldstad"}
    dutch = {"AdresOpenbareRuimte": street, "Postcode": postcode, "Woonplaats": place}
    return {"BuitenlandsAdres": None, "NederlandsAdres": dutch, "SoortAdres": "01"}


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00"


def _cards(municipality: Municipality) -> Iterator[Card]:
    at = 0
    for dossier in municipality.dossiers():
        for who in dossier.case.clients if dossier.case else ():
            began = dossier.case.registered_on if dossier.case else municipality.today
            if at % ONE_IN == 0:
                yield Card(who, f"BM{10000 + at}/0001", "01", began)
            at += 1


def _around_token() -> tuple[bytes, bytes]:
    made = etree.Element(
        f"{{{TRUST}}}RequestSecurityTokenResponseCollection", nsmap={"trust": TRUST}
    )
    told = child(
        child(made, TRUST, "RequestSecurityTokenResponse"), TRUST, "RequestedSecurityToken"
    )
    told.append(etree.Comment("token"))
    child(made[0], TRUST, "TokenType", SAML)
    head, tail = _envelope(made).split(b"<!--token-->")
    return head, tail


def _fault(code: str, text: str) -> Response:
    fault = etree.Element(f"{{{SOAP}}}Fault", nsmap={"o": WSSE, "s": SOAP})
    outer = child(fault, SOAP, "Code")
    child(outer, SOAP, "Value", "s:Sender")
    child(child(outer, SOAP, "Subcode"), SOAP, "Value", f"o:{code}")
    child(child(fault, SOAP, "Reason"), SOAP, "Text", text)
    return _response(fault, 500)


def _envelope(inside: etree._Element) -> bytes:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP})
    child(envelope, SOAP, "Body").append(inside)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _response(inside: etree._Element, status: int) -> Response:
    return Response(_envelope(inside), status, mimetype="application/soap+xml")
