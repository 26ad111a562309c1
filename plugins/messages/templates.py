"""The templates that the hub may send, each marked by the administrator as collection or not.

A line is: name; channel; number of the template at NotifyNL; incasso or informatie. A collection
letter is one that asks for payment. During a pause of collection those stop; all other letters go
on, such as an invitation for debt help.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hub.connector import RecordError

#: Our channels, by NotifyNL's word.
CHANNELS = {"sms": "sms", "e-mail": "email", "brief": "letter"}

MARKS = {"incasso": True, "informatie": False}

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Template:
    """One template; `id` is its number at NotifyNL, `collection` whether it asks for payment."""

    name: str
    channel: str
    id: str
    collection: bool


def read_templates(text: str) -> dict[str, Template]:
    """Return the templates in a setting by name. Raises RecordError with every fault."""
    found: dict[str, Template] = {}
    faults: list[str] = []
    for line in _lines(text):
        parts = [part.strip() for part in line.split(";")]
        told = list(_faults(parts))
        if not told and parts[0] in found:
            told = ["staat er twee keer"]
        faults += [f"sjabloon '{parts[0][:40]}': {fault}" for fault in told]
        if not told:
            name, channel, id_, mark = parts
            found[name] = Template(name, channel, id_.lower(), MARKS[mark])
    if faults:
        raise RecordError(faults)
    return found


def _lines(text: str) -> Iterator[str]:
    # A form has one line for a text: there a bar divides.
    yield from (line.strip() for line in re.split(r"[\n|]", text) if line.strip())


def _faults(parts: list[str]) -> Iterator[str]:
    if len(parts) != 4:
        yield "verwacht naam; kanaal; nummer; incasso of informatie"
        return
    name, channel, id_, mark = parts
    if not name:
        yield "heeft geen naam"
    if channel not in CHANNELS:
        yield f"kanaal is een van: {', '.join(CHANNELS)}"
    if not _UUID.fullmatch(id_.lower()):
        yield "het nummer is geen UUID, zoals NotifyNL die toont"
    if mark not in MARKS:
        yield "zeg of het incasso of informatie is"
