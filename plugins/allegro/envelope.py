"""SOAP 1.1 around Allegro's messages: document/literal, with the session in a header.

What was received becomes plain values: a group of fields is a mapping, a list a list, and every
field its text. Nothing is interpreted here, and names that no shape knows are kept, so that the hub
can tell of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree

from hub.connector import PermanentError, read_xml
from plugins.allegro.shapes import OPERATIONS, Array, Kind, Shape
from schemas.fields import shown

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
OWN = "http://tempuri.org/"

#: How deep answers are read; Allegro's own go five deep.
_DEEPEST = 12

#: A moment that says nothing; xs:dateTime has no empty text.
NEVER = "0001-01-01T00:00:00"

#: What stands in a field that must be there and of which nothing is known.
_NOTHING = {"int": "0", "text": "", "flag": "false", "amount": "0", "moment": NEVER}

Plain = Any  # str | dict[str, Plain] | list[Plain]


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal: its code and Allegro's own words."""

    code: str
    text: str


def element_name(operation: str, suffix: str = "") -> str:
    """Return the name of the element that carries an operation, as the WSDL has it."""
    return f"{OPERATIONS[operation][0]}___{operation}{suffix}"


def soap_action(operation: str) -> str:
    """Return the SOAPAction header of an operation."""
    return f'"urn:KreditLibrary-{OPERATIONS[operation][0]}#{operation}"'


def request(operation: str, values: dict[str, Plain], session: str = "") -> bytes:
    """Return the envelope that asks an operation; `session` is empty only when signing in."""
    shape = OPERATIONS[operation][1]
    return _envelope(element_name(operation), values, shape, session)


def response(operation: str, values: dict[str, Plain], session: str = "") -> bytes:
    """Return the envelope that answers an operation."""
    shape = OPERATIONS[operation][2]
    return _envelope(element_name(operation, "Response"), values, shape, session)


def _envelope(name: str, values: dict[str, Plain], shape: Shape, session: str) -> bytes:
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP, "tns": OWN})
    if session:
        header = etree.SubElement(root, f"{{{SOAP}}}Header")
        found = etree.SubElement(header, f"{{{OWN}}}ROClientIDHeader")
        etree.SubElement(found, f"{{{OWN}}}ID").text = session
    body = etree.SubElement(root, f"{{{SOAP}}}Body")
    _fill(etree.SubElement(body, f"{{{OWN}}}{name}"), values, shape)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _fill(parent: etree._Element, values: Plain, shape: Shape) -> None:
    """Write the fields of a shape in its order; what is absent is written as nothing."""
    known = values if isinstance(values, dict) else {}
    for name, inner in shape.items():
        _write(etree.SubElement(parent, f"{{{OWN}}}{name}"), known.get(name), inner)


def _write(element: etree._Element, value: Plain, inner: Kind | Shape | Array) -> None:
    if isinstance(inner, dict):
        _fill(element, value, inner)
    elif isinstance(inner, Array):
        for one in value or []:
            _write_item(etree.SubElement(element, f"{{{OWN}}}{inner.item}"), one, inner.shape)
    else:
        element.text = str(value) if value not in (None, "") else _NOTHING[inner]


def _write_item(element: etree._Element, value: Plain, shape: Shape) -> None:
    if shape:
        _fill(element, value, shape)
    else:
        element.text = str(value)


def fault(code: str, text: str) -> bytes:
    """Return an envelope that refuses."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    found = etree.SubElement(etree.SubElement(root, f"{{{SOAP}}}Body"), f"{{{SOAP}}}Fault")
    etree.SubElement(found, "faultcode").text = f"soap:{code}"
    etree.SubElement(found, "faultstring").text = text
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def read(body: bytes, what: str = "Het antwoord van Allegro") -> tuple[str, Plain, str] | Fault:
    """Return the element's name, its values and the session of an envelope, or the fault in it.

    Raises PermanentError when it is no SOAP message.
    """
    root = read_xml(body, what)
    inner = root.find(f"{{{SOAP}}}Body") if root.tag == f"{{{SOAP}}}Envelope" else None
    if inner is None or len(inner) != 1:
        raise _no_message(what)
    found = inner[0]
    if found.tag == f"{{{SOAP}}}Fault":
        code = (found.findtext("faultcode") or "").rpartition(":")[2]
        return Fault(code, shown(found.findtext("faultstring") or "geen reden gegeven"))
    session = root.findtext(f"{{{SOAP}}}Header/{{{OWN}}}ROClientIDHeader/{{{OWN}}}ID") or ""
    return etree.QName(found).localname, _plain(found, _DEEPEST, what), session


def answer_to(operation: str, body: bytes) -> dict[str, Plain] | Fault:
    """Return the values of an answer to an operation, or the fault. Raises PermanentError."""
    told = read(body)
    if isinstance(told, Fault):
        return told
    name, values, _ = told
    if name != element_name(operation, "Response") or not isinstance(values, dict):
        raise PermanentError(
            f"Allegro gaf op {operation} een antwoord op een andere vraag. Er is niets gewijzigd. "
            "Controleer het adres.",
            f"answer to {operation} is another message",
        )
    return values


def _plain(element: etree._Element, deep: int, what: str) -> Plain:
    if deep == 0:
        raise _no_message(what)
    children = [one for one in element if isinstance(one.tag, str)]
    if not children:
        return (element.text or "").strip()
    names = [etree.QName(one).localname for one in children]
    values = [_plain(one, deep - 1, what) for one in children]
    if names[0] in _ITEMS:
        return [one for name, one in zip(names, values, strict=True) if name in _ITEMS]
    return dict(zip(names, values, strict=True))


def _no_message(what: str) -> PermanentError:
    return PermanentError(
        f"{what} is geen SOAP-bericht. Er is niets gewijzigd. Controleer het adres.",
        "no SOAP message",
    )


def _items(shape: Shape) -> set[str]:
    found: set[str] = set()
    for inner in shape.values():
        if isinstance(inner, Array):
            found |= {inner.item} | _items(inner.shape)
        elif isinstance(inner, dict):
            found |= _items(inner)
    return found


#: Names of items: an element that holds these is a list, also when it holds one.
_ITEMS = frozenset().union(*(_items(answered) for _, _, answered in OPERATIONS.values()))
