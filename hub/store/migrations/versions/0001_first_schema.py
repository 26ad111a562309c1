"""The first schema."""

import sqlalchemy as sa
from alembic import op

import hub.store.types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("(true)"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("municipality", "name", name=op.f("uq_account_municipality_name")),
    )
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("started_at", hub.store.types.Moment(), nullable=False),
        sa.Column("ended_at", hub.store.types.Moment(), nullable=False),
        sa.Column("full", sa.Boolean(), nullable=False),
        sa.Column("residents", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
    )
    op.create_table(
        "resident",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("bsn", sa.Text(), nullable=True),
        sa.Column("bsn_hash", sa.String(length=64), nullable=True),
        sa.Column("created_at", hub.store.types.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident")),
        sa.UniqueConstraint(
            "municipality", "bsn_hash", name=op.f("uq_resident_municipality_bsn_hash")
        ),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("connector", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("(true)"), nullable=False),
        sa.Column("interval_minutes", sa.Integer(), nullable=False),
        sa.Column("max_age_hours", sa.Integer(), nullable=False),
        sa.Column("created_at", hub.store.types.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("municipality", "name", name=op.f("uq_source_municipality_name")),
    )
    op.create_table(
        "claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("natural_key", sa.String(length=240), nullable=False),
        sa.Column("creditor", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("statement_id", sa.Integer(), nullable=True),
        sa.Column("created_at", hub.store.types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_claim_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("natural_key", name=op.f("uq_claim_natural_key")),
    )
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.create_index("ix_claim_resident", ["resident_id"], unique=False)

    op.create_table(
        "command",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("ground", sa.String(length=200), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("created_at", hub.store.types.Moment(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", hub.store.types.Moment(), nullable=False),
        sa.Column("ended_at", hub.store.types.Moment(), nullable=True),
        sa.Column("reference", sa.String(length=120), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_command_resident_id")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_command_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_command")),
    )
    with op.batch_alter_table("command", schema=None) as batch_op:
        batch_op.create_index("ix_command_due", ["state", "next_at"], unique=False)
        batch_op.create_index("ix_command_resident", ["resident_id"], unique=False)

    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("about", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("opened_at", hub.store.types.Moment(), nullable=False),
        sa.Column("closed_at", hub.store.types.Moment(), nullable=True),
        sa.Column("closed_by", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_finding_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index("ix_finding_resident", ["resident_id", "closed_at"], unique=False)
        batch_op.create_index(
            "uq_finding_open",
            ["rule", "about", "key"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "look",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("at", hub.store.types.Moment(), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("ground", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_look_resident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look")),
    )
    with op.batch_alter_table("look", schema=None) as batch_op:
        batch_op.create_index("ix_look_resident", ["resident_id"], unique=False)

    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(length=60), nullable=False),
        sa.Column("planned_at", hub.store.types.Moment(), nullable=False),
        sa.Column("started_at", hub.store.types.Moment(), nullable=True),
        sa.Column("ended_at", hub.store.types.Moment(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("read", sa.Integer(), server_default="0", nullable=False),
        sa.Column("applied", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rejected", sa.Integer(), server_default="0", nullable=False),
        sa.Column("removed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("log", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_run_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint(
            "source_id", "stream", "planned_at", name=op.f("uq_run_source_id_stream_planned_at")
        ),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index("ix_run_latest", ["source_id", "stream", "id"], unique=False)
        batch_op.create_index(
            "ix_run_waiting",
            ["status"],
            unique=False,
            sqlite_where=sa.text("status = 'planned'"),
            postgresql_where=sa.text("status = 'planned'"),
        )

    op.create_table(
        "stream",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("cursor", sa.JSON(), nullable=True),
        sa.Column("heard_at", hub.store.types.Moment(), nullable=True),
        sa.Column("as_of", hub.store.types.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_stream_source_id")),
        sa.PrimaryKeyConstraint("source_id", "name", name=op.f("pk_stream")),
    )
    op.create_table(
        "subject",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("bsn", sa.Text(), nullable=True),
        sa.Column("bsn_hash", sa.String(length=64), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("method", sa.String(length=20), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("decided_by", sa.String(length=60), nullable=True),
        sa.Column("created_at", hub.store.types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_subject_resident_id")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_subject_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject")),
        sa.UniqueConstraint("source_id", "key", name=op.f("uq_subject_source_id_key")),
    )
    with op.batch_alter_table("subject", schema=None) as batch_op:
        batch_op.create_index("ix_subject_bsn", ["municipality", "bsn_hash"], unique=False)
        batch_op.create_index("ix_subject_resident", ["resident_id"], unique=False)

    op.create_table(
        "changed",
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column(
            "marked_at",
            hub.store.types.Moment(),
            server_default=sa.text("(CURRENT_TIMESTAMP)"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_changed_subject_id")),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_changed")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("initials", sa.String(length=40), nullable=False),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("surname", sa.String(length=200), nullable=False),
        sa.Column("surname_key", sa.String(length=200), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("street", sa.String(length=200), nullable=False),
        sa.Column("house_number", sa.String(length=10), nullable=False),
        sa.Column("addition", sa.String(length=10), nullable=False),
        sa.Column("postcode", sa.String(length=7), nullable=False),
        sa.Column("city", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_person_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index("ix_person_name", ["surname_key", "birth_date"], unique=False)
        batch_op.create_index("ix_person_subject", ["subject_id", "superseded_at"], unique=False)

    op.create_table(
        "record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_record_run_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_record_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
        sa.UniqueConstraint(
            "source_id", "stream", "key", name=op.f("uq_record_source_id_stream_key")
        ),
    )
    op.create_table(
        "balance_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("conversation", sa.String(length=40), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("party", sa.String(length=40), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_balance_answer_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_balance_answer_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_balance_answer_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_balance_answer_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_balance_answer")),
    )
    with op.batch_alter_table("balance_answer", schema=None) as batch_op:
        batch_op.create_index("ix_balance_answer_conversation", ["conversation"], unique=False)
        batch_op.create_index("ix_balance_answer_record", ["record_id"], unique=False)
        batch_op.create_index(
            "ix_balance_answer_resident", ["resident_id", "superseded_at"], unique=False
        )
        batch_op.create_index("ix_balance_answer_subject", ["subject_id"], unique=False)

    op.create_table(
        "balance_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("conversation", sa.String(length=40), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("party", sa.String(length=40), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_balance_request_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_balance_request_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_balance_request_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_balance_request_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_balance_request")),
    )
    with op.batch_alter_table("balance_request", schema=None) as batch_op:
        batch_op.create_index("ix_balance_request_conversation", ["conversation"], unique=False)
        batch_op.create_index("ix_balance_request_record", ["record_id"], unique=False)
        batch_op.create_index(
            "ix_balance_request_resident", ["resident_id", "superseded_at"], unique=False
        )
        batch_op.create_index("ix_balance_request_subject", ["subject_id"], unique=False)

    op.create_table(
        "claim_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("claim", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_claim_event_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_claim_event_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_claim_event_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_claim_event_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_event")),
    )
    with op.batch_alter_table("claim_event", schema=None) as batch_op:
        batch_op.create_index("ix_claim_event_claim", ["source_id", "claim"], unique=False)
        batch_op.create_index("ix_claim_event_record", ["record_id"], unique=False)
        batch_op.create_index(
            "ix_claim_event_resident", ["resident_id", "superseded_at"], unique=False
        )
        batch_op.create_index("ix_claim_event_subject", ["subject_id"], unique=False)

    op.create_table(
        "claim_statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("conversation", sa.String(length=40), nullable=False),
        sa.Column("creditor", sa.String(length=40), nullable=False),
        sa.Column("creditor_name", sa.String(length=200), nullable=False),
        sa.Column("creditor_kvk", sa.String(length=8), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("description", sa.String(length=2000), nullable=False),
        sa.Column("tax_year", sa.Integer(), nullable=True),
        sa.Column("principal", sa.Integer(), nullable=True),
        sa.Column("costs", sa.Integer(), nullable=True),
        sa.Column("interest", sa.Integer(), nullable=True),
        sa.Column("paid", sa.Integer(), nullable=True),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("imposed_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_claim_statement_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_claim_statement_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_claim_statement_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_claim_statement_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_claim_statement_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_statement")),
    )
    with op.batch_alter_table("claim_statement", schema=None) as batch_op:
        batch_op.create_index(
            "ix_claim_statement_claim", ["claim_id", "superseded_at"], unique=False
        )
        batch_op.create_index("ix_claim_statement_record", ["record_id"], unique=False)
        batch_op.create_index(
            "ix_claim_statement_resident", ["resident_id", "superseded_at"], unique=False
        )
        batch_op.create_index("ix_claim_statement_subject", ["subject_id"], unique=False)

    op.create_table(
        "debt_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("intake_on", sa.Date(), nullable=True),
        sa.Column("plan_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_debt_case_record_id")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_debt_case_resident_id")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_debt_case_source_id")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_debt_case_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debt_case")),
    )
    with op.batch_alter_table("debt_case", schema=None) as batch_op:
        batch_op.create_index("ix_debt_case_record", ["record_id"], unique=False)
        batch_op.create_index(
            "ix_debt_case_resident", ["resident_id", "superseded_at"], unique=False
        )
        batch_op.create_index("ix_debt_case_subject", ["subject_id"], unique=False)

    op.create_table(
        "hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("creditor", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=100), nullable=False),
        sa.Column("ground", sa.String(length=100), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_hold_record_id")),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_hold_resident_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_hold_source_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_hold_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.create_index("ix_hold_record", ["record_id"], unique=False)
        batch_op.create_index("ix_hold_resident", ["resident_id", "superseded_at"], unique=False)
        batch_op.create_index("ix_hold_subject", ["subject_id"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("conversation", sa.String(length=40), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("party", sa.String(length=40), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_notice_record_id")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_notice_resident_id")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_notice_source_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_notice_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index("ix_notice_conversation", ["conversation"], unique=False)
        batch_op.create_index("ix_notice_record", ["record_id"], unique=False)
        batch_op.create_index("ix_notice_resident", ["resident_id", "superseded_at"], unique=False)
        batch_op.create_index("ix_notice_subject", ["subject_id"], unique=False)

    op.create_table(
        "participant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("covenant", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("kvk", sa.String(length=8), nullable=False),
        sa.Column("skp_id", sa.String(length=36), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("prior_consent", sa.Boolean(), nullable=False),
        sa.Column("pause_days", sa.Integer(), nullable=False),
        sa.Column("hold_confirm_working_days", sa.Integer(), nullable=False),
        sa.Column("balance_working_days", sa.Integer(), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_participant_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_participant_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_participant_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_participant_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
    )
    with op.batch_alter_table("participant", schema=None) as batch_op:
        batch_op.create_index("ix_participant_record", ["record_id"], unique=False)
        batch_op.create_index(
            "ix_participant_resident", ["resident_id", "superseded_at"], unique=False
        )
        batch_op.create_index("ix_participant_subject", ["subject_id"], unique=False)

    op.create_table(
        "payment_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("claim", sa.String(length=100), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("terms", sa.Integer(), nullable=False),
        sa.Column("term_amount", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_payment_plan_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_payment_plan_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_payment_plan_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_payment_plan_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_plan")),
    )
    with op.batch_alter_table("payment_plan", schema=None) as batch_op:
        batch_op.create_index("ix_payment_plan_record", ["record_id"], unique=False)
        batch_op.create_index(
            "ix_payment_plan_resident", ["resident_id", "superseded_at"], unique=False
        )
        batch_op.create_index("ix_payment_plan_subject", ["subject_id"], unique=False)

    op.create_table(
        "register_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("register", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_register_entry_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_register_entry_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_register_entry_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_register_entry_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_entry")),
    )
    with op.batch_alter_table("register_entry", schema=None) as batch_op:
        batch_op.create_index("ix_register_entry_record", ["record_id"], unique=False)
        batch_op.create_index(
            "ix_register_entry_resident", ["resident_id", "superseded_at"], unique=False
        )
        batch_op.create_index("ix_register_entry_subject", ["subject_id"], unique=False)

    op.create_table(
        "reject",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("rejected_at", hub.store.types.Moment(), nullable=False),
        sa.Column("solved_at", hub.store.types.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_reject_record_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_reject_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reject")),
    )
    with op.batch_alter_table("reject", schema=None) as batch_op:
        batch_op.create_index("ix_reject_record", ["record_id"], unique=False)
        batch_op.create_index("ix_reject_run", ["run_id"], unique=False)

    op.create_table(
        "remission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("claim", sa.String(length=100), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_remission_record_id")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_remission_resident_id")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_remission_source_id")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_remission_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remission")),
    )
    with op.batch_alter_table("remission", schema=None) as batch_op:
        batch_op.create_index("ix_remission_record", ["record_id"], unique=False)
        batch_op.create_index(
            "ix_remission_resident", ["resident_id", "superseded_at"], unique=False
        )
        batch_op.create_index("ix_remission_subject", ["subject_id"], unique=False)


def downgrade() -> None:

    with op.batch_alter_table("remission", schema=None) as batch_op:
        batch_op.drop_index("ix_remission_subject")
        batch_op.drop_index("ix_remission_resident")
        batch_op.drop_index("ix_remission_record")

    op.drop_table("remission")
    with op.batch_alter_table("reject", schema=None) as batch_op:
        batch_op.drop_index("ix_reject_run")
        batch_op.drop_index("ix_reject_record")

    op.drop_table("reject")
    with op.batch_alter_table("register_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_register_entry_subject")
        batch_op.drop_index("ix_register_entry_resident")
        batch_op.drop_index("ix_register_entry_record")

    op.drop_table("register_entry")
    with op.batch_alter_table("payment_plan", schema=None) as batch_op:
        batch_op.drop_index("ix_payment_plan_subject")
        batch_op.drop_index("ix_payment_plan_resident")
        batch_op.drop_index("ix_payment_plan_record")

    op.drop_table("payment_plan")
    with op.batch_alter_table("participant", schema=None) as batch_op:
        batch_op.drop_index("ix_participant_subject")
        batch_op.drop_index("ix_participant_resident")
        batch_op.drop_index("ix_participant_record")

    op.drop_table("participant")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index("ix_notice_subject")
        batch_op.drop_index("ix_notice_resident")
        batch_op.drop_index("ix_notice_record")
        batch_op.drop_index("ix_notice_conversation")

    op.drop_table("notice")
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.drop_index("ix_hold_subject")
        batch_op.drop_index("ix_hold_resident")
        batch_op.drop_index("ix_hold_record")

    op.drop_table("hold")
    with op.batch_alter_table("debt_case", schema=None) as batch_op:
        batch_op.drop_index("ix_debt_case_subject")
        batch_op.drop_index("ix_debt_case_resident")
        batch_op.drop_index("ix_debt_case_record")

    op.drop_table("debt_case")
    with op.batch_alter_table("claim_statement", schema=None) as batch_op:
        batch_op.drop_index("ix_claim_statement_subject")
        batch_op.drop_index("ix_claim_statement_resident")
        batch_op.drop_index("ix_claim_statement_record")
        batch_op.drop_index("ix_claim_statement_claim")

    op.drop_table("claim_statement")
    with op.batch_alter_table("claim_event", schema=None) as batch_op:
        batch_op.drop_index("ix_claim_event_subject")
        batch_op.drop_index("ix_claim_event_resident")
        batch_op.drop_index("ix_claim_event_record")
        batch_op.drop_index("ix_claim_event_claim")

    op.drop_table("claim_event")
    with op.batch_alter_table("balance_request", schema=None) as batch_op:
        batch_op.drop_index("ix_balance_request_subject")
        batch_op.drop_index("ix_balance_request_resident")
        batch_op.drop_index("ix_balance_request_record")
        batch_op.drop_index("ix_balance_request_conversation")

    op.drop_table("balance_request")
    with op.batch_alter_table("balance_answer", schema=None) as batch_op:
        batch_op.drop_index("ix_balance_answer_subject")
        batch_op.drop_index("ix_balance_answer_resident")
        batch_op.drop_index("ix_balance_answer_record")
        batch_op.drop_index("ix_balance_answer_conversation")

    op.drop_table("balance_answer")
    op.drop_table("record")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index("ix_person_subject")
        batch_op.drop_index("ix_person_name")

    op.drop_table("person")
    op.drop_table("changed")
    with op.batch_alter_table("subject", schema=None) as batch_op:
        batch_op.drop_index("ix_subject_resident")
        batch_op.drop_index("ix_subject_bsn")

    op.drop_table("subject")
    op.drop_table("stream")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_run_waiting",
            sqlite_where=sa.text("status = 'planned'"),
            postgresql_where=sa.text("status = 'planned'"),
        )
        batch_op.drop_index("ix_run_latest")

    op.drop_table("run")
    with op.batch_alter_table("look", schema=None) as batch_op:
        batch_op.drop_index("ix_look_resident")

    op.drop_table("look")
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_finding_open",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index("ix_finding_resident")

    op.drop_table("finding")
    with op.batch_alter_table("command", schema=None) as batch_op:
        batch_op.drop_index("ix_command_resident")
        batch_op.drop_index("ix_command_due")

    op.drop_table("command")
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.drop_index("ix_claim_resident")

    op.drop_table("claim")
    op.drop_table("source")
    op.drop_table("resident")
    op.drop_table("reconciliation")
    op.drop_table("account")
