"""What a person says of a stranger and a resident: one and the same, or not.

A verdict stands over every later pass until a person takes it back.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, insert, select, update

from hub.core import Hub
from hub.errors import ConfigError, Outdated
from hub.reconcile.findings import SHORTEST
from hub.reconcile.matching import people
from hub.security.audit import Actor, Deed, Trace, log_deed
from hub.security.caseload import register_named
from hub.security.cases import plain
from hub.security.roles import ROLES
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
    *,
    seen: str | None = None,
    trace: Trace | None = None,
) -> None:
    """Keep and log what a person says of (subject, resident); the next reconciliation acts on it.

    `verdict` is link, refuse or undo. Linking takes back a link to somebody else. `seen` is the
    stamp of the subject as the person saw it. Raises Outdated when somebody else decided since,
    and ConfigError without a reason, for a pair that is not of this municipality, or for a subject
    that has a BSN.
    """
    subject_id, resident_id = pair
    register = _require(connection, hub, subject_id, resident_id)
    if seen is not None:
        require_as_seen(connection, subject_id, seen)
    why, now = plain(reason, SHORTEST)[:1000], hub.clock.now()
    said = {"decided_by": actor.name, "decided_at": now, "reason": why}
    if VERDICTS[verdict] == "linked":
        connection.execute(
            update(match_candidate)
            .where(match_candidate.c.subject_id == subject_id)
            .where(match_candidate.c.verdict == "linked")
            .values(verdict=None, **said)
        )
    _put(connection, pair, register, {"verdict": VERDICTS[verdict], **said})
    people.look_again(connection, hub, [subject_id])
    ground = ROLES[actor.role].ground if actor.role in ROLES else ""
    deed = Deed(
        f"match_{verdict}",
        "identify",
        [resident_id],
        object=f"subject:{subject_id}",
        groups=("identity",),
        ground=ground,
        reason=why,
    )
    log_deed(connection, hub, actor, deed, trace)


def require_as_seen(connection: Connection, subject_id: int, seen: str) -> None:
    """Raise Outdated when a subject is not any more as the stamp `seen` says."""
    if seen != stamp(connection, subject_id):
        raise Outdated(
            "Iemand anders besloot intussen over deze melding, of de gegevens veranderden. Er is "
            "niets overschreven. Ververs de pagina en kijk of uw besluit nog nodig is.",
            f"subject {subject_id} changed since it was seen",
        )


def stamp(connection: Connection, subject_id: int) -> str:
    """Return a mark that is another as soon as a subject is linked or judged otherwise."""
    told = [connection.execute(select(subject.c.resident_id).filter_by(id=subject_id)).scalar()]
    query = (
        select(match_candidate.c.resident_id, match_candidate.c.verdict, match_candidate.c.asked)
        .where(match_candidate.c.subject_id == subject_id)
        .where(match_candidate.c.asked | match_candidate.c.verdict.is_not(None))
        .order_by(match_candidate.c.resident_id)
    )
    told += [str(tuple(row)) for row in connection.execute(query)]
    return hashlib.sha256("\n".join(map(str, told)).encode()).hexdigest()[:16]


def _require(connection: Connection, hub: Hub, subject_id: int, resident_id: str) -> str:
    """Return the register that told of the subject."""
    query = (
        select(subject.c.bsn_hash, source.c.connector)
        .join(source, source.c.id == subject.c.source_id)
        .join(resident, resident.c.id == resident_id)
        .where(subject.c.id == subject_id, subject.c.municipality == hub.municipality)
        .where(resident.c.municipality == hub.municipality, resident.c.merged_into.is_(None))
        # Who decides on the same subject at the same time waits, and then sees what was decided.
        .with_for_update(of=subject)
    )
    found = connection.execute(query).first()
    if found is None:
        raise ConfigError("Deze melding of deze inwoner is er niet meer. Open de pagina opnieuw.")
    if found.bsn_hash is not None:
        raise ConfigError("Deze melding heeft een BSN en hoort daardoor al bij een inwoner.")
    return register_named(hub, found.connector)


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
