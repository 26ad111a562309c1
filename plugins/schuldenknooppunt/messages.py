"""A message of the Schuldenknooppunt, read from XML and written as XML.

What is read is told in three parts: who writes to whom (Header), about whom (a person in the shape
of schemas.Person) and the rest (a tree, see elements.py). Written from those three, it is the same
message. The names of the parties and the day in the header are ours: its schema is not public.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from lxml import etree

from hub.connector import RecordError
from plugins.schuldenknooppunt.elements import (
    REST,
    SPACE,
    Element,
    Tree,
    from_ours,
    read_tree,
    to_ours,
    write_tree,
)
from plugins.schuldenknooppunt.kinds import CONVERSATION, HEADER, KINDS, Kind
from schemas.fields import shown

#: Gives the kind of a root element; None when there is no such kind.
Find = Callable[[str], Kind | None]

#: Who it is about stands in these groups, and is kept with the person.
_PERSON_GROUPS = ("Klant", "Adres", "Adreskeuze")

_UUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"

_HEADER = tuple(
    Element(
        name,
        "date" if name == "Datum" else "text",
        must=name != "Ontvanger",
        fits=(_UUID, "verwacht een UUID") if name == CONVERSATION else ("", ""),
    )
    for name in HEADER
)


@dataclass(frozen=True)
class Header:
    """Who writes to whom, when, in which conversation. Parties are Schuldenknooppunt ids."""

    sender: str
    receiver: str
    conversation: str
    reference: str
    on: date


@dataclass(frozen=True)
class Message:
    """One message; `person` is whom it opens a conversation about, `tree` what else it tells."""

    kind: Kind
    header: Header
    person: Mapping[str, Any]
    tree: Tree

    @property
    def told(self) -> Tree:
        """Return what the tree tells, under the hub's own names."""
        return to_ours(_other_elements(self.kind), self.tree)


# --- reading -----------------------------------------------------------------------------------


def read_message(root: etree._Element, find: Find = KINDS.get) -> Message:
    """Return the message of a root element. Raises RecordError with every problem in it.

    `find` gives the kind of a root element: whose messages these are.
    """
    name = etree.QName(root)
    kind = find(name.localname)
    if kind is None:
        raise RecordError(
            f"Het bericht is van de soort {shown(name.localname)}; de hub kent {', '.join(KINDS)}"
        )
    problems: list[str] = []
    tree = read_tree(root, (*_HEADER, *kind.elements), kind.root, problems)
    problems += _one_total(kind, tree)
    if problems:
        raise RecordError(problems)
    if name.namespace:
        tree[SPACE] = name.namespace
    conversation, reference, sender, receiver, on = (tree.pop(name, "") for name in HEADER)
    day = date.fromisoformat(on)
    header = Header(_same(sender), _same(receiver), _same(conversation), reference, day)
    person = _take_person(kind, tree) if kind.opens else Tree()
    return Message(kind, header, person, tree)


def _same(number: str) -> str:
    """Return a UUID as it is written everywhere in the hub; some systems write it in capitals."""
    return number.lower() if is_uuid(number) else number


def is_uuid(text: str) -> bool:
    """Tell whether a text is a UUID."""
    return re.fullmatch(_UUID, text) is not None


def _one_total(kind: Kind, tree: Tree) -> list[str]:
    """Return what is wrong with an unmatched inventory: it holds exactly one of two."""
    unmatched = tree.get("OngematchteSchulden")
    if unmatched is None or ("Totaalvordering" in unmatched) != (
        "OpenstaandeSchulden" in unmatched
    ):
        return []
    return [
        f"{kind.root}.OngematchteSchulden heeft niet precies één van Totaalvordering en "
        "OpenstaandeSchulden"
    ]


def _take_person(kind: Kind, tree: Tree) -> Tree:
    """Return the person in a tree; what the hub has no word for stays behind in it."""
    person = Tree()
    for one in kind.elements:
        told = tree.pop(one.name, None) if one.name in _PERSON_GROUPS else None
        if not told:
            continue
        person |= to_ours(one.parts, told)
        named = {part.name for part in one.parts if part.ours}
        if rest := {name: value for name, value in told.items() if name not in named}:
            tree[one.name] = rest
        # The hub keeps a house letter and what follows it as one.
        if letter := told.get("Huisletter"):
            person["addition"] = letter + person.get("addition", "")
    return person


def _other_elements(kind: Kind) -> tuple[Element, ...]:
    if not kind.opens:
        return kind.elements
    return tuple(one for one in kind.elements if one.name not in _PERSON_GROUPS)


# --- writing -----------------------------------------------------------------------------------


def compose(
    kind: Kind, header: Header, person: Mapping[str, Any], told: Mapping[str, Any]
) -> Message:
    """Return a message that tells `told`, under the hub's names; `details` is a tree as read."""
    given = {**told, "on": told.get("on") or header.on}
    if not kind.opens:
        given["client"] = person
    tree = {**dict(told.get("details") or {}), **from_ours(_other_elements(kind), given)}
    return Message(kind, header, person if kind.opens else {}, tree)


def write_message(message: Message) -> bytes:
    """Return the XML of a message."""
    kind, header, space = message.kind, message.header, message.tree.get(SPACE, "")
    root = etree.Element(f"{{{space}}}{kind.root}" if space else kind.root)
    values = (
        header.conversation,
        header.reference,
        header.sender,
        header.receiver,
        header.on.isoformat(),
    )
    for name, value in zip(HEADER, values, strict=True):
        if value:
            etree.SubElement(root, f"{{{space}}}{name}" if space else name).text = value
    write_tree(root, kind.elements, whole_tree(message), space)
    return etree.tostring(root, encoding="UTF-8")


def whole_tree(message: Message) -> Tree:
    """Return the tree of a message with the person in it."""
    kind, tree = message.kind, dict(message.tree)
    if not kind.opens:
        return tree
    groups = {one.name: one for one in kind.elements if one.name in _PERSON_GROUPS}
    if "Adreskeuze" in groups:
        # Kennisgeving 2.0: this element replaces Adres, which is only read.
        tree["Adreskeuze"] = tree.get("Adreskeuze") or tree.pop("Adres", None) or {}
        groups.pop("Adres", None)
    for name, one in groups.items():
        rest = tree.get(name) or {}
        told = from_ours(one.parts, _named(kind, message.person, rest))
        tree[name] = {**told, **rest, **({REST: rest[REST]} if REST in rest else {})}
    return tree


def _named(kind: Kind, person: Mapping[str, Any], rest: Mapping[str, Any]) -> Tree:
    """Return a person as a message names one."""
    told = Tree(person)
    # Only the Kennisgeving Publiek goes with a BSN: other creditors may not use it.
    if kind.root != "KennisgevingPubliek":
        told.pop("bsn", None)
    letter, addition = rest.get("Huisletter", ""), str(told.get("addition") or "")
    if letter and addition.startswith(letter):
        told["addition"] = addition.removeprefix(letter)
    return told
