"""Older versions of DDAS Schuldhulpverlening, brought up to v1.0 one step at a time.

No message tells its version; it shows in the names it uses, so each traject is looked at by
itself. Sources: the schemas of v0.9, v0.10 and v1.0 (VNG Realisatie), and an earlier v0.10 whose
word for an admission the examples of v1.0 still use. A delivery in v0.8 is refused (pages.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: What v0.9 calls otherwise, by the group in which it stands.
_DEBT_NAMES_0_10 = {"soort": "schuldsoort"}

#: Decisions that v1.0 does not know at the intake any more: they belong to the end of a case.
_ENDINGS_0_10 = ("Beeindigingsbeschikking", "Beëindigingsbeschikking")

#: What the first v0.10 called an admission; v1.0 knows only the later word.
GRANT, ADMISSION = "Toewijzingsbeschikking", "Toelatingsbeschikking"

#: The names that only v0.9 has; v1.0 has no place for the days of a leefsituatie.
OLD_NAMES = frozenset({"leefsituatie", "datumGeldigVanaf", "datumGeldigTot"}) | {
    "toelatingsbeschikking"
}


def newest(traject: Any) -> Any:
    """Return a traject of v0.9, v0.10 or v1.0 in the words of v1.0.

    What is no traject at all comes back as it is, and a traject of v1.0 but for the word of an
    earlier v0.10 for an admission.
    """
    for _, step in _STEPS:
        traject = step(traject) if isinstance(traject, dict) else traject
    intake = traject.get("intake") if isinstance(traject, dict) else None
    if isinstance(intake, dict) and intake.get("beschikkingssoort") == GRANT:
        return traject | {"intake": intake | {"beschikkingssoort": ADMISSION}}
    return traject


def version_of(traject: Any) -> str:
    """Return the version in whose words a traject is written; "1.0" where nothing tells."""
    for name, step in _STEPS:
        if isinstance(traject, dict) and step(traject) != traject:
            return name
    return "1.0"


def _to_0_10(traject: dict[str, Any]) -> dict[str, Any]:
    """Bring debts from the clients to the traject, and tell the decision by its kind."""
    made = dict(traject)
    debts = _all_debts(traject)
    if debts:
        made["schulden"] = debts
    intake = traject.get("intake")
    if isinstance(intake, dict) and "toelatingsbeschikking" in intake:
        made["intake"] = _decided(intake)
    return made


def _decided(intake: dict[str, Any]) -> dict[str, Any]:
    rest = {name: one for name, one in intake.items() if name != "toelatingsbeschikking"}
    day = intake["toelatingsbeschikking"]
    told = {"beschikkingsdatum": day, "beschikkingssoort": ADMISSION} if day else {}
    return told | rest


def _all_debts(traject: dict[str, Any]) -> list[Any]:
    """Return the debts of a traject and of its clients; one told again elsewhere counts once.

    Empty when those of the traject are no list: that is told as a fault.
    """
    own = traject.get("schulden")
    if own is not None and not isinstance(own, list):
        return []
    found = _debts_in(traject)
    for debts in map(_debts_in, _situations(traject.get("client"))):
        found += [debt for debt in debts if debt not in found] if found else debts
    return found


def _situations(clients: Any) -> list[Any]:
    told = [one.get("leefsituatie") for one in _list(clients) if isinstance(one, dict)]
    return [situation for some in told for situation in _list(some)]


def _debts_in(group: Any) -> list[Any]:
    debts = _list(group.get("schulden")) if isinstance(group, dict) else []
    return [_renamed(debt) if isinstance(debt, dict) else debt for debt in debts]


def _renamed(debt: dict[str, Any]) -> dict[str, Any]:
    # The name of v1.0 goes before the older one, which is then told as standing in a wrong place.
    if "schuldsoort" in debt:
        return debt
    return {_DEBT_NAMES_0_10.get(name, name): value for name, value in debt.items()}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _to_1_0(traject: dict[str, Any]) -> dict[str, Any]:
    """Bring the decision that ends a case from the intake to the outflow."""
    intake = traject.get("intake")
    kind = intake.get("beschikkingssoort") if isinstance(intake, dict) else None
    end = traject.get("uitstroom") or {}
    if kind not in _ENDINGS_0_10 or not isinstance(intake, dict) or not isinstance(end, dict):
        return traject
    rest = {name: one for name, one in intake.items() if not name.startswith("beschikking")}
    told = {"datumBeeindigingsbeschikking": intake.get("beschikkingsdatum")}
    ended = {name: day for name, day in told.items() if day} | end
    return traject | {"intake": rest} | ({"uitstroom": ended} if ended else {})


#: The version a step starts from, and the step.
_STEPS: tuple[tuple[str, Callable[[dict[str, Any]], dict[str, Any]]], ...] = (
    ("0.9", _to_0_10),
    ("0.10", _to_1_0),
)
