"""What a person says of a stranger and a resident: one and the same, or not.

A verdict stands over every later pass until a person takes it back.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from hub.core import Hub
from hub.errors import ConfigError
from hub.reconcile.matching import people
from hub.security.audit import Actor
from hub.security.caseload import register_of
from hub.store import match_candidate, resident, source, subject

#: What a person may say, and what becomes of the verdict that stands.
VERDICTS = {"link": "linked", "refuse": "refused", "undo": None}


def say(
    connection: Connection,
    hub: Hub,
    actor: Actor,
    pair: tuple[int, str],
    verdict: str,
    reason: str = "",
) -> None:
    """Keep what a person says of (subject, resident); the next reconciliation acts on it.

    `verdict` is link, refuse or undo. Linking takes back a link to somebody else. Raises
    ConfigError for a pair that is not of this municipality, or a subject that has a BSN.
    """
    subject_id, resident_id = pair
    register = _require(connection, hub, subject_id, resident_id)
    now = hub.clock.now()
    said = {"decided_by": actor.name, "decided_at": now, "reason": reason}
    if VERDICTS[verdict] == "linked":
        connection.execute(
            update(match_candidate)
            .where(match_candidate.c.subject_id == subject_id)
            .where(match_candidate.c.verdict == "linked")
            .values(verdict=None, **said)
        )
    _put(connection, pair, register, {"verdict": VERDICTS[verdict], **said})
    people.look_again(connection, hub, [subject_id])


def _require(connection: Connection, hub: Hub, subject_id: int, resident_id: str) -> str:
    """Return the register that told of the subject."""
    query = (
        select(subject.c.bsn_hash, source.c.connector)
        .join(source, source.c.id == subject.c.source_id)
        .join(resident, resident.c.id == resident_id)
        .where(subject.c.id == subject_id, subject.c.municipality == hub.municipality)
        .where(resident.c.municipality == hub.municipality)
    )
    found = connection.execute(query).first()
    if found is None:
        raise ConfigError("Deze melding of deze inwoner is er niet meer. Open de pagina opnieuw.")
    if found.bsn_hash is not None:
        raise ConfigError("Deze melding heeft een BSN en hoort daardoor al bij een inwoner.")
    return register_of(hub.plugins.connectors[found.connector])


def _put(
    connection: Connection, pair: tuple[int, str], register: str, said: dict[str, object]
) -> None:
    subject_id, resident_id = pair
    mine = (match_candidate.c.subject_id == subject_id) & (
        match_candidate.c.resident_id == resident_id
    )
    if connection.execute(update(match_candidate).where(mine).values(**said)).rowcount:
        return
    row = {"subject_id": subject_id, "resident_id": resident_id, "register": register}
    row |= {"score": 0.0, "weights": {}, "model_version": 0, "asked": False}
    connection.execute(insert(match_candidate), row | said)
