"""Inbound: one run reads one stream, batch by batch, and ends with counts that add up.

Laws kept here (DESIGN.md 4): the cursor is committed with the rows; an unchanged record costs no
validation and no write; read = applied + unchanged + rejected; rows leave only by a tombstone or
a complete snapshot, and never when the snapshot shrank more than the set percentage.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, select, update

from hub.connector import Batch, Connector, ContractError, Cursor, HubError, Record, Stream
from hub.core import Hub
from hub.errors import Cancelled, RecordError, TransientError
from hub.store import run as run_table
from hub.store import stream as stream_table
from hub.store.engine import chunks, insert_new
from hub.sync.alive import at_work
from hub.sync.apply import apply_facts, drop_facts
from hub.sync.cancel import CancelWatch
from hub.sync.contract import Unkeyed, checked_batch, checked_batches, delivered_at, storable
from hub.sync.held import found_again, has_held, hold_back, overtake
from hub.sync.incidents import open_incident, solve_incident
from hub.sync.landing import (
    Landed,
    Seen,
    find_landed,
    keep_rejects,
    land,
    mark_removed,
    solve_rejects,
    vanished,
)
from hub.sync.notes import Notes
from hub.sync.parse import Checked, parse_delivered, raw_digest, where
from hub.sync.patience import look_again, waiting, went_well, went_wrong
from hub.sync.sources import DEADLINE, Source, connect, heard
from hub.sync.unknown import unknown_fields

log = logging.getLogger("hub.sync")

#: A stream with fewer records than this may shrink freely: percentages of little mean little.
SHRINK_FROM = 25

#: The most problems that are kept of one record; who mends it starts with the first.
MOST_PROBLEMS = 100


@dataclass
class Outcome:
    """What a run came to; the counts add up to `read`."""

    run_id: int
    stream: str = ""
    read: int = 0
    applied: int = 0
    unchanged: int = 0
    rejected: int = 0
    removed: int = 0
    status: str = "running"
    message: str | None = None
    log: str | None = None
    as_of: datetime | None = None
    error: HubError | None = None

    def counts(self) -> dict[str, int]:
        """Return the counts as they stand in the run's row."""
        names = ("read", "applied", "unchanged", "rejected", "removed")
        return {name: getattr(self, name) for name in names}


@dataclass
class _Work:
    """One run's surroundings."""

    hub: Hub
    source: Source
    stream: Stream
    connector: Connector
    outcome: Outcome
    seen: Seen = field(default_factory=Seen)
    complete: bool = False
    caught_up: bool = False
    # Whether a removal of this stream waits for a person; looked up once, at the start.
    holding: bool = False
    notes: Notes = field(default_factory=Notes)

    def __post_init__(self) -> None:
        self.connector.context.warn = self.notes.warn

    @property
    def place(self) -> tuple[int, str]:
        return self.source.id, self.stream.name


def plan_reading(connection: Connection, hub: Hub, source: Source) -> list[int]:
    """Plan a run for every stream of a source, for the worker; return their ids.

    Somebody asks for it, so earlier failures are no reason to wait.
    """
    look_again(connection, source.id)
    now, ids = hub.clock.now(), []
    for name in source.stream_names():
        _plan(connection, source.id, name, now)
        place = {"source_id": source.id, "stream": name, "planned_at": now}
        ids.append(connection.execute(select(run_table.c.id).filter_by(**place)).scalar_one())
    return ids


def plan_run(hub: Hub, source_id: int, stream: str, planned_at: datetime) -> None:
    """Plan a run; planning the same moment twice plans one."""
    with hub.engine.begin() as connection:
        _plan(connection, source_id, stream, planned_at)


def _plan(connection: Connection, source_id: int, stream: str, planned_at: datetime) -> None:
    place = {"source_id": source_id, "stream": stream, "planned_at": planned_at}
    insert_new(connection, run_table, [{**place, "status": "planned"}])


def sync_source(hub: Hub, source: Source, streams: list[str] | None = None) -> list[Outcome]:
    """Read the streams of a source now, each in a run of its own; one failing stops no other.

    Somebody asks for it, so earlier failures are no reason to wait; a wait that the source
    itself asked for is. Then the runs are planned and their outcome says so.
    """
    outcomes = []
    with hub.engine.begin() as connection:
        look_again(connection, source.id)
    for name in streams or source.stream_names():
        now = hub.clock.now()
        plan_run(hub, source.id, name, now)
        with hub.reader.connect() as connection:
            wait = waiting(connection, source.id, now)
            run_id = connection.execute(
                select(run_table.c.id).where(
                    run_table.c.source_id == source.id,
                    run_table.c.stream == name,
                    run_table.c.planned_at == now,
                )
            ).scalar_one()
        if wait is not None:
            outcomes.append(Outcome(run_id, name, status="planned", message=wait.sentence))
        elif (outcome := work_off(hub, source, name, run_id)) is not None:
            outcomes.append(outcome)
    return outcomes


def work_off(
    hub: Hub, source: Source, stream: str, run_id: int, stopped: Callable[[], bool] | None = None
) -> Outcome | None:
    """Claim a planned run and execute it; None when somebody else does."""
    with at_work(hub, "run", run_id) as ours:
        if not (ours and claim_run(hub, run_id)):
            return None
        return execute_run(hub, source, stream, run_id, stopped)


def claim_run(hub: Hub, run_id: int) -> bool:
    """Take a planned run for execution; False when somebody else has it.

    Also False, and the run waits, while another run of the same stream is at work.
    """
    other = run_table.alias("other")
    busy = exists().where(
        other.c.source_id == run_table.c.source_id,
        other.c.stream == run_table.c.stream,
        other.c.status == "running",
        other.c.started_at > hub.clock.now() - DEADLINE,
    )
    with hub.engine.begin() as connection:
        taken = connection.execute(
            update(run_table)
            .where(run_table.c.id == run_id, run_table.c.status == "planned", ~busy)
            .values(status="running", started_at=hub.clock.now())
        )
        return taken.rowcount == 1


def execute_run(
    hub: Hub, source: Source, stream: str, run_id: int, stopped: Callable[[], bool] | None = None
) -> Outcome:
    """Execute a claimed run to its end. Never raises: what went wrong stands in the run.

    `stopped` tells whether the hub itself is about to stop.
    """
    outcome = Outcome(run_id, stream)
    asked = CancelWatch(hub, run_id, stopped)
    try:
        with asked.over(connect(hub, source, cancelled=asked)) as connector:
            _read(hub, source, stream, outcome, connector)
        if outcome.status == "running":
            outcome.status = "partly" if outcome.rejected else "succeeded"
    except HubError as error:
        _fail(outcome, Cancelled(run_id) if asked() else error)
    except Exception as error:
        # A fault in a plugin must end its run, not the hub. Its text may hold a person's data.
        log.error("run %s of %s/%s broke: %s", run_id, source.name, stream, where(error))
        text = (
            "De koppeling maakte een onverwachte fout. Er is niets gewijzigd na de laatste goede "
            "groep records. Meld dit aan de maker van de koppeling."
        )
        _fail(outcome, ContractError(text, f"unexpected {type(error).__name__}"))
    with hub.engine.begin() as connection:
        _write_run(connection, outcome, ended_at=hub.clock.now())
        take_note(connection, hub, source, outcome)
    return outcome


def take_in(
    hub: Hub, source: Source, connector: Connector, stream: Stream, batch: Batch, outcome: Outcome
) -> None:
    """Take in one batch that reached us in another way than by reading, as a run of its own.

    Raises HubError when it cannot be kept; then nothing of it is.
    """
    work = _Work(hub, source, stream, connector, outcome)
    _commit_batch(work, checked_batch(connector, batch), moved=False)
    outcome.status = "partly" if outcome.rejected else "succeeded"
    outcome.message = work.notes.text()


def end_run(hub: Hub, outcome: Outcome) -> None:
    """Write down how a run ended."""
    with hub.engine.begin() as connection:
        _write_run(connection, outcome, ended_at=hub.clock.now())


def take_note(connection: Connection, hub: Hub, source: Source, outcome: Outcome) -> None:
    """Let patience and incidents hear how a run ended; plan another try where that may help."""
    if isinstance(outcome.error, Cancelled):
        return
    if outcome.error is None:
        went_well(connection, hub, source, "read")
    else:
        again_at = went_wrong(connection, hub, source, "read", outcome.error)
        if again_at is not None:
            _plan(connection, source.id, outcome.stream, again_at)
    if outcome.status == "held":
        open_incident(connection, hub, source.id, "held", outcome.message or "")
    elif not has_held(connection, source.id):
        solve_incident(connection, hub, source.id, "held")


def _fail(outcome: Outcome, error: HubError) -> None:
    # A plugin wrote these words, and they go to several tables.
    error.user, error.log = storable(error.user), storable(error.log)
    outcome.status = "cancelled" if isinstance(error, Cancelled) else "failed"
    outcome.message, outcome.log, outcome.error = error.user, error.log, error


def _read(hub: Hub, source: Source, name: str, outcome: Outcome, connector: Connector) -> None:
    stream = next((one for one in source.connector.streams if one.name == name), None)
    if stream is None:
        raise ContractError(f"De koppeling {source.connector.name} kent de stroom {name} niet.")
    work = _Work(hub, source, stream, connector, outcome)
    cursor = _open_stream(work)
    for batch in checked_batches(connector, name, cursor):
        _check_time(work)
        _commit_batch(work, batch, moved=batch.cursor not in (None, cursor))
        cursor = batch.cursor or cursor
        if batch.confirm is not None:
            batch.confirm()
        work.complete, work.caught_up = batch.complete, batch.caught_up
    _check_time(work)
    outcome.message = work.notes.text()
    _finish(work, cursor)


def _check_time(work: _Work) -> None:
    """Raise Cancelled when a person or the hub asked to stop, TransientError past the deadline."""
    context = work.connector.context
    if context.cancelled():
        raise Cancelled(work.outcome.run_id)
    if work.hub.clock.now() > context.deadline:
        raise TransientError(
            "Het lezen duurde te lang en is gestopt. Wat al was verwerkt, blijft staan.",
            f"run {work.outcome.run_id} passed its deadline",
        )


def _open_stream(work: _Work) -> Cursor | None:
    """Return where the stream stands, making its row at the first read."""
    source_id, name = work.place
    with work.hub.engine.begin() as connection:
        insert_new(connection, stream_table, [{"source_id": source_id, "name": name}])
        work.holding = has_held(connection, source_id, name)
        found: Cursor | None = connection.execute(
            select(stream_table.c.cursor).where(
                stream_table.c.source_id == source_id, stream_table.c.name == name
            )
        ).scalar_one()
        return found


def _commit_batch(work: _Work, batch: Batch, *, moved: bool) -> None:
    """Take in one batch: records, facts, cursor and counts in one transaction."""
    source_id, name = work.place
    before = work.outcome.counts()
    try:
        with work.hub.engine.begin() as connection:
            for records in _without_repeats(batch.records):
                _take_in(connection, work, records)
            if moved:
                connection.execute(
                    update(stream_table)
                    .where(stream_table.c.source_id == source_id, stream_table.c.name == name)
                    .values(cursor=batch.cursor)
                )
            _write_run(connection, work.outcome)
    except BaseException:
        # What was rolled back was not read: or the counts would not add up.
        vars(work.outcome).update(before)
        raise


def _without_repeats(records: list[Record]) -> Iterator[list[Record]]:
    """Split a batch where a key comes back, so that each delivery is handled in its turn."""
    part: dict[str, Record] = {}
    for one in records:
        if one.key in part:
            yield list(part.values())
            part = {}
        part[one.key] = one
    if part:
        yield list(part.values())


def _take_in(connection: Connection, work: _Work, records: list[Record]) -> None:
    outcome, version = work.outcome, work.stream.version
    known = find_landed(connection, *work.place, [one.key for one in records])
    outcome.read += len(records)
    fresh: list[tuple[Record, bytes]] = []
    for one in records:
        digest, old = raw_digest(one.raw, version), known.get(one.key)
        if old and _says_the_same(one, digest, old):
            outcome.unchanged += old.state != "rejected"
            outcome.rejected += old.state == "rejected"
        else:
            fresh.append((one, digest))
    work.seen.add([landed.id for landed in known.values()])
    if work.holding:
        found_again(connection, [landed.id for landed in known.values()])
    if fresh:
        _take_in_changes(connection, work, fresh, known)


def _says_the_same(one: Record, digest: bytes, old: Landed) -> bool:
    """Tell whether a record says what it said before: the same bytes, or gone while it was gone."""
    if one.deleted or old.state == "removed":
        return one.deleted and old.state == "removed"
    return old.digest == digest


def _take_in_changes(
    connection: Connection,
    work: _Work,
    fresh: list[tuple[Record, bytes]],
    known: dict[str, Landed],
) -> None:
    told: dict[str, list[Checked]] = {}
    faults: dict[str, tuple[bytes, list[str]]] = {}
    outcomes: dict[str, tuple[bytes, str]] = {}
    for one, digest in fresh:
        if not one.deleted:
            work.notes.unknown |= unknown_fields(work.connector, work.stream.name, one.raw)
        try:
            told[one.key] = [] if one.deleted else _parse(work, one)
            outcomes[one.key] = digest, "removed" if one.deleted else "applied"
        except RecordError as error:
            faults[one.key] = one.raw, [storable(text) for text in error.problems[:MOST_PROBLEMS]]
            outcomes[one.key] = digest, "rejected"
    rows = land(connection, work.place, work.outcome.run_id, outcomes, known)
    now = work.hub.clock.now()
    solve_rejects(connection, [rows[key] for key in outcomes if key in known], now)
    apply_facts(
        connection, work.hub, work.source.id, {rows[key]: facts for key, facts in told.items()}, now
    )
    rejected = {rows[key]: fault for key, fault in faults.items()}
    keep_rejects(connection, work.hub, work.outcome.run_id, rejected, work.stream.version, now)
    work.seen.add(rows.values())
    work.seen.drop(rows[one.key] for one, _ in fresh if one.deleted)
    work.outcome.applied += len(told)
    work.outcome.rejected += len(faults)


def _parse(work: _Work, one: Record) -> list[Checked]:
    if isinstance(one, Unkeyed):
        raise RecordError(one.problem)
    return parse_delivered(work.connector, work.stream.name, one.raw)


def _finish(work: _Work, cursor: Cursor | None) -> None:
    now = work.hub.clock.now()
    # A source whose clock is ahead must not seem to know the future.
    as_of = min(delivered_at(cursor) or now, now)
    with work.hub.engine.begin() as connection:
        snapshot = work.stream.mode == "snapshot"
        if snapshot and not (work.complete or work.caught_up):
            return
        work.outcome.as_of = as_of
        if snapshot and work.complete:
            overtake(connection, *work.place, work.outcome.run_id)
            if not _remove_vanished(connection, work, now):
                return
        heard(connection, work.source.id, work.stream.name, now, as_of)


def _remove_vanished(connection: Connection, work: _Work, now: datetime) -> bool:
    gone, total = vanished(connection, work.place, work.seen)
    allowed = work.hub.settings.shrink_percentage
    if total >= SHRINK_FROM and len(gone) * 100 > total * allowed:
        work.outcome.status = "held"
        work.outcome.message = (
            f"De levering mist {len(gone)} van de {total} bekende records; dat is meer dan "
            f"{allowed} procent. Er is niets verwijderd. Vraag de bron of dit klopt."
        )
        hold_back(connection, work.outcome.run_id, gone)
        return False
    for some in chunks(gone, 5000):
        drop_facts(connection, some, now)
        mark_removed(connection, work.outcome.run_id, some)
        solve_rejects(connection, some, now)
    work.outcome.removed = len(gone)
    return True


def _write_run(connection: Connection, outcome: Outcome, **values: Any) -> None:
    connection.execute(
        update(run_table)
        .where(run_table.c.id == outcome.run_id)
        .values(
            **outcome.counts(),
            status=outcome.status,
            message=outcome.message,
            log=outcome.log,
            as_of=outcome.as_of,
            **values,
        )
    )
