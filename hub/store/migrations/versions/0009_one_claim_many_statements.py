"""How a statement came to its claim, what a person said of that, and totals over several claims."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _said() -> list[sa.Column]:
    return [
        sa.Column("link_method", sa.String(length=20)),
        sa.Column("link_score", sa.Float()),
        sa.Column("linked_by", sa.String(length=10)),
        sa.Column("original_creditor", sa.String(length=200), server_default="", nullable=False),
        sa.Column("original_reference", sa.String(length=64), server_default="", nullable=False),
        sa.Column("collective", sa.Boolean(), server_default=sa.false(), nullable=False),
    ]


def upgrade() -> None:
    for column in _said():
        op.add_column("claim_statement", column)
    op.create_table(
        "claim_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("registers", sa.String(length=20), server_default="", nullable=False),
        sa.Column("score", sa.Float()),
        sa.Column("weights", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("asked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("covered", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("verdict", sa.String(length=10)),
        sa.Column("decided_by", sa.String(length=120)),
        sa.Column("decided_at", Moment()),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [f"{other}_id"], [f"{other}.id"], name=op.f(f"fk_claim_link_{other}_id")
            )
            for other in ("resident", "source", "claim")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_link")),
        sa.UniqueConstraint(
            "source_id", "key", "claim_id", name=op.f("uq_claim_link_source_id_key_claim_id")
        ),
    )
    op.create_index("ix_claim_link_resident", "claim_link", ["resident_id"])
    op.create_index("ix_claim_link_claim", "claim_link", ["claim_id"])


def downgrade() -> None:
    op.drop_table("claim_link")
    for column in reversed(_said()):
        op.drop_column("claim_statement", column.name)
