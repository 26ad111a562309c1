"""How much speaks for two statements being of one debt, in bits: the logarithm of the odds.

The degrees are ordered facts that a person can check (the amount is right to the unit that day);
their weights are our estimate of how much more often each is seen with the same debt than with
another of the same person and creditor.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from hub.reconcile.linking import numbers
from hub.reconcile.linking.said import Said

Weights = dict[str, tuple[str, float]]

#: What speaks for it beforehand: of a creditor that tells its own claims nearly every one is
#: known, of another creditor hardly any.
_BEFORE = {"connected": 2.0, "unconnected": -1.0}

#: How the two numbers go together, where both are told.
_NUMBER = {"same": 14.0, "swapped": 1.0, "digit": 0.0, "other": -5.0, "silent": 0.0}

#: How certain a fitting amount is, beside what its size adds.
_AMOUNT = {"exact": 2.0, "known": -4.0, "rounded": -1.0}
_LOOSE_AMOUNT = {
    "near": 0.5,
    "more": 1.5,
    "much": 0.0,
    "zero": 0.0,
    "differs": -4.0,
    "settled": -7.0,
}

#: What collecting a debt costs beside the principal, in hundredths of it and in cents at least:
#: 15 percent and 40 euros (Besluit vergoeding voor buitengerechtelijke incassokosten, article 2),
#: with turnover tax over it.
_COLLECTING = 19, 4_840

#: Amounts that say which debt it is.
FITTING = frozenset(_AMOUNT)

#: Amounts that may be with costs.
WITH_COSTS = frozenset({"more", "much"})

#: Types that only say in which sort of debt a claim falls (DDAS), or nothing at all.
_GENERAL = frozenset({"zorg", "publiek", "nuts", "overig"})

#: Balances that stood so many days before or after the day that is told are looked at as well.
_WINDOW = 180

#: To what people round by themselves, in cents: euros and tens of euros.
_ROUND = (100, 1_000)


def bits(weights: Weights) -> float:
    """Return how much all features together speak for one debt."""
    return sum(weight for _, weight in weights.values())


def sure(weights: Weights) -> bool:
    """Tell whether the hub may link by itself: an amount or number fits, and nothing differs.

    Whoever took a claim over adds costs, so that the amount alone says little: then the year or
    the type has to be right as well, and no number may be told that has a slip in it.
    """
    degrees = {name: degree for name, (degree, _) in weights.items()}
    differs = {degrees[name] for name in ("number", "year", "type", "date") if name in degrees}
    fits = degrees["amount"] in FITTING or degrees.get("number") == "same"
    if degrees["amount"] == "more":
        rest = degrees.get("year"), degrees.get("type")
        fits = fits or (degrees.get("number") == "silent" and "same" in rest)
    return fits and not differs & {"other", "differs"}


def weigh(one: Said, others: Iterable[Said], *, same_number: bool, connected: bool) -> Weights:
    """Return what speaks for and against `one` being of the debt that `others` tell of.

    What is told and what is known of the debt are compared with whoever of the others fits best.
    """
    some = list(others)
    amount, size = max((amount_of(one, other) for other in some), key=lambda found: found[1])
    found: Weights = {
        "before": ("", _BEFORE["connected" if connected else "unconnected"]),
        "amount": (amount, size),
    }
    degree = "same" if same_number else _number(one, some)
    found["number"] = (degree, _NUMBER[degree])
    for name, (degree, weight) in _rest(one, some).items():
        found[name] = (degree, weight)
    return found


def _number(one: Said, others: list[Said]) -> str:
    if not numbers.tight(one.reference):
        return "silent"
    degrees = {
        numbers.slip(one.reference, other.reference) or "other"
        for other in others
        if other.creditor == one.creditor and numbers.tight(other.reference)
    }
    return next((name for name in ("swapped", "digit", "other") if name in degrees), "silent")


def _rest(one: Said, others: list[Said]) -> Weights:
    """Return what the year, the type and the days say; a feature that one is silent of is left."""
    found: Weights = {}
    years = {other.year for other in others if other.year}
    if one.year and years:
        found["year"] = ("same", 2.0) if one.year in years else ("differs", -6.0)
    types = {other.type for other in others} - _GENERAL
    if one.type not in _GENERAL and types:
        found["type"] = ("same", 2.0) if one.type in types else ("differs", -4.0)
    days = [
        abs((theirs - mine).days)
        for other in others
        for mine, theirs in ((one.imposed_on, other.imposed_on), (one.due_on, other.due_on))
        if mine and theirs
    ]
    if days:
        nearest = min(days)
        found["date"] = ("same", 3.0) if not nearest else ("near", 1.0 if nearest <= 31 else -1.0)
    return found


def amount_of(one: Said, other: Said) -> tuple[str, float]:
    """Return how the amount that is told goes with what the other knows of the balance.

    Costs that a bailiff or collector added may be in the amount of a claim that was handed over.
    """
    unit = max(one.unit, other.unit)
    then = other.balance(one.as_of)
    if not one.open and not then:
        return "zero", _LOOSE_AMOUNT["zero"]
    mine = _told(one) if _handed_over(one, other) else {one.open}
    for degree, known in (("exact", {then}), ("known", _known(one, other))):
        fits = [a for a in mine if a > 0 and any(_equal(a, b, unit) for b in known)]
        if fits:
            return degree, _AMOUNT[degree] + size(max(fits), unit)
    rounded = roundness(one.open, then, unit)
    if rounded and one.open in mine:
        return "rounded", _AMOUNT["rounded"] + size(one.open, rounded)
    return _loosely(one, other, then)


def _loosely(one: Said, other: Said, then: int) -> tuple[str, float]:
    if _handed_over(one, other) and 0 < then <= one.open <= then * 3 // 2 + 20_000:
        share, least = _COLLECTING
        added = max(-(-then * share // 100), least) + one.unit
        degree = "more" if one.open - then <= added else "much"
    elif abs(one.open - then) <= max(1_500, then // 20) and one.open:
        degree = "near"
    elif one.open and not then:
        degree = "settled"
    else:
        degree = "differs"
    return degree, _LOOSE_AMOUNT[degree]


def size(amount: int, unit: int) -> float:
    """Return how much a fitting amount says: a large one told to the cent fits nothing else."""
    return round(min(14.0, math.log2(max(1.0, amount / unit))), 2)


def roundness(told: int, known: int, unit: int) -> int:
    """Return to how many cents an amount may be rounded from another; 0 when it is not."""
    return next(
        (
            one
            for one in _ROUND
            if one > unit and told and not told % one and _equal(told, known, one)
        ),
        0,
    )


def _equal(one: int, other: int, unit: int) -> bool:
    return abs(2 * (one - other)) <= unit


def _known(one: Said, other: Said) -> set[int]:
    """Return the balances around the day that is told; whoever wrote it down may be days off."""
    near = [day for day, _ in other.course if abs((day - one.as_of).days) <= _WINDOW]
    found = {other.open} | {other.balance(day) for day in near}
    if one.principal and other.principal and _equal(one.principal, other.principal, one.unit):
        found |= _told(one)
    return found - {0}


def _told(one: Said) -> set[int]:
    """Return the amounts without what a bailiff or collector added, as far as that is told."""
    without = {one.principal or 0, one.open - one.costs if one.costs else 0} - {0}
    return without or {one.open}


def _handed_over(one: Said, other: Said) -> bool:
    """Tell whether the claim went to somebody else, by its own word or that of a creditor."""
    told = [one, other] if other.role == "creditor" else [one]
    moved = any(said.holder or said.stage == "overgedragen" for said in told)
    return moved or one.creditor != other.creditor


def share(odds: float, rivals: Iterable[float]) -> float:
    """Return the chance of one among others that cannot be true at the same time, or none."""
    return odds / (1 + odds + sum(rivals))


def odds(weights: Mapping[str, tuple[str, float]]) -> float:
    """Return the odds that these weights come to, kept within what a float can tell apart."""
    return float(2.0 ** max(-60.0, min(60.0, bits(dict(weights)))))
