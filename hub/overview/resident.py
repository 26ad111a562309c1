"""One resident on one screen: what is owed, according to whom, how fresh, what contradicts.

Only what the permit opens is in it. That is decided here, once: a page or command that shows an
overview has nothing to hide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from hub.core import Hub
from hub.overview.claims import About, ClaimView, claims_of
from hub.overview.findings import FindingView, findings_of
from hub.overview.people import PersonView, details_of, masked
from hub.overview.sight import Sight
from hub.overview.timeline import Moment, timeline
from hub.overview.totals import TotalView, totals_of
from hub.overview.words import organisation_names
from hub.security.fields import CLAIM_GROUPS, COMMANDS
from hub.security.permits import Permit
from hub.store import (
    arrangement,
    command,
    contact,
    contact_attempt,
    debt_case,
    early_signal,
    hold,
    linked_case,
    message,
    register_entry,
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
class Overview:
    """Everything on the resident's page that the permit opens.

    `known_to_help` is what a role sees that may know of help, but not its content.

    `total` is the open sum at creditors that speak for themselves, `listed_total` what only the
    debt-help file lists; both in cents. What `totals` tell over several claims is in neither. With
    anything in `silent` the total is a lower bound.
    """

    permit: Permit
    person: PersonView
    known_to_help: bool
    claims: list[ClaimView]
    total: int
    listed: list[ClaimView]
    listed_total: int
    totals: list[TotalView]
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
    def links(self) -> bool:
        """Tell whether statements may be linked to claims and unlinked here."""
        return bool(self.permit.writes & CLAIM_GROUPS)

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
    sight = Sight(connection, hub, permit)
    names = organisation_names(connection, hub.municipality)
    silent = sight.of_open_sources(silent_streams(connection, hub.municipality, hub.clock.now()))
    sources = sight.of_open_sources(_sources(connection, hub))
    holds = sight.of(hold, _facts(connection, hold, resident_id, at))
    about = About(names, holds, silent, sources, hub.clock.today())
    cases = _facts(connection, debt_case, resident_id, at)
    claims = claims_of(connection, hub, resident_id, about, sight, at)
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
        totals=totals_of(connection, resident_id, about, sight, claims, at),
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
