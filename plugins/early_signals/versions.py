"""Older versions of DDAS Vroegsignalering, brought up to v1.2 one step at a time.

No message tells its version; it shows in the names it uses. Sources: the ChangeLog and schemas of
v0.9, v1.0, v1.1-draft and v1.2. Of v0.1 no safe translation exists: its codes stay as they came.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Names that v1.1 wrote differently, the standard's own spelling mistakes included.
_NAMES_1_2 = {
    "aanleverende_organisatie": "aanleverendeOrganisatie",
    "contactpersoonen": "contactpersonen",
    "startdatum_matchtingperiode": "startdatumMatchingperiode",
    "startdatumMatchtingperiode": "startdatumMatchingperiode",
    "einddatum_matchingperiode": "einddatumMatchingperiode",
    "datum_opgepakt": "datumOpgepakt",
}

#: Results that were renamed, by the version that did so.
_RESULTS_1_0 = {
    "Inwoner hoeft geen hulp vanuit vroegsignalering": (
        "Inwoner regelt het zelf/hoeft geen hulp vanuit vroegsignalering"
    ),
    "Verwijzing zonder contact": "Verwijzing zonder toestemming",
}
_RESULTS_1_2 = {"Verwijzing zonder toestemming": "Verwijzing zonder tussenkomst inwoner"}

#: Groups whose names began with a capital until v1.1 wrote them small.
_CAPITALS = {"client"}


def newest(message: Any) -> Any:
    """Return a message of any version from v0.9 on in the words of v1.2; others as they are."""
    for step in _STEPS:
        message = step(message)
    return message


def _renamed_results(names: dict[str, str]) -> Callable[[Any], Any]:
    def step(value: Any) -> Any:
        if isinstance(value, list):
            return [step(one) for one in value]
        if not isinstance(value, dict):
            return value
        return {
            name: names.get(one, one) if name == "resultaat" and isinstance(one, str) else step(one)
            for name, one in value.items()
        }

    return step


def _small_letters(value: Any, group: str = "") -> Any:
    if isinstance(value, list):
        return [_small_letters(one, group) for one in value]
    if not isinstance(value, dict):
        return value
    small = group in _CAPITALS
    return {
        (name[:1].lower() + name[1:] if small else name): _small_letters(one, name)
        for name, one in value.items()
    }


def _renamed(value: Any) -> Any:
    if isinstance(value, list):
        return [_renamed(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {_NAMES_1_2.get(name, name): _renamed(one) for name, one in value.items()}


#: v0.9 to v1.0, v1.0 to v1.1, v1.1 to v1.2. A message of a later version passes unchanged.
_STEPS: tuple[Callable[[Any], Any], ...] = (
    _renamed_results(_RESULTS_1_0),
    _small_letters,
    _renamed,
    _renamed_results(_RESULTS_1_2),
)
