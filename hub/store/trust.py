"""Tables of trust: who may see whom on which ground, who is signed in, and who looked.

The two logs outlive what they tell of, so they refer to a resident by its opaque id, without a
foreign key. They are only added to: each row carries a keyed hash over itself and the row before
it, and `chain` holds where each log ends.
"""

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

from hub.store.types import SEALED, Moment, metadata

#: One consultation or mutation of one resident's data, in the shape of the Logboek
#: Dataverwerkingen. It holds no employee.
processing_log = Table(
    "processing_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("number", Integer, nullable=False),  # its place in the chain, from 1
    Column("trace_id", String(32), nullable=False),
    Column("span_id", String(16), nullable=False),
    Column("parent_span_id", String(16)),
    Column("status", String(5), nullable=False),  # Unset, Ok, Error
    Column("name", String(120), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("activity", String(60), nullable=False),  # entry in the processing register
    Column("resident_id", String(32)),
    # The BSN, or the resident's id where there is none.
    Column("subject", Text, info=SEALED),
    Column("subject_type", String(12)),  # BSN, inwoner
    Column("processor", String(200)),  # who called, when another application did
    Column("hash", String(64), nullable=False),
    UniqueConstraint("municipality", "number"),
)
Index("ix_processing_log_resident", processing_log.c.resident_id)

#: Who did it, joined to the processing log by the operation (`span_id`).
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("trace_id", String(32), nullable=False),
    Column("span_id", String(16), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("machine", Boolean, nullable=False),
    Column("attended", Boolean, nullable=False),  # False: nobody was watching
    Column("role", String(30), nullable=False, server_default=""),
    Column("action", String(40), nullable=False),
    Column("object", String(160), nullable=False, server_default=""),
    Column("groups", JSON, nullable=False),  # names of the field groups that were shown
    Column("ground", String(300), nullable=False, server_default=""),
    Column("case_number", String(120), nullable=False, server_default=""),
    Column("origin", String(64), nullable=False, server_default=""),  # address or terminal
    Column("result", String(10), nullable=False),  # allowed, refused, failed
    Column("reason", Text, nullable=False, server_default=""),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("municipality", "number"),
)
Index("ix_audit_log_span", audit_log.c.span_id)
Index("ix_audit_log_actor", audit_log.c.actor, audit_log.c.at)

#: Where each log ends: the number and the hash of its last row.
chain = Table(
    "chain",
    metadata,
    Column("municipality", String(4), primary_key=True),
    Column("log", String(12), primary_key=True),  # processing, audit
    Column("number", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

#: A resident who belongs to the caseload of a role by a case that a person recorded.
case_link = Table(
    "case_link",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("resident_id", ForeignKey("resident.id"), nullable=False),
    Column("role", String(30), nullable=False),
    Column("kind", String(20), nullable=False),  # application, accepted_offer, signal, claim
    Column("number", String(80), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date),
    Column("made_by", String(120), nullable=False),
    Column("made_at", Moment, nullable=False),
)
Index("ix_case_link_resident", case_link.c.resident_id)

#: What a resident agreed to share, with whom; withdrawing it closes the access that day.
permission = Table(
    "permission",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("resident_id", ForeignKey("resident.id"), nullable=False),
    Column("text_version", String(40), nullable=False),
    Column("channel", String(20), nullable=False),  # phone, desk, letter, e-mail, portal
    Column("groups", JSON, nullable=False),
    Column("roles", JSON, nullable=False),
    Column("given_on", Date, nullable=False),
    Column("withdrawn_on", Date),
    Column("recorded_by", String(120), nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("withdrawn_by", String(120)),
)
Index("ix_permission_resident", permission.c.resident_id)

#: A legal ground that this municipality recorded for one of the sharing cases A to H.
legal_ground = Table(
    "legal_ground",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("case", String(1), nullable=False),
    Column("title", String(300), nullable=False),  # the article and the decision
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date),
    Column("recorded_by", String(120), nullable=False),
    Column("recorded_at", Moment, nullable=False),
)

#: Broken glass: access to a resident outside the caseload, for a reason, reviewed afterwards.
emergency = Table(
    "emergency",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("resident_id", ForeignKey("resident.id"), nullable=False),
    Column("account", String(120), nullable=False),
    Column("role", String(30), nullable=False),
    Column("reason", Text, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("reviewed_by", String(120)),
    Column("reviewed_at", Moment),
    Column("verdict", String(12)),  # justified, unjustified
    Column("remark", Text, nullable=False, server_default=""),
)
Index("ix_emergency_resident", emergency.c.resident_id)

#: Somebody who is signed in. The browser holds a random token, the store only its digest.
sign_in_session = Table(
    "sign_in_session",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("token", String(64), nullable=False, unique=True),
    # The token before the last change, good for requests that were under way.
    Column("previous_token", String(64)),
    Column("rotated_at", Moment, nullable=False),
    Column("account", String(120), nullable=False),
    Column("title", String(200), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("method", String(10), nullable=False),  # oidc, demo, emergency
    Column("provider_session", String(200), nullable=False, server_default=""),
    Column("started_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("origin", String(64), nullable=False, server_default=""),
    Column("browser", String(200), nullable=False, server_default=""),
    Column("ended_at", Moment),
    Column("ended_by", String(120)),
)
Index("ix_sign_in_session_account", sign_in_session.c.account)
Index("ix_sign_in_session_previous", sign_in_session.c.previous_token)

#: What a resident says of the data (AVG 16, 18, 21); it travels with the overview.
flag = Table(
    "flag",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("resident_id", ForeignKey("resident.id"), nullable=False),
    Column("kind", String(12), nullable=False),  # correction, objection, restriction
    Column("about", String(200), nullable=False, server_default=""),
    Column("text", Text, nullable=False),
    Column("recorded_by", String(120), nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("ended_by", String(120)),
    Column("ended_at", Moment),
    Column("outcome", Text, nullable=False, server_default=""),
)
Index("ix_flag_resident", flag.c.resident_id)

#: A list of what may be destroyed; a person approves it before anything goes.
destruction = Table(
    "destruction",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("record_class", String(40), nullable=False),
    Column("status", String(10), nullable=False),  # proposed, approved, refused, done
    Column("proposed_at", Moment, nullable=False),
    Column("decided_by", String(120)),
    Column("decided_at", Moment),
    Column("done_at", Moment),
    Column("counts", JSON, nullable=False),  # rows per table that went
)

destruction_item = Table(
    "destruction_item",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("destruction_id", ForeignKey("destruction.id"), nullable=False),
    Column("resident_id", String(32)),
    Column("thing", String(40), nullable=False),  # the table
    Column("thing_id", Integer, nullable=False),
    Column("ended_on", Date, nullable=False),  # when its term began
    Column("due_on", Date, nullable=False),  # when its term was over
    Column("kept", Boolean, nullable=False, server_default=text("false")),
)
Index("ix_destruction_item_list", destruction_item.c.destruction_id)

#: What survives destruction: events without a person, for the indicators.
indicator_event = Table(
    "indicator_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("pseudonym", String(64), nullable=False),
    Column("kind", String(60), nullable=False),
    Column("on", Date, nullable=False),
    Column("owner", String(40), nullable=False),
    Column("amount", Integer),
    Column("code", String(60), nullable=False, server_default=""),
)
Index("ix_indicator_event_kind", indicator_event.c.kind, indicator_event.c.on)
