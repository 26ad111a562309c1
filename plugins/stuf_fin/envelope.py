"""The frame of every message: SOAP 1.1 around StUF 3.01, its header, its receipts and its faults.

Names, order and codes are those of stuf0301.xsd (VNG Realisatie, schemas 1.00.03). Moments are
Dutch time, as the standard's `tijdstipBericht` carries no zone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from lxml import etree

from hub.clock import AMSTERDAM
from hub.connector import PermanentError, read_xml

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
STUF = "http://www.egem.nl/StUF/StUF0301"
BG = "http://www.egem.nl/StUF/sector/bg/0310"
FIN = "http://www.egem.nl/StUF/sector/fin/0310"
ZKN = "http://www.egem.nl/StUF/sector/zkn/0310"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

#: The prefixes that a message declares.
PREFIXES = {"StUF": STUF, "BG": BG, "FIN": FIN, "xsi": XSI}

#: How long a reference number of the standard may be (Refnummer).
REFERENCE_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Party:
    """A system: the organisation that runs it and the name of the application (3 to 50 long)."""

    application: str
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """The `stuurgegevens`. `sent_at` is the text of the message: 8 to 17 digits, Dutch time."""

    code: str
    sender: Party | None = None
    receiver: Party | None = None
    reference: str = ""
    sent_at: str = ""
    answers: str = ""
    entity: str = ""
    function: str = ""

    def answered(self, code: str, reference: str, sent_at: str) -> Header:
        """Return the header of the answer to this message: sender and receiver change places."""
        return replace(
            self,
            code=code,
            sender=self.receiver,
            receiver=self.sender,
            reference=reference,
            sent_at=sent_at,
            answers=self.reference,
            entity="",
            function="",
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """The body of a Fo01, Fo02 or Fo03: a code such as StUF055, and the other side's words."""

    code: str
    text: str
    place: str = "client"
    details: str = ""


def child(parent: etree._Element, space: str, name: str, text: str = "") -> etree._Element:
    """Add an element, with a text when it has one."""
    made = etree.SubElement(parent, f"{{{space}}}{name}")
    if text:
        made.text = text
    return made


def root(space: str, name: str) -> etree._Element:
    """Return the root of a new message."""
    return etree.Element(f"{{{space}}}{name}", nsmap=PREFIXES)


def add_header(message: etree._Element, space: str, header: Header) -> None:
    """Write the header: its element in the namespace of the sector, its children in StUF's."""
    frame = child(message, space, "stuurgegevens")
    child(frame, STUF, "berichtcode", header.code)
    for name, party in (("zender", header.sender), ("ontvanger", header.receiver)):
        if party is not None:
            inside = child(frame, STUF, name)
            if party.organisation:
                child(inside, STUF, "organisatie", party.organisation)
            child(inside, STUF, "applicatie", party.application)
    for name, text in (
        ("referentienummer", header.reference),
        ("tijdstipBericht", header.sent_at),
        ("crossRefnummer", header.answers),
        ("entiteittype", header.entity),
        ("functie", header.function),
    ):
        if text:
            child(frame, STUF, name, text)


def read_header(message: etree._Element) -> Header | None:
    """Return the header of a message; None when it has none, or one without a code."""
    frame = next((one for one in message if local(one) == "stuurgegevens"), None)
    if frame is None or not text_of(frame, "berichtcode"):
        return None
    return Header(
        code=text_of(frame, "berichtcode"),
        sender=_party(frame, "zender"),
        receiver=_party(frame, "ontvanger"),
        reference=text_of(frame, "referentienummer"),
        sent_at=text_of(frame, "tijdstipBericht"),
        answers=text_of(frame, "crossRefnummer"),
        entity=text_of(frame, "entiteittype"),
        function=text_of(frame, "functie"),
    )


def _party(frame: etree._Element, name: str) -> Party | None:
    inside = frame.find(f"{{{STUF}}}{name}")
    if inside is None:
        return None
    return Party(text_of(inside, "applicatie"), text_of(inside, "organisatie"))


def text_of(group: etree._Element, name: str, space: str = STUF) -> str:
    """Return the text of a child, empty when absent."""
    return (group.findtext(f"{{{space}}}{name}") or "").strip()


def local(element: etree._Element) -> str:
    """Return the name of an element without its namespace; a comment has none."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def moment(at: datetime) -> str:
    """Return a moment as `tijdstipBericht` writes it: 17 digits, Dutch time."""
    return at.astimezone(AMSTERDAM).strftime("%Y%m%d%H%M%S000")


def receipt(header: Header, *, code: str = "Bv03") -> etree._Element:
    """Return a Bv03: the message is stored safely. It does not say that it was processed."""
    message = root(STUF, f"{code}Bericht")
    add_header(message, STUF, header)
    return message


def fault_message(header: Header, fault: Fault) -> etree._Element:
    """Return a Fo02 or Fo03, by the code in the header."""
    message = root(STUF, f"{header.code}Bericht")
    add_header(message, STUF, header)
    body = child(message, STUF, "body")
    child(body, STUF, "code", fault.code)
    child(body, STUF, "plek", fault.place)
    child(body, STUF, "omschrijving", fault.text[:200])
    if fault.details:
        child(body, STUF, "details", fault.details[:1000])
    return message


def wrap(message: etree._Element) -> bytes:
    """Return a SOAP envelope around a message."""
    envelope, body = _soap()
    body.append(message)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def wrap_fault(message: etree._Element, fault: Fault) -> bytes:
    """Return a SOAP fault whose detail is the whole Fo02 or Fo03."""
    envelope, body = _soap()
    found = child(body, SOAP, "Fault")
    side = "Client" if fault.place == "client" else "Server"
    etree.SubElement(found, "faultcode").text = f"SOAP-ENV:{side}"
    etree.SubElement(found, "faultstring").text = fault.text[:200]
    etree.SubElement(found, "detail").append(message)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _soap() -> tuple[etree._Element, etree._Element]:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"SOAP-ENV": SOAP})
    return envelope, child(envelope, SOAP, "Body")


def unwrap(content: bytes, what: str) -> etree._Element | Fault:
    """Return the message in a SOAP envelope, or the fault. Raises PermanentError for the rest."""
    envelope = read_xml(content, what)
    body = envelope.find(f"{{{SOAP}}}Body") if envelope.tag == f"{{{SOAP}}}Envelope" else None
    inside = [one for one in body if isinstance(one.tag, str)] if body is not None else []
    if len(inside) != 1:
        raise PermanentError(
            f"{what} is geen SOAP-bericht. Er is niets gewijzigd. Controleer het adres.",
            "no SOAP envelope with one message",
        )
    if inside[0].tag == f"{{{SOAP}}}Fault":
        return _soap_fault(inside[0])
    return read_fault(inside[0]) or inside[0]


def _soap_fault(found: etree._Element) -> Fault:
    detail = found.find("detail")
    for inner in detail if detail is not None else ():
        told = read_fault(inner)
        if told is not None:
            return told
    code = (found.findtext("faultcode") or "").rpartition(":")[2]
    place = "server" if code == "Server" else "client"
    return Fault(code, (found.findtext("faultstring") or "geen reden gegeven").strip(), place)


def read_fault(message: etree._Element) -> Fault | None:
    """Return the fault in a Fo01, Fo02 or Fo03; None for any other message."""
    if local(message) not in ("Fo01Bericht", "Fo02Bericht", "Fo03Bericht"):
        return None
    body = message.find(f"{{{STUF}}}body")
    if body is None:
        return Fault("", "geen reden gegeven")
    return Fault(
        text_of(body, "code"),
        text_of(body, "omschrijving") or "geen reden gegeven",
        text_of(body, "plek") or "client",
        text_of(body, "details"),
    )


def plain(message: etree._Element) -> bytes:
    """Return the bytes of a message by itself, the same for equal messages whatever its frame."""
    return etree.tostring(message, method="c14n", exclusive=True, with_comments=False)
