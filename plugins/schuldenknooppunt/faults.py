"""Messages that cannot be used: they are confirmed as processed, and answered with a Foutbericht.

So a participant is asked to do it (the adapter of SBN documents the rule). Our answer has a number
that follows from the message's own, so that a repeated delivery is answered once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from lxml import etree

from hub.connector import Fact, PermanentError, RecordError, read_xml
from plugins.schuldenknooppunt.facts import facts_of
from plugins.schuldenknooppunt.kinds import CONVERSATION, FAULT, KINDS
from plugins.schuldenknooppunt.messages import (
    Find,
    Header,
    Message,
    compose,
    is_uuid,
    read_message,
    write_message,
)
from schemas import KINDS as SCHEMAS
from schemas import ValidationError
from schemas import problems as schema_problems

_SPACE = uuid.UUID("0f0c0d2e-2d38-4b42-9b3e-0c7b6f3d7a55")

#: How many problems are told; the first ones say enough.
MOST = 20


@dataclass(frozen=True)
class Complaint:
    """Our answer to a message that cannot be used: its number, its receiver and its bytes."""

    id: str
    receiver: str
    raw: bytes


def read_raw(raw: bytes, find: Find = KINDS.get) -> Message:
    """Return the message in these bytes. Raises RecordError with every problem in it."""
    try:
        root = read_xml(raw, "Het bericht")
    except PermanentError as error:
        raise RecordError("Het bericht is geen geldige XML") from error
    return read_message(root, find)


def problems_of(raw: bytes, us: str, find: Find = KINDS.get) -> list[str]:
    """Return what is wrong with a message, to the last field; nothing when it can be used."""
    try:
        return faults_of(facts_of(read_raw(raw, find), us))
    except RecordError as error:
        return error.problems


def faults_of(facts: Iterable[Fact]) -> list[str]:
    """Return what is wrong with facts by the hub's own records."""
    found: list[str] = []
    for fact in facts:
        try:
            SCHEMAS[fact.kind].load(fact.data)
        except ValidationError as error:
            found += schema_problems(error, fact.kind)
    # The same field may stand in several facts.
    return list(dict.fromkeys(found))


def complaint_about(
    raw: bytes, id_: str, us: str, on: date, find: Find = KINDS.get
) -> Complaint | None:
    """Return the answer to a message that cannot be used.

    None when it can be used; when it is a Foutbericht itself, as two systems would go on for ever;
    and when it does not say who sent it.
    """
    problems = problems_of(raw, us, find)
    if not problems:
        return None
    try:
        root = read_xml(raw, "Het bericht")
    except PermanentError:
        return None
    sender = head(root, "Afzender").lower()
    if etree.QName(root).localname == FAULT or not sender or sender == us:
        return None
    number = str(uuid.uuid5(_SPACE, f"{us}:{id_}"))
    asked = head(root, CONVERSATION)
    told = {
        "answers": head(root, "Referentienummer") or id_,
        "code": "ONGELDIG",
        "problems": _short(problems),
    }
    # Where theirs is no UUID the complaint begins a conversation of its own.
    header = Header(us, sender, asked.lower() if is_uuid(asked) else number, number, on)
    return Complaint(number, sender, write_message(compose(KINDS[FAULT], header, {}, told)))


def head(root: etree._Element, name: str) -> str:
    """Return a text of the head of a message, in whatever namespace; empty when absent."""
    found = root.findtext(f"{{*}}{name}")
    return (found or "").strip()


def _short(problems: Iterable[str]) -> list[str]:
    return list(problems)[:MOST]
