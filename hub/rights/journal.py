"""What was destroyed, noted outside the store: a backup that is put back knows nothing of it.

instance/destroyed.jsonl holds a line for each thing: when, from which table, and the keyed hash
of what it was known by. It tells nobody anything; it recognises a thing that came back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, select

from hub.core import Hub
from hub.rights.pseudonyms import keyed
from hub.store import (
    case_link,
    claim,
    command,
    emergency,
    finding,
    flag,
    flow_run,
    hold_reason,
    permission,
    person,
    record,
    reject,
    resident,
    sign_in_session,
    source,
    subject,
)
from hub.store.engine import chunks

#: The file, in the instance folder.
NAME = "destroyed.jsonl"

_RECORD = (source.c.name, record.c.stream, record.c.key)
_SUBJECT = (source.c.name, subject.c.key)


def _by_source(table: Any, *columns: Any) -> Select[Any]:
    return select(table.c.id, *columns).join(source, source.c.id == table.c.source_id)


#: By what the things of each table are known, beside their id in this store. The logs are not
#: here: an old part of theirs that comes back is proposed again.
_KNOWN_BY: dict[str, tuple[Select[Any], Any]] = {
    "claim": (select(claim.c.id, claim.c.natural_key), claim),
    "record": (_by_source(record, *_RECORD), record),
    "reject": (
        _by_source(record, *_RECORD, reject.c.rejected_at)
        .with_only_columns(reject.c.id, *_RECORD, reject.c.rejected_at)
        .join(reject, reject.c.record_id == record.c.id),
        reject,
    ),
    "subject": (_by_source(subject, *_SUBJECT), subject),
    "person": (
        _by_source(subject, *_SUBJECT)
        .join(person, person.c.subject_id == subject.c.id)
        .with_only_columns(person.c.id, *_SUBJECT, person.c.received_at),
        person,
    ),
    "finding": (
        select(finding.c.id, finding.c.rule, finding.c.about, finding.c.key, finding.c.opened_at),
        finding,
    ),
    "command": (select(command.c.id), command),
    "flow_run": (select(flow_run.c.id, flow_run.c.key), flow_run),
    "hold_reason": (
        select(
            hold_reason.c.id, hold_reason.c.resident_id, hold_reason.c.reason, hold_reason.c.made_at
        ),
        hold_reason,
    ),
    "flag": (select(flag.c.id, flag.c.resident_id, flag.c.kind, flag.c.recorded_at), flag),
    "permission": (
        select(permission.c.id, permission.c.resident_id, permission.c.recorded_at),
        permission,
    ),
    "case_link": (
        select(case_link.c.id, case_link.c.resident_id, case_link.c.role, case_link.c.made_at),
        case_link,
    ),
    "emergency": (
        select(emergency.c.id, emergency.c.resident_id, emergency.c.starts_at),
        emergency,
    ),
    "sign_in_session": (select(sign_in_session.c.id, sign_in_session.c.token), sign_in_session),
    "resident": (select(resident.c.id), resident),
}

#: In this order they are taken away again; whatever refers to another comes first.
THINGS = tuple(_KNOWN_BY)


def note(connection: Connection, hub: Hub, thing: str, ids: Sequence[str]) -> None:
    """Note these things as destroyed. Called before the commit: what is noted may go again.

    A note without a destruction does no harm; a destruction without a note would come back.
    """
    if thing not in _KNOWN_BY or not ids:
        return
    query, table = _KNOWN_BY[thing]
    number = table.c.id.type.python_type is int
    lines = []
    for some in chunks(int(id_) if number else id_ for id_ in ids):
        for row in connection.execute(query.where(table.c.id.in_(some))):
            lines.append(_line(hub, thing, _hash(hub, thing, row)))
    _append(hub.settings.instance / NAME, lines)


def note_residents(hub: Hub, resident_ids: Sequence[str]) -> None:
    """Note residents of whom nothing is left."""
    if resident_ids:
        lines = [_line(hub, "resident", _hash(hub, "resident", (id_,))) for id_ in resident_ids]
        _append(hub.settings.instance / NAME, lines)


def known_again(connection: Connection, hub: Hub, thing: str, since: datetime) -> list[str]:
    """Return the ids of the things in this store that were destroyed at or after `since`."""
    hashes = {
        line["hash"]
        for line in _lines(hub.settings.instance / NAME)
        if line["thing"] == thing
        and line["municipality"] == hub.municipality
        and datetime.fromisoformat(line["at"]) >= since
    }
    if not hashes:
        return []
    rows = connection.execute(_KNOWN_BY[thing][0])
    return [str(row[0]) for row in rows if _hash(hub, thing, row) in hashes]


def _hash(hub: Hub, thing: str, row: Any) -> str:
    # An id that is only a number may be given out again; what else a thing is known by is not.
    known = row[1:] or row[:1]
    told = [one.isoformat() if isinstance(one, datetime) else str(one) for one in known]
    return keyed(hub.keys, b"destroyed things", "\n".join([thing, *told]))


def _line(hub: Hub, thing: str, hashed: str) -> str:
    told = {
        "at": hub.clock.now().isoformat(),
        "municipality": hub.municipality,
        "thing": thing,
        "hash": hashed,
    }
    return json.dumps(told, separators=(",", ":"))


def _append(path: Path, lines: Sequence[str]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w") as file:
        # The first newline ends a line that a crash left half written.
        file.write("\n" + "\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _lines(path: Path) -> Iterator[dict[str, str]]:
    if not path.is_file():
        return
    with path.open() as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                continue  # empty, or half written before a crash: then nothing was destroyed
