"""What is odd about a delivery although it is used: told as warnings, as examples are odd too.

A warning refuses nothing and names nobody; the run tells each kind once, with how often. What makes
a signal or case unusable is no warning: that record is rejected with every problem (facts.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hub.ddas import inside
from plugins.early_signals.messages import (
    CHANNELS,
    GENDERS,
    PARTNERS,
    PARTS_OF_DAY,
    RESULTS,
    STATUSES,
    Attempt,
)
from schemas import ValidationError, elfproef
from schemas import problems as schema_problems
from schemas.fields import shown

#: What stands at the top of a delivery, and must by the published model.
_ROOT = (
    "startdatumLevering",
    "einddatumLevering",
    "aanleverdatumEnTijd",
    "codeGegevensleverancier",
    "leveringen",
)

#: What stands in each delivery: always, and perhaps.
_DELIVERY = ("teller", "gemeentecode", "aanleverendeOrganisatie")
_LISTS = ("vroegsignalen", "vroegsignaalzaken")

_ATTEMPT = Attempt()

#: Codes by their path; an absent or empty one says nothing.
_CODES = {
    "vroegsignaal.status": STATUSES,
    "vroegsignaal.signaalpartner.type": PARTNERS,
    "vroegsignaal.client.geslachtsaanduiding": GENDERS,
    "vroegsignaalzaak.resultaat": RESULTS,
    "vroegsignaalzaak.contactpogingen.soort": CHANNELS,
    "vroegsignaalzaak.contactpogingen.dagdeel": PARTS_OF_DAY,
}


def about_model(model: Any, version: str) -> Iterator[str]:
    """Yield what is odd around the signals of one page; `version` is "" for v1.2."""
    if version:
        yield f"De levering staat in DDAS Vroegsignalering {version}; de hub zet die om naar v1.2."
    missing = [name for name in _ROOT if inside(model, name) in (None, "")]
    if missing:
        yield f"De levering mist {', '.join(missing)}; DDAS verplicht dat."
    extra = sorted(set(model) - set(_ROOT)) if isinstance(model, dict) else []
    if extra:
        names = ", ".join(map(shown, extra[:5]))
        yield f"De levering heeft velden die DDAS niet kent: {names}. Ze zijn niet gebruikt."


def about_deliveries(model: Any) -> Iterator[str]:
    """Yield what is odd around the lists: a misspelt name would lose all that stands in it."""
    for one in inside(model, "leveringen") or ():
        missing = [name for name in _DELIVERY if inside(one, name) is None]
        if missing:
            yield f"leveringen mist {', '.join(missing)}; DDAS verplicht dat."
        extra = sorted(set(one) - {*_DELIVERY, *_LISTS})
        if extra:
            names = ", ".join(map(shown, extra[:5]))
            yield f"leveringen heeft velden die DDAS niet kent: {names}. Ze zijn niet gebruikt."


def about_municipality(told: str, ours: str) -> Iterator[str]:
    """Yield a warning when signals are of another municipality; "Onbekend" is a known value."""
    if told not in (ours, "Onbekend"):
        yield (
            f"leveringen.gemeentecode is {shown(told)}, een andere gemeente dan deze "
            f"({shown(ours)}). De signalen zijn wel gebruikt; vraag de leverancier of dat klopt."
        )


def about_signal(signal: Any) -> Iterator[str]:
    """Yield what is odd about a signal in the words of v1.2, however malformed."""
    yield from _odd(signal, "vroegsignaal")
    bsn = inside(inside(signal, "client"), "burgerservicenummer")
    if isinstance(bsn, str) and len(bsn) == 9 and bsn.isdigit() and not elfproef(bsn):
        yield (
            "vroegsignaal.client.burgerservicenummer voldoet niet aan de elfproef; het staat als "
            "niet gecontroleerd in het overzicht."
        )


def about_case(case: Any) -> Iterator[str]:
    """Yield what is odd about a case in the words of v1.2, however malformed."""
    yield from _odd(case, "vroegsignaalzaak")
    attempts = inside(case, "contactpogingen")
    for one in attempts if isinstance(attempts, list) else ():
        for problem in _problems_of(one):
            yield f"{problem}; de poging is bewaard, maar staat niet in het overzicht."


def _problems_of(attempt: Any) -> list[str]:
    """Return why an attempt cannot stand in the overview; nothing when it can."""
    path = "vroegsignaalzaak.contactpogingen"
    try:
        _ATTEMPT.load(attempt)
    except ValidationError as error:
        return schema_problems(error, path)
    return [] if attempt.get("datum") else [f"{path}.datum ontbreekt"]


def _odd(value: Any, path: str) -> Iterator[str]:
    """Yield nulls and unknown codes with their path; numbers in lists are left out of it."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _odd(one, f"{path}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from _odd(one, path)
    elif value is None:
        yield f"{path} is leeg (null); laat het veld weg of vul het in."
    elif path in _CODES and value not in (*_CODES[path], ""):
        yield f"{path} is {shown(value)}; DDAS v1.2 kent die code niet. De code is zo bewaard."
