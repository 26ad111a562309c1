"""The shape of a traject in DDAS v1.0, and how sound fields are told apart from faulty ones.

One table says which fields there are and what may stand in each. Systems deliver fields that break
it: null where a field should be absent, codes of their own. Those are set aside with a sentence
that says where, so that one odd field does not cost a person's whole case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from schemas.fields import TOO_LARGE, shown

SORTS = ("Zorg", "Publiek", "Nuts", "Overig")
SOLUTIONS = (
    "Betalingsregeling",
    "Herfinanciering",
    "Saneringskrediet",
    "Schuldbemiddeling",
    "0%-aanbod",
)
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
GUIDANCE = (
    "Budgetcoaching",
    "Budgetbeheer",
    "Beschermingsbewind",
    "Lange Termijn Begeleiding (DFD)",
    "Budgetbegeleiding",
)
DECISIONS = ("Afwijzingsbeschikking", "Toelatingsbeschikking")

#: What stands in a field: a day, text, yes or no, whole euros, or one of these codes.
Kind = Literal["day", "text", "flag", "euros"] | tuple[str, ...]

#: A group of fields, a list of groups (in brackets), or a single field.
Shape = dict[str, "Shape | list[Shape] | Kind"]

_SPAN: Shape = {"startdatum": "day", "einddatum": "day"}

DEBT: Shape = {
    "bedrag": "euros",
    "peildatum": "day",
    "schuldsoort": SORTS,
    "zakelijkeSchuld": "flag",
    "schuldeiser": {
        "naam": "text",
        "Naam": "text",
        "kvknummer": "text",
        "postcode": "text",
        "privepersoon": "flag",
    },
}

#: A traject but for its clients, who are persons and stand elsewhere.
TRAJECT: Shape = {
    "startdatum": "day",
    "einddatum": "day",
    "omschrijving": "text",
    "toekenningsdatum": "day",
    "totaalSchuldbedragBijAanvangSchuld": "euros",
    "gemeentecode": "text",
    "aanmelding": {**_SPAN, "crisisinterventie": "flag"},
    "begeleiding": [{**_SPAN, "soort": GUIDANCE}],
    "crisisinterventies": [_SPAN],
    "informatieEnAdvies": _SPAN,
    "intake": {**_SPAN, "beschikkingsdatum": "day", "beschikkingssoort": DECISIONS},
    "moratoria": [{**_SPAN, "datumAanvraag": "day", "datumGoedkeuring": "day"}],
    "nazorg": _SPAN,
    "oplossing": {**_SPAN, "soort": SOLUTIONS, "vtlb": "euros"},
    "planVanAanpak": {"datumAfronding": "day"},
    "schulden": [DEBT],
    "schuldregeling": {
        "datum": "day",
        "toegekend": "day",
        "afgewezen": "day",
        "ingetrokken": "day",
        "dwangakkoord": "flag",
        "datumVerzoekDwangakkoord": "day",
    },
    "stabilisatie": _SPAN,
    "uitstroom": {
        "datum": "day",
        "datumBeeindigingsbeschikking": "day",
        "omschrijving": "text",
        "reden": REASONS,
    },
    "voorlopigeVoorzieningen": [_SPAN],
}


#: A client. That what stands here is sound is judged where it is used (messages.py).
CLIENT: Shape = {
    "Burgerservicenummer": "text",
    "Geboortedatum": "text",
    "Geslachtsaanduiding": "text",
    "Postcode": "text",
    "Huisnummer": "text",
    "Huisnummertoevoeging": "text",
    # Only in v0.9; its debts were brought to the traject before (versions.py).
    "leefsituatie": "text",
}


@dataclass(frozen=True, slots=True)
class Flaw:
    """A field that v1.0 does not allow as it came: where, what is wrong, and what was there."""

    path: str
    problem: str
    value: Any

    @property
    def field(self) -> str:
        """Return the path without numbers in lists: the same for every traject."""
        return ".".join(part for part in self.path.split(".") if not part.isdigit())


def sift(value: Any, shape: Shape, path: str = "") -> tuple[dict[str, Any], list[Flaw]]:
    """Return the known fields of a group that are sound, and what was wrong with the others.

    Fields that are not in the shape are left out. What is absent stays absent.
    """
    flaws: list[Flaw] = []
    if not isinstance(value, dict):
        return {}, [Flaw(path, "is geen record (een groep velden)", value)]
    sound = {}
    for name in shape.keys() & value.keys():
        found = _sifted(value[name], shape[name], f"{path}.{name}".lstrip("."), flaws)
        if found is not None:
            sound[name] = found
    return sound, flaws


def _sifted(value: Any, shape: Shape | list[Shape] | Kind, path: str, flaws: list[Flaw]) -> Any:
    """Return what is sound of one field, None when nothing is; flaws are added."""
    if value is None:
        flaws.append(Flaw(path, "is leeg (null); laat het veld weg of vul het in", value))
        return None
    if isinstance(shape, list):
        return _sifted_list(value, shape[0], path, flaws)
    if isinstance(shape, dict):
        sound, found = sift(value, shape, path)
        flaws += found
        return sound if isinstance(value, dict) else None
    problem = _problem(value, shape)
    if problem:
        flaws.append(Flaw(path, problem, value))
        return None
    return int(value) if shape == "euros" else value


def _sifted_list(value: Any, shape: Shape, path: str, flaws: list[Flaw]) -> list[Any] | None:
    if not isinstance(value, list):
        flaws.append(Flaw(path, "is geen lijst", value))
        return None
    groups = []
    for at, one in enumerate(value):
        sound, found = sift(one, shape, f"{path}.{at}")
        flaws += found
        if isinstance(one, dict):
            groups.append(sound)
    return groups


def _problem(value: Any, kind: Kind) -> str | None:
    if isinstance(kind, tuple):
        known = isinstance(value, str) and value in kind
        return None if known else f"is {shown(value)}; bekend zijn: {', '.join(sorted(kind))}"
    good, wanted = _KINDS[kind]
    return None if good(value) else f"is {shown(value)}; verwacht {wanted}"


def _is_day(value: Any) -> bool:
    try:
        # Python also reads 20261123 and 2026-W48-1, which DDAS does not know.
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_euros(value: Any) -> bool:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return whole and not isinstance(value, bool) and fits(value)


def fits(euros: float) -> bool:
    """Tell whether an amount in whole euros can be kept, as cents."""
    return abs(euros) * 100 < TOO_LARGE


_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "day": (_is_day, "een datum als 2026-11-23"),
    "text": (lambda value: isinstance(value, str), "tekst"),
    "flag": (lambda value: isinstance(value, bool), "true of false"),
    "euros": (_is_euros, "een bedrag in hele euro's, als 120"),
}


def without_empty(value: Any) -> Any:
    """Return a traject without its null and empty fields: they tell no more than absence.

    Nor does a BSN of zeros: as a number it would make one resident of all who have it.
    """
    if isinstance(value, list):
        return [without_empty(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: without_empty(one)
        for name, one in value.items()
        if name in _NEEDED or one not in (None, "", NOBODY)
    }


#: What systems fill in where there is no BSN.
NOBODY = "000000000"

#: Fields of which the absence must be told as null, for the sentence to be right.
_NEEDED = frozenset({"client", "gemeentecode"})


def misplaced(value: Any, shape: Shape, known: frozenset[str], path: str = "") -> Iterator[str]:
    """Yield the path of every field that DDAS knows (`known`), but not where it stands here.

    What no version knows is not yielded: the hub tells of it. Numbers in lists are left out.
    """
    for name, inner in value.items() if isinstance(value, dict) else ():
        here = f"{path}.{name}".lstrip(".")
        place = shape.get(name)
        if place is None and name in known:
            yield here
        elif isinstance(place, dict):
            yield from misplaced(inner, place, known, here)
        elif isinstance(place, list) and isinstance(inner, list):
            for one in inner:
                yield from misplaced(one, place[0], known, here)


def names(shape: Shape) -> Iterator[str]:
    """Yield every name in a shape."""
    for name, inner in shape.items():
        yield name
        if isinstance(inner, list):
            inner = inner[0]
        if isinstance(inner, dict):
            yield from names(inner)
