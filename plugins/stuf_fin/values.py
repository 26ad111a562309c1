"""Values in a StUF message: what stands there, what is said not to be there, what is not said.

The standard knows three kinds of nothing. An absent element says nothing: what is known stands. An
element with `noValue` geenWaarde says that there is none. The other reasons (unknown to the sender,
not allowed, not supported) say that there may be one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from lxml import etree

from hub.clock import AMSTERDAM
from plugins.stuf_fin.envelope import FIN, STUF, XSI, local
from schemas.fields import shown

_NO_VALUE = f"{{{STUF}}}noValue"
_INCOMPLETE = f"{{{STUF}}}indOnvolledigeDatum"
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")

#: An xs:date or xs:dateTime, both with or without a zone.
_DAY = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)

#: The reasons of the standard, in words.
REASONS = {
    "geenWaarde": "heeft geen waarde",
    "waardeOnbekend": "is bij de bron niet bekend",
    "vastgesteldOnbekend": "is vastgesteld onbekend",
    "nietGeautoriseerd": "mag dit account niet zien",
    "nietOndersteund": "levert dit systeem niet",
}


@dataclass
class Group:
    """A group of elements, read by name; what is wrong is added to `faults` with its path."""

    element: etree._Element
    path: str
    faults: list[str] = field(default_factory=list)
    space: str = FIN

    def find(self, name: str, space: str = "") -> etree._Element | None:
        """Return a child, None when it is absent."""
        return self.element.find(f"{{{space or self.space}}}{name}")

    def inside(self, name: str) -> Group | None:
        """Return a child that is a group; None when it is absent or says to have no value."""
        found = self.find(name)
        return None if found is None or reason(found) else Group(found, self._to(name), self.faults)

    def each(self, name: str) -> Iterator[Group]:
        """Yield the groups of this name, numbered from 1 in their paths."""
        for at, one in enumerate(self.element.iterfind(f"{{{self.space}}}{name}"), start=1):
            if not reason(one):
                yield Group(one, f"{self._to(name)}[{at}]", self.faults)

    def text(self, name: str) -> str:
        """Return a text; empty when absent or without value."""
        found = self.find(name)
        return "" if found is None or reason(found) else (found.text or "").strip()

    def cents(self, name: str, *, needed: bool = False) -> int | None:
        """Return an amount in whole cents, as the standard writes it; None when there is none."""
        text = self.text(name)
        if _WHOLE.fullmatch(text):
            return int(text)
        if text:
            self.faults.append(f"{self._to(name)} is {shown(text)}; verwacht hele centen")
        elif needed:
            found = self.find(name)
            why = REASONS.get(reason(found) if found is not None else "", "ontbreekt")
            self.faults.append(f"{self._to(name)} {why}")
        return None

    def day(self, name: str) -> str | None:
        """Return an ISO day out of an xs:date or xs:dateTime; None when there is none.

        A moment with a zone is the day that it was here: 23:30 in UTC is the next one.
        """
        text = self.text(name)
        if not text:
            return None
        try:
            day, time, zone = _parts(text)
            if time and zone:
                return datetime.fromisoformat(text).astimezone(AMSTERDAM).date().isoformat()
            return date.fromisoformat(day).isoformat()
        except (ValueError, OverflowError):
            self.faults.append(f"{self._to(name)} is {shown(text)}; verwacht een datum")
            return None

    def _to(self, name: str) -> str:
        return f"{self.path}.{name}"


def _parts(text: str) -> tuple[str, str, str]:
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError("no date")
    return found[1], found[2] or "", found[3] or ""


def reason(element: etree._Element) -> str:
    """Return why an element has no value, empty when it has one."""
    told = element.get(_NO_VALUE)
    if told is None and element.get(f"{{{XSI}}}nil") in ("true", "1"):
        return "waardeOnbekend"
    return told or ""


def bg_day(element: etree._Element | None) -> tuple[str | None, str]:
    """Return a BG date (yyyymmdd) as an ISO day, or the part of it that is known as a text.

    `indOnvolledigeDatum` is D when the day is unknown, M when the month too, J when all of it.
    """
    if element is None or reason(element) or not (text := (element.text or "").strip()):
        return None, ""
    known = {"J": 0, "M": 4, "D": 6}.get(element.get(_INCOMPLETE, "V"), 8)
    # The GBA wrote zeros for what is not known, and systems still do without the attribute.
    for length, zeros in ((0, "00000000"), (4, "0000"), (6, "00")):
        if known == 8 and len(text) == 8 and text.endswith(zeros):
            known = length
    if known == 8:
        whole = f"{text[:4]}-{text[4:6]}-{text[6:]}"
        return (whole, "") if len(text) == 8 else (text, "")
    return None, "-".join(part for part in (text[: min(known, 4)], text[4:known]) if part)


def told(element: etree._Element) -> dict[str, Any]:
    """Return everything an element tells, by name: texts, groups, and None for what has no value.

    What repeats becomes a list. The reason of a missing value stands beside it, as name@noValue.
    """
    found: dict[str, Any] = {}
    for one in element:
        name = local(one)
        if not name:
            continue
        if name == "extraElement":
            name = one.get("naam", name)[:40]
        value: Any = told(one) if len(one) else (one.text or "").strip()
        if reason(one):
            value = None
            found[f"{name}@noValue"] = reason(one)
        if name in found:
            before = found[name]
            value = [*before, value] if isinstance(before, list) else [before, value]
        found[name] = value
    return found


def key_of(*parts: str) -> str:
    """Return a key for what these parts name.

    A digest, as a number of a claim may be anything, and an organisation's number looks like a BSN.
    """
    return "vrd-" + hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]
