"""What two descriptions of a person are compared on: folded, cut in parts, empty as None."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pyarrow as pa

from hub.sync.subjects import fold

#: Prefixes of Dutch surnames, folded and longest first; a source may write one in the surname.
#: Source: BRP table 36 (voorvoegsels), the ones that names of more than a few people begin with.
PREFIXES = (
    "vander", "vanden", "vande", "vandn", "inde", "inden", "opde", "opden", "aande", "aanden",
    "onderde", "uitde", "uitden", "bijde", "voorde", "vant", "int", "opt", "van", "von", "der",
    "den", "de", "het", "ten", "ter", "te", "op", "el", "al", "la", "le", "du", "da", "dos", "di",
)  # fmt: skip

COLUMNS = pa.schema(
    [
        ("unique_id", pa.string()),
        ("surname", pa.string()),
        ("tf_surname", pa.float64()),
        ("names", pa.list_(pa.string())),
        ("initials", pa.string()),
        ("birth_date", pa.string()),
        ("swapped", pa.string()),
        ("gender", pa.string()),
        ("postcode", pa.string()),
        ("house_number", pa.string()),
        ("addition", pa.string()),
    ]
)

_WORD = re.compile(r"[^\W\d_]+")


def features(unique_id: str, who: Mapping[str, Any]) -> dict[str, Any]:
    """Return the features of a person as a source tells of them; `who` has the fields of Person.

    A part that is unknown is None and weighs nothing. A birth date of which only the year, or the
    year and the month, are known keeps zeros for the rest: "1980-05-00".
    """
    surname = bare_surname(who["surname"])
    birth_date = _birth_date(who)
    return {
        "unique_id": unique_id,
        "surname": surname or None,
        "names": _names(who["surname"]) or None,
        "initials": _initials(who["initials"], who["first_names"]) or None,
        "birth_date": birth_date,
        "swapped": _swapped(birth_date),
        "gender": who["gender"] or None,
        "postcode": _postcode(who["postcode"]) or None,
        "house_number": who["house_number"].strip().lstrip("0") or None,
        "addition": fold(who["addition"]),
    }


#: Names and places come back again and again; folding each anew is most of the work.
_remembered = lru_cache(maxsize=100_000)


@_remembered
def bare_surname(text: str) -> str:
    """Return a surname folded and without its prefix: "Van den Berg" and "Berg" are "berg"."""
    words = [fold(word) for word in text.replace("'", " ").split()]
    if len(words) > 1:
        joined = "".join(words[:-1])
        if joined in PREFIXES or all(word in PREFIXES for word in words[:-1]):
            return words[-1]
    return "".join(words)


@_remembered
def _names(text: str) -> tuple[str, ...]:
    """Return each name within a double name: "Jansen-de Vries" holds jansen and vries."""
    parts = {bare_surname(part) for part in re.split(r"[-/]| e/v | geb\.? ", text)}
    return tuple(sorted(part for part in parts if len(part) > 2))


@_remembered
def _postcode(text: str) -> str:
    return fold(text).upper()


@_remembered
def _initials(told: str, first_names: str) -> str:
    if not told:
        return "".join(fold(word)[:1] for word in _WORD.findall(first_names)).upper()
    letters = _WORD.findall(told)
    # "Jan" in the field for initials is a first name; "J.M." and "JM" are two letters.
    if len(letters) == 1 and len(letters[0]) > 1 and not letters[0].isupper():
        return fold(letters[0])[:1].upper()
    return fold("".join(letters)).upper()


def _birth_date(who: Mapping[str, Any]) -> str | None:
    if who["birth_date"]:
        return str(who["birth_date"].isoformat())
    known = who["birth_date_text"]
    return f"{known}-00-00"[:10] if re.fullmatch(r"\d{4}(-\d\d)?", known or "") else None


def _swapped(birth_date: str | None) -> str | None:
    """Return a birth date with day and month the other way about, where that is a date too."""
    if birth_date is None:
        return None
    year, month, day = birth_date.split("-")
    return f"{year}-{day}-{month}" if "01" <= day <= "12" else birth_date


def as_table(rows: list[dict[str, Any]], frequencies: Mapping[str, float]) -> pa.Table:
    """Return features as Arrow, each surname with how common it is (a share of all people).

    A surname that is not among the commonest is taken to be as rare as the rarest of those.
    Without any frequencies no surname weighs more than another.
    """
    rarest = min(frequencies.values(), default=None)
    shares = [frequencies.get(one, rarest) if (one := row["surname"]) else None for row in rows]
    columns = {
        name: shares if name == "tf_surname" else [row[name] for row in rows]
        for name in COLUMNS.names
    }
    return pa.table(columns, schema=COLUMNS)
