"""Tables of people: residents as the hub knows them, subjects as sources name them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from hub.store.facts import rare
from hub.store.types import SEALED, Moment, metadata

resident = Table(
    "resident",
    metadata,
    Column("id", String(32), primary_key=True),  # random: it stands in URLs
    Column("municipality", String(4), nullable=False),
    Column("bsn", Text, info=SEALED),
    Column("bsn_hash", String(64)),
    Column("created_at", Moment, nullable=False),
    # When this resident was last judged alone; a pass over everybody leaves no trace here.
    Column("judged_at", Moment),
    # The resident that this one turned out to be. Its own row stays: by its BSN, and by its number
    # in addresses and logs, one still comes to the other.
    Column("merged_into", String(32)),
    UniqueConstraint("municipality", "bsn_hash"),
)
# Few are merged, and they are looked for by whom they went into.
Index(
    "ix_resident_merged",
    resident.c.merged_into,
    sqlite_where=resident.c.merged_into.is_not(None),
    postgresql_where=resident.c.merged_into.is_not(None),
)

#: Two residents that a person said are one, and what it takes to part them again.
resident_merge = Table(
    "resident_merge",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("resident_id", ForeignKey("resident.id"), nullable=False),  # the one that went
    Column("into_id", ForeignKey("resident.id"), nullable=False),  # the one that stayed
    Column("reason", Text, nullable=False),
    Column("merged_by", String(120), nullable=False),
    Column("merged_at", Moment, nullable=False),
    # Which rows went along, by table, and what they were: see hub.reconcile.merging. Emptied when
    # they are back.
    Column("moved", JSON, nullable=False),
    Column("split_reason", Text, nullable=False, server_default=""),
    Column("split_by", String(120)),
    Column("split_at", Moment),
)
Index("ix_resident_merge_resident", resident_merge.c.resident_id)
Index("ix_resident_merge_into", resident_merge.c.into_id)

subject = Table(
    "subject",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("source_id", ForeignKey("source.id"), nullable=False),
    Column("key", String(64), nullable=False),  # keyed hash of what the source identifies by
    Column("bsn", Text, info=SEALED),
    Column("bsn_hash", String(64)),
    Column("resident_id", ForeignKey("resident.id")),
    # How this subject was linked to its resident, how sure that is, and who decided.
    Column("method", String(20)),
    Column("score", Float),
    Column("decided_by", String(60)),
    # Why a subject without BSN was not linked: see hub.reconcile.matching.decide.
    Column("dropout", String(20)),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("source_id", "key"),
)

Index("ix_subject_resident", subject.c.resident_id)
Index("ix_subject_bsn", subject.c.municipality, subject.c.bsn_hash)
# Those without BSN are few, and looked for whenever somebody new arrives.
Index(
    "ix_subject_stranger",
    subject.c.municipality,
    sqlite_where=subject.c.bsn_hash.is_(None),
    postgresql_where=subject.c.bsn_hash.is_(None),
)

#: What a source says about a person, kept with its history: the current row has no `until`.
person = Table(
    "person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject_id", ForeignKey("subject.id"), nullable=False),
    Column("initials", String(40), nullable=False),
    Column("prefix", String(20), nullable=False),
    Column("surname", String(200), nullable=False),
    Column("surname_key", String(200), nullable=False),  # folded for search
    Column("birth_date", Date),
    Column("street", String(200), nullable=False),
    Column("house_number", String(10), nullable=False),
    Column("addition", String(10), nullable=False),
    Column("postcode", String(7), nullable=False),
    Column("city", String(200), nullable=False),
    Column("phone", String(40), nullable=False),
    Column("email", String(200), nullable=False),
    Column("first_names", String(200), nullable=False, server_default=""),
    Column("gender", String(10), nullable=False, server_default=""),
    Column("deceased_on", Date),
    Column("registered_in", String(4), nullable=False, server_default=""),
    # What is known of a birth date of which only a part is known: "1980" or "1980-05".
    Column("birth_date_text", String(10), nullable=False, server_default=""),
    Column("secret", Boolean, nullable=False, server_default=false()),
    Column("details", JSON, nullable=False, server_default="{}"),
    Column("received_at", Moment, nullable=False),
    Column("superseded_at", Moment),
)

Index("ix_person_subject", person.c.subject_id, person.c.superseded_at)
Index("ix_person_name", person.c.surname_key, person.c.birth_date)
# People without BSN are looked for where they live and by when they were born.
Index("ix_person_address", person.c.postcode, person.c.house_number)
Index("ix_person_birth", person.c.birth_date)
rare(
    "ix_person_deceased", "superseded_at IS NULL AND deceased_on IS NOT NULL", person.c.deceased_on
)

#: What training made of the Splink settings: how much each likeness weighs, with a version.
match_model = Table(
    "match_model",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("version", Integer, nullable=False),
    Column("settings", JSON, nullable=False),
    # How common each of the commonest surnames is, as a share of all.
    Column("frequencies", JSON, nullable=False),
    Column("population", Integer, nullable=False),
    Column("trained_by", String(120), nullable=False),
    Column("trained_at", Moment, nullable=False),
    UniqueConstraint("municipality", "version"),
)

#: From which score the hub links by itself, and from which a person is asked.
match_setting = Table(
    "match_setting",
    metadata,
    Column("municipality", String(4), primary_key=True),
    Column("lower", Float, nullable=False),
    Column("upper", Float, nullable=False),
    Column("changed_by", String(120), nullable=False),
    Column("changed_at", Moment, nullable=False),
)

#: A resident whom a subject without BSN may be, how alike they are, and what a person said of it.
match_candidate = Table(
    "match_candidate",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject_id", ForeignKey("subject.id"), nullable=False),
    Column("resident_id", ForeignKey("resident.id"), nullable=False),
    # The register that tells of the subject: who works with it is asked.
    Column("register", String(20), nullable=False),
    Column("score", Float, nullable=False),
    # Per comparison: the degree that was found and its weight in bits.
    Column("weights", JSON, nullable=False),
    Column("model_version", Integer, nullable=False),
    # Whether the hub asks a person about this pair.
    Column("asked", Boolean, nullable=False),
    Column("verdict", String(20)),  # linked or refused, by a person
    Column("decided_by", String(120)),
    Column("decided_at", Moment),
    Column("reason", Text, nullable=False, server_default=""),
    UniqueConstraint("subject_id", "resident_id"),
)

Index("ix_match_candidate_resident", match_candidate.c.resident_id)

#: Subjects that changed and wait for reconciliation; written with the change itself.
changed = Table(
    "changed",
    metadata,
    Column("subject_id", ForeignKey("subject.id"), primary_key=True),
    Column("marked_at", Moment, nullable=False, server_default=text("CURRENT_TIMESTAMP")),
)
