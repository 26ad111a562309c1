"""Two residents who turned out to be one person: who went into whom, and what parts them again."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MERGED = sa.text("merged_into IS NOT NULL")


def upgrade() -> None:
    op.add_column("resident", sa.Column("merged_into", sa.String(length=32)))
    op.create_index(
        "ix_resident_merged",
        "resident",
        ["merged_into"],
        sqlite_where=MERGED,
        postgresql_where=MERGED,
    )
    op.create_table(
        "resident_merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("into_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("merged_by", sa.String(length=120), nullable=False),
        sa.Column("merged_at", Moment(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("split_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("split_by", sa.String(length=120)),
        sa.Column("split_at", Moment()),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_resident_merge_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["into_id"], ["resident.id"], name=op.f("fk_resident_merge_into_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_merge")),
    )
    op.create_index("ix_resident_merge_resident", "resident_merge", ["resident_id"])
    op.create_index("ix_resident_merge_into", "resident_merge", ["into_id"])


def downgrade() -> None:
    op.drop_table("resident_merge")
    op.drop_index("ix_resident_merged", "resident")
    op.drop_column("resident", "merged_into")
