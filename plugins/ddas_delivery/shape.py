"""What may stand in a traject of DDAS SHV v1.0: every field, and what it must look like.

The writer lets through what is in this table and of its kind, and nothing else: so a message is
always of the published model, whatever a source told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from schemas.fields import TOO_LARGE

#: Returns the value as it may be written, or None when it may not.
Kind = Callable[[Any], Any]


def day(value: Any) -> str | None:
    """Let a day through: a `date`, or ISO text."""
    if isinstance(value, date):
        return value.isoformat()
    try:
        known = isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return None
    return value if known else None


def text(value: Any) -> str | None:
    """Let text through that says something."""
    return value if isinstance(value, str) and value.strip() else None


def flag(value: Any) -> bool | None:
    """Let true and false through."""
    return value if isinstance(value, bool) else None


def euros(value: Any) -> int | None:
    """Let whole euros through; JSON Schema counts 120.0 as a whole number too."""
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole or abs(value) >= TOO_LARGE:
        return None
    return int(value)


def whole_euros(cents: int | None) -> int | None:
    """Return cents as whole euros, half up; None stays None."""
    return None if cents is None else (cents + 50) // 100


def one_of(*choices: str) -> Kind:
    """Let a code of a list through."""
    return lambda value: value if isinstance(value, str) and value in choices else None


def group(**parts: Kind) -> Kind:
    """Let through what is known in a group of fields; nothing when that is nothing."""

    def kept(value: Any) -> dict[str, Any] | None:
        if not isinstance(value, dict):
            return None
        told = {name: kind(value[name]) for name, kind in parts.items() if name in value}
        return {name: one for name, one in told.items() if one is not None} or None

    return kept


def rows(kind: Kind) -> Kind:
    """Let through the items of a list that are of a kind; nothing when none is."""

    def kept(value: Any) -> list[Any] | None:
        found = [kind(one) for one in value] if isinstance(value, list) else []
        return [one for one in found if one is not None] or None

    return kept


REASONS = (
    "Overleden",
    "Verhuisd",
    "Nietverschenen",
    "Ingetrokken",
    "Niet passend",
    "Overig",
    "Voldoet niet",
    "Afgerond",
    "Zelf",
)
SOLUTIONS = (
    "Betalingsregeling",
    "Herfinanciering",
    "Saneringskrediet",
    "Schuldbemiddeling",
    "0%-aanbod",
)
SORTS = ("Zorg", "Publiek", "Nuts", "Overig")
DECISIONS = ("Afwijzingsbeschikking", "Toelatingsbeschikking")
GUIDANCE = (
    "Budgetcoaching",
    "Budgetbeheer",
    "Beschermingsbewind",
    "Lange Termijn Begeleiding (DFD)",
    "Budgetbegeleiding",
)

_SPAN = {"startdatum": day, "einddatum": day}

_CREDITOR = group(naam=text, kvknummer=text, Naam=text, postcode=text, privepersoon=flag)

#: Everything in a traject but `gemeentecode` and `client`, which the writer fills itself.
TRAJECT = group(
    **_SPAN,
    omschrijving=text,
    toekenningsdatum=day,
    totaalSchuldbedragBijAanvangSchuld=euros,
    aanmelding=group(crisisinterventie=flag, **_SPAN),
    begeleiding=rows(group(soort=one_of(*GUIDANCE), **_SPAN)),
    crisisinterventies=rows(group(**_SPAN)),
    informatieEnAdvies=group(**_SPAN),
    intake=group(beschikkingsdatum=day, beschikkingssoort=one_of(*DECISIONS), **_SPAN),
    moratoria=rows(group(datumAanvraag=day, datumGoedkeuring=day, **_SPAN)),
    nazorg=group(**_SPAN),
    oplossing=group(soort=one_of(*SOLUTIONS), vtlb=euros, **_SPAN),
    planVanAanpak=group(datumAfronding=day),
    schulden=rows(
        group(
            bedrag=euros,
            peildatum=day,
            schuldsoort=one_of(*SORTS),
            zakelijkeSchuld=flag,
            schuldeiser=_CREDITOR,
        )
    ),
    schuldregeling=group(
        afgewezen=day,
        datum=day,
        datumVerzoekDwangakkoord=day,
        dwangakkoord=flag,
        ingetrokken=day,
        toegekend=day,
    ),
    voorlopigeVoorzieningen=rows(group(**_SPAN)),
    uitstroom=group(
        datum=day, datumBeeindigingsbeschikking=day, omschrijving=text, reden=one_of(*REASONS)
    ),
    stabilisatie=group(**_SPAN),
)
