"""What survives destruction: events without a person, for the indicators (domain rules, 7.2).

Who it was is a pseudonym: a keyed hash with a key of its own, equal for equal people, so that
cohorts can still be counted. Groups of fewer than ten are left out when the events are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, insert, select

from hub.core import Hub
from hub.rights.parts import Part, parts_of_claims, parts_of_records
from hub.rights.pseudonyms import pseudonym
from hub.store import (
    claim,
    claim_event,
    claim_statement,
    debt_case,
    hold,
    indicator_event,
    payment_plan,
    remission,
    resident,
    source,
)
from hub.store.engine import chunks


class Event(NamedTuple):
    """One event: what, when, how much (cents), and a code the source used."""

    kind: str
    on: date
    amount: int | None = None
    code: str = ""


#: What an event of a claim is called in the event set.
_STEPS = {
    "opgelegd": "AanslagVerzonden",
    "herinnering": "HerinneringVerzonden",
    "aanmaning": "AanmaningVerzonden",
    "dwangbevel": "DwangbevelBetekend",
    "vooraankondiging": "VooraankondigingVerzonden",
    "vordering": "VorderingGedaan",
    "beslag": "BeslagGelegd",
    "betaling": "BetalingOntvangen",
    "oninbaar": "Oninbaar",
}
_PLAN_ENDS = {"nagekomen": "RegelingNagekomen", "vervallen": "RegelingBeeindigd"}
_DECISIONS = {
    "toegekend": "KwijtscheldingToegekend",
    "gedeeltelijk": "KwijtscheldingToegekend",
    "afgewezen": "KwijtscheldingAfgewezen",
}


def write_events(connection: Connection, hub: Hub, thing: str, ids: Sequence[str]) -> int:
    """Write the events of things that are about to go, in their transaction; return how many."""
    if thing not in ("claim", "record"):
        return 0
    numbers = [int(id_) for id_ in ids]
    parts = (parts_of_claims if thing == "claim" else parts_of_records)(connection, numbers)
    of_claim = _debtors(connection, {part.claim_id for part in parts if part.claim_id})
    rows = [
        {
            "who": row.resident_id or of_claim.get(part.claim_id or 0),
            "owner": row.owner,
            **event._asdict(),
        }
        for part, row in _last_versions(connection, parts)
        for event in _EVENTS[part.table](row)
    ]
    names = _pseudonyms(connection, hub, {row["who"] for row in rows if row["who"]})
    made = [
        {
            "municipality": hub.municipality,
            "pseudonym": names[row.pop("who")],
            **row,
            "code": row["code"][:60],
        }
        for row in rows
        if row["who"] in names
    ]
    if made:
        connection.execute(insert(indicator_event), made)
    return len(made)


def _last_versions(
    connection: Connection, parts: Iterable[Part]
) -> Iterator[tuple[Part, Row[Any]]]:
    """Yield each fact as its source last told it."""
    by_table: dict[Table, dict[int, Part]] = {}
    for part in parts:
        if part.table in _EVENTS:
            by_table.setdefault(part.table, {})[part.id] = part
    for table, known in by_table.items():
        last: dict[tuple[int, str], Row[Any]] = {}
        for some in chunks(sorted(known)):
            query = (
                select(table, source.c.owner)
                .join(source, source.c.id == table.c.source_id)
                .where(table.c.id.in_(some))
                .order_by(table.c.id)
            )
            last |= {(row.record_id, row.key): row for row in connection.execute(query)}
        yield from ((known[row.id], row) for row in last.values())


def _debtors(connection: Connection, claim_ids: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for some in chunks(claim_ids):
        query = select(claim.c.id, claim.c.resident_id).where(
            claim.c.id.in_(some), claim.c.resident_id.is_not(None)
        )
        found |= dict(connection.execute(query).all())
    return found


def _pseudonyms(connection: Connection, hub: Hub, resident_ids: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in chunks(resident_ids):
        query = select(resident.c.id, resident.c.bsn_hash).where(
            resident.c.id.in_(some), resident.c.municipality == hub.municipality
        )
        rows = connection.execute(query)
        found |= {id_: pseudonym(hub.keys, hashed or id_) for id_, hashed in rows}
    return found


def _of_statement(row: Row[Any]) -> Iterator[Event]:
    # Still open on a later day than the due date: the term passed unpaid.
    if row.due_on and row.open and row.as_of > row.due_on:
        yield Event("VervaldatumVerstreken", row.due_on, row.open, row.type)


def _of_event(row: Row[Any]) -> Iterator[Event]:
    if row.kind in _STEPS:
        yield Event(_STEPS[row.kind], row.on, row.amount)


def _of_plan(row: Row[Any]) -> Iterator[Event]:
    yield Event("RegelingGestart", row.starts_on, row.terms * row.term_amount)
    if row.status in _PLAN_ENDS and row.ends_on:
        yield Event(_PLAN_ENDS[row.status], row.ends_on)


def _of_remission(row: Row[Any]) -> Iterator[Event]:
    yield Event("KwijtscheldingAangevraagd", row.requested_on)
    if row.outcome in _DECISIONS and row.decided_on:
        yield Event(_DECISIONS[row.outcome], row.decided_on, row.amount, row.outcome)


def _of_case(row: Row[Any]) -> Iterator[Event]:
    steps = (
        ("SHVAanmelding", row.starts_on),
        ("EersteGesprek", row.intake_on),
        ("PvaBeschikking", row.plan_on),
    )
    yield from (Event(kind, on) for kind, on in steps if on)


def _of_hold(row: Row[Any]) -> Iterator[Event]:
    yield Event("HoldGestart", row.starts_on, code=row.ground)
    if row.ends_on:
        yield Event("HoldGeeindigd", row.ends_on, code=row.ground)


_EVENTS: dict[Table, Callable[[Row[Any]], Iterator[Event]]] = {
    claim_statement: _of_statement,
    claim_event: _of_event,
    payment_plan: _of_plan,
    remission: _of_remission,
    debt_case: _of_case,
    hold: _of_hold,
}
