"""Unknown fields: what a source sends and the connector has no word for, told once per run.

A register that starts to send more says something to who maintains the connector, and nothing
about a resident. So records are used as before, and the run notes the names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from hub.connector import Connector, PermanentError, read_json, read_xml

#: More names than this would be another format, not a new field.
MOST = 10


def unknown_fields(connector: Connector, stream: str, raw: bytes) -> set[str]:
    """Return the names in a raw record that the connector does not declare in `fields`."""
    known = connector.fields.get(stream)
    return set() if known is None else {name for name in _names(raw) if name not in known}


def note_on(names: set[str]) -> str | None:
    """Return what a run says of unknown fields, None when there were none."""
    if not names:
        return None
    shown = ", ".join(sorted(name[:40] for name in names)[:MOST])
    more = f" en nog {len(names) - MOST}" if len(names) > MOST else ""
    return (
        f"De bron stuurt velden die de koppeling niet kent: {shown}{more}. Ze zijn niet gebruikt. "
        "Meld dit aan de maker van de koppeling."
    )


def _names(raw: bytes) -> Iterator[str]:
    if raw.lstrip()[:1] in (b"{", b"["):
        try:
            yield from _json_names(read_json(raw, half_characters=True))
        except PermanentError:
            return
    else:
        try:
            root = read_xml(raw)
        except PermanentError:
            return
        yield from (etree.QName(one).localname for one in root.iter(etree.Element))


def _json_names(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
