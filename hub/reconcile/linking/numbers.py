"""A creditor's number as different sources write it down, and how far apart two of them are."""

from __future__ import annotations

import re
from functools import lru_cache

from schemas.payment_reference import is_payment_reference

#: What may stand before a number in a field that people fill in.
_LABEL = re.compile(
    r"^(KENMERK|BETALINGSKENMERK|FACTUURNUMMER|FACTUURNR|FACTUUR|FACT|VORDERINGSNUMMER|VORDERING"
    r"|DOSSIER|NUMMER|NR|REF)[\s.:]+(?=.*[0-9])"
)
_PART = re.compile(r"[0-9]+|[A-Z]+")

#: Shorter numbers are too much alike for a slip to mean anything.
LEAST_LENGTH = 5


def strict(reference: str) -> str:
    """Return a number without the spaces and case in which sources differ."""
    return "".join(reference.split()).upper()


@lru_cache(maxsize=50_000)
def tight(reference: str) -> str:
    """Return the letters and digits of a number alone, without zeros before them or a label."""
    return _signs(reference).lstrip("0")


@lru_cache(maxsize=50_000)
def _signs(reference: str) -> str:
    text = _LABEL.sub("", " ".join(reference.upper().split()))
    return "".join(_PART.findall(text))


@lru_cache(maxsize=50_000)
def parted(reference: str) -> str:
    """Return the parts of a number, each without zeros before it: 2026-00012 is 2026 and 12."""
    text = _LABEL.sub("", " ".join(reference.upper().split()))
    return "-".join(one.lstrip("0") or "0" for one in _PART.findall(text))


@lru_cache(maxsize=50_000)
def payment_forms(reference: str) -> frozenset[str]:
    """Return a betalingskenmerk as it may be written: whole, or without its check digit.

    Shorter ones have a digit for their length behind the check digit; that goes with it.
    """
    digits = re.sub(r"[\s.\-]", "", reference)
    if len(digits) < 9 or not is_payment_reference(digits):
        return frozenset()
    rest = digits[1:] if len(digits) == 16 else digits[2:]
    return frozenset({digits.lstrip("0"), rest.lstrip("0")}) - {""}


@lru_cache(maxsize=100_000)
def slip(one: str, other: str) -> str:
    """Return which slip of the pen makes one number the other; "" for none.

    `swapped` is two neighbours in the other order, `digit` is one sign that is another, too much
    or left out. Zeros before a number mean nothing, unless the slip made one of them.
    """
    if min(len(tight(one)), len(tight(other))) < LEAST_LENGTH:
        return ""
    found = {_slip(form(one), form(other)) for form in (tight, _signs)}
    return next((name for name in ("swapped", "digit") if name in found), "")


def _slip(one: str, other: str) -> str:
    if one == other or abs(len(one) - len(other)) > 1:
        return ""
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) == len(other):
        swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
        if swapped and len(one) > at + 1:
            return "swapped"
        return "digit" if one[at + 1 :] == other[at + 1 :] else ""
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    at = min(at, len(shorter))
    return "digit" if longer[at + 1 :] == shorter[at:] else ""
