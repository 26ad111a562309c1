"""How far a change reaches: whom else it concerns than the one it is about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, select, tuple_

from hub.core import Hub
from hub.reconcile.linking.said import load_creditors
from hub.store import claim, claim_statement, standing
from hub.store.engine import chunks
from hub.sync.apply import mark_changed


def reached(connection: Connection, residents: Collection[str]) -> set[str]:
    """Return these residents, and the debtors of claims in which a source ever named them.

    A file may list under one client what another owes; when it takes that back, nothing that
    stands tells of it any more, and still the claim of the other is not listed from then on.
    """
    found = set(residents)
    for some in chunks(sorted(residents)):
        query = (
            select(claim.c.resident_id)
            .join(claim_statement, claim_statement.c.claim_id == claim.c.id)
            .where(
                claim_statement.c.resident_id.in_(some),
                claim.c.resident_id.is_not(None),
                claim.c.resident_id != claim_statement.c.resident_id,
            )
            .distinct()
        )
        found |= set(connection.execute(query).scalars())
    return found


def look_up_again(hub: Hub) -> None:
    """Queue whom a source tells of a creditor that a covenant calls by another code than before.

    A statement belongs to the claim of its creditor's code, so these have to be linked again.
    """
    named = (claim_statement.c.creditor, claim_statement.c.creditor_kvk)
    names = (*named, claim_statement.c.creditor_name)
    known = (
        select(*names, claim.c.creditor.label("code"))
        .join(claim, claim.c.id == claim_statement.c.claim_id)
        .where(claim.c.municipality == hub.municipality, standing(claim_statement))
        .distinct()
    )
    with hub.engine.begin() as connection:
        creditors = load_creditors(connection, hub)
        rows: Sequence[Any] = connection.execute(known).all()
        other = {tuple(row[:3]) for row in rows if creditors.find(*row[:3]) != row.code}
        for some in chunks(sorted(other)):
            mine = select(claim_statement.c.subject_id).where(
                standing(claim_statement), tuple_(*names).in_(some)
            )
            ids = {id_ for id_ in connection.execute(mine).scalars() if id_ is not None}
            mark_changed(connection, ids)
