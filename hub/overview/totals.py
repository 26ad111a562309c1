"""Totals: one statement over several claims, beside the sum of those claims; it never counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from hub.overview.claims import About, ClaimView
from hub.overview.links import Links, PairView, links_of
from hub.overview.sight import Sight
from hub.overview.words import organisation
from hub.reconcile.linking.groups import TOTAL
from hub.store import claim, claim_statement, source, standing


@dataclass(frozen=True)
class TotalView:
    """A total that a source tells of the claims of a creditor. Amounts in cents.

    `together` is what these claims came to on the day of the total, as far as is known, and
    `difference` what the total is more; both None when not all of them are shown here.
    """

    statement_id: int
    claim_id: int  # the claim that it would be by itself
    source: str
    creditor: str
    open: int
    unit: int
    as_of: date
    received_at: datetime
    by_person: bool
    claims: list[ClaimView]
    hidden: int
    together: int | None
    difference: int | None
    pairs: list[PairView]

    def covers(self, claim_id: int) -> bool:
        """Tell whether the total is over this claim too."""
        return any(one.id == claim_id for one in self.claims)


def totals_of(
    connection: Connection,
    resident_id: str,
    about: About,
    sight: Sight,
    claims: list[ClaimView],
    at: datetime | None,
) -> list[TotalView]:
    """Return the totals told of a resident's debts that may be seen, the latest first."""
    mine = select(claim.c.id).where(claim.c.resident_id == resident_id)
    query = (
        select(
            claim_statement,
            claim.c.creditor.label("creditor_code"),
            source.c.title.label("source"),
        )
        .join(claim, claim.c.id == claim_statement.c.claim_id)
        .join(source, source.c.id == claim_statement.c.source_id)
        .where(
            claim_statement.c.claim_id.in_(mine),
            claim_statement.c.link_method == TOTAL,
            standing(claim_statement, at),
        )
        .order_by(claim_statement.c.as_of.desc(), claim_statement.c.id)
    )
    rows = sight.of(claim_statement, list(connection.execute(query)))
    links = links_of(connection, rows, about.names)
    shown = {one.id: one for one in claims}
    return [_view(row, links, shown, about) for row in rows]


def _view(row: Row[Any], links: Links, shown: dict[int, ClaimView], about: About) -> TotalView:
    place = (row.source_id, row.key)
    covers = links.covers.get(place, [])
    claims = [shown[id_] for id_ in covers if id_ in shown]
    hidden = len(covers) - len(claims)
    together = None if hidden else sum(_open_on(one, row.as_of) for one in claims)
    more = None if together is None else row.open - together
    return TotalView(
        statement_id=row.id,
        claim_id=row.claim_id,
        source=row.source,
        creditor=organisation(about.names, row.creditor_code, row.creditor_name),
        open=row.open,
        unit=row.unit,
        as_of=row.as_of,
        received_at=row.received_at,
        by_person=row.linked_by == "person",
        claims=claims,
        hidden=hidden,
        together=together,
        # Less than the unit of a rounded source is no difference.
        difference=0 if more is not None and abs(more) < row.unit else more,
        pairs=links.pairs.get(place, []),
    )


def _open_on(one: ClaimView, on: date) -> int:
    """Return what was open of a claim on a day, by its events as far as they may be shown."""
    return one.open - sum(event.amount or 0 for event in one.events if event.on > on)
