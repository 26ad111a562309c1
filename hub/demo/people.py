"""Who lives in the synthetic municipality: households of one to five persons at one address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from hub.demo import names
from hub.testing.world import Person

CITY = "Voorbeeldstad"
MOST_RESIDENTS = 1_000_000

#: Ages in days that are surely under and surely over eighteen years.
_CHILD = (30, 17 * 365)
_ADULT = (18 * 366, 90 * 365)

_HIGHEST_HEAD = 9_999_999
_PER_HEAD = 9


def bsn_of(number: int) -> str:
    """Return the BSN of a resident's number: unique, and valid by the elfproef.

    Numbers count down by their first seven digits. Each such head has nine or ten valid numbers,
    of which nine are used. So the first 9.000 residents stand in the test range 9999, up to
    90.000 in 999, up to 900.000 in 99 and the rest in 98. Only 9999 is known as a test range:
    a larger municipality is for load tests and never meets a real register.
    """
    down, rank = divmod(number, _PER_HEAD)
    head = str(_HIGHEST_HEAD - down)
    total = sum(int(digit) * weight for digit, weight in zip(head, range(9, 2, -1), strict=True))
    checks = ((digit, (total + 2 * digit) % 11) for digit in range(10))
    digit, check = [pair for pair in checks if pair[1] < 10][rank]
    return f"{head}{digit}{check}"


def is_adult(person: Person, today: date) -> bool:
    """Tell whether someone is eighteen or older."""
    birth = person.birth_date
    years = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
    return years >= 18


def household(
    rng: Random, index: int, first: int, room: int, today: date, adults: int
) -> list[Person]:
    """Return the members of a household, adults first; `first` is the first member's number.

    It has at least `adults` grown-ups, unless there is only room for fewer.
    """
    drawn = rng.choices((1, 2, 3, 4, 5), weights=(38, 33, 12, 12, 5))[0]
    size = min(max(drawn, adults), room)
    grown = max(adults, _grown(rng, size))
    family = names.surname(rng)
    return list(_members(rng, index, range(first, first + size), first + grown, family, today))


def _grown(rng: Random, size: int) -> int:
    if size == 1 or rng.random() < 0.12:
        return 1
    return min(size, 3) if rng.random() < 0.1 else 2


def _members(
    rng: Random, index: int, numbers: range, grown: int, family: tuple[str, str], today: date
) -> Iterator[Person]:
    street, house_number, postcode = names.address(index)
    addition = rng.choices(("", "A", "bis"), weights=(90, 7, 3))[0]
    for number in numbers:
        adult = number < grown
        own_name = adult and number > numbers[0] and rng.random() < 0.4
        prefix, surname = names.surname(rng) if own_name else family
        yield Person(
            number=number,
            bsn=bsn_of(number),
            initials=names.initials(rng),
            prefix=prefix,
            surname=surname,
            birth_date=today - timedelta(days=rng.randint(*(_ADULT if adult else _CHILD))),
            sex=rng.choice(("Man", "Vrouw")),
            street=street,
            house_number=house_number,
            addition=addition,
            postcode=postcode,
            city=CITY,
            phone=f"06-0000{number % 10_000:04d}" if adult and rng.random() < 0.85 else "",
            email=f"inwoner{number}@voorbeeld.example" if adult and rng.random() < 0.7 else "",
        )
