"""Tables of what people and rules do: findings, commands, accounts and the log of looks."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from hub.store.types import Moment, metadata

finding = Table(
    "finding",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("rule", String(60), nullable=False),
    # Empty for a finding about a source rather than a person.
    Column("resident_id", ForeignKey("resident.id")),
    Column("about", String(80), nullable=False),  # the resident or "source:<name>"
    Column("key", String(160), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("due_on", Date),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("closed_by", String(60)),
    # What people made of it; hub.reconcile.findings has the states and who may go where.
    Column("state", String(10), nullable=False, server_default="open"),
    Column("assigned_to", String(120), nullable=False, server_default=""),
    Column("until", Date),  # the day on which it is back, when it is postponed
    Column("reason", Text, nullable=False, server_default=""),
    # One more with every change, so that nobody overwrites what somebody else just did.
    Column("version", Integer, nullable=False, server_default="1"),
    Column("history", JSON, nullable=False, server_default="[]"),
)
# To find a finding that was closed before, when it is back.
Index("ix_finding_about", finding.c.about, finding.c.rule)
Index("ix_finding_resident", finding.c.resident_id, finding.c.closed_at)
Index("ix_finding_rule", finding.c.rule, finding.c.closed_at)
# A finding is open once; its history stays.
Index(
    "uq_finding_open",
    finding.c.municipality,
    finding.c.rule,
    finding.c.about,
    finding.c.key,
    unique=True,
    sqlite_where=text("closed_at IS NULL"),
    postgresql_where=text("closed_at IS NULL"),
)

command = Table(
    "command",
    metadata,
    Column("id", String(36), primary_key=True),  # also the idempotency key
    Column("source_id", ForeignKey("source.id"), nullable=False),
    Column("resident_id", ForeignKey("resident.id"), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("data", JSON, nullable=False),
    Column("ground", String(200), nullable=False),
    Column("created_by", String(60), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("state", String(12), nullable=False),
    # What a person asked of a command that was under way: pause, cancel, or nothing.
    Column("asked", String(8), nullable=False, server_default=""),
    Column("asked_by", String(60)),
    # The order in which commands were given, for registers that need it.
    Column("number", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("reference", String(120), nullable=False, server_default=""),
    Column("message", Text, nullable=False, server_default=""),
    # Who took note of a command that was refused or given up.
    Column("handled_by", String(60)),
    Column("handled_at", Moment),
)
Index("ix_command_resident", command.c.resident_id)
Index("ix_command_due", command.c.state, command.c.next_at)

#: Something that went wrong, from start to end: told once, however often it happens.
incident = Table(
    "incident",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    # Empty for what concerns the privacy officer: then `about` says whom or what it is about.
    Column("source_id", ForeignKey("source.id")),
    Column("about", String(160), nullable=False, server_default=""),
    Column("kind", String(20), nullable=False),
    Column("message", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("solved_at", Moment),
    Column("solved_by", String(120)),
)
Index(
    "uq_incident_open",
    incident.c.source_id,
    incident.c.kind,
    unique=True,
    sqlite_where=text("solved_at IS NULL"),
    postgresql_where=text("solved_at IS NULL"),
)
_elsewhere = text("solved_at IS NULL AND source_id IS NULL")
Index(
    "uq_incident_open_about",
    incident.c.municipality,
    incident.c.about,
    incident.c.kind,
    unique=True,
    sqlite_where=_elsewhere,
    postgresql_where=_elsewhere,
)

#: A message about an incident, per channel: written with the incident, sent after.
alert = Table(
    "alert",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident_id", ForeignKey("incident.id"), nullable=False),
    Column("moment", String(8), nullable=False),  # start, solved
    Column("channel", String(20), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Moment, nullable=False),
    Column("sent_at", Moment),
    UniqueConstraint("incident_id", "moment", "channel"),
)

#: What a municipality made of a rule: whether it is used, and with which numbers.
rule_setting = Table(
    "rule_setting",
    metadata,
    Column("municipality", String(4), primary_key=True),
    Column("rule", String(60), primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("knobs", JSON, nullable=False),
    Column("changed_by", String(120), nullable=False),
    Column("changed_at", Moment, nullable=False),
    # A rule that nobody set has no row, which counts as version 0.
    Column("version", Integer, nullable=False, server_default="1"),
)

#: A request that must take effect once, and its answer, for as long as it may come again. Both
#: the key and the request are keyed hashes; an answer tells nothing of a person.
once = Table(
    "once",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("key", String(64), nullable=False),
    Column("request", String(64), nullable=False),
    Column("answer", JSON),
    Column("at", Moment, nullable=False),
    UniqueConstraint("municipality", "key"),
)
Index("ix_once_at", once.c.at)

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("name", String(60), nullable=False),
    Column("title", String(200), nullable=False),
    Column("roles", JSON, nullable=False, server_default="[]"),
    # demo; emergency: for the day that the identity provider is down; api: for a program
    Column("kind", String(10), nullable=False, server_default="demo"),
    Column("password", Text, nullable=False),  # scrypt hash; of a token a digest
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("ends_at", Moment),
    UniqueConstraint("municipality", "name"),
)

#: The log of looks before there was a chained one; nothing is added to it any more.
look = Table(
    "look",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("at", Moment, nullable=False),
    Column("account", String(60), nullable=False),
    Column("ground", String(200), nullable=False),
    Column("action", String(40), nullable=False),  # search, overview, command
    Column("resident_id", ForeignKey("resident.id")),
)
Index("ix_look_resident", look.c.resident_id)

#: Each time findings were brought up to date; `full` passes judge every resident.
reconciliation = Table(
    "reconciliation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("full", Boolean, nullable=False),
    Column("residents", Integer, nullable=False),
    Column("opened", Integer, nullable=False),
    Column("closed", Integer, nullable=False),
    # Of a full pass: by which rules it judged, and per rule how many findings it opened or closed
    # that nothing explains. Empty when it could not tell.
    Column("rules", String(64)),
    Column("drift", JSON),
)
