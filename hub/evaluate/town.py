"""A municipality in which people are easily taken for each other.

Besides what the demo has: a few surnames that many bear, initials as unevenly spread as real ones,
twins, children named after a parent, and houses split into flats. How often each occurs is our own
estimate, and rather too often than too seldom.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

from hub.demo.municipality import SyntheticMunicipality
from hub.demo.names import address, common_surname, real_initials
from hub.testing.claim_noise import RATES, written_otherwise
from hub.testing.world import Dossier, ListedDebt, Person

#: Shares of the households with two children and with a child of the parent's name in which the
#: two are twins, and namesakes.
TWINS, NAMESAKES = 0.04, 0.03

#: Streets before the numbering begins anew (names.address), and houses of which one is split.
_ROUND, _SPLIT = 200, 8

#: What happens to the creditor's numbers in the files of debt help.
_WRITTEN = ("spaces", "lower_case")


class LifelikeTown(SyntheticMunicipality):
    """The demo's municipality, with the likenesses among people that make matching hard."""

    def _people(self, rng: Random, index: int, first: int, clients: int) -> list[Person]:
        made = super()._people(rng, index, first, clients)
        own = Random(f"{self.seed}:{index}:likeness")
        return _related(_housed(_named(made, own), index), own)

    def dossiers(self) -> Iterator[Dossier]:
        """Yield every resident's dossier; files of debt help write numbers in their own way."""
        for one in super().dossiers():
            if one.case:
                rng = Random(f"{self.seed}:{one.person.number}:numbers")
                debts = tuple(_written(debt, rng) for debt in one.case.debts)
                one = replace(one, case=replace(one.case, debts=debts))
            yield one


def _written(debt: ListedDebt, rng: Random) -> ListedDebt:
    drawn = {name for name in _WRITTEN if rng.random() < RATES[name]}
    return replace(debt, reference=written_otherwise(debt.reference, drawn, rng))


def _named(people: Sequence[Person], rng: Random) -> list[Person]:
    """Give families a surname that may be common, and each person initials."""
    families = {(one.prefix, one.surname): common_surname(rng) for one in people}
    named = []
    for one in people:
        prefix, surname = families[one.prefix, one.surname]
        letters = real_initials(rng)
        named.append(replace(one, prefix=prefix, surname=surname, initials=letters))
    return named


def _housed(people: list[Person], index: int) -> list[Person]:
    """Let some households live above others: the same number, another addition."""
    turn = index // _ROUND % _SPLIT
    if turn == 0:
        return [replace(one, addition="A") for one in people]
    if turn > 1:
        return people
    street, house_number, postcode = address(index - _ROUND)
    return [
        replace(one, street=street, house_number=house_number, addition="B", postcode=postcode)
        for one in people
    ]


def _related(people: list[Person], rng: Random) -> list[Person]:
    """Make some children twins, and name some after the first of the household."""
    twins, namesakes = rng.random() < TWINS, rng.random() < NAMESAKES
    made = list(people)
    if twins:
        for one, other in pairwise(range(len(made))):
            if _children(made[one], made[other], made[0]):
                made[other] = replace(made[other], birth_date=made[one].birth_date)
                break
    if namesakes and len(made) > 1 and made[-1].surname == made[0].surname:
        made[-1] = replace(made[-1], initials=made[0].initials, sex=made[0].sex)
    return made


def _children(one: Person, other: Person, eldest: Person) -> bool:
    """Tell whether both may be children of the eldest: of the name, and so much younger."""
    same = one.surname == other.surname == eldest.surname
    return same and min(one.birth_date, other.birth_date).year > eldest.birth_date.year + 15
