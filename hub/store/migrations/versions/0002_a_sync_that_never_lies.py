"""Rejects to replay, held snapshots to release, patience, incidents, orders to pause."""

import sqlalchemy as sa
from alembic import op

import hub.store.types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expiry",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("ends_at", hub.store.types.Moment(), nullable=False),
        sa.Column("seen_at", hub.store.types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_expiry_source_id")),
        sa.PrimaryKeyConstraint("source_id", "what", name=op.f("pk_expiry")),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("opened_at", hub.store.types.Moment(), nullable=False),
        sa.Column("solved_at", hub.store.types.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_incident_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index(
        "uq_incident_open",
        "incident",
        ["source_id", "kind"],
        unique=True,
        sqlite_where=sa.text("solved_at IS NULL"),
        postgresql_where=sa.text("solved_at IS NULL"),
    )

    op.create_table(
        "patience",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=8), server_default="closed", nullable=False),
        sa.Column("until", hub.store.types.Moment(), nullable=True),
        sa.Column("asked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_patience_source_id")),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_patience")),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("moment", sa.String(length=8), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", hub.store.types.Moment(), nullable=False),
        sa.Column("sent_at", hub.store.types.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_alert_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint(
            "incident_id", "moment", "channel", name=op.f("uq_alert_incident_id_moment_channel")
        ),
    )
    op.create_table(
        "missing",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_missing_record_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_missing_run_id")),
        sa.PrimaryKeyConstraint("run_id", "record_id", name=op.f("pk_missing")),
    )
    op.create_index("ix_missing_record", "missing", ["record_id"], unique=False)

    op.add_column(
        "command", sa.Column("asked", sa.String(length=8), server_default="", nullable=False)
    )
    op.add_column("command", sa.Column("asked_by", sa.String(length=60), nullable=True))
    op.add_column("command", sa.Column("number", sa.Integer(), server_default="0", nullable=False))
    op.add_column("command", sa.Column("handled_by", sa.String(length=60), nullable=True))
    op.add_column("command", sa.Column("handled_at", hub.store.types.Moment(), nullable=True))

    op.add_column(
        "reject", sa.Column("mapping_version", sa.Integer(), server_default="1", nullable=False)
    )
    op.create_index("ix_reject_solved", "reject", ["solved_at"], unique=False)

    op.add_column(
        "run", sa.Column("kind", sa.String(length=8), server_default="read", nullable=False)
    )
    op.execute("UPDATE run SET kind = 'sent' WHERE stream = 'verzonden'")
    op.add_column("run", sa.Column("as_of", hub.store.types.Moment(), nullable=True))
    op.add_column(
        "run",
        sa.Column("cancel_asked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("run", sa.Column("decided_by", sa.String(length=60), nullable=True))
    op.add_column("run", sa.Column("decided_at", hub.store.types.Moment(), nullable=True))

    op.add_column("source", sa.Column("requests_per_minute", sa.Integer(), nullable=True))
    op.add_column(
        "source", sa.Column("reject_days", sa.Integer(), server_default="90", nullable=False)
    )


def downgrade() -> None:
    # What the older hub has no word for becomes the nearest thing it never acts upon.
    op.execute("UPDATE run SET status = 'succeeded' WHERE status = 'released'")
    op.execute("UPDATE run SET status = 'held' WHERE status IN ('refused', 'overtaken')")
    op.execute("UPDATE run SET status = 'failed' WHERE status = 'cancelled'")
    op.execute("UPDATE command SET state = 'cancelled' WHERE state = 'paused'")
    op.execute("UPDATE command SET state = 'refused' WHERE state = 'exhausted'")
    op.drop_index("ix_reject_solved", "reject")
    for table, columns in (
        ("source", ("reject_days", "requests_per_minute")),
        ("run", ("decided_at", "decided_by", "cancel_asked", "as_of", "kind")),
        ("reject", ("mapping_version",)),
        ("command", ("handled_at", "handled_by", "number", "asked_by", "asked")),
    ):
        for column in columns:
            op.drop_column(table, column)
    for name in ("missing", "alert", "patience", "incident", "expiry"):
        op.drop_table(name)
