"""How much two descriptions of a person look alike, in words: degree and weight of each part."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row

from hub.overview.words import day
from hub.reconcile.matching.decide import SILENT, Weights

#: What is compared, in the order of the page.
PARTS = {
    "surname": "Achternaam",
    "initials": "Voorletters",
    "birth_date": "Geboortedatum",
    "address": "Adres",
    "gender": "Geslacht",
}

#: The degrees of each comparison, from 0; as hub.reconcile.matching.settings has them.
DEGREES = {
    "surname": (
        "anders",
        "lijkt een beetje",
        "één van de namen is gelijk",
        "bijna gelijk, een verschil van een letter",
        "gelijk",
    ),
    "initials": ("anders", "dezelfde eerste letter", "de een begint met de ander", "gelijk"),
    "birth_date": (
        "anders",
        "één cijfer verschil",
        "gelijk, voor zover bekend",
        "dag en maand omgewisseld",
        "gelijk",
    ),
    "address": (
        "anders",
        "zelfde postcode, ander nummer",
        "zelfde nummer, postcode verschilt één teken",
        "zelfde nummer, andere toevoeging",
        "gelijk",
    ),
    "gender": ("anders", "gelijk"),
}

#: From how many bits on a part speaks for one person, or (below minus that) against it.
STRONG, SOME = 6.0, 1.5


def degree_of(weights: Weights, part: str) -> str:
    """Return how alike two descriptions are in one part."""
    if part not in weights:
        return "niet vergeleken"
    degree = int(weights[part][0])
    known = DEGREES[part]
    return known[degree] if 0 <= degree < len(known) else "bij een van beide onbekend"


def weight_of(weights: Weights, part: str) -> str:
    """Return in words how much a part speaks for one person, or against it; empty when silent."""
    if part not in weights or int(weights[part][0]) == SILENT:
        return ""
    bits = bits_of(weights, part)
    if abs(bits) < SOME:
        return "zegt weinig"
    how = "sterk " if abs(bits) >= STRONG else ""
    return f"spreekt er {how}voor" if bits > 0 else f"spreekt er {how}tegen"


def bits_of(weights: Weights, part: str) -> float:
    """Return the weight of a part in bits: one bit more makes one person twice as likely."""
    return float(weights[part][1]) if part in weights else 0.0


def described(rows: Iterable[Row[Any]], part: str) -> list[str]:
    """Return what descriptions of a person (rows of `person`) say of one part, each thing once."""
    return list(dict.fromkeys(told for row in rows if (told := _TOLD[part](row))))


def _surname(row: Row[Any]) -> str:
    return " ".join(part for part in (row.prefix, row.surname) if part)


def _initials(row: Row[Any]) -> str:
    return str(row.initials or row.first_names)


def _birth_date(row: Row[Any]) -> str:
    if row.birth_date:
        return day(row.birth_date)
    # "1980-05" is read as 05-1980.
    return "-".join(reversed(str(row.birth_date_text or "").split("-")))


def address(row: Row[Any]) -> str:
    """Return the address in a row of `person` on one line; empty when it has none."""
    number = f"{row.house_number}{'-' + row.addition if row.addition else ''}"
    street = " ".join(part for part in (row.street, number) if part)
    place = " ".join(part for part in (row.postcode, row.city) if part)
    return ", ".join(part for part in (street, place) if part)


_TOLD = {
    "surname": _surname,
    "initials": _initials,
    "birth_date": _birth_date,
    "address": address,
    "gender": lambda row: str(row.gender),
}
