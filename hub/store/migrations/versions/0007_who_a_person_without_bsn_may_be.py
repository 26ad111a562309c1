"""Who a person without BSN may be: models, thresholds, candidates and what people said of them."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NO_BSN = sa.text("bsn_hash IS NULL")


def upgrade() -> None:
    op.add_column("subject", sa.Column("dropout", sa.String(length=20)))
    op.create_index(
        "ix_subject_stranger",
        "subject",
        ["municipality"],
        sqlite_where=NO_BSN,
        postgresql_where=NO_BSN,
    )
    op.create_index("ix_person_address", "person", ["postcode", "house_number"])
    op.create_index("ix_person_birth", "person", ["birth_date"])
    op.create_table(
        "match_model",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("frequencies", sa.JSON(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("trained_by", sa.String(length=120), nullable=False),
        sa.Column("trained_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_model")),
        sa.UniqueConstraint(
            "municipality", "version", name=op.f("uq_match_model_municipality_version")
        ),
    )
    op.create_table(
        "match_setting",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("lower", sa.Float(), nullable=False),
        sa.Column("upper", sa.Float(), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("municipality", name=op.f("pk_match_setting")),
    )
    _candidates()


def _candidates() -> None:
    op.create_table(
        "match_candidate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("register", sa.String(length=20), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("weights", sa.JSON(), nullable=False),
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.String(length=20)),
        sa.Column("decided_by", sa.String(length=120)),
        sa.Column("decided_at", Moment()),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_match_candidate_subject_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_match_candidate_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_candidate")),
        sa.UniqueConstraint(
            "subject_id", "resident_id", name=op.f("uq_match_candidate_subject_id_resident_id")
        ),
    )
    op.create_index("ix_match_candidate_resident", "match_candidate", ["resident_id"])


def downgrade() -> None:
    for table in ("match_candidate", "match_setting", "match_model"):
        op.drop_table(table)
    op.drop_index("ix_person_birth", "person")
    op.drop_index("ix_person_address", "person")
    op.drop_index("ix_subject_stranger", "subject")
    op.drop_column("subject", "dropout")
