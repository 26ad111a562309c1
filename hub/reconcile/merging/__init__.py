"""Two residents who are one person become one, and two again, without loss.

The one that goes keeps its row, so that its BSN and its number still lead to the one that stays.
`resident_merge` keeps which rows went along and what findings and verdicts were, so that a split
restores it; what people did since the merge stays as they did it.

moves       rows that go along as they are
findings    findings, which may meet one of the same kind
verdicts    what people said of messages without BSN
family      who went into whom
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, insert, select, update

from hub.core import Hub
from hub.errors import ConfigError
from hub.reconcile.matching.people import look_at_residents
from hub.reconcile.merging.family import kin_of, merged_into
from hub.reconcile.merging.findings import join_findings, part_findings
from hub.reconcile.merging.moves import put_back, take_along
from hub.reconcile.merging.verdicts import join_verdicts, part_verdicts
from hub.reconcile.spread import spread
from hub.security.audit import Actor, Deed, Trace, log_deed
from hub.security.cases import SHORTEST, plain
from hub.security.roles import ROLES
from hub.store import resident, resident_merge, subject

__all__ = ["merge", "merged_into", "split"]


def merge(
    connection: Connection,
    hub: Hub,
    actor: Actor,
    resident_id: str,
    into_id: str,
    reason: str,
    *,
    trace: Trace | None = None,
) -> int:
    """Let one resident go into another, with everything that is known; return the merge's id.

    Raises ConfigError for residents that are not there, are one already, or without a reason.
    """
    why = plain(reason, SHORTEST)[:1000]
    _require_two(connection, hub, resident_id, into_id)
    people = _subjects(connection, [resident_id])
    moved = {
        "rows": take_along(connection, resident_id, into_id),
        "findings": join_findings(connection, hub, actor, resident_id, into_id),
        "verdicts": join_verdicts(connection, hub, resident_id, into_id),
    }
    spread(connection, people)
    row = {
        "municipality": hub.municipality,
        "resident_id": resident_id,
        "into_id": into_id,
        "reason": why,
        "merged_by": actor.name,
        "merged_at": hub.clock.now(),
        "moved": moved,
    }
    made = insert(resident_merge).values(row).returning(resident_merge.c.id)
    id_ = int(connection.execute(made).scalar_one())
    goes = (resident.c.id == resident_id) | (resident.c.merged_into == resident_id)
    connection.execute(update(resident).where(goes).values(merged_into=into_id))
    look_at_residents(connection, hub, [into_id])
    _log(connection, hub, actor, "merge", (resident_id, into_id), id_, why, trace)
    return id_


def split(
    connection: Connection,
    hub: Hub,
    actor: Actor,
    id_: int,
    reason: str,
    *,
    trace: Trace | None = None,
) -> str:
    """Undo a merge; return the resident that is on its own again.

    Raises ConfigError for a merge that was undone already, or without a reason.
    """
    why = plain(reason, SHORTEST)[:1000]
    row = _standing(connection, hub, id_)
    back, stays = row.resident_id, merged_into(connection, hub, row.resident_id)
    assert stays is not None, "a standing merge leads to somebody"
    _lock(connection, hub, [back, stays])
    kin = kin_of(connection, hub, back)
    put_back(connection, row.moved["rows"], stays, back)
    _take_own_people(connection, kin, stays, back)
    part_findings(connection, hub, actor, row.moved["findings"], stays, back)
    part_verdicts(connection, hub, row.moved["verdicts"], stays, back)
    spread(connection, _subjects(connection, [back, stays]))
    connection.execute(update(resident).where(resident.c.id == back).values(merged_into=None))
    others = resident.c.id.in_(kin - {back})
    connection.execute(update(resident).where(others).values(merged_into=back))
    done = {"split_reason": why, "split_by": actor.name, "split_at": hub.clock.now()}
    ended = update(resident_merge).where(resident_merge.c.id == id_)
    connection.execute(ended.values(**done, moved={}))
    look_at_residents(connection, hub, [back, stays])
    _log(connection, hub, actor, "split", (back, stays), id_, why, trace)
    return str(back)


def _require_two(connection: Connection, hub: Hub, resident_id: str, into_id: str) -> None:
    """Lock two residents. Raises ConfigError when they are not two that stand on their own."""
    if resident_id == into_id:
        raise ConfigError("Dit is dezelfde inwoner. Kies een andere om mee samen te voegen.")
    found = _lock(connection, hub, [resident_id, into_id])
    if len(found) < 2:
        raise ConfigError("De hub kent een van deze inwoners niet (meer). Zoek opnieuw.")
    if any(row.merged_into for row in found):
        raise ConfigError(
            "Een van deze inwoners is intussen al samengevoegd. Er is niets gewijzigd. Zoek "
            "opnieuw."
        )


def _lock(connection: Connection, hub: Hub, ids: Sequence[str]) -> Sequence[Row[str, str | None]]:
    query = (
        select(resident.c.id, resident.c.merged_into)
        .where(resident.c.id.in_(ids), resident.c.municipality == hub.municipality)
        # In one order, so that two who merge at once cannot wait for each other.
        .order_by(resident.c.id)
        .with_for_update()
    )
    return connection.execute(query).all()


def _standing(connection: Connection, hub: Hub, id_: int) -> Row[str]:
    query = select(resident_merge).where(
        resident_merge.c.id == id_, resident_merge.c.municipality == hub.municipality
    )
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None or row.split_at is not None:
        raise ConfigError("Deze samenvoeging is al ongedaan gemaakt. Ververs de pagina.")
    return row


def _subjects(connection: Connection, residents: Sequence[str]) -> list[int]:
    query = select(subject.c.id).where(subject.c.resident_id.in_(residents))
    return list(connection.execute(query).scalars())


def _take_own_people(connection: Connection, kin: set[str], stays: str, back: str) -> None:
    """Give back whoever a source names by a BSN of the one that goes, also who came since."""
    hashes = select(resident.c.bsn_hash).where(
        resident.c.id.in_(kin), resident.c.bsn_hash.is_not(None)
    )
    mine = subject.c.bsn_hash.in_(hashes) & (subject.c.resident_id == stays)
    connection.execute(update(subject).where(mine).values(resident_id=back))


def _log(
    connection: Connection,
    hub: Hub,
    actor: Actor,
    action: str,
    who: tuple[str, str],
    id_: int,
    why: str,
    trace: Trace | None,
) -> None:
    deed = Deed(
        action,
        "identify",
        who,
        object=f"resident_merge:{id_}",
        groups=("identity",),
        ground=ROLES[actor.role].ground if actor.role in ROLES else "",
        reason=why,
    )
    log_deed(connection, hub, actor, deed, trace)
