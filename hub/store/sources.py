"""Tables of connections and of what came through them: sources, runs, landed records, rejects."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    select,
    text,
)

from hub.store.types import SEALED, Moment, metadata

source = Table(
    "source",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("name", String(60), nullable=False),
    Column("title", String(200), nullable=False),
    Column("connector", String(60), nullable=False),
    Column("role", String(20), nullable=False),
    Column("owner", String(40), nullable=False),
    # The settings as JSON text, sealed as a whole: they hold credentials.
    Column("config", Text, nullable=False, info=SEALED),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("interval_minutes", Integer, nullable=False),
    Column("max_age_hours", Integer, nullable=False),
    # The most that may be asked of the other side in a minute; empty is without limit.
    Column("requests_per_minute", Integer),
    # How long a reject is kept after it was solved; an open one is kept until then.
    Column("reject_days", Integer, nullable=False, server_default="90"),
    # False for a source of which nothing is read: its silence means nothing.
    Column("speaks", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", Moment, nullable=False),
    # One more with every change by a person, so that nobody overwrites what somebody else set.
    Column("version", Integer, nullable=False, server_default="1"),
    # The last changes: version, at, by, and the names of what was set; never a value.
    Column("changes", JSON, nullable=False, server_default="[]"),
    UniqueConstraint("municipality", "name"),
)

#: How patient the hub is with a source that fails or asked to be left alone.
patience = Table(
    "patience",
    metadata,
    Column("source_id", ForeignKey("source.id"), primary_key=True),
    Column("failures", Integer, nullable=False, server_default="0"),
    # closed (all is well), open (nothing is asked until `until`; the attempt after that decides),
    # blocked (credentials refused: nothing is asked until a person has looked)
    Column("state", String(8), nullable=False, server_default="closed"),
    Column("until", Moment),
    # True when the source itself named the moment (Retry-After).
    Column("asked", Boolean, nullable=False, server_default=text("false")),
    Column("message", Text, nullable=False, server_default=""),
)

#: When a certificate or token of a source ends, as its last connection test saw it.
expiry = Table(
    "expiry",
    metadata,
    Column("source_id", ForeignKey("source.id"), primary_key=True),
    Column("what", String(60), primary_key=True),
    Column("ends_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)

stream = Table(
    "stream",
    metadata,
    Column("source_id", ForeignKey("source.id"), primary_key=True),
    Column("name", String(60), primary_key=True),
    Column("cursor", JSON),
    # When the other side was last heard completely, and as of which moment it spoke.
    Column("heard_at", Moment),
    Column("as_of", Moment),
)

run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_id", ForeignKey("source.id"), nullable=False),
    Column("stream", String(60), nullable=False),
    # read, replay, sent, received (an outside system called), entered (a person filled it in)
    Column("kind", String(8), nullable=False, server_default="read"),
    Column("planned_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    # planned, running; succeeded, partly (some rejected), failed, cancelled; held for a person,
    # then released, refused or overtaken by a newer delivery
    Column("status", String(12), nullable=False),
    Column("read", Integer, nullable=False, server_default="0"),
    Column("applied", Integer, nullable=False, server_default="0"),
    Column("unchanged", Integer, nullable=False, server_default="0"),
    Column("rejected", Integer, nullable=False, server_default="0"),
    Column("removed", Integer, nullable=False, server_default="0"),
    Column("message", Text),
    Column("log", Text),
    # As of which moment the source spoke, when it was read to its end.
    Column("as_of", Moment),
    Column("cancel_asked", Boolean, nullable=False, server_default=text("false")),
    # Who released or refused what a run held.
    Column("decided_by", String(60)),
    Column("decided_at", Moment),
    # A clock that runs double plans the same moment twice; the second one finds it taken.
    UniqueConstraint("source_id", "stream", "planned_at"),
)

Index("ix_run_latest", run.c.source_id, run.c.stream, run.c.id)
_waiting = text("status = 'planned'")
Index("ix_run_waiting", run.c.status, sqlite_where=_waiting, postgresql_where=_waiting)

record = Table(
    "record",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_id", ForeignKey("source.id"), nullable=False),
    Column("stream", String(60), nullable=False),
    Column("key", String(120), nullable=False),
    Column("digest", LargeBinary(16), nullable=False),
    Column("state", String(10), nullable=False),  # applied, rejected, removed
    Column("run_id", ForeignKey("run.id"), nullable=False),
    UniqueConstraint("source_id", "stream", "key"),
)

#: The records that a held snapshot lacks: nothing happens to them until a person decides.
missing = Table(
    "missing",
    metadata,
    Column("run_id", ForeignKey("run.id"), primary_key=True),
    Column("record_id", ForeignKey("record.id"), primary_key=True),
)
Index("ix_missing_record", missing.c.record_id)

reject = Table(
    "reject",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("record_id", ForeignKey("record.id"), nullable=False),
    Column("run_id", ForeignKey("run.id"), nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("raw", Text, nullable=False, info=SEALED),
    # The version of the mapping (Stream.version) that could not use it.
    Column("mapping_version", Integer, nullable=False, server_default="1"),
    Column("rejected_at", Moment, nullable=False),
    Column("solved_at", Moment),
)

Index("ix_reject_record", reject.c.record_id)
Index("ix_reject_run", reject.c.run_id)
Index("ix_reject_solved", reject.c.solved_at)


def own(table: Any, municipality: str) -> ColumnElement[bool]:
    """Return the condition that a row came from a source of this municipality.

    Several municipalities may share a store; whatever carries a source is somebody's.
    """
    mine = select(source.c.id).where(source.c.municipality == municipality)
    condition: ColumnElement[bool] = table.c.source_id.in_(mine)
    return condition
