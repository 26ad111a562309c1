"""Elements of a message: declared once, and from that read, written and put in the hub's words.

A message is a tree of elements. Read, it becomes a tree of JSON under the published names: amounts
in cents, days as ISO text. What is not declared is kept beside it (REST) and written back as it
came, so that a table that is public in part costs no data. Only what is called a BSN is left out
of the tree: that has its own, sealed place with the person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lxml import etree

from schemas.fields import shown

#: Where elements that are not declared stand in a tree.
REST = "_overig"

#: An undeclared text that is longer is a document; its length is told in its place.
MOST_TEXT = 4000

Tree = dict[str, Any]

_BSN = re.compile(r"bsn|burgerservicenummer|sofinummer", re.I)
_AMOUNT = re.compile(r"(-?)(\d{1,9})(?:\.(\d{1,2}))?\Z", re.A)
_PERCENTAGE = re.compile(r"\d{1,3}(\.\d{1,10})?\Z", re.A)


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
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError("verwacht een datum als 2026-11-23") from None


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError("verwacht een getal als 12")
    return int(text)


def _flag(text: str) -> bool:
    if text.lower() not in ("ja", "nee", "true", "false"):
        raise ValueError("verwacht Ja of Nee")
    return text.lower() in ("ja", "true")


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
        if one is None:
            if not _BSN.search(name):
                found.setdefault(REST, []).append(_kept(child))
        elif name in found:
            problems.append(f"{path}.{name} komt twee keer voor")
        else:
            value = _read(child, one, f"{path}.{name}", problems)
            if value not in (None, ""):
                found[name] = value
    problems.extend(
        f"{path}.{one.name} ontbreekt"
        for one in elements
        if one.must and one.name not in found and not _told(problems, f"{path}.{one.name} ")
    )
    return found


def _told(problems: list[str], start: str) -> bool:
    return any(text.startswith(start) for text in problems)


def _read(child: etree._Element, one: Element, path: str, problems: list[str]) -> Any:
    if one.kind == "group":
        return read_tree(child, one.parts, path, problems)
    if one.kind == "list":
        rows = child.iterchildren(etree.Element)
        return [
            read_tree(row, one.parts, f"{path}[{number}]", problems)
            for number, row in enumerate(rows, start=1)
        ]
    if one.kind == "texts":
        return [text for row in child.iterchildren(etree.Element) if (text := _text(row))]
    return value_of(_text(child), one, path, problems)


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
    parent: etree._Element, elements: Sequence[Element], tree: Mapping[str, Any]
) -> None:
    """Write a tree in the order in which its elements are declared, then what is not declared."""
    for one in elements:
        value = tree.get(one.name)
        if value not in (None, "", [], {}):
            _write(etree.SubElement(parent, one.name), one, value)
    for kept in tree.get(REST, ()):
        _write_kept(parent, kept)


def _write(element: etree._Element, one: Element, value: Any) -> None:
    if one.kind == "group":
        write_tree(element, one.parts, value)
    elif one.kind == "list":
        for row in value:
            write_tree(etree.SubElement(element, one.row), one.parts, row)
    elif one.kind == "texts":
        for text in value:
            etree.SubElement(element, one.row).text = str(text)
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
        if value is None:
            continue
        if one.kind == "group":
            inside = to_ours(one.parts, value)
            found |= {one.ours: inside} if one.ours else inside
        elif one.ours:
            rows = [to_ours(one.parts, row) for row in value] if one.kind == "list" else value
            found[one.ours] = rows
    return found


def from_ours(elements: Sequence[Element], told: Mapping[str, Any]) -> Tree:
    """Return the tree of what the hub tells under its own names; the rest is left out."""
    found = Tree()
    for one in elements:
        if one.kind == "group":
            value: Any = from_ours(one.parts, told.get(one.ours) or {} if one.ours else told)
        elif not one.ours or told.get(one.ours) in (None, "", []):
            continue
        elif one.kind == "list":
            value = [from_ours(one.parts, row) for row in told[one.ours]]
        else:
            value = _from_our_value(told[one.ours], one.kind)
        if value not in (None, "", {}):
            found[one.name] = value
    return found


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
        if value is None:
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
