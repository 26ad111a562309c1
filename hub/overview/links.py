"""How statements came to their claims, what may be the same debt, and what people said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from hub.overview.words import organisation
from hub.reconcile.linking.load import named
from hub.store import claim, claim_link

#: What each degree of likeness means to a person (hub.reconcile.linking.likeness).
WHY = {
    ("amount", "exact"): "het bedrag klopt op die dag",
    ("amount", "known"): "het bedrag klopt op een dag in de buurt",
    ("amount", "rounded"): "het bedrag klopt na afronden",
    ("amount", "near"): "het bedrag scheelt weinig",
    ("amount", "more"): "het bedrag is hoger, misschien door kosten",
    ("amount", "much"): "het bedrag is veel hoger, misschien door kosten",
    ("amount", "differs"): "het bedrag verschilt",
    ("amount", "settled"): "op die dag stond niets meer open",
    ("amount", "zero"): "bij beide staat niets open",
    ("number", "same"): "het nummer lijkt gelijk",
    ("number", "swapped"): "in het nummer zijn twee tekens verwisseld",
    ("number", "digit"): "in het nummer verschilt één teken",
    ("number", "other"): "het nummer verschilt",
    ("number", "silent"): "het nummer ontbreekt",
    ("year", "same"): "het jaar is gelijk",
    ("year", "differs"): "het jaar verschilt",
    ("type", "same"): "de soort is gelijk",
    ("type", "differs"): "de soort verschilt",
    ("date", "same"): "de datum is gelijk",
    ("date", "near"): "de datum scheelt",
    ("handed", "same"): "de vordering is overgedragen",
    ("handed", "silent"): "van overdracht is niets bekend",
}


@dataclass(frozen=True)
class PairView:
    """A statement beside another claim: how alike they are, and what a person said of the two.

    `percent` and `why` tell what the hub found, for a pair that it asks about; `verdict` is
    linked or refused.
    """

    claim_id: int
    creditor: str
    reference: str
    asked: bool
    percent: int | None
    why: tuple[str, ...]
    verdict: str
    by: str
    decided_at: datetime | None
    reason: str


@dataclass(frozen=True)
class Links:
    """The pairs of the statements on a page, and which claims each total covers."""

    pairs: Mapping[tuple[int, str], list[PairView]]
    covers: Mapping[tuple[int, str], list[int]]


def links_of(
    connection: Connection, statements: Sequence[Row[Any]], names: Mapping[str, str]
) -> Links:
    """Return what is known of these statements beside the claim that each is of."""
    pairs: dict[tuple[int, str], list[PairView]] = {}
    covers: dict[tuple[int, str], list[int]] = {}
    for row in _rows(connection, {(row.source_id, row.key) for row in statements}):
        place = (row.source_id, row.key)
        if row.covered:
            covers.setdefault(place, []).append(row.claim_id)
        if row.asked or row.verdict:
            pairs.setdefault(place, []).append(_pair(row, names))
    return Links(pairs, covers)


def _rows(connection: Connection, places: Iterable[tuple[int, str]]) -> list[Row[Any]]:
    return [
        row
        for condition in named(places)
        for row in connection.execute(
            select(claim_link, claim.c.creditor, claim.c.reference)
            .join(claim, claim.c.id == claim_link.c.claim_id)
            .where(condition)
            .order_by(claim_link.c.score.desc(), claim.c.natural_key)
        )
    ]


def _pair(row: Row[Any], names: Mapping[str, str]) -> PairView:
    told = ((name, degree) for name, (degree, _) in row.weights.items())
    return PairView(
        claim_id=row.claim_id,
        creditor=organisation(names, row.creditor),
        reference=row.reference,
        asked=row.asked and not row.verdict,
        percent=round(row.score * 100) if row.score is not None else None,
        why=tuple(WHY[one] for one in told if one in WHY),
        verdict=row.verdict or "",
        by=row.decided_by or "",
        decided_at=row.decided_at,
        reason=row.reason,
    )
