"""From likeness to a decision: the hub links, a person is asked, or nobody is found.

A stranger is one of the candidates or somebody else, so their chances are shares of one whole: of
two that fit equally well neither is likely, however much each is alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Weights = Mapping[str, Sequence[Any]]

#: The degree of a comparison in which the two differ, and that in which one of them is silent.
DIFFERS, SILENT = 0, -1

#: The degree in which initials are the same, to the last.
SAME_INITIALS = 3

#: What tells people apart. Who is alike in one of these only may be anybody.
PARTS = ("birth_date", "surname", "initials", "address")

#: How many candidates are kept for one stranger, and the least chance of one that is kept.
MOST, LEAST_SCORE = 5, 0.001

#: Candidates asked about at most: who has to choose between more has nothing to choose by.
MOST_ASKED = 3


@dataclass(frozen=True)
class Pair:
    """A stranger and a known description, how much speaks for one person, and why.

    `bits` is the logarithm (base 2) of the odds; `weights` has for each comparison its degree
    (0 differs, -1 one is silent) and its bits.
    """

    stranger: str
    known: str
    bits: float
    weights: dict[str, tuple[int, float]]


@dataclass(frozen=True)
class Thresholds:
    """From which chance a person is asked (`lower`) and from which the hub links (`upper`)."""

    lower: float = 0.2
    upper: float = 0.99


@dataclass(frozen=True)
class Candidate:
    """A resident whom a stranger may be: the chance, and what it rests on."""

    resident_id: str
    score: float
    weights: Weights

    def _degree(self, name: str) -> int:
        return int(self.weights[name][0]) if name in self.weights else SILENT

    @property
    def told(self) -> int:
        """Return how many of the parts that tell people apart both descriptions have."""
        return sum(self._degree(name) != SILENT for name in PARTS)

    @property
    def sure(self) -> bool:
        """Tell whether the hub may link by itself: nothing that tells relatives apart differs.

        Relatives share a surname and an address, twins a birth date too, and a son may have his
        father's first initial: without a birth date all initials must be the same, and without
        initials nobody of the other gender will do.
        """
        born, initials = self._degree("birth_date"), self._degree("initials")
        if DIFFERS in (born, initials) or self.told < 2:
            return False
        if initials == SILENT and self._degree("gender") == DIFFERS:
            return False
        return born != SILENT or initials in (SILENT, SAME_INITIALS)

    @property
    def relative(self) -> bool:
        """Tell whether this is rather a relative: born on another day and not so named."""
        born, initials = self._degree("birth_date"), self._degree("initials")
        return born == DIFFERS and initials != SAME_INITIALS


@dataclass(frozen=True)
class Outcome:
    """What becomes of a stranger: linked, asked about these, or a reason why nobody was found."""

    linked: Candidate | None = None
    asked: tuple[Candidate, ...] = ()
    dropout: str = ""


def candidates(pairs: Iterable[Pair]) -> dict[str, list[Candidate]]:
    """Return for each stranger its candidates, likeliest first; a resident counts once."""
    best: dict[str, dict[str, Pair]] = {}
    for pair in pairs:
        mine = best.setdefault(pair.stranger, {})
        resident_id = pair.known.partition(":")[0]
        if resident_id not in mine or mine[resident_id].bits < pair.bits:
            mine[resident_id] = pair
    return {who: _shares(found) for who, found in best.items()}


def _shares(found: Mapping[str, Pair]) -> list[Candidate]:
    odds = {who: 2.0 ** min(pair.bits, 200.0) for who, pair in found.items()}
    whole = 1 + sum(odds.values())
    made = [Candidate(who, odds[who] / whole, pair.weights) for who, pair in found.items()]
    # Equal chances stand in the order of the ids, so that the outcome never depends on arrival.
    made.sort(key=lambda one: (-one.score, one.resident_id))
    return [one for one in made[:MOST] if one.score >= LEAST_SCORE]


def decide(found: Sequence[Candidate], limits: Thresholds, dead: frozenset[str]) -> Outcome:
    """Return what becomes of a stranger with these candidates, likeliest first.

    Candidates that a person refused are left out by whoever asks; `dead` are residents who died.
    """
    if found and found[0].score >= limits.upper and found[0].sure:
        return Outcome(linked=found[0])
    likely = (one for one in found if one.score >= limits.lower)
    asked = tuple(one for one in likely if one.told >= 2 and not one.relative)[:MOST_ASKED]
    return Outcome(asked=asked, dropout="" if asked else _dropout(found, dead))


def _dropout(found: Sequence[Candidate], dead: frozenset[str]) -> str:
    """Return why nobody was found, by the likeliest candidate: see WHY."""
    if not found:
        return "unknown"
    best = found[0]
    differs = {name for name, (degree, _) in best.weights.items() if degree == DIFFERS}
    if best.resident_id in dead:
        return "deceased"
    if "birth_date" in differs:
        return "unknown"
    if {"address", "surname"} <= differs:
        return "unknown"
    if "address" in differs:
        return "moved"
    if "surname" in differs or "initials" in differs:
        return "name"
    silent = {name for name, (degree, _) in best.weights.items() if degree == SILENT}
    return "address" if "address" in silent else "unknown"


#: Why nobody was found, as stored and as told to a person.
WHY = {
    "moved": "Iemand lijkt erop, maar woont ergens anders.",
    "deceased": "Iemand lijkt erop, maar is overleden.",
    "name": "Iemand lijkt erop, maar heet anders.",
    "address": "Er is geen adres genoemd.",
    "unknown": "Er is niemand gevonden die erop lijkt.",
}
