"""SOAP 1.1 and 1.2 with WS-Security (UsernameToken) and WS-Addressing of August 2004."""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lxml import etree

from hub.connector import Action, PermanentError, action_for, read_xml

CIR = "http://www.rechtspraak.nl/namespaces/cir01"
SOAP = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
WSA = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
ANONYMOUS = f"{WSA}/role/anonymous"
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE, WSU = f"{_WSS}wssecurity-secext-1.0.xsd", f"{_WSS}wssecurity-utility-1.0.xsd"
PLAIN = f"{_WSS}username-token-profile-1.0#PasswordText"
_BASE64 = f"{_WSS}soap-message-security-1.0#Base64Binary"

#: How long a request counts.
_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Account:
    """By which name and password we are known."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault: its code without prefix, and its words."""

    code: str
    text: str


def child(parent: etree._Element, space: str, name: str, text: str | None = None) -> etree._Element:
    """Add an element in a namespace and return it."""
    made = etree.SubElement(parent, f"{{{space}}}{name}")
    made.text = text
    return made


def local(element: etree._Element) -> str:
    """Return the name of an element without its namespace; a comment has none."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def moment(at: datetime) -> str:
    """Return a moment (UTC) as XML writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def wrap(
    body: etree._Element, version: str, url: str, account: Account, now: datetime
) -> tuple[bytes, dict[str, str]]:
    """Return the envelope around an operation, and the HTTP headers that go with it."""
    space, action = SOAP[version], f"{CIR}/{local(body)}"
    names: Mapping[str, Any] = {"soap": space, "wsa": WSA, "wsse": WSSE, "wsu": WSU}
    envelope = etree.Element(f"{{{space}}}Envelope", nsmap=names)
    header = child(envelope, space, "Header")
    child(header, WSA, "Action", action)
    child(header, WSA, "MessageID", f"urn:uuid:{uuid.uuid4()}")
    # Who expects an answer must say where it may go (WS-Addressing of August 2004, 3.1).
    child(child(header, WSA, "ReplyTo"), WSA, "Address", ANONYMOUS)
    child(header, WSA, "To", url)
    _security(header, space, account, now)
    child(envelope, space, "Body").append(body)
    content = etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
    if version == "1.1":
        return content, {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
    return content, {"Content-Type": f'application/soap+xml; charset=utf-8; action="{action}"'}


def _security(header: etree._Element, space: str, account: Account, now: datetime) -> None:
    security = child(header, WSSE, "Security")
    security.set(f"{{{space}}}mustUnderstand", "1")
    stamp = child(security, WSU, "Timestamp")
    child(stamp, WSU, "Created", moment(now))
    child(stamp, WSU, "Expires", moment(now + _LASTS))
    token = child(security, WSSE, "UsernameToken")
    child(token, WSSE, "Username", account.username)
    child(token, WSSE, "Password", account.password).set("Type", PLAIN)
    nonce = child(token, WSSE, "Nonce", base64.b64encode(secrets.token_bytes(16)).decode())
    nonce.set("EncodingType", _BASE64)
    child(token, WSU, "Created", moment(now))


def unwrap(content: bytes) -> etree._Element | Fault:
    """Return what stands in the body of an envelope, or the fault.

    Raises PermanentError when it is no envelope with one message in it.
    """
    envelope = read_xml(content, "Het antwoord van het insolventieregister")
    space = next((one for one in SOAP.values() if envelope.tag == f"{{{one}}}Envelope"), "")
    body = envelope.find(f"{{{space}}}Body") if space else None
    inside = [one for one in body if isinstance(one.tag, str)] if body is not None else []
    if len(inside) != 1:
        raise PermanentError(
            "Het antwoord van het insolventieregister is geen SOAP-bericht. Er is niets gewijzigd. "
            "Controleer het adres.",
            "no SOAP envelope with one message",
        )
    return _fault(inside[0], space) if local(inside[0]) == "Fault" else inside[0]


def _fault(found: etree._Element, space: str) -> Fault:
    if space == SOAP["1.1"]:
        code, text = found.findtext("faultcode"), found.findtext("faultstring")
    else:
        values = [one.text or "" for one in found.iter(f"{{{space}}}Value")]
        # The innermost code says most: of a refused sign-in the outer one only says Sender.
        code = values[-1] if values else ""
        text = found.findtext(f"{{{space}}}Reason/{{{space}}}Text")
    # Behind the first line the service tells in which of its own files it went wrong.
    words = (text or "").strip().splitlines() or ["geen reden gegeven"]
    return Fault((code or "").rpartition(":")[2], words[0].strip())


#: The code by which WS-Security says that a message is too old, or from the future.
TOO_OLD = "MessageExpired"

#: Codes of WS-Addressing of August 2004.
_ADDRESSING: Mapping[int | str, Action] = {
    "DestinationUnreachable": "config",
    "ActionNotSupported": "config",
    "MessageInformationHeaderRequired": "config",
    "InvalidMessageInformationHeader": "config",
    "EndpointUnavailable": "retry",
    TOO_OLD: "config",
}

#: Codes by which WS-Security refuses who we are.
_REFUSED = frozenset(
    ("Security", "FailedAuthentication", "InvalidSecurity", "InvalidSecurityToken")
) | {"FailedCheck", "SecurityTokenUnavailable", "UnsupportedSecurityToken"}


def action_of(fault: Fault) -> Action:
    """Return what to do after a fault."""
    return "access" if fault.code in _REFUSED else action_for(fault.code, _ADDRESSING)
