"""One resident on one screen: what is owed, according to whom, how fresh, what contradicts.

Only what the permit opens is in it. That is decided here, once: a page or command that shows an
overview has nothing to hide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from hub.core import Hub
from hub.overview.bank import BankPayment, bank_rows, beside
from hub.overview.findings import FindingView, findings_of
from hub.overview.people import PersonView, details_of, masked
from hub.overview.timeline import Moment, timeline
from hub.overview.words import organisation, organisation_names
from hub.reconcile.link import AUTHORITY
from hub.security.caseload import register_of
from hub.security.fields import COMMANDS, REGISTER_OF_ROLE, group_of, group_of_moment
from hub.security.permits import Permit
from hub.store import (
    arrangement,
    claim,
    claim_event,
    claim_statement,
    command,
    contact,
    contact_attempt,
    debt_case,
    early_signal,
    hold,
    linked_case,
    message,
    payment_plan,
    register_entry,
    remission,
    signal_case,
    source,
    standing,
)
from hub.sync.health import health_query, silent_streams

#: What is shown as it was told, beside what the hub brings together.
_MORE = (
    early_signal,
    signal_case,
    contact_attempt,
    contact,
    arrangement,
    message,
    linked_case,
)


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
    held_until: date | None
    on_hold: bool
    statements: list[StatementView]
    events: list[Event]
    bank: list[BankPayment]
    plan: Row[Any] | None
    remission: Row[Any] | None

    @property
    def under_way(self) -> int:
        """Return what the bank saw and the creditor has not told of yet, in cents."""
        return sum(one.amount for one in self.bank if not one.booked)


@dataclass(frozen=True)
class Overview:
    """Everything on the resident's page that the permit opens.

    `known_to_help` is what a role sees that may know of help, but not its content.

    `total` is the open sum at creditors that speak for themselves, `listed_total` what only the
    debt-help file lists; both in cents. With anything in `silent` the total is a lower bound.
    """

    permit: Permit
    person: PersonView
    known_to_help: bool
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
    #: Facts that are shown as they were told, by the name of their table.
    more: dict[str, list[Row[Any]]]

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
    connection: Connection, hub: Hub, permit: Permit, at: datetime | None = None
) -> Overview | None:
    """Return what `permit` opens, now or as the hub knew it at `at` (UTC); None for nobody.

    With `at`, only what sources said is of that moment: findings and commands are of now.
    """
    resident_id = permit.resident_id
    person = details_of(connection, hub, [resident_id]).get(resident_id)
    if person is None:
        return None
    sight = _Sight(connection, hub, permit)
    names = organisation_names(connection, hub.municipality)
    silent = sight.of_open_sources(silent_streams(connection, hub.municipality, hub.clock.now()))
    sources = sight.of_open_sources(_sources(connection, hub))
    holds = sight.of(hold, _facts(connection, hold, resident_id, at))
    about = _About(names, holds, silent, sources, hub.clock.today())
    cases = _facts(connection, debt_case, resident_id, at)
    claims = _claims(connection, hub, resident_id, about, sight, at)
    spoken = [one for one in claims if one.from_creditor]
    listed = [one for one in claims if not one.from_creditor]
    return Overview(
        permit=permit,
        person=masked(person, permit),
        known_to_help="help_file" in permit.exists and _any_runs(cases, about.today),
        claims=spoken,
        total=sum(one.open for one in spoken),
        listed=listed,
        listed_total=sum(one.open for one in listed),
        silent=silent,
        sources=sources,
        holds=holds,
        cases=sight.of(debt_case, cases),
        entries=sight.of(register_entry, _facts(connection, register_entry, resident_id, at)),
        findings=findings_of(connection, hub, permit),
        commands=[
            one for one in _commands(connection, resident_id) if permit.may(COMMANDS[one.kind][0])
        ],
        timeline=sight.of_moments(timeline(connection, resident_id, names, at)),
        more={
            table.name: rows
            for table in _MORE
            if (rows := sight.of(table, _facts(connection, table, resident_id, at)))
        },
    )


class _Sight:
    """What a permit lets through, by the register of the source that told it."""

    def __init__(self, connection: Connection, hub: Hub, permit: Permit) -> None:
        self.permit = permit
        query = select(source.c.id, source.c.connector, source.c.role).where(
            source.c.municipality == hub.municipality
        )
        known = hub.plugins.connectors
        self.registers = {
            id_: register_of(known[name]) if name in known else REGISTER_OF_ROLE.get(role, "")
            for id_, name, role in connection.execute(query)
        }

    def sees(self, source_id: int, kind: str) -> bool:
        """Tell whether a kind of fact of a source may be shown."""
        return self.permit.may(group_of(self.registers.get(source_id, ""), kind))

    def of(self, table: Any, rows: list[Row[Any]]) -> list[Row[Any]]:
        """Return the rows of a table of facts that may be shown."""
        return [row for row in rows if self.sees(row.source_id, table.name)]

    def of_open_sources(self, rows: list[Row[Any]]) -> list[Row[Any]]:
        """Return the streams of sources of which something may be shown, and of covenants."""
        shown = ("claim_statement", "debt_case", "register_entry", "early_signal")
        return [
            row
            for row in rows
            if not self.registers.get(row.source_id)
            or any(self.sees(row.source_id, kind) for kind in shown)
        ]

    def of_moments(self, moments: list[Moment]) -> list[Moment]:
        """Return the lines of the timeline that may be shown, without amounts that may not."""
        found = []
        for one in moments:
            register = self.registers.get(one.source_id, "")
            if self.permit.may(group_of_moment(register, one.kind)):
                costs = self.permit.may(group_of(register, "costs"))
                found.append(one if costs else replace(one, amount=None))
        return found


def _any_runs(cases: list[Row[Any]], today: date) -> bool:
    return any(one.ends_on is None or one.ends_on > today for one in cases)


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
    connection: Connection,
    hub: Hub,
    resident_id: str,
    about: _About,
    sight: _Sight,
    at: datetime | None,
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
    for row in sight.of(claim_statement, list(connection.execute(query))):
        by_claim.setdefault(row.claim_id, []).append(row)
    chosen = {id_: max(rows, key=_authority) for id_, rows in by_claim.items()}
    extras = _Extras(connection, hub, list(chosen.values()), sight, at)
    views = [_claim_view(best, by_claim[id_], about, extras) for id_, best in chosen.items()]
    return sorted(views, key=lambda one: (-one.open, one.reference))


def _authority(row: Row[Any]) -> tuple[int, date, int]:
    return -AUTHORITY.index(row.role), row.as_of, row.id


class _Extras:
    """Events, plan and remission of claims, by source and the source's key of the claim."""

    def __init__(
        self,
        connection: Connection,
        hub: Hub,
        chosen: list[Row[Any]],
        sight: _Sight,
        at: datetime | None,
    ) -> None:
        self.sight = sight
        references = [row.payment_reference for row in chosen]
        self.bank = bank_rows(connection, hub, references, sight.sees, at)
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
            for row in sight.of(table, list(connection.execute(query))):
                found.setdefault((row.source_id, row.claim), []).append(row)

    def of(self, table: str, row: Row[Any]) -> list[Row[Any]]:
        """Return the rows of `table` about the claim of this statement."""
        return self.found[table].get((row.source_id, row.key), [])


def _claim_view(best: Row[Any], rows: list[Row[Any]], about: _About, extras: _Extras) -> ClaimView:
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
        on_hold=held is not None,
        held_until=held.ends_on if held else None,
        statements=[_statement_view(row, best) for row in rows],
        bank=beside(extras.bank.get(best.payment_reference, ()), extras.of("claim_event", best)),
        events=[
            Event(row.on, row.kind, row.amount if built_up else None)
            for row in sorted(extras.of("claim_event", best), key=lambda row: (row.on, row.id))
        ],
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
