"""Findings with a life: who works on it, until when it rests, what was done with it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAMES = ("state", "assigned_to", "until", "reason", "version", "history")


def upgrade() -> None:
    columns = (
        sa.Column("state", sa.String(length=10), server_default="open", nullable=False),
        sa.Column("assigned_to", sa.String(length=120), server_default="", nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("history", sa.JSON(), server_default="[]", nullable=False),
    )
    for column in columns:
        op.add_column("finding", column)
    op.create_index("ix_finding_about", "finding", ["about", "rule"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_finding_about", table_name="finding")
    for name in reversed(NAMES):
        op.drop_column("finding", name)
