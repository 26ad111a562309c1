"""Rules as a municipality sets them: switched off, or with other numbers."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rule_setting",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("knobs", sa.JSON(), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "rule", name=op.f("pk_rule_setting")),
    )


def downgrade() -> None:
    op.drop_table("rule_setting")
