"""Texts of Allegro as values: whole numbers, euros, moments; with the path of what is wrong."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from plugins.allegro.shapes import Array, Kind, Shape
from schemas.fields import TOO_LARGE, shown

#: Days before this one mean that no day is known: 1 January 1, or 30 December 1899 in Delphi.
_FIRST_DAY = date(1900, 1, 1)

_FLAGS = {"true": True, "1": True, "false": False, "0": False}


class Wrong(Exception):
    """A text that is no value of its kind; the Dutch text says what was expected."""


def typed(told: Any, shape: Shape, path: str, problems: list[str]) -> dict[str, Any]:
    """Return the known fields of a group as values; None where nothing is told.

    Whole numbers become int, euros integer cents, moments a date. Every fault is added to
    `problems` with its path.
    """
    if not isinstance(told, dict):
        # An element without any field comes as an empty text.
        if told not in ("", None):
            problems.append(f"{path} is geen groep velden")
        told = {}
    return {
        name: _value(told.get(name), inner, f"{path}.{name}", problems)
        for name, inner in shape.items()
    }


def _value(told: Any, inner: Kind | Shape | Array, path: str, problems: list[str]) -> Any:
    if isinstance(inner, dict):
        return typed(told, inner, path, problems)
    if isinstance(inner, Array):
        return _list(told, inner, path, problems)
    try:
        return None if told in (None, "") else _READ[inner](told)
    except Wrong as wrong:
        problems.append(f"{path} is {shown(told)}; verwacht {wrong}")
        return None


def _list(told: Any, inner: Array, path: str, problems: list[str]) -> list[dict[str, Any]]:
    if not isinstance(told, list):
        if told not in ("", None):
            problems.append(f"{path} is geen lijst")
        return []
    return [
        typed(one, inner.shape, f"{path}.{number}", problems) for number, one in enumerate(told)
    ]


def _whole(told: Any) -> int:
    if not isinstance(told, str) or not re.fullmatch(r"[+-]?\d{1,10}", told):
        raise Wrong("een geheel getal")
    return int(told)


def _text(told: Any) -> str:
    if not isinstance(told, str):
        raise Wrong("tekst")
    return told


def _flag(told: Any) -> bool:
    if not isinstance(told, str) or told not in _FLAGS:
        raise Wrong("true of false")
    return _FLAGS[told]


def _cents(told: Any) -> int:
    """Return euros as cents; a double may carry noise behind the cent."""
    try:
        euros = Decimal(told if isinstance(told, str) else "NaN")
    except InvalidOperation:
        euros = Decimal("NaN")
    if not euros.is_finite() or abs(euros * 100) >= TOO_LARGE:
        raise Wrong("een bedrag in euro's, als 1234.5")
    return int((euros * 100).to_integral_value())


def _day(told: Any) -> date | None:
    try:
        day = datetime.fromisoformat(told).date()
    except (TypeError, ValueError):
        raise Wrong("een moment als 2026-11-23T00:00:00") from None
    return day if day >= _FIRST_DAY else None


_READ = {"int": _whole, "text": _text, "flag": _flag, "amount": _cents, "moment": _day}
