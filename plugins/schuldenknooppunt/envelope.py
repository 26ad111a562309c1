"""The envelope of the Schuldenknooppunt: SOAP 1.1 around a message. THIS FILE IS OURS.

The exchange's WSDL comes with a toolkit that participants get; it is not public. Operations, their
names and the namespace below are therefore our own, and nothing outside this file knows them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from lxml import etree

from hub.connector import PermanentError, read_xml

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
OWN = "urn:schuldenhub:schuldenknooppunt:1"

#: What a fault adds to its code when we are not who we say we are.
NOT_US = "Authentication"

SEND, COLLECT, CONFIRM = "verstuurBericht", "haalBerichtenOp", "bevestigOntvangst"


@dataclass(frozen=True)
class Fault:
    """What the exchange says when it refuses: a code of SOAP, what it adds to that, its words."""

    code: str
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Delivered:
    """A message as collected: its id at the exchange, its bytes, and since when it waits."""

    id: str
    raw: bytes
    offered_on: date | None = None


def wrap(operation: str, *children: etree._Element) -> bytes:
    """Return a SOAP envelope that holds one operation."""
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP, "skp": OWN})
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    etree.SubElement(body, f"{{{OWN}}}{operation}").extend(children)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def fault(code: str, text: str) -> bytes:
    """Return a SOAP envelope that holds a fault."""
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    found = etree.SubElement(body, f"{{{SOAP}}}Fault")
    etree.SubElement(found, "faultcode").text = f"soap:{code}"
    etree.SubElement(found, "faultstring").text = text
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def unwrap(body: bytes) -> etree._Element | Fault:
    """Return the operation inside a SOAP envelope, or the fault. Raises PermanentError."""
    root = read_xml(body, "Het antwoord van het Schuldenknooppunt")
    found = root.find(f"{{{SOAP}}}Body") if root.tag == f"{{{SOAP}}}Envelope" else None
    if found is None or len(found) != 1:
        raise PermanentError(
            "Het Schuldenknooppunt gaf een antwoord dat geen SOAP-bericht is. Er is niets "
            "gewijzigd. Controleer het adres.",
            "answer is no SOAP envelope",
        )
    inner = found[0]
    if inner.tag == f"{{{SOAP}}}Fault":
        # SOAP 1.1 lets a code be told more precisely after a dot: Client.Authentication.
        code, _, detail = (inner.findtext("faultcode") or "").rpartition(":")[2].partition(".")
        return Fault(code, inner.findtext("faultstring") or "geen reden gegeven", detail)
    return inner


def text_element(name: str, text: str) -> etree._Element:
    """Return an element of the envelope with a text."""
    element = etree.Element(f"{{{OWN}}}{name}")
    element.text = text
    return element


def message_element(id_: str, raw: bytes, offered_on: date | None = None) -> etree._Element:
    """Return a message inside the envelope; its bytes travel as text, so they stay the same."""
    element = text_element("bericht", raw.decode())
    element.set("id", id_)
    if offered_on:
        element.set("aangeboden", offered_on.isoformat())
    return element


def messages(operation: etree._Element) -> Iterable[Delivered]:
    """Return the messages in the answer to a collection."""
    for element in operation.iterfind(f"{{{OWN}}}bericht"):
        since = _day(element.get("aangeboden", ""))
        yield Delivered(element.get("id", ""), (element.text or "").encode(), since)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def text_of(operation: etree._Element, name: str) -> str:
    """Return the text of a child of the operation, empty when absent."""
    return operation.findtext(f"{{{OWN}}}{name}") or ""
