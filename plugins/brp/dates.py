"""Dates of which only a part may be known, as the BRP writes them in four forms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from schemas.fields import shown

_NAMES = "januari februari maart april mei juni juli augustus september oktober november december"
_MONTHS = _NAMES.split()


def text_of(value: Any, path: str, faults: list[str]) -> str:
    """Return "2026-11-23", "2026-11", "2026", or "" for an unknown date or none.

    What is wrong is added to `faults`, with its path.
    """
    if value is None:
        return ""
    told = value if isinstance(value, dict) else {}
    reader = _READERS.get(str(told.get("type")))
    try:
        if reader:
            return reader(told)
    except (KeyError, TypeError, ValueError):
        pass
    faults.append(f"{path} is {shown(told.get('type', value))}; verwacht een (deel van een) datum")
    return ""


def _whole(told: dict[str, Any]) -> str:
    return date.fromisoformat(told["datum"]).isoformat()


def _month(told: dict[str, Any]) -> str:
    return date(int(told["jaar"]), int(told["maand"]), 1).isoformat()[:7]


def _year(told: dict[str, Any]) -> str:
    return date(int(told["jaar"]), 1, 1).isoformat()[:4]


_READERS: dict[str, Callable[[dict[str, Any]], str]] = {
    "Datum": _whole,
    "JaarMaandDatum": _month,
    "JaarDatum": _year,
    "DatumOnbekend": lambda told: "",
}


def wire(text: str) -> dict[str, Any]:
    """Return a date of one of the lengths above as the BRP writes it."""
    if not text:
        return {"type": "DatumOnbekend", "onbekend": True, "langFormaat": "onbekend"}
    year, *rest = (int(part) for part in text.split("-"))
    if not rest:
        return {"type": "JaarDatum", "jaar": year, "langFormaat": str(year)}
    month = f"{_MONTHS[rest[0] - 1]} {year}"
    if len(rest) == 1:
        told = {"jaar": year, "maand": rest[0], "langFormaat": month}
        return {"type": "JaarMaandDatum", **told}
    return {"type": "Datum", "datum": text, "langFormaat": f"{rest[1]} {month}"}
