"""The claims of one resident: what counts, what everybody says of it, and how it came to that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from hub.clock import AMSTERDAM
from hub.core import Hub
from hub.overview.bank import BankPayment, bank_rows, beside
from hub.overview.buildup import BuildUp, build_up
from hub.overview.links import Links, PairView, links_of
from hub.overview.paying import LEAST, MOST, Pay, accounts
from hub.overview.sight import Sight
from hub.overview.words import organisation
from hub.reconcile.linking.groups import TOTAL
from hub.reconcile.linking.said import authority
from hub.store import claim, claim_event, claim_statement, payment_plan, remission, source, standing


@dataclass(frozen=True)
class StatementView:
    """What one source says of a claim; `difference` is to the amount that counts, in cents.

    `method` is how it came to this claim (hub.reconcile.linking.groups), `percent` how sure that
    is; `pairs` are other claims that it may be of, or of which a person said something.
    """

    id: int
    source: str
    role: str
    counts: bool
    open: int
    unit: int
    stage: str
    as_of: date
    received_at: datetime
    difference: int
    method: str
    percent: int | None
    pairs: list[PairView]


@dataclass(frozen=True)
class Event:
    """Something that happened to a claim; `amount` in cents, None when it may not be shown."""

    on: date
    kind: str
    amount: int | None


@dataclass(frozen=True)
class ClaimView:
    """A claim with the amount that counts and everything said about it. Amounts in cents."""

    id: int
    creditor: str
    creditor_code: str
    reference: str
    type: str
    description: str
    tax_year: int | None
    stage: str
    principal: int | None
    costs: int | None
    interest: int | None
    paid: int | None
    open: int
    due_on: date | None
    as_of: date
    source: str
    heard_at: datetime | None  # when the source last told all it had to say
    silent: bool
    from_creditor: bool
    #: Who has the claim now, where it was handed over.
    holder: str
    held_until: date | None
    on_hold: bool
    statements: list[StatementView]
    events: list[Event]
    #: How the amount came about; None when that may not be shown or is not told.
    build_up: BuildUp | None
    bank: list[BankPayment]
    #: How it can be paid; None when nothing is due now, or nobody knows the account.
    pay: Pay | None
    plan: Row[Any] | None
    remission: Row[Any] | None

    @property
    def under_way(self) -> int:
        """Return what the bank saw and the creditor has not told of yet, in cents."""
        return sum(one.amount for one in self.bank if not one.booked)


@dataclass(frozen=True)
class About:
    """What stands beside the claims and is needed to show them."""

    names: dict[str, str]
    holds: list[Row[Any]]
    silent: list[Row[Any]]
    sources: list[Row[Any]]
    today: date

    def is_silent(self, source_id: int) -> bool:
        """Tell whether a source is silent."""
        return any(row.source_id == source_id for row in self.silent)

    def heard_at(self, source_id: int) -> datetime | None:
        """Return when a source last told all it had to say."""
        heard = [row.heard_at for row in self.sources if row.source_id == source_id]
        return min((at for at in heard if at), default=None)

    def hold_of(self, source_id: int) -> Row[Any] | None:
        """Return the hold that a creditor keeps today."""
        running = [
            one
            for one in self.holds
            if one.source_id == source_id
            and one.starts_on <= self.today
            and (one.ends_on is None or one.ends_on >= self.today)
        ]
        return running[-1] if running else None


def claims_of(
    connection: Connection,
    hub: Hub,
    resident_id: str,
    about: About,
    sight: Sight,
    at: datetime | None,
) -> list[ClaimView]:
    """Return the claims of a resident that may be seen, the largest open amount first."""
    mine = select(claim.c.id).where(claim.c.resident_id == resident_id)
    query = (
        select(
            claim_statement,
            claim.c.creditor.label("creditor_code"),
            claim.c.reference.label("number"),
            source.c.title.label("source"),
            source.c.name.label("source_name"),
            source.c.role,
        )
        .join(claim, claim.c.id == claim_statement.c.claim_id)
        .join(source, source.c.id == claim_statement.c.source_id)
        .where(
            claim_statement.c.claim_id.in_(mine),
            # A total is over several claims, and is none itself: see hub.overview.totals.
            claim_statement.c.link_method.is_distinct_from(TOTAL),
            standing(claim_statement, at),
        )
        .order_by(claim_statement.c.id)
    )
    by_claim: dict[int, list[Row[Any]]] = {}
    for row in sight.of(claim_statement, list(connection.execute(query))):
        by_claim.setdefault(row.claim_id, []).append(row)
    chosen = {id_: max(rows, key=authority) for id_, rows in by_claim.items()}
    links = links_of(connection, [row for rows in by_claim.values() for row in rows], about.names)
    extras = _Extras(connection, hub, list(chosen.values()), links, sight, at)
    views = [_claim_view(best, by_claim[id_], about, extras) for id_, best in chosen.items()]
    return sorted(views, key=lambda one: (-one.open, one.reference))


class _Extras:
    """Events, plan and remission of claims, by source and the source's key of the claim."""

    def __init__(
        self,
        connection: Connection,
        hub: Hub,
        chosen: list[Row[Any]],
        links: Links,
        sight: Sight,
        at: datetime | None,
    ) -> None:
        self.sight = sight
        self.links = links
        references = [row.payment_reference for row in chosen]
        self.bank = bank_rows(connection, hub, references, sight.sees, at)
        self.accounts = accounts(connection, hub, {row.creditor_code for row in chosen})
        self.day = at.astimezone(AMSTERDAM).date() if at else None
        self.found = {
            table.name: self._facts(connection, chosen, table, at)
            for table in (claim_event, payment_plan, remission)
        }
        self.events_now = self._facts(connection, chosen, claim_event, None) if at else {}

    def _facts(
        self, connection: Connection, chosen: list[Row[Any]], table: Any, at: datetime | None
    ) -> dict[tuple[int, str], list[Row[Any]]]:
        keys = {row.key for row in chosen}
        sources = {row.source_id for row in chosen}
        query = (
            select(table)
            .where(table.c.claim.in_(keys), table.c.source_id.in_(sources), standing(table, at))
            .order_by(table.c.id)
        )
        found: dict[tuple[int, str], list[Row[Any]]] = {}
        for row in self.sight.of(table, list(connection.execute(query))):
            found.setdefault((row.source_id, row.claim), []).append(row)
        return found

    def build_up(self, row: Row[Any]) -> BuildUp | None:
        """Return how the amount of this statement came about; None when that may not be shown."""
        if not self.sight.sees(row.source_id, "costs"):
            return None
        now = self.events_now.get((row.source_id, row.key), [])
        return build_up(self.of("claim_event", row), row.open, row.unit, now, self.day)

    def of(self, table: str, row: Row[Any]) -> list[Row[Any]]:
        """Return the rows of `table` about the claim of this statement."""
        return self.found[table].get((row.source_id, row.key), [])


def _claim_view(best: Row[Any], rows: list[Row[Any]], about: About, extras: _Extras) -> ClaimView:
    held = about.hold_of(best.source_id)
    built_up = extras.sight.sees(best.source_id, "costs")
    plans, remissions = extras.of("payment_plan", best), extras.of("remission", best)
    return ClaimView(
        id=best.claim_id,
        creditor=organisation(about.names, best.creditor_code, best.creditor_name),
        creditor_code=best.creditor_code,
        reference=best.number,
        type=best.type,
        description=best.description,
        tax_year=best.tax_year,
        stage=best.stage,
        principal=best.principal if built_up else None,
        costs=best.costs if built_up else None,
        interest=best.interest if built_up else None,
        paid=best.paid if built_up else None,
        open=best.open,
        due_on=best.due_on,
        as_of=best.as_of,
        source=best.source,
        heard_at=about.heard_at(best.source_id),
        silent=about.is_silent(best.source_id),
        from_creditor=best.role in ("creditor", "exchange"),
        holder=next((row.transferred_to for row in rows if row.transferred_to), ""),
        on_hold=held is not None,
        held_until=held.ends_on if held else None,
        statements=[
            _statement_view(row, best, extras.links)
            for row in sorted(rows, key=authority, reverse=True)
        ],
        pay=_pay(best, about, extras) if held is None else None,
        bank=beside(extras.bank.get(best.payment_reference, ()), extras.of("claim_event", best)),
        events=[
            Event(row.on, row.kind, row.amount if built_up else None)
            for row in sorted(extras.of("claim_event", best), key=lambda row: (row.on, row.id))
        ],
        build_up=extras.build_up(best),
        plan=max(plans, key=lambda row: (row.starts_on, row.id), default=None),
        remission=max(remissions, key=lambda row: (row.requested_on, row.id), default=None),
    )


def _pay(best: Row[Any], about: About, extras: _Extras) -> Pay | None:
    iban = extras.accounts.get(best.creditor_code, "")
    own = best.role == "creditor" and not best.transferred_to
    if not (own and iban and best.payment_reference and LEAST <= best.open <= MOST):
        return None
    name = organisation(about.names, best.creditor_code, best.creditor_name)
    return Pay(name, iban, best.open, best.payment_reference)


def _statement_view(row: Row[Any], best: Row[Any], links: Links) -> StatementView:
    return StatementView(
        id=row.id,
        source=row.source,
        role=row.role,
        counts=row.id == best.id,
        open=row.open,
        unit=row.unit,
        stage=row.stage,
        as_of=row.as_of,
        received_at=row.received_at,
        # Less than the unit of a rounded source is no difference.
        difference=row.open - best.open if abs(row.open - best.open) >= row.unit else 0,
        method=row.link_method or "",
        percent=round(row.link_score * 100) if row.link_score is not None else None,
        pairs=links.pairs.get((row.source_id, row.key), []),
    )
