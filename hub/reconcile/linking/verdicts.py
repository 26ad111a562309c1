"""What a person says of a statement and claims: of the same debt, of several, or of another.

A verdict stands over every later pass, for every later version of the statement, until a person
takes it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from hub.core import Hub
from hub.errors import ConfigError, Outdated
from hub.reconcile.findings import SHORTEST
from hub.security.audit import Actor
from hub.security.cases import plain
from hub.store import changed, claim, claim_link, claim_statement, source, standing, subject
from hub.store.engine import insert_new

#: What a person may say, and the verdict that stands after it.
VERDICTS = {"link": "linked", "unlink": "refused", "undo": None}

#: Claims that a person may choose at most for one total.
MOST = 50


def say(
    connection: Connection,
    hub: Hub,
    actor: Actor,
    statement_id: int,
    verdict: str,
    claim_ids: Sequence[int],
    reason: str,
) -> None:
    """Keep what a person says of a standing statement; the next reconciliation acts on it.

    `verdict` is link (with several claims: a total over them), unlink or undo. Linking takes back
    every link of before. Raises ConfigError for a claim of another municipality or without a
    reason, and Outdated for a statement that does not stand any more.
    """
    row = _standing(connection, hub, statement_id)
    told = plain(reason, SHORTEST)
    _require(connection, hub, claim_ids)
    said = {"decided_by": actor.name, "decided_at": hub.clock.now(), "reason": told}
    mine = (claim_link.c.source_id == row.source_id) & (claim_link.c.key == row.key)
    if VERDICTS[verdict] == "linked":
        before = update(claim_link).where(mine, claim_link.c.verdict == "linked")
        connection.execute(before.values(verdict=None, **said))
    for id_ in claim_ids:
        _put(connection, hub, row, id_, mine, {"verdict": VERDICTS[verdict], **said})
    look_again(connection, hub, row.resident_id)


def look_again(connection: Connection, hub: Hub, resident_id: str) -> None:
    """Put a resident in the queue of the next reconciliation."""
    query = select(subject.c.id).where(subject.c.resident_id == resident_id).limit(1)
    ids = connection.execute(query).scalars()
    now = hub.clock.now()
    insert_new(connection, changed, [{"subject_id": id_, "marked_at": now} for id_ in ids])


def _standing(connection: Connection, hub: Hub, statement_id: int) -> Row[Any, Any, Any]:
    query = (
        select(claim_statement.c.source_id, claim_statement.c.key, claim_statement.c.resident_id)
        .join(source, source.c.id == claim_statement.c.source_id)
        .where(
            claim_statement.c.id == statement_id,
            claim_statement.c.resident_id.is_not(None),
            source.c.municipality == hub.municipality,
            standing(claim_statement),
        )
    )
    found = connection.execute(query).first()
    if found is None:
        raise Outdated(
            "De bron heeft deze opgave intussen vervangen. Bekijk eerst wat er nu staat.",
            f"statement {statement_id} does not stand",
        )
    return found


def _require(connection: Connection, hub: Hub, claim_ids: Sequence[int]) -> None:
    if not 1 <= len(claim_ids) <= MOST:
        raise ConfigError(
            f"U koos {len(claim_ids)} vorderingen. Kies er ten minste 1 en hoogstens {MOST}."
        )
    query = select(claim.c.id).where(
        claim.c.id.in_(claim_ids), claim.c.municipality == hub.municipality
    )
    if set(connection.execute(query).scalars()) != set(claim_ids):
        raise ConfigError("Deze vordering is er niet meer. Open de pagina van de inwoner opnieuw.")


def _put(
    connection: Connection,
    hub: Hub,
    row: Row[Any, Any, Any],
    claim_id: int,
    mine: ColumnElement[bool],
    said: dict[str, object],
) -> None:
    pair = mine & (claim_link.c.claim_id == claim_id)
    if connection.execute(update(claim_link).where(pair).values(**said)).rowcount:
        return
    connection.execute(
        insert(claim_link).values(
            municipality=hub.municipality,
            resident_id=row.resident_id,
            source_id=row.source_id,
            key=row.key,
            claim_id=claim_id,
            **said,
        )
    )
