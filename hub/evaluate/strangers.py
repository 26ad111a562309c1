"""How other registers tell of people without BSN: of residents, and of people nobody here knows.

Who is known comes from the municipality's registers. Told of are residents the hub knows, their
housemates whom it does not know, people from elsewhere, and people who look like a resident: a
namesake, and whoever lives in a resident's house now. All of them are written down with noise.
Only adults are told of, as no register tells of the debts of a child.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any

from hub.demo.names import common_surname, real_initials
from hub.demo.people import CITY, is_adult
from hub.evaluate.books import Told
from hub.evaluate.rivals import Rivals
from hub.evaluate.town import LifelikeTown
from hub.testing.noise import Description, describe
from hub.testing.world import Person

#: One in so many residents is told of by a register that has no BSN.
ONE_IN = 5

#: Of whom they tell, in a hundred; from the second on nobody whom the hub knows.
_SHARES = {"known": 72, "unregistered": 12, "elsewhere": 8, "namesake": 4, "successor": 4}

#: The share of the people without a claim whom another register of the municipality knows.
_REGISTERED = 0.7


@dataclass(frozen=True)
class Stranger:
    """A description without BSN.

    `bsn` is of whom it is, None for somebody the hub does not know; `linkable` tells whether what
    is written points at that one person.
    """

    key: str
    told: Description
    bsn: str | None
    linkable: bool


def registered(town: LifelikeTown) -> Iterator[Told]:
    """Yield, as a register of people tells them, whom the municipality knows besides by claims."""
    for one in town.dossiers():
        if _is_registered(town, one.person):
            yield "person", f"p{one.person.number}", plain(one.person) | {"bsn": one.person.bsn}


def _is_registered(town: LifelikeTown, who: Person) -> bool:
    return Random(f"{town.seed}:{who.number}:known").random() < _REGISTERED


def plain(who: Person) -> dict[str, Any]:
    """Return a person as a register with good data writes them, without BSN."""
    return {
        "initials": who.initials,
        "prefix": who.prefix,
        "surname": who.surname,
        "birth_date": who.birth_date.isoformat(),
        "gender": who.sex,
        "street": who.street,
        "house_number": who.house_number,
        "addition": who.addition,
        "postcode": who.postcode,
        "city": who.city,
    }


def strangers(town: LifelikeTown) -> Iterator[Stranger]:
    """Yield whom registers without BSN tell of, in a random order."""
    rng = Random(f"{town.seed}:strangers")
    known, unregistered = _sorted(town)
    rivals = Rivals([*known, *unregistered])
    known = [one for one in known if is_adult(one, town.today)]
    unregistered = [one for one in unregistered if is_adult(one, town.today)]
    rng.shuffle(known)
    rng.shuffle(unregistered)
    many = max(town.size // ONE_IN, 1)
    kinds = rng.choices(list(_SHARES), weights=list(_SHARES.values()), k=many)
    for at, kind in enumerate(kinds):
        like = known[at % len(known)]
        if kind == "unregistered" and unregistered:
            who = unregistered.pop()
        else:
            who = like if kind == "known" else _somebody(kind, like, rng, town.today)
        told = describe(who, rng)
        mine = kind == "known"
        linkable = mine and told.linkable and rivals.only(who, told)
        yield Stranger(f"s{at}", told, who.bsn if mine else None, linkable)


def _sorted(town: LifelikeTown) -> tuple[list[Person], list[Person]]:
    """Return the residents whom the hub knows, and the others."""
    known: list[Person] = []
    others: list[Person] = []
    for one in town.dossiers():
        told_of = one.claims or one.holds or one.vish or _is_registered(town, one.person)
        (known if told_of else others).append(one.person)
    return known, others


def _somebody(kind: str, like: Person, rng: Random, today: date) -> Person:
    """Return somebody the hub does not know, who may look like a resident."""
    prefix, surname = common_surname(rng)
    other = replace(
        like,
        bsn="",
        prefix=prefix,
        surname=surname,
        initials=real_initials(rng),
        sex=rng.choice(("Man", "Vrouw")),
        birth_date=today - timedelta(days=rng.randint(18 * 366, 90 * 365)),
    )
    if kind == "successor":
        return other
    elsewhere: dict[str, Any] = {
        "street": "Buitenweg",
        "house_number": str(rng.randint(1, 200)),
        "addition": "",
        "postcode": f"{rng.randint(1000, 9998)} {rng.choice('ABCDEFG')}{rng.choice('HJKLM')}",
        "city": f"Niet {CITY}",
    }
    other = replace(other, **elsewhere)
    if kind == "namesake":
        other = replace(other, sex=like.sex, prefix=like.prefix, surname=like.surname)
        other = replace(other, initials=like.initials)
    return other
