"""The betalingskenmerk of Dutch payment slips: its check digit, and where it stands in a text.

Source: betaalvereniging.nl, specificaties betalingskenmerk. Seven digits have no check; nine to
fourteen begin with a check digit and a digit for the length of what follows; sixteen begin with a
check digit.
"""

from __future__ import annotations

import re

#: Weights of the check digit, from the right, repeated.
_WEIGHTS = (2, 4, 8, 5, 10, 9, 7, 3, 6, 1)

#: Sixteen digits in a text, as people type them: apart by spaces, dots or dashes, in any groups.
_SIXTEEN = re.compile(r"(?<![0-9])(?:[0-9][ .\-]?){15}[0-9](?![0-9])")


def check_digit(rest: str) -> str:
    """Return the check digit that belongs before these digits."""
    total = sum(int(one) * _WEIGHTS[at % len(_WEIGHTS)] for at, one in enumerate(reversed(rest)))
    return {10: "1", 11: "0"}.get(11 - total % 11) or str(11 - total % 11)


def is_payment_reference(text: str) -> bool:
    """Tell whether a text is a betalingskenmerk: digits alone, of a known length, that check."""
    if not (text.isascii() and text.isdigit()):
        return False
    if len(text) == 7:
        return True
    if 9 <= len(text) <= 14:
        return text[1] == str((len(text) - 2) % 10) and text[0] == check_digit(text[1:])
    return len(text) == 16 and text[0] == check_digit(text[1:])


def find_payment_reference(text: str) -> str:
    """Return the one betalingskenmerk of sixteen digits in a free text, "" for none or several.

    Shorter ones are not looked for: a text is full of numbers that would pass.
    """
    digits = (re.sub(r"\D", "", one) for one in _SIXTEEN.findall(text))
    found = {one for one in digits if is_payment_reference(one)}
    return found.pop() if len(found) == 1 else ""
