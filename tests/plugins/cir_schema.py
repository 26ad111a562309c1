"""The published WSDL and schemas of the CIR, for the tests that hold our messages to them."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from plugins.cir.operations import INSPUB
from plugins.cir.soap import local

_FOLDER = Path("shared", "specs", "cir")
_XS = "http://www.w3.org/2001/XMLSchema"

#: By the result of an operation, the file of its schema; of removed publications there is none.
_FILES = {
    "publicatieLijst": "RSpublicWS_InsolvencyResponseList01.xsd",
    "inspubWebserviceInsolvente": "RSpublicWS_InsolvencyContent02.xsd",
    "lastUpdate": "RSpublicWS_LastUpdate01.xsd",
}


def _folder() -> Path:
    found = [one / _FOLDER for one in Path(__file__).parents if (one / _FOLDER).is_dir()]
    if not found:
        pytest.skip("the published schemas of the CIR are not here")
    return found[0]


@cache
def _wsdl() -> etree.XMLSchema:
    types = etree.parse(str(_folder() / "CIR.asmx.wsdl")).find(f".//{{{_XS}}}schema")
    assert types is not None
    for one in types.iter(f"{{{_XS}}}any"):
        # What stands inside has a schema of its own.
        one.set("processContents", "skip")
    return etree.XMLSchema(etree.fromstring(etree.tostring(types)))


@cache
def _file(name: str) -> etree.XMLSchema:
    # As published, one type is declared by another name than it is used by.
    text = (_folder() / name).read_bytes()
    text = text.replace(b'name="inspubIspreHGK', b'name="inspubIsPreHGK')
    return etree.XMLSchema(etree.fromstring(text))


def codes() -> set[str]:
    """Return every publicatieSoortCode that the schema knows."""
    tree = etree.parse(str(_folder() / _FILES["inspubWebserviceInsolvente"]))
    kind = tree.find(f".//{{{_XS}}}simpleType[@name='inspubPublicatiesoortCode']")
    assert kind is not None
    return {one.get("value") or "" for one in kind.iter(f"{{{_XS}}}enumeration")}


def elements() -> set[str]:
    """Return the name of every element in the schema of a case."""
    tree = etree.parse(str(_folder() / _FILES["inspubWebserviceInsolvente"]))
    return {one.get("name") or "" for one in tree.iter(f"{{{_XS}}}element")}


def faults(message: etree._Element) -> list[str]:
    """Return what the WSDL finds wrong with a message, and the schema with the result in it."""
    found = _check(_wsdl(), message)
    for one in message.iter():
        if isinstance(one.tag, str) and local(one) in _FILES and one is not message:
            found += _check(_file(_FILES[local(one)]), one)
    return found


@cache
def _values() -> etree.XMLSchema:
    """Return the schema of questions as one of single values.

    As a whole libxml2 refuses it: its choices are not deterministic. It also has no namespace,
    another order than the WSDL, and dates without time; the WSDL decides the form.
    """
    tree = etree.parse(str(_folder() / "RSpublicWS_InsolvencyRequests.xsd")).getroot()
    made = etree.Element(f"{{{_XS}}}schema", nsmap={"xs": _XS})
    made.extend(deepcopy(one) for one in tree.iterfind(f"{{{_XS}}}simpleType"))
    single = {one.get("name"): one for one in tree.iter(f"{{{_XS}}}element") if one.get("type")}
    for name, one in single.items():
        etree.SubElement(made, f"{{{_XS}}}element", name=str(name), type=str(one.get("type")))
    return etree.XMLSchema(etree.fromstring(etree.tostring(made)))


def wishes(question: etree._Element) -> list[str]:
    """Return what the schema of questions finds wrong with the values of a question."""
    found: list[str] = []
    for one in question:
        plain = etree.Element(local(one))
        plain.text = (one.text or "").removesuffix("T00:00:00")
        found += _check(_values(), plain)
    return found


def _check(schema: etree.XMLSchema, element: etree._Element) -> list[str]:
    alone = etree.fromstring(etree.tostring(deepcopy(element)))
    schema.validate(alone)
    return [one.message for one in schema.error_log]


def case(content: bytes) -> etree._Element:
    """Return the first case in a record."""
    found = etree.fromstring(content).find(f"{{{INSPUB}}}insolvente")
    assert found is not None
    return found
