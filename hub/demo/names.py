"""Words from which the synthetic municipality makes names: plausible, and visibly made up."""

from __future__ import annotations

from random import Random

_ROOTS = (
    "Droom", "Schijn", "Proef", "Denk", "Verzin", "Mist", "Wolken", "Spiegel", "Fabel", "Sproke",
    "Voorbeeld", "Nergens", "Reünie", "Fée", "Çelik", "Özlem", "Müsli", "Niño", "Coördina", "Idée",
)  # fmt: skip
_TAILS = ("man", "stra", "veld", "huis", "berg", "sma", "inga", "bron", "hout", "dijk")
_PREFIXES = ("", "", "", "", "", "", "van", "van der", "de", "van den", "ten", "el")
_LETTERS = "ABCDEFGHIJKLMNOPRSTVWYZ"

_STREET_ROOTS = (
    "Verzinsel", "Schijn", "Luchtkasteel", "Sprookjes", "Fata-Morgana", "Nergens", "Denkbeeldige-",
    "Voorbeeld", "Proef", "Mirage", "Eenhoorn", "Fantasie", "Dagdroom", "Hersenspinsel", "Utopia",
    "Kabouter", "Droombeeld", "Sage", "Mythe", "Fictie",
)  # fmt: skip
_STREET_TAILS = ("laan", "straat", "plein", "weg", "hof", "kade", "pad", "dreef", "steeg", "singel")
_STREETS = len(_STREET_ROOTS) * len(_STREET_TAILS)

#: Private creditors: sort of debt (DDAS), name, and a made-up KvK number.
PRIVATE_CREDITORS = (
    ("Zorg", "Zorgverzekeraar Denkbeeld", "99990101"),
    ("Nuts", "Energie van Nergens", "99990102"),
    ("Overig", "Telecom Luchtkasteel", "99990103"),
)


def surname(rng: Random) -> tuple[str, str]:
    """Return a prefix (often empty) and a surname."""
    return rng.choice(_PREFIXES), rng.choice(_ROOTS) + rng.choice(_TAILS)


#: Of a thousand first names how many begin with a letter: a few are on every other birth card.
_FIRST_LETTERS = {
    "J": 140, "M": 110, "A": 95, "H": 70, "C": 65, "E": 60, "W": 50, "P": 50, "L": 50, "R": 50,
    "S": 45, "G": 40, "T": 35, "D": 30, "N": 25, "B": 20, "F": 20, "I": 15, "K": 15, "V": 10,
    "O": 5, "Y": 5, "Z": 3, "Q": 1, "U": 1, "X": 1,
}  # fmt: skip

#: The commonest of the uneven surnames is borne by 1.5 in a hundred, the ten commonest by 13.
_SPREAD, _STEEPNESS = 60, 0.9


def common_surname(rng: Random) -> tuple[str, str]:
    """Return a prefix and a surname from some thousands, of which the first are common."""
    most = len(_ROOTS) * len(_TAILS) * len(_ROOTS)
    rank = min(int(_SPREAD * (rng.paretovariate(_STEEPNESS) - 1)), most - 1)
    rest, root = divmod(rank, len(_ROOTS))
    middle, tail = divmod(rest, len(_TAILS))
    between = _ROOTS[middle].lower() if middle else ""
    return _PREFIXES[rank % len(_PREFIXES)], f"{_ROOTS[root]}{between}{_TAILS[tail]}"


def real_initials(rng: Random) -> str:
    """Return one to three initials, unevenly spread: "J.M."."""
    letters = rng.choices(
        list(_FIRST_LETTERS), weights=list(_FIRST_LETTERS.values()), k=rng.choice((1, 1, 2, 2, 3))
    )
    return "".join(f"{letter}." for letter in letters)


def initials(rng: Random) -> str:
    """Return one to three initials: "A.B."."""
    return "".join(f"{letter}." for letter in rng.choices(_LETTERS, k=rng.choice((1, 1, 2, 3))))


def address(household: int) -> tuple[str, str, str]:
    """Return the street, house number and postcode of a household; no two share a house.

    The postcode has the digits of the municipality's made-up code and letters per street.
    """
    house, street = divmod(household, _STREETS)
    root, tail = divmod(street, len(_STREET_TAILS))
    postcode = f"9999 {_LETTERS[root]}{_LETTERS[tail]}"
    return _STREET_ROOTS[root] + _STREET_TAILS[tail], str(house + 1), postcode
