"""Elements of a message: declared once, and from that read, written and put in the hub's words.

A message is a tree of elements. Read, it becomes a tree of JSON under the published names: amounts
in cents, days as ISO text. What is not declared is kept beside it (REST) and written back as it
came, so that a table that is public in part costs no data; so is an element that is declared but
has another form (INSIDE, NAME), an attribute and a namespace. Only what is called a BSN is left
out of the tree: that has its own, sealed place with the person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lxml import etree

from schemas.fields import shown

#: Where elements that are not declared stand in a tree, and those inside a list that are no row.
REST, INSIDE = "_overig", "_ertussen"

#: Where a row that is not called as declared keeps its name; attributes, by element ("" is the
#: tree itself); and the namespace of a message.
NAME, ATTRIBUTES, SPACE = "_naam", "_attributen", "_naamruimte"

#: An undeclared text that is longer is a document; its length is told in its place.
MOST_TEXT = 4000

Tree = dict[str, Any]

_BSN = re.compile(r"bsn|burgerservicenummer|sofinummer", re.I)
_AMOUNT = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,2}))?\Z", re.A)
_PERCENTAGE = re.compile(r"\d{1,3}(\.\d{1,30})?\Z", re.A)
#: A day of XML Schema, which may tell a time zone.
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)?\Z", re.A)
_FLAGS = {"ja": True, "true": True, "1": True, "nee": False, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its published name, what it holds, and what the hub calls it (`ours`).

    `kind` is text, date, amount, percentage, number, flag, texts (a list of texts), group or
    list; the last two have `parts`, and a list repeats `row`. `must` is what the published table
    ticks; `choices` the values it gives, `fits` the limits.
    """

    name: str
    kind: str = "text"
    must: bool = False
    ours: str = ""
    parts: tuple[Element, ...] = ()
    row: str = ""
    choices: tuple[str, ...] = ()
    #: A pattern that the text must fit, and what is expected in words.
    fits: tuple[str, str] = ("", "")


# --- values ------------------------------------------------------------------------------------


def _cents(text: str) -> int:
    found = _AMOUNT.match(text)
    if not found:
        raise ValueError("verwacht een bedrag als 123.45")
    sign, euros, cents = found.groups()
    return int(f"{sign}{euros}{(cents or '').ljust(2, '0')}")


def _percentage(text: str) -> str:
    if not _PERCENTAGE.match(text):
        raise ValueError("verwacht een percentage als 12.34")
    return text


def _day(text: str) -> str:
    found = _DAY.match(text)
    try:
        return date.fromisoformat(found[1] if found else "").isoformat()
    except ValueError:
        raise ValueError("verwacht een datum als 2026-11-23") from None


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError("verwacht een getal als 12")
    return int(text)


def _flag(text: str) -> bool:
    if text.lower() not in _FLAGS:
        raise ValueError("verwacht Ja of Nee")
    return _FLAGS[text.lower()]


_READ: dict[str, Callable[[str], Any]] = {
    "text": str,
    "date": _day,
    "amount": _cents,
    "percentage": _percentage,
    "number": _number,
    "flag": _flag,
}


def euros(cents: int) -> str:
    """Return an amount of cents as the messages write it."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def _written(value: Any, kind: str) -> str:
    if kind == "amount":
        return euros(value)
    if kind == "flag":
        return "Ja" if value else "Nee"
    return str(value)


# --- reading -----------------------------------------------------------------------------------


def read_tree(
    parent: etree._Element, elements: Sequence[Element], path: str, problems: list[str]
) -> Tree:
    """Return what stands in `parent`; what is wrong is added to `problems`, each with its path."""
    known, found = {one.name: one for one in elements}, Tree()
    for child in parent.iterchildren(etree.Element):
        name = str(etree.QName(child).localname)
        one = known.get(name)
        if one is None or not _as_declared(child, one):
            if not _BSN.search(name):
                found.setdefault(REST, []).append(_kept(child))
        elif name in found:
            problems.append(f"{path}.{name} komt twee keer voor")
        else:
            _read(child, one, f"{path}.{name}", found, problems)
    _note_attributes(found, "", parent)
    problems.extend(
        f"{path}.{one.name} ontbreekt"
        for one in elements
        if one.must and not _is_there(found, one) and not _told(problems, f"{path}.{one.name}")
    )
    return found


def _as_declared(child: etree._Element, one: Element) -> bool:
    """Tell whether an element can be what it is declared to be, and not just its namesake."""
    parent = child.getparent()
    space = etree.QName(child).namespace
    if space and parent is not None and space != etree.QName(parent).namespace:
        return False
    parts = next(child.iterchildren(etree.Element), None) is not None
    return bool(one.parts or one.row) or not parts


def _is_there(found: Tree, one: Element) -> bool:
    return found.get(one.name) not in (None, [], {}) or one.name in found.get(INSIDE, ())


def _told(problems: list[str], path: str) -> bool:
    """Tell whether something is wrong with an element or in it: then it is there."""
    return any(text.startswith((f"{path} ", f"{path}.", f"{path}[")) for text in problems)


def _read(child: etree._Element, one: Element, path: str, found: Tree, problems: list[str]) -> None:
    """Put what stands in an element under its name."""
    value: Any
    if one.kind == "group":
        value = read_tree(child, one.parts, path, problems)
        if not value and _text(child):
            found.setdefault(REST, []).append(_kept(child))
    elif one.row:
        rows, others = _rows(child, one)
        value = [text for row in rows if (text := _text(row))]
        if one.kind == "list":
            value = [_row(row, one, f"{path}[{n}]", problems) for n, row in enumerate(rows, 1)]
        if others:
            found.setdefault(INSIDE, {})[one.name] = [_kept(other) for other in others]
    else:
        value = value_of(_text(child), one, path, problems)
    # A list without rows says something: that there are none.
    if value not in (None, "", {}):
        found[one.name] = value
    if one.kind != "group":
        _note_attributes(found, one.name, child)


def _rows(parent: etree._Element, one: Element) -> tuple[list[etree._Element], ...]:
    """Return the rows of a list, and what else stands in it.

    What a row is called is inferred, so where none is called so anything with parts is one.
    """
    children = list(parent.iterchildren(etree.Element))
    named = [row for row in children if etree.QName(row).localname == one.row]
    if one.kind == "texts":
        rows = [row for row in named if not len(row) and not row.attrib]
    else:
        rows = named or [row for row in children if len(row)]
    return rows, [row for row in children if row not in rows]


def _row(row: etree._Element, one: Element, path: str, problems: list[str]) -> Tree:
    found = read_tree(row, one.parts, path, problems)
    name = str(etree.QName(row).localname)
    return found if name == one.row else {**found, NAME: name}


def _note_attributes(found: Tree, name: str, element: etree._Element) -> None:
    if element.attrib:
        told = {str(key): str(value) for key, value in element.attrib.items()}
        found.setdefault(ATTRIBUTES, {})[name] = told


def value_of(text: str, one: Element, path: str, problems: list[str]) -> Any:
    """Return the value in a text, None with a problem when it is none."""
    if not text:
        return None
    if one.choices and text not in one.choices:
        problems.append(f"{path} is {shown(text)}; bekend zijn: {', '.join(one.choices)}")
        return None
    if not _fitting(text, one):
        problems.append(f"{path} is {shown(text)}; {one.fits[1]}")
        return None
    try:
        return _READ[one.kind](text)
    except ValueError as error:
        problems.append(f"{path} is {shown(text)}; {error}")
        return None


def _fitting(text: str, one: Element) -> bool:
    return not one.fits[0] or re.fullmatch(one.fits[0], text, re.A) is not None


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()


def _kept(element: etree._Element) -> Tree:
    """Return an element that is not declared, so that it can be written as it came."""
    kept: Tree = {"naam": str(element.tag)}
    if text := _text(element):
        # A consent form or court order travels inside a message; it is no field to show.
        kept |= {"tekst": text} if len(text) <= MOST_TEXT else {"tekens": len(text)}
    if element.attrib:
        kept["attributen"] = {str(name): str(value) for name, value in element.attrib.items()}
    parts = [
        _kept(one)
        for one in element.iterchildren(etree.Element)
        if not _BSN.search(str(etree.QName(one).localname))
    ]
    return {**kept, "delen": parts} if parts else kept


# --- writing -----------------------------------------------------------------------------------


def write_tree(
    parent: etree._Element, elements: Sequence[Element], tree: Mapping[str, Any], space: str = ""
) -> None:
    """Write a tree in the order in which its elements are declared, then what is not declared.

    `space` is the namespace of its elements.
    """
    attributes, inside = tree.get(ATTRIBUTES, {}), tree.get(INSIDE, {})
    parent.attrib.update(attributes.get("", {}))
    for one in elements:
        value = tree.get(one.name)
        if (one.kind == "list" and value == []) or one.name in inside:
            value = value or []
        elif value in (None, "", [], {}):
            continue
        element = etree.SubElement(parent, _tag(one.name, space))
        element.attrib.update(attributes.get(one.name, {}))
        _write(element, one, value, space)
        for kept in inside.get(one.name, ()):
            _write_kept(element, kept)
    for kept in tree.get(REST, ()):
        _write_kept(parent, kept)


def _tag(name: str, space: str) -> str:
    return f"{{{space}}}{name}" if space else name


def _write(element: etree._Element, one: Element, value: Any, space: str) -> None:
    if one.kind == "group":
        write_tree(element, one.parts, value, space)
    elif one.kind == "list":
        for row in value:
            name = _tag(row.get(NAME, one.row), space)
            write_tree(etree.SubElement(element, name), one.parts, row, space)
    elif one.kind == "texts":
        for text in value:
            etree.SubElement(element, _tag(one.row, space)).text = str(text)
    else:
        element.text = _written(value, one.kind)


def _write_kept(parent: etree._Element, kept: Mapping[str, Any]) -> None:
    element = etree.SubElement(parent, str(kept["naam"]))
    element.text = kept.get("tekst")
    for name, value in kept.get("attributen", {}).items():
        element.set(name, value)
    for one in kept.get("delen", ()):
        _write_kept(element, one)


# --- the hub's words ---------------------------------------------------------------------------


def to_ours(elements: Sequence[Element], tree: Mapping[str, Any]) -> Tree:
    """Return what stands in a tree under the hub's own names; groups are opened."""
    found = Tree()
    for one in elements:
        value = tree.get(one.name)
        if one.kind == "texts" and one.name in tree.get(INSIDE, ()):
            value = (value or []) + _deeper(tree[INSIDE][one.name], one.row)
        if value is None:
            continue
        if one.kind == "group":
            inside = to_ours(one.parts, value)
            found |= {one.ours: inside} if one.ours else inside
        elif one.ours:
            rows = [to_ours(one.parts, row) for row in value] if one.kind == "list" else value
            found[one.ours] = rows
    return found


def _deeper(kept: Sequence[Mapping[str, Any]], row: str) -> list[str]:
    """Return the texts of elements called `row`, however deep they stand."""
    found = []
    for one in kept:
        if etree.QName(str(one["naam"])).localname == row and "tekst" in one:
            found.append(str(one["tekst"]))
        found += _deeper(one.get("delen", ()), row)
    return found


def from_ours(elements: Sequence[Element], told: Mapping[str, Any]) -> Tree:
    """Return the tree of what the hub tells under its own names; the rest is left out."""
    found = Tree()
    for one in elements:
        if one.kind == "group":
            value: Any = from_ours(one.parts, told.get(one.ours) or {} if one.ours else told)
        elif not one.ours or _says_nothing(told.get(one.ours), one):
            continue
        elif one.kind == "list":
            value = [from_ours(one.parts, row) for row in told[one.ours]]
        else:
            value = _from_our_value(told[one.ours], one.kind)
        if value not in (None, "", {}):
            found[one.name] = value
    return found


def _says_nothing(value: Any, one: Element) -> bool:
    # A list of claims without any says that nothing is open.
    return value in (None, "") or (value == [] and one.kind != "list")


def _from_our_value(value: Any, kind: str) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    # The hub counts in hundredths of a per cent.
    if kind == "percentage" and isinstance(value, int):
        return euros(value)
    return value


def missing(elements: Sequence[Element], tree: Mapping[str, Any]) -> list[str]:
    """Return the names of ticked elements that a tree has not, with their path."""
    found = []
    for one in elements:
        value = tree.get(one.name)
        if value is None or value == []:
            found += [one.name] if one.must else []
        elif one.kind == "group":
            found += [f"{one.name}.{name}" for name in missing(one.parts, value)]
        elif one.kind == "list":
            rows = enumerate(value, start=1)
            found += [f"{one.name}[{n}].{m}" for n, row in rows for m in missing(one.parts, row)]
    return found


def unfit(elements: Sequence[Element], tree: Mapping[str, Any]) -> list[str]:
    """Return what in a tree does not fit the limits that were published, in Dutch."""
    return [
        f"{one.name} is {shown(text)}; {one.fits[1]}"
        for one in elements
        if one.fits[0] and one.name in tree
        if not _fitting(text := _written(tree[one.name], one.kind), one)
    ]


def names(elements: Sequence[Element]) -> set[str]:
    """Return every name that can stand in a message of these elements."""
    found: set[str] = set()
    for one in elements:
        found |= {one.name} | ({one.row} if one.row else set()) | names(one.parts)
    return found
