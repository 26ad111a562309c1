"""One resident on one screen: what is owed, according to whom, how fresh, what contradicts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from hub.core import Hub
from hub.overview.findings import FindingView, findings_of
from hub.overview.people import PersonView, details_of
from hub.overview.timeline import Moment, timeline
from hub.overview.words import organisation, organisation_names
from hub.reconcile.link import AUTHORITY
from hub.store import (
    claim,
    claim_event,
    claim_statement,
    command,
    debt_case,
    hold,
    payment_plan,
    register_entry,
    remission,
    source,
    standing,
)
from hub.sync.health import health_query, silent_streams


@dataclass(frozen=True)
class StatementView:
    """What one source says of a claim; `difference` is to the amount that counts, in cents."""

    source: str
    role: str
    counts: bool
    open: int
    unit: int
    stage: str
    as_of: date
    received_at: datetime
    difference: int


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
    held_until: date | None
    on_hold: bool
    statements: list[StatementView]
    events: list[Row[Any]]
    plan: Row[Any] | None
    remission: Row[Any] | None


@dataclass(frozen=True)
class Overview:
    """Everything on the resident's page.

    `total` is the open sum at creditors that speak for themselves, `listed_total` what only the
    debt-help file lists; both in cents. With anything in `silent` the total is a lower bound.
    """

    person: PersonView
    claims: list[ClaimView]
    total: int
    listed: list[ClaimView]
    listed_total: int
    silent: list[Row[Any]]
    sources: list[Row[Any]]
    holds: list[Row[Any]]
    cases: list[Row[Any]]
    entries: list[Row[Any]]
    findings: list[FindingView]
    commands: list[Row[Any]]
    timeline: list[Moment]

    @property
    def at_least(self) -> bool:
        """Tell whether the total may be higher because a source is silent."""
        return bool(self.silent)

    @property
    def open_claims(self) -> list[ClaimView]:
        """Return the claims with something left to pay."""
        return [one for one in self.claims if one.open]

    @property
    def closed_claims(self) -> list[ClaimView]:
        """Return the claims that are settled."""
        return [one for one in self.claims if not one.open]


def resident_overview(
    connection: Connection, hub: Hub, resident_id: str, at: datetime | None = None
) -> Overview | None:
    """Return the overview, now or as the hub knew it at `at` (UTC); None for nobody.

    With `at`, only what sources said is of that moment: findings and commands are of now.
    """
    person = details_of(connection, [resident_id]).get(resident_id)
    if person is None:
        return None
    names = organisation_names(connection)
    silent = silent_streams(connection, hub.municipality, hub.clock.now())
    sources = _sources(connection, hub)
    holds = _facts(connection, hold, resident_id, at)
    about = _About(names, holds, silent, sources, hub.clock.today())
    claims = _claims(connection, resident_id, about, at)
    spoken = [one for one in claims if one.from_creditor]
    listed = [one for one in claims if not one.from_creditor]
    return Overview(
        person=person,
        claims=spoken,
        total=sum(one.open for one in spoken),
        listed=listed,
        listed_total=sum(one.open for one in listed),
        silent=silent,
        sources=sources,
        holds=holds,
        cases=_facts(connection, debt_case, resident_id, at),
        entries=_facts(connection, register_entry, resident_id, at),
        findings=findings_of(connection, hub, resident_id),
        commands=_commands(connection, resident_id),
        timeline=timeline(connection, resident_id, names, at),
    )


def _facts(
    connection: Connection, table: Any, resident_id: str, at: datetime | None
) -> list[Row[Any]]:
    query = (
        select(table, source.c.title.label("source"))
        .join(source, source.c.id == table.c.source_id)
        .where(table.c.resident_id == resident_id, standing(table, at))
        .order_by(table.c.id)
    )
    return list(connection.execute(query))


def _sources(connection: Connection, hub: Hub) -> list[Row[Any]]:
    return list(connection.execute(health_query(hub.municipality)))


def _commands(connection: Connection, resident_id: str) -> list[Row[Any]]:
    query = (
        select(command, source.c.title.label("source"))
        .join(source, source.c.id == command.c.source_id)
        .where(command.c.resident_id == resident_id)
        .order_by(command.c.created_at.desc())
    )
    return list(connection.execute(query))


@dataclass(frozen=True)
class _About:
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


def _claims(
    connection: Connection, resident_id: str, about: _About, at: datetime | None
) -> list[ClaimView]:
    mine = select(claim.c.id).where(claim.c.resident_id == resident_id)
    query = (
        select(
            claim_statement,
            claim.c.creditor.label("creditor_code"),
            claim.c.reference.label("number"),
            source.c.title.label("source"),
            source.c.role,
        )
        .join(claim, claim.c.id == claim_statement.c.claim_id)
        .join(source, source.c.id == claim_statement.c.source_id)
        .where(claim_statement.c.claim_id.in_(mine), standing(claim_statement, at))
        .order_by(claim_statement.c.id)
    )
    by_claim: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(query):
        by_claim.setdefault(row.claim_id, []).append(row)
    chosen = {id_: max(rows, key=_authority) for id_, rows in by_claim.items()}
    extras = _Extras(connection, list(chosen.values()), at)
    views = [_claim_view(best, by_claim[id_], about, extras) for id_, best in chosen.items()]
    return sorted(views, key=lambda one: (-one.open, one.reference))


def _authority(row: Row[Any]) -> tuple[int, date, int]:
    return -AUTHORITY.index(row.role), row.as_of, row.id


class _Extras:
    """Events, plan and remission of claims, by source and the source's key of the claim."""

    def __init__(self, connection: Connection, chosen: list[Row[Any]], at: datetime | None) -> None:
        self.found: dict[str, dict[tuple[int, str], list[Row[Any]]]] = {}
        keys = {row.key for row in chosen}
        sources = {row.source_id for row in chosen}
        for table in (claim_event, payment_plan, remission):
            query = (
                select(table)
                .where(table.c.claim.in_(keys), table.c.source_id.in_(sources), standing(table, at))
                .order_by(table.c.id)
            )
            found = self.found.setdefault(table.name, {})
            for row in connection.execute(query):
                found.setdefault((row.source_id, row.claim), []).append(row)

    def of(self, table: str, row: Row[Any]) -> list[Row[Any]]:
        """Return the rows of `table` about the claim of this statement."""
        return self.found[table].get((row.source_id, row.key), [])


def _claim_view(best: Row[Any], rows: list[Row[Any]], about: _About, extras: _Extras) -> ClaimView:
    held = about.hold_of(best.source_id)
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
        principal=best.principal,
        costs=best.costs,
        interest=best.interest,
        paid=best.paid,
        open=best.open,
        due_on=best.due_on,
        as_of=best.as_of,
        source=best.source,
        heard_at=about.heard_at(best.source_id),
        silent=about.is_silent(best.source_id),
        from_creditor=best.role in ("creditor", "exchange"),
        on_hold=held is not None,
        held_until=held.ends_on if held else None,
        statements=[_statement_view(row, best) for row in rows],
        events=sorted(extras.of("claim_event", best), key=lambda row: (row.on, row.id)),
        plan=plans[-1] if plans else None,
        remission=remissions[-1] if remissions else None,
    )


def _statement_view(row: Row[Any], best: Row[Any]) -> StatementView:
    return StatementView(
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
    )
