"""Older versions of DDAS Vroegsignalering, brought up to v1.2.

No message tells its version; it shows in the names and codes it uses, and each of those tells which
version was the last to have it. Sources: the ChangeLog, schemas and examples of v0.1, v0.9, v1.0,
v1.1-draft and v1.2 (its draft too). Of v0.1 only the shape is converted: its codes were replaced,
and not one by one, so they stay as they came.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.clock import AMSTERDAM

#: The versions as told to a person, from old to new.
_V0_1, _V0_9, _V1_0, _V1_1, _DRAFT = _VERSIONS = (
    "v0.1",
    "v0.9",
    "v1.0 of ouder",
    "v1.1",
    "v1.2-concept",
)

#: Names that v1.2 writes differently, the standard's own spelling mistakes included, and which
#: version was the last to have them. v1.2 has no place for who the partner is; the hub has.
_NAMES = {
    "Organisatienaam": ("organisatienaam", _V0_1),
    "aanleverende_organisatie": ("aanleverendeOrganisatie", _V1_1),
    "contactpersoonen": ("contactpersonen", _V1_1),
    "startdatum_matchtingperiode": ("startdatumMatchingperiode", _V1_1),
    "einddatum_matchingperiode": ("einddatumMatchingperiode", _V1_1),
    "datum_opgepakt": ("datumOpgepakt", _V1_1),
    "startdatumMatchtingperiode": ("startdatumMatchingperiode", _DRAFT),
}

#: Groups whose names began with a capital until v1.1 wrote them small.
_CAPITALS = {"client"}

#: Results that were renamed since.
_RESULTS = {
    "Inwoner hoeft geen hulp vanuit vroegsignalering": (
        "Inwoner regelt het zelf/hoeft geen hulp vanuit vroegsignalering",
        _V0_9,
    ),
    "(Budget)advies en/of ‘quick fix’": ("(Budget)advies en/of quick fix", _V0_9),
    "Verwijzing zonder contact": ("Verwijzing zonder tussenkomst inwoner", _V0_9),
    "Verwijzing zonder toestemming": ("Verwijzing zonder tussenkomst inwoner", _DRAFT),
}

#: What later versions put inside a delivery of one municipality, and v0.1 at the top.
_LISTS = ("vroegsignalen", "vroegsignaalzaken")


def newest(message: Any) -> Any:
    """Return a message of any version in the words of v1.2; what is no message as it is."""
    return converted(message)[0]


def converted(message: Any) -> tuple[Any, str]:
    """Return a message in the words of v1.2, and in which version it was; "" for v1.2."""
    seen: set[str] = set()
    told = _told(_in_a_delivery(message, seen), seen)
    return told, next((version for version in _VERSIONS if version in seen), "")


def _told(value: Any, seen: set[str], group: str = "") -> Any:
    """Return a value in the words of v1.2; add to `seen` the versions whose words were met."""
    if isinstance(value, list):
        return [_told(one, seen, group) for one in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for name, one in value.items():
        new = _name(name, group, seen)
        made[new] = _result(one, seen) if new == "resultaat" else _told(one, seen, new)
    return made


def _name(name: str, group: str, seen: set[str]) -> str:
    if name in _NAMES:
        new, version = _NAMES[name]
    elif group in _CAPITALS and name[:1].isupper():
        new, version = name[:1].lower() + name[1:], _V1_0
    else:
        return name
    seen.add(version)
    return new


def _result(code: Any, seen: set[str]) -> Any:
    if not isinstance(code, str) or code not in _RESULTS:
        return code
    new, version = _RESULTS[code]
    seen.add(version)
    return new


def _in_a_delivery(message: Any, seen: set[str]) -> Any:
    """Return a message with the lists at its top in one delivery, as later versions have them.

    The municipality then stands in each case, and the moment has no zone: it is Dutch time.
    """
    if not isinstance(message, dict) or "leveringen" in message or not message.keys() & {*_LISTS}:
        return message
    seen.add(_V0_1)
    rest = {name: one for name, one in message.items() if name not in _LISTS}
    delivery = {"teller": 1, "gemeentecode": _municipality(message), "aanleverendeOrganisatie": {}}
    delivery |= {name: message[name] for name in _LISTS if name in message}
    if "aanleverdatumEnTijd" in rest:
        rest["aanleverdatumEnTijd"] = _zoned(rest["aanleverdatumEnTijd"])
    return rest | {"leveringen": [delivery]}


def _municipality(message: dict[str, Any]) -> str:
    cases = message.get("vroegsignaalzaken")
    listed = cases if isinstance(cases, list) else []
    named = [one.get("gemeentecode") for one in listed if isinstance(one, dict)]
    codes = {code for code in named if isinstance(code, str)}
    return codes.pop() if len(codes) == 1 else "Onbekend"


def _zoned(moment: Any) -> Any:
    try:
        found = datetime.fromisoformat(moment)
    except (TypeError, ValueError):
        return moment
    return moment if found.tzinfo else found.replace(tzinfo=AMSTERDAM).isoformat()
