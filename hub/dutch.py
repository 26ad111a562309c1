"""Amounts and days as people in the Netherlands write them, to cents and ISO and back."""

from __future__ import annotations

import re
from datetime import date, datetime

from hub.clock import AMSTERDAM

#: 1.234,56 with groups of thousands, or 1234,56 or 1234.56 without; at most two decimals.
_GROUPED = re.compile(r"([+-]?)([0-9]{1,3}(?:\.[0-9]{3})+)(?:,([0-9]{1,2}))?-?")
_PLAIN = re.compile(r"([+-]?)([0-9]{1,12})(?:[.,]([0-9]{1,2}))?-?")

#: No cents, as people write it: 12,- and 12,--
_NO_CENTS = re.compile(r"(?<!\.[0-9])(?<!\.[0-9]{2}),(?:--?|–|—|=)$")

#: A time behind a day, as databases and spreadsheets add it; it is left out.
_TIME = r"(?:[ T]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)?"
_DAY_FIRST = re.compile(rf"([0-9]{{1,2}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{4}}){_TIME}")
_YEAR_FIRST = re.compile(
    rf"([0-9]{{4}})([-/]?)([0-9]{{2}})\2([0-9]{{2}})(?:{_TIME}|Z|[+-][0-9]{{2}}:[0-9]{{2}})"
)
_IN_WORDS = re.compile(rf"([0-9]{{1,2}})[- ]([A-Za-z]{{3,9}})\.?[- ]([0-9]{{4}}){_TIME}")
_WITH_ZONE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].*(?:Z|[+-][0-9]{2}:?[0-9]{2})")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2}")

#: Months by how they begin, in Dutch and in the English that databases write.
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan",
            "feb",
            "mrt maa mar",
            "apr",
            "mei may",
            "jun",
            "jul",
            "aug",
            "sep",
            "okt oct",
            "nov",
            "dec",
        ),
        start=1,
    )
    for name in names.split()
}


def euro_cents(text: str) -> int:
    """Return an amount in cents: "€ 1.234,56", "1234.5", "-12", "12,50-" or "€ 12,-".

    Raises ValueError (Dutch). A dot before three digits divides thousands, never decimals: 1.234 is
    twelve hundred euros.
    """
    bare = text.replace("€", "").replace("EUR", "").replace("\xa0", " ").replace("−", "-").strip()
    bare = _NO_CENTS.sub("", re.sub(r"^([+-])\s+", r"\1", re.sub(r"\s+-$", "-", bare)))
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
    """Return the day of 31-12-2026, 31/12/2026, 2026-12-31, 20261231 or 31 dec 2026.

    A time behind it is left out; with a time zone it is the day in the Netherlands. Raises
    ValueError (Dutch).
    """
    bare = text.strip()
    try:
        if _WITH_ZONE.fullmatch(bare):
            return datetime.fromisoformat(bare).astimezone(AMSTERDAM).date()
        if found := _DAY_FIRST.fullmatch(bare):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := _YEAR_FIRST.fullmatch(bare):
            return date(int(found[1]), int(found[3]), int(found[4]))
        if (found := _IN_WORDS.fullmatch(bare)) and (month := _MONTHS.get(found[2][:3].lower())):
            return date(int(found[3]), month, int(found[1]))
    except (ValueError, OverflowError):
        raise ValueError("is een dag die niet bestaat") from None
    if _SHORT_YEAR.fullmatch(bare):
        raise ValueError("heeft een jaar van twee cijfers; verwacht 31-12-2026 of 2026-12-31")
    raise ValueError("is geen datum; verwacht 31-12-2026 of 2026-12-31")
