"""SOAP 1.2 with WS-Addressing 1.0 and WS-Security, in which an assertion passes byte for byte."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lxml import etree

from hub.connector import PermanentError, read_xml

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE, WSU = f"{_WSS}wssecurity-secext-1.0.xsd", f"{_WSS}wssecurity-utility-1.0.xsd"
PLAIN = f"{_WSS}username-token-profile-1.0#PasswordText"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

#: The namespaces of the service; they are no URIs, and are used as they are.
V1 = "ccbr.rechtspraak.nl/v1"
DATA = f"{V1}/CcbrDataservice/berichten"

#: Where the assertion comes. Text is escaped, so nothing else can look like it.
_PLACE = b"<!--assertion-->"

#: By the code of a fault (WS-Security, WS-Trust, WS-Addressing): what a person must look at.
ACCESS = frozenset(
    ("FailedAuthentication", "FailedCheck", "InvalidSecurityToken", "UnsupportedSecurityToken")
)
CLOCK = frozenset(("InvalidSecurity", "MessageExpired"))
SCOPE = frozenset(("InvalidScope",))
ADDRESS = frozenset(("ActionNotSupported", "DestinationUnreachable")) | frozenset(
    ("InvalidAddressingHeader", "MessageAddressingHeaderRequired")
)

#: How long a request counts.
_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault: its innermost code without prefix, and its words."""

    code: str
    text: str


def child(parent: etree._Element, space: str, name: str, text: str | None = None) -> etree._Element:
    """Add an element in a namespace and return it."""
    made = etree.SubElement(parent, f"{{{space}}}{name}")
    made.text = text
    return made


def nil(parent: etree._Element, space: str, name: str) -> None:
    """Add an element that says to be empty."""
    child(parent, space, name).set(f"{{{XSI}}}nil", "true")


def local(element: etree._Element) -> str:
    """Return the name of an element without its namespace; a comment has none."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def moment(at: datetime) -> str:
    """Return a moment (UTC) as WS-Security writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def envelope(action: str, to: str, now: datetime) -> tuple[etree._Element, etree._Element]:
    """Return an envelope with the headers of a request, and its Security header."""
    names: Any = {"s": SOAP, "a": WSA, "u": WSU}
    made = etree.Element(f"{{{SOAP}}}Envelope", nsmap=names)
    header = child(made, SOAP, "Header")
    child(header, WSA, "Action", action).set(f"{{{SOAP}}}mustUnderstand", "1")
    child(header, WSA, "MessageID", f"urn:uuid:{uuid.uuid4()}")
    child(child(header, WSA, "ReplyTo"), WSA, "Address", f"{WSA}/anonymous")
    child(header, WSA, "To", to).set(f"{{{SOAP}}}mustUnderstand", "1")
    security = etree.SubElement(header, f"{{{WSSE}}}Security", nsmap={"o": WSSE})
    security.set(f"{{{SOAP}}}mustUnderstand", "1")
    stamp = child(security, WSU, "Timestamp")
    stamp.set(f"{{{WSU}}}Id", "_0")
    child(stamp, WSU, "Created", moment(now))
    child(stamp, WSU, "Expires", moment(now + _LASTS))
    return made, security


def with_body(made: etree._Element, body: etree._Element) -> bytes:
    """Return the bytes of an envelope around `body`."""
    child(made, SOAP, "Body").append(body)
    return etree.tostring(made, xml_declaration=True, encoding="UTF-8")


def with_assertion(
    action: str, to: str, now: datetime, assertion: bytes, body: etree._Element
) -> bytes:
    """Return a request that is signed by an assertion, of which not one byte is changed."""
    made, security = envelope(action, to, now)
    security.append(etree.Comment("assertion"))
    return with_body(made, body).replace(_PLACE, assertion, 1)


def headers(action: str) -> dict[str, str]:
    """Return the HTTP headers of a request."""
    return {"Content-Type": f'application/soap+xml; charset=utf-8; action="{action}"'}


def unwrap(content: bytes, what: str) -> etree._Element | Fault:
    """Return what stands in the body of an envelope, or the fault.

    Raises PermanentError when it is no envelope with one message in it.
    """
    root = read_xml(content, what)
    body = root.find(f"{{{SOAP}}}Body") if root.tag == f"{{{SOAP}}}Envelope" else None
    inside = [one for one in body if isinstance(one.tag, str)] if body is not None else []
    if len(inside) != 1:
        raise PermanentError(
            f"{what} is geen SOAP-bericht. Er is niets gewijzigd. Controleer het adres.",
            "no SOAP envelope with one message",
        )
    if inside[0].tag != f"{{{SOAP}}}Fault":
        return inside[0]
    values = [one.text or "" for one in inside[0].iter(f"{{{SOAP}}}Value")]
    text = inside[0].findtext(f"{{{SOAP}}}Reason/{{{SOAP}}}Text")
    code = (values[-1] if values else "").rpartition(":")[2]
    return Fault(code, (text or "geen reden gegeven").strip())
