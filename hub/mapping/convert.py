"""Converters: one text of a file to one value, and back.

A converter raises ValueError with what is wrong in Dutch; it never repeats the text itself, as
that may be a BSN. An empty text is never converted: the field is then left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hub.dutch import day_of, euro_cents, euro_text

_YES = {"j", "ja", "y", "yes", "true", "1", "waar"}
_NO = {"n", "nee", "no", "false", "0", "onwaar"}


@dataclass(frozen=True)
class Converter:
    """`read` makes a value of a text; `write` makes a text that reads as the same value."""

    title: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,10}", text):
        raise ValueError("is geen geheel getal")
    return int(text)


def _whole_euros(text: str) -> int:
    cents = euro_cents(text)
    if cents % 100:
        raise ValueError("is geen bedrag in hele euro's")
    return cents


#: A spreadsheet counts days from here; of five digits are those of 1927 to 2173.
_DAY_ZERO = date(1899, 12, 30)
_SERIAL = re.compile(r"([1-9][0-9]{4})(?:[,.][0-9]+)?")


def _date(text: str) -> str:
    if _SERIAL.fullmatch(text):
        # Nobody can tell it from an amount or a number, so a mapping says that it is a day.
        raise ValueError(
            'is misschien een dagnummer van Excel; kies dan als omzetting "excel_date"'
        )
    return day_of(text).isoformat()


def _excel_date(text: str) -> str:
    found = _SERIAL.fullmatch(text)
    if found is None:
        return _date(text)
    return (_DAY_ZERO + timedelta(days=int(found[1]))).isoformat()


def _flag(text: str) -> bool:
    folded = text.lower()
    if folded in _YES | _NO:
        return folded in _YES
    raise ValueError("is geen ja of nee; verwacht J of N, ja of nee, 1 of 0")


def _bsn(text: str) -> str:
    # Spreadsheets take away the zeros before a number.
    digits = re.sub(r"[ .]", "", text)
    if not re.fullmatch(r"[0-9]{7,9}", digits):
        raise ValueError("is geen BSN: verwacht negen cijfers")
    return digits.zfill(9)


def _postcode(text: str) -> str:
    found = re.fullmatch(r"([1-9][0-9]{3}) ?([A-Za-z]{2})", text)
    if found is None:
        raise ValueError("is geen postcode; verwacht 1234 AB")
    return f"{found[1]}{found[2].upper()}"


def _dutch_day(iso: str) -> str:
    return f"{date.fromisoformat(iso):%d-%m-%Y}"


def _whole_text(cents: int) -> str:
    return str(cents // 100)


#: Every converter by the name under which a mapping asks for it, but "code" (see `code`).
CONVERTERS: Mapping[str, Converter] = {
    "text": Converter("tekst, zoals die er staat", str, str),
    "integer": Converter("geheel getal", _integer, str),
    "euro": Converter("euro's met een komma (1.234,56) naar centen", euro_cents, euro_text),
    "whole_euros": Converter("hele euro's naar centen", _whole_euros, _whole_text),
    "cents": Converter("centen", _integer, str),
    "date": Converter("datum (31-12-2026, 2026-12-31 of 20261231)", _date, _dutch_day),
    "excel_date": Converter("datum, of een dagnummer van Excel (46387)", _excel_date, _dutch_day),
    "flag": Converter("ja of nee", _flag, lambda value: "J" if value else "N"),
    "bsn": Converter("BSN, ook zonder de nullen ervoor", _bsn, str),
    "postcode": Converter("postcode", _postcode, lambda value: f"{value[:4]} {value[4:]}"),
}


def code(text: str, codes: Mapping[str, Any], otherwise: Any) -> Any:
    """Return what a code list says of a text, else `otherwise`. Raises ValueError without one."""
    if text in codes:
        return codes[text]
    if otherwise is not None:
        return otherwise
    raise ValueError(f"staat niet in de codelijst; bekend zijn: {', '.join(sorted(codes))}")
