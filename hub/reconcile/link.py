"""Link: statements of the same debt become one claim.

A statement that names creditor and number belongs to the claim of that creditor and number. A
debt-help file that gives no number is matched by creditor and amount: it belongs to the one claim
of that creditor, of a client of that case, whose balance on the day of the file was that amount
(to the unit the file uses). Anything less certain stays a claim of its own, visible as such.
The outcome depends on what stands, not on the order in which it arrived.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, bindparam, or_, select, update

from hub.core import Hub
from hub.store import (
    claim,
    claim_event,
    claim_statement,
    debt_case,
    own,
    participant,
    source,
    standing,
)
from hub.store.engine import chunks, insert_new
from hub.sync.subjects import fold

#: Whose word decides the amount: the creditor itself, then the creditor through an exchange.
AUTHORITY = ("creditor", "exchange", "debt_help", "register", "covenant", "channel")


@dataclass(frozen=True)
class Creditors:
    """Finds an organisation's code by whatever a source calls it."""

    codes: dict[str, str]

    def find(self, statement: Row[Any]) -> str:
        """Return the code of the statement's creditor, or a key made of its name."""
        for name in (statement.creditor, statement.creditor_kvk):
            if name and name in self.codes:
                return self.codes[name]
        by_name = fold(statement.creditor_name)
        return self.codes.get(by_name) or statement.creditor or f"naam:{by_name}"


def load_creditors(connection: Connection, hub: Hub) -> Creditors:
    """Return the creditors known from covenants and from the owners of sources."""
    codes: dict[str, str] = {}
    owners = select(source.c.owner).where(source.c.municipality == hub.municipality)
    codes |= {owner: owner for (owner,) in connection.execute(owners)}
    parties = select(participant).where(standing(participant), own(participant, hub.municipality))
    for row in connection.execute(parties):
        for name in (row.code, row.kvk, row.skp_id, fold(row.name)):
            if name:
                codes[name] = row.code
    return Creditors(codes)


def link(connection: Connection, hub: Hub, resident_ids: Iterable[str]) -> set[str]:
    """Link all standing statements about these residents; return every resident it touches.

    That is more than were asked: clients of the same case, and the debtors of linked claims.
    """
    creditors = load_creditors(connection, hub)
    touched: set[str] = set()
    for some in chunks(resident_ids):
        together = _with_partners(connection, some)
        touched |= together
        for group in chunks(sorted(together)):
            touched |= _link_group(connection, hub, creditors, group)
    return touched


def _with_partners(connection: Connection, resident_ids: list[str]) -> set[str]:
    """Return these residents and the others that stand in the same case."""
    cases = select(debt_case.c.record_id).where(
        debt_case.c.resident_id.in_(resident_ids), standing(debt_case)
    )
    others = select(debt_case.c.resident_id).where(
        debt_case.c.record_id.in_(cases), debt_case.c.resident_id.is_not(None)
    )
    return set(resident_ids) | {id_ for (id_,) in connection.execute(others)}


def _link_group(
    connection: Connection, hub: Hub, creditors: Creditors, resident_ids: list[str]
) -> set[str]:
    statements = _statements(connection, claim_statement.c.resident_id.in_(resident_ids))
    keys = {s.id: _numbered_key(creditors, s) for s in statements}
    nameless = [s for s in statements if not keys[s.id]]
    keys |= _match_by_amount(connection, creditors, nameless)
    # A statement with a number says more of its claim than one that was matched to it.
    wanted = {
        keys[s.id]: (creditors.find(s), _number_in(keys[s.id], s), s.resident_id)
        for s in sorted(statements, key=lambda s: bool(s.reference))
    }
    ids = _claims(connection, hub, wanted)
    moves = [
        {"row": s.id, "to": ids[keys[s.id]]} for s in statements if s.claim_id != ids[keys[s.id]]
    ]
    if moves:
        connection.execute(
            update(claim_statement)
            .where(claim_statement.c.id == bindparam("row"))
            .values(claim_id=bindparam("to")),
            moves,
        )
    left = {s.claim_id for s in statements if s.claim_id}
    return _choose_authority(connection, set(ids.values()) | left, resident_ids)


def _statements(connection: Connection, condition: Any) -> list[Row[Any]]:
    query = (
        select(claim_statement, source.c.role, source.c.name.label("source"))
        .join(source, source.c.id == claim_statement.c.source_id)
        .where(standing(claim_statement), condition)
        .order_by(claim_statement.c.id)
    )
    return list(connection.execute(query))


def clean_reference(reference: str) -> str:
    """Return a creditor's number without the spaces and case in which sources differ."""
    return "".join(reference.split()).upper()


def _numbered_key(creditors: Creditors, statement: Row[Any]) -> str:
    number = clean_reference(statement.reference)
    return f"{creditors.find(statement)}/{number}" if number else ""


def _number_in(key: str, statement: Row[Any]) -> str:
    return "" if key == _own_key(statement) else key.partition("/")[2]


def _own_key(statement: Row[Any]) -> str:
    return f"{statement.source}:{statement.key}"


def _match_by_amount(
    connection: Connection, creditors: Creditors, statements: list[Row[Any]]
) -> dict[int, str]:
    """Return the key of each statement without number; its own where no single claim fits."""
    if not statements:
        return {}
    clients = _clients(connection, {s.record_id for s in statements})
    everyone = {id_ for ids in clients.values() for id_ in ids}
    everyone |= {s.resident_id for s in statements}
    candidates = [
        one
        for some in chunks(sorted(everyone))
        for one in _statements(connection, claim_statement.c.resident_id.in_(some))
    ]
    by_debtor: dict[tuple[str, str], list[Row[Any]]] = {}
    taken = {
        (one.record_id, _numbered_key(creditors, one))
        for one in candidates
        if one.role != "creditor" and one.reference
    }
    for one in candidates:
        if one.role == "creditor" and one.reference:
            by_debtor.setdefault((one.resident_id, creditors.find(one)), []).append(one)
    movements = _movements(connection, [one for some in by_debtor.values() for one in some])
    matched: dict[int, str] = {}
    for s in statements:
        debtors = clients.get(s.record_id, set()) | {s.resident_id}
        fits = [
            _numbered_key(creditors, one)
            for debtor in sorted(debtors)
            for one in by_debtor.get((debtor, creditors.find(s)), [])
            if _same_amount(movements, one, s)
        ]
        fits = [key for key in fits if (s.record_id, key) not in taken]
        matched[s.id] = fits[0] if len(fits) == 1 else _own_key(s)
    return matched


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


Movements = dict[tuple[int, str], list[tuple[date, int]]]


def _movements(connection: Connection, statements: list[Row[Any]]) -> Movements:
    """Return what changed the balance of these creditors' claims, and when."""
    found: Movements = {}
    sources = {one.source_id for one in statements}
    for some in chunks({one.key for one in statements}):
        query = select(
            claim_event.c.source_id, claim_event.c.claim, claim_event.c.on, claim_event.c.amount
        ).where(
            claim_event.c.source_id.in_(sources),
            claim_event.c.claim.in_(some),
            standing(claim_event),
        )
        for source_id, key, on, amount in connection.execute(query):
            found.setdefault((source_id, key), []).append((on, amount))
    return found


def _same_amount(movements: Movements, creditor: Row[Any], other: Row[Any]) -> bool:
    """Tell whether the creditor's balance on the other's day was the other's amount."""
    if creditor.imposed_on and creditor.imposed_on > other.as_of:
        return False
    moved = movements.get((creditor.source_id, creditor.key), [])
    later = sum(amount for on, amount in moved if on > other.as_of)
    return bool(abs(2 * (creditor.open - later - other.open)) <= other.unit)


def _claims(
    connection: Connection, hub: Hub, wanted: dict[str, tuple[str, str, str]]
) -> dict[str, int]:
    """Return the claim of each natural key, making those that are new."""
    found: dict[str, int] = {}
    # Another municipality in the same store may know a creditor's number too.
    ours = f"{hub.municipality}/"

    def look_up(keys: Iterable[str]) -> None:
        for some in chunks(ours + key for key in keys):
            query = select(claim.c.natural_key, claim.c.id).where(claim.c.natural_key.in_(some))
            rows = connection.execute(query)
            found.update({key.removeprefix(ours): id_ for key, id_ in rows})

    look_up(wanted)
    fresh = [key for key in wanted if key not in found]
    now = hub.clock.now()
    insert_new(
        connection,
        claim,
        [
            {
                "municipality": hub.municipality,
                "natural_key": ours + key,
                "creditor": wanted[key][0],
                "reference": wanted[key][1],
                "resident_id": wanted[key][2],
                "created_at": now,
            }
            for key in fresh
        ],
    )
    look_up(fresh)
    return found


def _choose_authority(
    connection: Connection, claim_ids: set[int], resident_ids: list[str]
) -> set[str]:
    """Point each claim at the statement whose amount counts; return the debtors."""
    debtors: set[str] = set()
    concerned = or_(claim.c.resident_id.in_(resident_ids), claim.c.id.in_(sorted(claim_ids)))
    claims = connection.execute(select(claim).where(concerned)).all()
    best: dict[int, Row[Any]] = {}
    for some in chunks([one.id for one in claims]):
        for s in _statements(connection, claim_statement.c.claim_id.in_(some)):
            if s.claim_id not in best or _weight(s) > _weight(best[s.claim_id]):
                best[s.claim_id] = s
    moves = []
    for one in claims:
        chosen = best.get(one.id)
        statement_id = chosen.id if chosen else None
        debtor = chosen.resident_id if chosen else one.resident_id
        debtors |= {debtor, one.resident_id} - {None}
        if (one.statement_id, one.resident_id) != (statement_id, debtor):
            moves.append({"row": one.id, "chosen": statement_id, "debtor": debtor})
    if moves:
        connection.execute(
            update(claim)
            .where(claim.c.id == bindparam("row"))
            .values(statement_id=bindparam("chosen"), resident_id=bindparam("debtor")),
            moves,
        )
    return debtors


def _weight(statement: Row[Any]) -> tuple[int, bool, Any, int]:
    # Who handed a claim over tells no balance any more: whoever has it now does.
    here = not statement.transferred_to
    return -AUTHORITY.index(statement.role), here, statement.as_of, statement.id
