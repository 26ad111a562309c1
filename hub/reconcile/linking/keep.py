"""Write what linking found: claims, which statement is of which, and what is asked or covered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from hub.core import Hub
from hub.reconcile.linking import numbers
from hub.reconcile.linking.groups import TOTAL, Outcome
from hub.reconcile.linking.load import named, statements
from hub.reconcile.linking.said import Said, authority
from hub.store import claim, claim_link, claim_statement
from hub.store.engine import chunks, insert_new

Outcomes = Mapping[int, Outcome]


def keep(connection: Connection, hub: Hub, said: Sequence[Said], outcomes: Outcomes) -> set[int]:
    """Write the outcomes of these statements where they are new; return the claims concerned."""
    first: dict[str, Said] = {}
    for one in sorted(said, key=lambda s: s.rank):
        first.setdefault(outcomes[one.id].key, one)
    ids = _claims(connection, hub, first)
    _move(connection, said, outcomes, ids)
    _note(connection, hub, said, outcomes, ids)
    return {ids[outcomes[one.id].key] for one in said} | {one.was[0] for one in said if one.was[0]}


def _claims(connection: Connection, hub: Hub, wanted: Mapping[str, Said]) -> dict[str, int]:
    """Return the claim of each natural key, making those that are new."""
    # Another municipality in the same store may know a creditor's number too.
    ours = f"{hub.municipality}/"
    found = _look_up(connection, ours, wanted)
    found |= _kept(
        connection, ours, {key: wanted[key] for key in wanted if key not in found}, found
    )
    fresh = [key for key in wanted if key not in found]
    now = hub.clock.now()
    rows = [
        {
            "municipality": hub.municipality,
            "natural_key": ours + key,
            "creditor": wanted[key].creditor,
            "reference": numbers.strict(wanted[key].reference),
            "resident_id": wanted[key].resident_id,
            "created_at": now,
        }
        for key in fresh
    ]
    insert_new(connection, claim, rows)
    return found | _look_up(connection, ours, fresh)


def _look_up(connection: Connection, ours: str, keys: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in chunks(ours + key for key in keys):
        query = select(claim.c.natural_key, claim.c.id).where(claim.c.natural_key.in_(some))
        rows = connection.execute(query)
        found |= {key.removeprefix(ours): id_ for key, id_ in rows}
    return found


def _kept(
    connection: Connection, ours: str, wanted: Mapping[str, Said], taken: Mapping[str, int]
) -> dict[str, int]:
    """Return the claims that their creditor does not tell any more, by those who still do.

    What a file lists stays the same claim when the creditor lets go of it.
    """
    plain = {
        ours + one.plain_key: key
        for key, one in wanted.items()
        if key == one.base_key != one.plain_key
    }
    found: dict[str, int] = {}
    for some in chunks(plain):
        query = select(claim).where(claim.c.natural_key.in_(some))
        for row in connection.execute(query):
            one = wanted[plain[row.natural_key]]
            if row.resident_id in one.debtors and one.plain_key not in taken:
                found[plain[row.natural_key]] = row.id
    return found


def _move(
    connection: Connection, said: Sequence[Said], outcomes: Outcomes, ids: Mapping[str, int]
) -> None:
    """Point statements at their claim; earlier versions go along, so that the past reads alike."""
    again, moved = [], []
    for one in said:
        outcome = outcomes[one.id]
        now = (ids[outcome.key], outcome.method, round(outcome.score, 4), outcome.by)
        if now != one.was:
            again.append(
                {"row": one.id, "to": now[0], "how": now[1], "sure": now[2], "who": now[3]}
            )
        if one.was[0] not in (None, now[0]):
            moved.append({"record": one.record_id, "named": one.key, "to": now[0]})
    if again:
        connection.execute(
            update(claim_statement)
            .where(claim_statement.c.id == bindparam("row"))
            .values(
                claim_id=bindparam("to"),
                link_method=bindparam("how"),
                link_score=bindparam("sure"),
                linked_by=bindparam("who"),
            ),
            again,
        )
    if moved:
        connection.execute(
            update(claim_statement)
            .where(
                claim_statement.c.record_id == bindparam("record"),
                claim_statement.c.key == bindparam("named"),
                claim_statement.c.claim_id.is_not(None),
            )
            .values(claim_id=bindparam("to")),
            moved,
        )


#: The registers of a statement and a claim that are asked about, by who works with both.
ASKED = frozenset({"help|tax", "help|help", "tax|tax", "benefit|help", "benefit|benefit"})


def _note(
    connection: Connection,
    hub: Hub,
    said: Sequence[Said],
    outcomes: Outcomes,
    ids: Mapping[str, int],
) -> None:
    """Bring the table of pairs up to date; what people said of a pair stays as it is."""
    registers: dict[str, str] = {}
    for one in sorted(said, key=lambda s: s.rank):
        registers.setdefault(outcomes[one.id].key, one.register)
    wanted: dict[Place, dict[str, Any]] = {}
    for one in said:
        for key, values in _pairs(one, outcomes[one.id], registers):
            if key in ids:
                wanted[(*one.identity, ids[key])] = values | {"resident_id": one.resident_id}
    _write(connection, hub, wanted, _known(connection, said), {s.identity: s for s in said})


def _pairs(
    one: Said, outcome: Outcome, registers: Mapping[str, str]
) -> Iterable[tuple[str, dict[str, Any]]]:
    for asked in outcome.asked:
        both = "|".join(sorted((one.register, registers.get(asked.key, ""))))
        weights = {name: list(told) for name, told in asked.weights.items()}
        score = round(asked.score, 4)
        told = {"registers": both, "score": score, "weights": weights, "covered": False}
        yield asked.key, told | {"asked": both in ASKED}
    for key in outcome.covers:
        both = "|".join(sorted((one.register, registers.get(key, ""))))
        score = round(outcome.score, 4)
        told = {"registers": both, "score": score, "weights": {}, "covered": True}
        yield key, told | {"asked": False}


Place = tuple[int, str, int]


def _known(connection: Connection, said: Sequence[Said]) -> dict[Place, Row[Any]]:
    """Return the pairs of these statements, and of what is said no more of the same residents."""
    found: dict[Place, Row[Any]] = {}
    residents = sorted({one.resident_id for one in said})
    conditions = [claim_link.c.resident_id.in_(some) for some in chunks(residents)]
    for condition in (*conditions, *named(one.identity for one in said)):
        rows = connection.execute(select(claim_link).where(condition))
        found |= {(row.source_id, row.key, row.claim_id): row for row in rows}
    return found


_TOLD = ("resident_id", "registers", "score", "weights", "asked", "covered")
_NOTHING: dict[str, Any] = {"asked": False, "covered": False}


def _write(
    connection: Connection,
    hub: Hub,
    wanted: Mapping[Place, dict[str, Any]],
    known: Mapping[Place, Row[Any]],
    said: Mapping[tuple[int, str], Said],
) -> None:
    fresh = [
        {
            "municipality": hub.municipality,
            "source_id": place[0],
            "key": place[1],
            "claim_id": place[2],
            **values,
        }
        for place, values in wanted.items()
        if place not in known
    ]
    if fresh:
        connection.execute(insert(claim_link), fresh)
    again, gone = [], []
    for place, row in known.items():
        values = wanted.get(place)
        if values is None and row.verdict is None:
            gone.append(row.id)
            continue
        before = {name: row._mapping[name] for name in _TOLD}
        one = said.get(place[:2])
        after = before | (values or _NOTHING) | ({"resident_id": one.resident_id} if one else {})
        if before != after:
            again.append({"row": row.id} | {f"_{name}": after[name] for name in _TOLD})
    if again:
        connection.execute(
            update(claim_link)
            .where(claim_link.c.id == bindparam("row"))
            .values({name: bindparam(f"_{name}", type_=claim_link.c[name].type) for name in _TOLD}),
            again,
        )
    for some in chunks(gone):
        connection.execute(delete(claim_link).where(claim_link.c.id.in_(some)))


def choose_authority(
    connection: Connection, claim_ids: set[int], resident_ids: Sequence[str]
) -> set[str]:
    """Point each claim at the statement whose amount counts; return the debtors.

    A total counts for none: it is a statement over claims that count themselves.
    """
    concerned = set(claim_ids)
    for some in chunks(resident_ids):
        mine = select(claim.c.id).where(claim.c.resident_id.in_(some))
        concerned |= set(connection.execute(mine).scalars())
    debtors: set[str] = set()
    for ids in chunks(sorted(concerned)):
        debtors |= _choose(connection, ids)
    return debtors


def _choose(connection: Connection, claim_ids: list[int]) -> set[str]:
    best: dict[int, Row[Any]] = {}
    for s in statements(connection, claim_statement.c.claim_id.in_(claim_ids)):
        if s.link_method == TOTAL:
            continue
        if s.claim_id not in best or authority(s) > authority(best[s.claim_id]):
            best[s.claim_id] = s
    debtors: set[str] = set()
    moves = []
    for one in connection.execute(select(claim).where(claim.c.id.in_(claim_ids))):
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
