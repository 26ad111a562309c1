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
