"""Read what linking needs of a set of residents: a fixed number of selects, whoever they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from hub.core import Hub
from hub.reconcile.linking.groups import Verdicts
from hub.reconcile.linking.said import Course, Creditors, Said, said_of
from hub.security.caseload import register_of
from hub.security.fields import REGISTER_OF_ROLE
from hub.store import claim, claim_event, claim_link, claim_statement, debt_case, source, standing
from hub.store.engine import chunks


def family(connection: Connection, resident_ids: Iterable[str]) -> set[str]:
    """Return these residents with all whom a case joins them to, however many cases away.

    What is said in a joint case may be about either client, so their claims are linked together.
    """
    known: set[str] = set()
    fresh = set(resident_ids)
    while fresh:
        known |= fresh
        fresh = {id_ for some in chunks(sorted(fresh)) for id_ in _partners(connection, some)}
        fresh -= known
    return known


def _partners(connection: Connection, resident_ids: list[str]) -> list[str]:
    cases = select(debt_case.c.record_id).where(
        debt_case.c.resident_id.in_(resident_ids), standing(debt_case)
    )
    others = select(debt_case.c.resident_id).where(
        debt_case.c.record_id.in_(cases), debt_case.c.resident_id.is_not(None), standing(debt_case)
    )
    return list(connection.execute(others).scalars())


def load(
    connection: Connection, hub: Hub, creditors: Creditors, resident_ids: Iterable[str]
) -> list[Said]:
    """Return every standing statement about these residents."""
    rows = [
        row
        for some in chunks(sorted(resident_ids))
        for row in statements(connection, claim_statement.c.resident_id.in_(some))
    ]
    clients = _clients(connection, {row.record_id for row in rows})
    courses = _courses(connection, [row for row in rows if row.role == "creditor"])
    registers = _registers(hub, rows)
    return [
        said_of(
            row,
            creditors,
            {
                "register": registers[row.connector],
                "debtors": frozenset(clients.get(row.record_id, ())) | {row.resident_id},
                "course": courses.get((row.source_id, row.key), ()),
            },
        )
        for row in rows
    ]


def statements(connection: Connection, condition: Any) -> list[Row[Any]]:
    """Return standing statements with the role, name and connector of their source."""
    query = (
        select(
            claim_statement, source.c.role, source.c.name.label("source_name"), source.c.connector
        )
        .join(source, source.c.id == claim_statement.c.source_id)
        .where(standing(claim_statement), condition)
        .order_by(claim_statement.c.id)
    )
    return list(connection.execute(query))


def _registers(hub: Hub, rows: Iterable[Row[Any]]) -> dict[str, str]:
    known = hub.plugins.connectors
    return {
        name: register_of(known[name]) if name in known else REGISTER_OF_ROLE.get(role, "")
        for name, role in {(row.connector, row.role) for row in rows}
    }


def _clients(connection: Connection, record_ids: set[int]) -> dict[int, set[str]]:
    """Return the residents of each case, by the record in which the case was delivered."""
    found: dict[int, set[str]] = {}
    for some in chunks(sorted(record_ids)):
        query = select(debt_case.c.record_id, debt_case.c.resident_id).where(
            debt_case.c.record_id.in_(some),
            debt_case.c.resident_id.is_not(None),
            standing(debt_case),
        )
        for record_id, resident_id in connection.execute(query):
            found.setdefault(record_id, set()).add(resident_id)
    return found


def _courses(connection: Connection, rows: list[Row[Any]]) -> dict[tuple[int, str], Course]:
    """Return what changed the balance of these creditors' claims, and when."""
    found: dict[tuple[int, str], list[tuple[Any, int]]] = {}
    sources = {row.source_id for row in rows}
    for some in chunks(sorted({row.key for row in rows})):
        query = select(
            claim_event.c.source_id, claim_event.c.claim, claim_event.c.on, claim_event.c.amount
        ).where(
            claim_event.c.source_id.in_(sources),
            claim_event.c.claim.in_(some),
            standing(claim_event),
        )
        for source_id, key, on, amount in connection.execute(query):
            found.setdefault((source_id, key), []).append((on, amount))
    return {key: tuple(sorted(course)) for key, course in found.items()}


def load_verdicts(
    connection: Connection, hub: Hub, said: Iterable[Said]
) -> dict[tuple[int, str], Verdicts]:
    """Return what people said of these statements."""
    mine = {one.identity for one in said}
    found: dict[tuple[int, str], dict[str, list[str]]] = {}
    for condition in named(mine):
        query = (
            select(
                claim_link.c.source_id, claim_link.c.key, claim_link.c.verdict, claim.c.natural_key
            )
            .join(claim, claim.c.id == claim_link.c.claim_id)
            .where(condition, claim_link.c.verdict.is_not(None))
            .order_by(claim.c.natural_key)
        )
        for row in connection.execute(query):
            key = row.natural_key.removeprefix(f"{hub.municipality}/")
            told = found.setdefault((row.source_id, row.key), {"linked": [], "refused": []})
            told[row.verdict].append(key)
    return {
        identity: Verdicts(tuple(told["linked"]), frozenset(told["refused"]))
        for identity, told in found.items()
        if identity in mine
    }


def named(identities: Iterable[tuple[int, str]]) -> Iterator[ColumnElement[bool]]:
    """Yield conditions on claim_link that together take in these statements, and some more."""
    mine = set(identities)
    sources = sorted({source_id for source_id, _ in mine})
    for some in chunks(sorted({key for _, key in mine})):
        yield claim_link.c.source_id.in_(sources) & claim_link.c.key.in_(some)
