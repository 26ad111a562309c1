"""Amounts and days as people in the Netherlands write them, to cents and ISO and back."""

from __future__ import annotations

import re
from datetime import date

#: 1.234,56 with groups of thousands, or 1234,56 or 1234.56 without; at most two decimals.
_GROUPED = re.compile(r"([+-]?)([0-9]{1,3}(?:\.[0-9]{3})+)(?:,([0-9]{1,2}))?-?")
_PLAIN = re.compile(r"([+-]?)([0-9]{1,12})(?:[.,]([0-9]{1,2}))?-?")

_DAY_FIRST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:T.*)?")


def euro_cents(text: str) -> int:
    """Return an amount in cents: "€ 1.234,56", "1234.5", "-12", "12,50-". Raises ValueError.

    A dot before three digits divides thousands, never decimals: 1.234 is twelve hundred euros.
    """
    bare = text.replace("€", "").replace("EUR", "").replace("\xa0", " ").strip()
    found = _GROUPED.fullmatch(bare) or _PLAIN.fullmatch(bare)
    if found is None:
        raise ValueError("is geen bedrag; verwacht euro's als 1.234,56")
    whole = int(found[2].replace(".", "")) * 100 + int((found[3] or "").ljust(2, "0"))
    return -whole if found[1] == "-" or bare.endswith("-") else whole


def euro_text(cents: int) -> str:
    """Return cents as a person types them: 1234,56, without a sign for the currency."""
    sign, cents = "-" if cents < 0 else "", abs(cents)
    return f"{sign}{cents // 100},{cents % 100:02d}"


def day_of(text: str) -> date:
    """Return the day of 31-12-2026, 31/12/2026, 2026-12-31 or 20261231. Raises ValueError."""
    bare = text.strip()
    try:
        if found := _DAY_FIRST.fullmatch(bare):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := _YEAR_FIRST.fullmatch(bare):
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise ValueError("is een dag die niet bestaat") from None
    raise ValueError("is geen datum; verwacht 31-12-2026 of 2026-12-31")
