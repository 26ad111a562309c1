"""What is due: for each class of record, the things whose term is over.

A finder yields the things of its class that have ended, with the day on which they did; whether
they are due follows from the term (retention.py). Asked about some ids only, it looks at those:
so what was approved is looked at again at the moment it goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select, true

from hub.clock import AMSTERDAM
from hub.core import Hub
from hub.rights.ended import (
    Ended,
    Finder,
    Ids,
    dated_records,
    either,
    ended_claims,
    ended_records,
    local_day,
    loose_parts,
    portions,
)
from hub.rights.leftovers import empty_residents, empty_subjects
from hub.rights.retention import classes
from hub.store import (
    arrangement,
    audit_log,
    balance_answer,
    balance_request,
    bank_payment,
    case_link,
    claim_statement,
    command,
    contact,
    contact_attempt,
    debt_case,
    early_signal,
    emergency,
    finding,
    flag,
    flow_run,
    hold,
    hold_reason,
    linked_case,
    message,
    notice,
    permission,
    person,
    processing_log,
    record,
    register_entry,
    reject,
    sign_in_session,
    signal_case,
    source,
    subject,
)
from hub.store.types import Moment


@dataclass(frozen=True)
class Due:
    """A thing whose term is over: it ended on `ended_on` and may go from `due_on`."""

    thing: str
    thing_id: str
    resident_id: str | None
    ended_on: date
    due_on: date


def due(connection: Connection, hub: Hub, name: str, ids: Ids = None) -> Iterator[Due]:
    """Yield everything of a class that may go today, or those of `ids` that may.

    What a restriction (AVG 18) protects is left out: the resident may need it.
    """
    one, (thing, find) = classes(hub)[name], FINDERS[name]
    today = hub.clock.today()
    protected = _restricted(connection, hub)
    for ended in find(connection, hub, ids, one.ended_before(today)):
        due_on = one.due_on(ended.on)
        if due_on <= today and not protected & set(ended.residents):
            whose = ended.residents[0] if ended.residents else None
            yield Due(thing, ended.id, whose, ended.on, due_on)


def _restricted(connection: Connection, hub: Hub) -> set[str]:
    query = select(flag.c.resident_id).where(
        flag.c.municipality == hub.municipality,
        flag.c.kind == "restriction",
        flag.c.ended_at.is_(None),
    )
    return set(connection.execute(query).scalars())


def _single(table: Table, ended: ColumnElement[Any], *where: ColumnElement[bool]) -> Finder:
    """Return the finder of things that are one row, with the day on which they ended in it."""
    whose = table.c.get("resident_id")
    columns = [table.c.id, ended.label("ended"), *([] if whose is None else [whose])]

    def find(connection: Connection, hub: Hub, ids: Ids, before: date) -> Iterator[Ended]:
        mine = table.c.municipality == hub.municipality if "municipality" in table.c else true()
        query = select(*columns).where(mine, ended <= _last(ended, before), *where)
        for part in portions(table.c.id, ids):
            for row in connection.execute(query.where(part)):
                about = getattr(row, "resident_id", None)
                on = local_day(row.ended) if isinstance(row.ended, datetime) else row.ended
                yield Ended(str(row.id), (about,) if about else (), on)

    return find


def _last(ended: ColumnElement[Any], before: date) -> Any:
    """Return the day, or the last moment of it, to compare a column with."""
    if not isinstance(ended.type, Moment):
        return before
    next_day = datetime.combine(before + timedelta(days=1), time(), AMSTERDAM)
    return next_day - timedelta(microseconds=1)


def _of_rejects(connection: Connection, hub: Hub, ids: Ids, before: date) -> Iterator[Ended]:
    ended = func.coalesce(reject.c.solved_at, reject.c.rejected_at)
    query = (
        select(reject.c.id, ended.label("ended"))
        .join(record, record.c.id == reject.c.record_id)
        .join(source, source.c.id == record.c.source_id)
        .where(source.c.municipality == hub.municipality, ended <= _last(ended, before))
    )
    for part in portions(reject.c.id, ids):
        for row in connection.execute(query.where(part)):
            yield Ended(str(row.id), (), local_day(row.ended))


def _replaced_details(connection: Connection, hub: Hub, ids: Ids, before: date) -> Iterator[Ended]:
    query = (
        select(person.c.id, person.c.superseded_at, subject.c.resident_id)
        .join(subject, subject.c.id == person.c.subject_id)
        .where(subject.c.municipality == hub.municipality)
        .where(person.c.superseded_at <= _last(person.c.superseded_at, before))
    )
    for part in portions(person.c.id, ids):
        for row in connection.execute(query.where(part)):
            about = (row.resident_id,) if row.resident_id else ()
            yield Ended(str(row.id), about, local_day(row.superseded_at))


def _log(table: Table, at: ColumnElement[Any]) -> Finder:
    """Return the finder of a log's old part: its thing is the number up to which it may go.

    A log goes from its beginning and never in the middle: what stays is still one chain. The
    audit log stays as long as the processing log: it says who did what stands there.
    """

    def find(connection: Connection, hub: Hub, ids: Ids, before: date) -> Iterator[Ended]:
        mine = table.c.municipality == hub.municipality
        young = at > _last(at, before)
        if table is audit_log:
            young |= at >= _oldest_processing(hub)
        first = connection.execute(select(func.min(table.c.number)).where(mine, young)).scalar()
        old = mine if first is None else mine & (table.c.number < first)
        query = select(table.c.number, at.label("ended")).where(old)
        row = connection.execute(query.order_by(table.c.number.desc()).limit(1)).first()
        if row is None:
            return
        for number in [str(row.number)] if ids is None else ids:
            if int(number) <= row.number:
                yield Ended(number, (), local_day(row.ended))

    return find


def _oldest_processing(hub: Hub) -> Any:
    oldest = select(func.min(processing_log.c.ended_at))
    return oldest.where(processing_log.c.municipality == hub.municipality).scalar_subquery()


#: What a message belongs to when it came together with more.
_FILES = (debt_case, claim_statement, register_entry, hold)

_SIGNALS = {
    early_signal: func.coalesce(early_signal.c.signalled_on, early_signal.c.arisen_on),
    signal_case: func.coalesce(
        signal_case.c.period_ends_on, signal_case.c.taken_up_on, signal_case.c.matched_on
    ),
}

_MESSAGES = {
    notice: notice.c.sent_on,
    balance_request: balance_request.c.sent_on,
    balance_answer: balance_answer.c.answered_on,
    arrangement: arrangement.c.on,
    message: message.c.sent_on,
}

#: When a flow last changed: its steps go with it, its commands have a term of their own.
_decided = func.coalesce(flow_run.c.stopped_at, flow_run.c.decided_at, flow_run.c.asked_at)

#: How the things of each class are found: the table they stand in, and their finder.
FINDERS: dict[str, tuple[str, Finder]] = {
    "claim": ("claim", ended_claims),
    "claim_part": ("record", loose_parts),
    "debt_case": ("record", ended_records(debt_case)),
    "register_entry": ("record", ended_records(register_entry, debt_case, claim_statement)),
    "hold": ("record", ended_records(hold, debt_case, claim_statement, register_entry)),
    "message": ("record", dated_records(_MESSAGES, *_FILES)),
    "early_signal": ("record", dated_records(_SIGNALS, *_FILES)),
    "contact": (
        "record",
        either(
            ended_records(contact, *_FILES, *_SIGNALS),
            dated_records({contact_attempt: contact_attempt.c.on}, *_FILES, *_SIGNALS),
        ),
    ),
    "bank_payment": ("record", dated_records({bank_payment: bank_payment.c.on}, *_FILES)),
    "linked_case": ("record", ended_records(linked_case, *_FILES)),
    "finding": ("finding", _single(finding, finding.c.closed_at)),
    "command": ("command", _single(command, command.c.ended_at)),
    "flow_run": ("flow_run", _single(flow_run, _decided, flow_run.c.state != "asked")),
    "hold_reason": (
        "hold_reason",
        either(
            _single(hold_reason, hold_reason.c.lifted_at),
            _single(hold_reason, hold_reason.c.until, hold_reason.c.lifted_at.is_(None)),
        ),
    ),
    "reject": ("reject", _of_rejects),
    "person": ("person", _replaced_details),
    "subject": ("subject", empty_subjects),
    "case_link": ("case_link", _single(case_link, case_link.c.ends_on)),
    "permission": ("permission", _single(permission, permission.c.withdrawn_on)),
    "emergency": ("emergency", _single(emergency, emergency.c.reviewed_at)),
    "flag": ("flag", _single(flag, flag.c.ended_at)),
    "sign_in_session": (
        "sign_in_session",
        _single(
            sign_in_session, func.coalesce(sign_in_session.c.ended_at, sign_in_session.c.ends_at)
        ),
    ),
    "processing_log": ("processing_log", _log(processing_log, processing_log.c.ended_at)),
    "audit_log": ("audit_log", _log(audit_log, audit_log.c.at)),
    "resident": ("resident", empty_residents),
}
