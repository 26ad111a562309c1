"""Acting together: flows with their steps, a second pair of eyes, and the reasons of a hold."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flow_setting",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("flow", sa.String(length=40), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("four_eyes", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "flow", name=op.f("pk_flow_setting")),
    )
    _runs()
    _steps()
    _reasons()


def _runs() -> None:
    op.create_table(
        "flow_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("flow", sa.String(length=40), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("finding_id", sa.Integer()),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asks", sa.JSON(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("ground", sa.String(length=300), nullable=False),
        sa.Column("asked_by", sa.String(length=120), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("decided_by", sa.String(length=120)),
        sa.Column("decided_at", Moment()),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.Column("stopped_by", sa.String(length=120)),
        sa.Column("stopped_at", Moment()),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_flow_run_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_run")),
        sa.UniqueConstraint("municipality", "key", name=op.f("uq_flow_run_municipality_key")),
    )
    op.create_index("ix_flow_run_resident", "flow_run", ["resident_id"])
    op.create_index("ix_flow_run_state", "flow_run", ["municipality", "state"])


def _steps() -> None:
    op.create_table(
        "flow_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("flow_run_id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("creditor", sa.String(length=200), server_default="", nullable=False),
        sa.Column("receiver", sa.String(length=200), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("command_id", sa.String(length=36)),
        sa.Column("handled_by", sa.String(length=120)),
        sa.Column("handled_at", Moment()),
        sa.ForeignKeyConstraint(
            ["flow_run_id"],
            ["flow_run.id"],
            name=op.f("fk_flow_step_flow_run_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_flow_step_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_step")),
    )
    op.create_index("ix_flow_step_run", "flow_step", ["flow_run_id"])
    op.create_index("ix_flow_step_resident", "flow_step", ["resident_id"])
    op.create_index("ix_flow_step_command", "flow_step", ["command_id"])


def _reasons() -> None:
    op.create_table(
        "hold_reason",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("creditor", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("run_id", sa.Integer()),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("lifted_by", sa.String(length=120)),
        sa.Column("lifted_at", Moment()),
        sa.Column("lifted_run_id", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_hold_reason_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold_reason")),
    )
    op.create_index("ix_hold_reason_resident", "hold_reason", ["resident_id"])


def downgrade() -> None:
    for table in ("hold_reason", "flow_step", "flow_run", "flow_setting"):
        op.drop_table(table)
