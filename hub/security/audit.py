"""The two logs: what was done with whose data, and who did it, in the transaction of the deed.

`log_deed` writes one row in the audit log (who, on which ground, from where) and one row per
resident in the processing log (the shape of the Logboek Dataverwerkingen, no employee in it).
Both carry the same operation: the span id. A deed about several residents has one row without a
person and a child span for each of them.

Each row carries an HMAC over its content and the hash of the row before it; `hub.security.chain`
checks them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from hub.core import Hub
from hub.security.activities import activities
from hub.security.chain import LOGS, link
from hub.store import chain, resident
from hub.store.engine import chunks, insert_new

#: What a sealed subject is bound to.
SUBJECT = "processing_log.subject"


@dataclass(frozen=True)
class Actor:
    """Who does something: a person or a machine, and whether anybody was watching."""

    name: str
    role: str = ""
    origin: str = ""
    machine: bool = False
    attended: bool = True


#: The hub itself, at work by its schedule.
HUB = Actor("hub", machine=True, attended=False)


@dataclass(frozen=True)
class Trace:
    """Where a deed stands in a chain of calls (W3C Trace Context)."""

    trace_id: str
    parent_span_id: str | None = None
    processor: str = ""


@dataclass(frozen=True)
class Deed:
    """What was done. `activity` is a key of the processing register, empty without residents."""

    action: str
    activity: str = ""
    residents: Sequence[str] = ()
    object: str = ""
    groups: Sequence[str] = ()
    ground: str = ""
    case: str = ""
    result: Literal["allowed", "refused", "failed"] = "allowed"
    reason: str = ""
    started_at: datetime | None = None


_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


def trace_from(header: str | None, processor: str = "") -> Trace:
    """Return the trace a caller told in `traceparent`, or a new one."""
    found = _TRACEPARENT.fullmatch((header or "").strip())
    if found is None or found[1] == "0" * 32 or found[2] == "0" * 16:
        return Trace(secrets.token_hex(16), processor=processor)
    return Trace(found[1], found[2], processor)


def log_deed(
    connection: Connection, hub: Hub, actor: Actor, deed: Deed, trace: Trace | None = None
) -> str:
    """Log a deed in both logs, in the transaction of the deed; return its operation (span id)."""
    trace = trace or trace_from(None)
    operation, now = secrets.token_hex(8), hub.clock.now()
    rows = _processing_rows(connection, hub, deed, trace, operation, now)
    entry = {
        "at": now,
        "trace_id": trace.trace_id,
        "span_id": operation,
        "actor": actor.name,
        "machine": actor.machine,
        "attended": actor.attended,
        "role": actor.role,
        "action": deed.action,
        "object": deed.object,
        "groups": sorted(deed.groups),
        "ground": deed.ground,
        "case_number": deed.case,
        "origin": actor.origin,
        "result": deed.result,
        "reason": deed.reason,
    }
    _append(connection, hub, {"processing": rows, "audit": [entry]})
    return operation


def log_look(
    connection: Connection, hub: Hub, actor: Actor, deed: Deed, trace: Trace | None = None
) -> str:
    """Log a look at people. Raises ValueError for a look without ground: no ground, no page."""
    if deed.residents and not deed.ground:
        raise ValueError("a look at a resident needs a ground")
    return log_deed(connection, hub, actor, deed, trace)


def _processing_rows(
    connection: Connection, hub: Hub, deed: Deed, trace: Trace, operation: str, now: datetime
) -> list[dict[str, Any]]:
    if not deed.activity:
        return []
    name = activities()[deed.activity].name
    row: dict[str, Any] = {
        "trace_id": trace.trace_id,
        "span_id": operation,
        "parent_span_id": trace.parent_span_id,
        # Ok is for what was marked so; a deed that failed by a fault of ours is an Error.
        "status": {"allowed": "Ok", "refused": "Unset", "failed": "Error"}[deed.result],
        "name": name,
        "started_at": deed.started_at or now,
        "ended_at": now,
        "activity": deed.activity,
        "processor": trace.processor or None,
    }
    about = _subjects(connection, hub, deed.residents)
    if len(about) == 1:
        return [row | about[0]]
    children = [
        row | {"span_id": secrets.token_hex(8), "parent_span_id": operation} | one for one in about
    ]
    nobody = {"resident_id": None, "subject": None, "subject_type": None}
    return [row | nobody, *children]


def _subjects(
    connection: Connection, hub: Hub, resident_ids: Iterable[str]
) -> list[dict[str, str | None]]:
    found: list[dict[str, str | None]] = []
    for some in chunks(dict.fromkeys(resident_ids)):
        query = select(resident.c.id, resident.c.bsn).where(
            resident.c.id.in_(some), resident.c.municipality == hub.municipality
        )
        known = dict(connection.execute(query).all())
        found += [_subject(hub, id_, known.get(id_)) for id_ in some]
    return found


def _subject(hub: Hub, resident_id: str, sealed: str | None) -> dict[str, str | None]:
    bsn = hub.keys.open(sealed, "resident.bsn") if sealed else None
    return {
        "resident_id": resident_id,
        "subject": hub.keys.seal(bsn or resident_id, SUBJECT),
        "subject_type": "BSN" if bsn else "inwoner",
    }


def _append(
    connection: Connection, hub: Hub, entries: Mapping[str, Sequence[dict[str, Any]]]
) -> None:
    """Add rows to the logs; who else wants to waits until this transaction is over."""
    ends = _ends(connection, hub, [log for log, rows in entries.items() if rows])
    for log, (number, before) in ends.items():
        rows = []
        for one in entries[log]:
            number += 1
            row = {"municipality": hub.municipality, "number": number, **one}
            before = link(hub.keys, log, row, before)
            rows.append(row | {"hash": before})
        connection.execute(insert(LOGS[log]), rows)
        connection.execute(
            update(chain)
            .where(chain.c.municipality == hub.municipality, chain.c.log == log)
            .values(number=number, hash=before)
        )


def _ends(connection: Connection, hub: Hub, logs: Sequence[str]) -> dict[str, tuple[int, str]]:
    query = (
        select(chain.c.log, chain.c.number, chain.c.hash)
        .where(chain.c.municipality == hub.municipality, chain.c.log.in_(logs))
        # In one order, so that two who log at once cannot wait for each other.
        .order_by(chain.c.log)
        .with_for_update()
    )
    found = {log: (number, hash_) for log, number, hash_ in connection.execute(query)}
    if len(found) == len(logs):
        return found
    start = {"municipality": hub.municipality, "number": 0, "hash": ""}
    insert_new(connection, chain, [start | {"log": log} for log in LOGS])
    return _ends(connection, hub, logs)
