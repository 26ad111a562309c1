"""An indication of the beslagvrije voet, the income that stays free of attachment (Rv 475da).

Only an indication: a competent party sets it. Parameters of 2026; some of them are derived from
the maxima and amounts printed in art. 475da and marked so. Left out: the own income and company
car of art. 475db, and the raises on request. Amounts are integer euro cents, incomes per year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

#: Situations of art. 475da: alone, alone with children, a couple, a couple with children.
SITUATIONS = ("a", "b", "c", "d")

#: The most it can be per month, by situation, since that day. Sources: VNG (2021), aag.nl (2025),
#: Wetboek van Burgerlijke Rechtsvordering of 2026-06-04 and 2026-07-14.
MAXIMA = (
    (date(2021, 1, 1), (1_661_40, 1_779_52, 2_199_34, 2_317_45)),
    (date(2025, 1, 1), (2_071_24, 2_242_24, 2_739_03, 2_855_96)),
    (date(2026, 1, 1), (2_191_42, 2_526_69, 2_881_41, 3_155_31)),
    (date(2026, 7, 1), (2_208_48, 2_543_75, 2_905_79, 3_179_68)),
)


@dataclass(frozen=True, slots=True)
class Norms:
    """The benefit norm per month from `valid_from` on; those of July 2026 are derived."""

    valid_from: date
    alone: int
    couple: int


NORMS = (
    Norms(date(2026, 1, 1), 1_401_50, 2_002_13),
    Norms(date(2026, 7, 1), 1_419_46, 2_027_79),
)

_PREMIUM = Fraction(2_119_00, 12)  # standard premium per month, derived
_THRESHOLD = 29_736_00  # 108% of the minimum wage per year, derived
_CARE = Fraction(13_730, 100_000)  # Wet op de zorgtoeslag art. 2(3)
_PREMIUM_IN_NORM = {"a": 47_00, "b": 47_00, "c": 106_00, "d": 106_00}  # Participatiewet 23(2)
_RENT_CEILING, _BASE_ALONE, _BASE_OTHERS = 932_93, 202_52, 200_71  # the base rents are derived
_POINT_ALONE, _POINT_OTHERS = 23_425_00, 31_500_00  # minimum income points, derived
_CHILD = Fraction(76, 1_000)  # Wet op het kindgebonden budget art. 2(7) and 3(5)
_COUPLE_EXTRA = 9_405_00  # the same, art. 2(8)


def most(situation: str, on: date) -> int:
    """Return the maximum per month of a situation. Raises LookupError before the first known."""
    for since, amounts in reversed(MAXIMA):
        if since <= on:
            return amounts[SITUATIONS.index(situation)]
    raise LookupError(f"no maximum is known for {on}; the first is of {MAXIMA[0][0]}")


def indication(situation: str, income: int, on: date) -> int:
    """Return the indication per month for a yearly taxable income, rounded half up.

    Which way the law rounds was not found. Raises LookupError for a day outside 2026.
    """
    norms = _norms(on)
    norm = norms.couple if situation in "cd" else norms.alone
    free = Fraction(95 * norm, 100) + _care(situation, income)
    free += _rent(situation, income) + _children(situation, income)
    return min(int(free + Fraction(1, 2)), most(situation, on))


def at_income(free: int, monthly_income: int) -> int:
    """Return the amount after the rule that 5% of the income is always payable (Rv 475dc)."""
    return min(free, (95 * monthly_income + 50) // 100)


def after_partner(free: int, partner_income: int) -> int:
    """Return the amount less the partner's income that is not attached (Rv 475db(1)).

    At most half of it goes off. Which way the half is rounded was not found: half a cent stays.
    """
    return free - min(partner_income, free // 2)


def without_address(on: date) -> int:
    """Return the amount per month without an address in the Netherlands (Rv 475da(4)).

    It is 47,5% of the norm of a couple, rounded half up. Raises LookupError outside 2026.
    """
    return (475 * _norms(on).couple + 500) // 1000


def _norms(on: date) -> Norms:
    rows = [row for row in NORMS if row.valid_from <= on]
    if not rows or on.year != rows[-1].valid_from.year:
        raise LookupError(f"no norms are known for {on}; only those of 2026 are")
    return rows[-1]


def _care(situation: str, income: int) -> Fraction:
    premium = _PREMIUM * (2 if situation in "cd" else 1) - _PREMIUM_IN_NORM[situation]
    return min(Fraction(max(0, income - _THRESHOLD), 12) * _CARE, premium)


def _rent(situation: str, income: int) -> Fraction:
    alone = situation == "a"
    above = max(0, income - (_POINT_ALONE if alone else _POINT_OTHERS))
    share = Fraction(27 if alone else 22, 1_200)
    ceiling = _RENT_CEILING - (_BASE_ALONE if alone else _BASE_OTHERS)
    return min(above * share, Fraction(ceiling))


def _children(situation: str, income: int) -> Fraction:
    if situation not in "bd":
        return Fraction(0)
    start = _THRESHOLD + (_COUPLE_EXTRA if situation == "d" else 0)
    return Fraction(max(0, income - start), 12) * _CHILD
