"""Tables of acting together: flows that ran, their steps, and why collection is on hold where."""

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
)

from hub.store.types import Moment, metadata

#: What a municipality made of a flow: whether it is used, and whether a second person approves.
flow_setting = Table(
    "flow_setting",
    metadata,
    Column("municipality", String(4), primary_key=True),
    Column("flow", String(40), primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("four_eyes", Boolean, nullable=False),
    Column("changed_by", String(120), nullable=False),
    Column("changed_at", Moment, nullable=False),
)

#: One time that somebody asked for a flow; hub.flows.life has the states.
flow_run = Table(
    "flow_run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    # Of the form it was asked with: the same form twice is one run.
    Column("key", String(32), nullable=False),
    Column("flow", String(40), nullable=False),
    Column("resident_id", ForeignKey("resident.id"), nullable=False),
    # The finding from which it was asked; that may be destroyed before the run is.
    Column("finding_id", Integer),
    Column("state", String(12), nullable=False),  # asked, started, refused, withdrawn, stopped
    Column("asks", JSON, nullable=False),  # what the form told: reason, until
    Column("why", Text, nullable=False, server_default=""),
    Column("ground", String(300), nullable=False),
    Column("asked_by", String(120), nullable=False),
    Column("asked_at", Moment, nullable=False),
    # Who approved, refused or withdrew it; empty where no second person was needed.
    Column("decided_by", String(120)),
    Column("decided_at", Moment),
    Column("remark", Text, nullable=False, server_default=""),
    Column("stopped_by", String(120)),
    Column("stopped_at", Moment),
    UniqueConstraint("municipality", "key"),
)
Index("ix_flow_run_resident", flow_run.c.resident_id)
Index("ix_flow_run_state", flow_run.c.municipality, flow_run.c.state)

flow_step = Table(
    "flow_step",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("flow_run_id", ForeignKey("flow_run.id", ondelete="CASCADE"), nullable=False),
    Column("resident_id", ForeignKey("resident.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", String(40), nullable=False),  # of the command, sent or to be done by hand
    Column("creditor", String(200), nullable=False, server_default=""),
    Column("receiver", String(200), nullable=False),
    Column("way", String(8), nullable=False),  # send, hand, none, cancel
    Column("note", Text, nullable=False, server_default=""),
    # Without a foreign key: a command may be destroyed before the run is.
    Column("command_id", String(36)),
    Column("handled_by", String(120)),
    Column("handled_at", Moment),
)
Index("ix_flow_step_run", flow_step.c.flow_run_id)
Index("ix_flow_step_resident", flow_step.c.resident_id)
Index("ix_flow_step_command", flow_step.c.command_id)

#: Why collection rests at a creditor. The hold itself is one; it lasts as long as any reason.
hold_reason = Table(
    "hold_reason",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("resident_id", ForeignKey("resident.id"), nullable=False),
    Column("creditor", String(200), nullable=False),
    Column("reason", String(20), nullable=False),
    Column("until", Date, nullable=False),
    Column("run_id", Integer),
    Column("made_by", String(120), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("lifted_by", String(120)),
    Column("lifted_at", Moment),
    Column("lifted_run_id", Integer),
)
Index("ix_hold_reason_resident", hold_reason.c.resident_id)
