"""Versions of what people set, and requests of machines that must take effect once."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Moment

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("source", sa.Column("changes", sa.JSON(), server_default="[]", nullable=False))
    op.add_column(
        "rule_setting", sa.Column("version", sa.Integer(), server_default="1", nullable=False)
    )
    op.create_table(
        "once",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_once")),
        sa.UniqueConstraint("municipality", "key", name=op.f("uq_once_municipality_key")),
    )
    op.create_index(op.f("ix_once_at"), "once", ["at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_once_at"), table_name="once")
    op.drop_table("once")
    op.drop_column("rule_setting", "version")
    op.drop_column("source", "changes")
    op.drop_column("source", "version")
