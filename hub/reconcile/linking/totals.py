"""A total over several claims of a creditor, told as one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.reconcile.linking import likeness
from hub.reconcile.linking.said import Said

#: What speaks for a total beforehand: most lines of a file are about one debt.
_BEFORE = -1.0


@dataclass(frozen=True)
class Total:
    """A statement over the claims with these keys, and how sure that is."""

    covers: tuple[str, ...]
    score: float


def find_total(one: Said, open_claims: Mapping[str, int], limit: float) -> Total | None:
    """Return the total that a statement is; None for a statement of a debt of its own.

    `open_claims` has the balance on the day of the statement of each claim that it may cover. Who
    says that it is a total is believed; without that only the sum of all of them, two at least,
    is recognised: among many parts some would always fit by chance.
    """
    covers = tuple(sorted(key for key, amount in open_claims.items() if amount > 0))
    if one.collective:
        return Total(covers, 1.0) if covers else None
    if len(covers) < 2 or one.open <= 0:
        return None
    score = max(_scores(one, sum(open_claims[key] for key in covers)), default=0.0)
    return Total(covers, score) if score >= limit else None


def _scores(one: Said, whole: int) -> Iterable[float]:
    fits = one.unit if abs(2 * (one.open - whole)) <= one.unit else 0
    for unit, certainty in ((fits, 2.0), (likeness.roundness(one.open, whole, one.unit), -1.0)):
        if unit:
            odds = 2.0 ** (_BEFORE + certainty + likeness.size(one.open, unit))
            yield likeness.share(odds, ())
