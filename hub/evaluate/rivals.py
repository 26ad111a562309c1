"""Whether a description points at one person: nobody else fits what is written as well.

Who knew everybody in the municipality, and only had the description, could not choose between
rivals; no better is asked of the hub.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from hub.sync.subjects import fold
from hub.testing.noise import Description
from hub.testing.world import Person


class Rivals:
    """Everybody there is, to look among them for who may be meant as well."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._housed: dict[tuple[str, str], list[Person]] = defaultdict(list)
        self._born: dict[str, list[Person]] = defaultdict(list)
        for one in people:
            self._housed[one.postcode, one.house_number].append(one)
            self._born[one.birth_date.isoformat()].append(one)

    def only(self, who: Person, told: Description) -> bool:
        """Tell whether nobody else fits a description of `who` as well."""
        near = self._born[who.birth_date.isoformat()]
        if told.person["postcode"] and "moved" not in told.noise:
            near = self._housed[who.postcode, who.house_number]
        return not any(_fits(one, who, told) for one in near if one.bsn != who.bsn)


def _fits(one: Person, who: Person, told: Description) -> bool:
    """Tell whether in no part that was written somebody differs from who was meant.

    A part with a slip in it counts as if it had none: it points at whom it was written of.
    """
    return not any(_differs(one, who, told))


def _differs(one: Person, who: Person, told: Description) -> Iterator[bool]:
    written = told.person
    if written["surname"]:
        yield fold(one.surname) != fold(who.surname)
    yield not one.initials.startswith(written["initials"])
    if written["birth_date"]:
        yield one.birth_date != who.birth_date
    elif "birth_date_year_only" in told.noise:
        yield one.birth_date.year != who.birth_date.year
    if written["gender"]:
        yield one.sex != who.sex
    if written["addition"]:
        yield one.addition != who.addition
