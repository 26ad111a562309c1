"""Indexes from which rules start, and what a pass over everybody has to know of the ones before."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_OPEN = "superseded_at IS NULL AND open > 0"

#: Name, table, columns, and which rows stand in it.
INDEXES = (
    ("ix_claim_statement_key", "claim_statement", ["key", "source_id"], ""),
    ("ix_claim_statement_stage", "claim_statement", ["stage"], _OPEN),
    ("ix_claim_statement_due", "claim_statement", ["due_on"], _OPEN),
    (
        "ix_claim_statement_lapse",
        "claim_statement",
        ["limitation_on"],
        f"{_OPEN} AND limitation_on IS NOT NULL",
    ),
    ("ix_claim_statement_costs", "claim_statement", ["costs"], f"{_OPEN} AND costs > 0"),
    (
        "ix_claim_statement_transfer",
        "claim_statement",
        ["transferred_to"],
        f"{_OPEN} AND transferred_to <> ''",
    ),
    ("ix_claim_event_kind", "claim_event", ["kind"], "superseded_at IS NULL"),
    ("ix_payment_plan_claim", "payment_plan", ["source_id", "claim"], ""),
    ("ix_remission_claim", "remission", ["source_id", "claim"], ""),
    (
        "ix_person_deceased",
        "person",
        ["deceased_on"],
        "superseded_at IS NULL AND deceased_on IS NOT NULL",
    ),
    ("ix_finding_rule", "finding", ["rule", "closed_at"], ""),
)


def upgrade() -> None:
    op.add_column("resident", sa.Column("judged_at", Moment()))
    op.add_column("reconciliation", sa.Column("rules", sa.String(length=64)))
    op.add_column("reconciliation", sa.Column("drift", sa.JSON()))
    for name, table, columns, condition in INDEXES:
        few = sa.text(condition) if condition else None
        op.create_index(name, table, columns, sqlite_where=few, postgresql_where=few)


def downgrade() -> None:
    for name, table, *_ in INDEXES:
        op.drop_index(name, table)
    op.drop_column("reconciliation", "drift")
    op.drop_column("reconciliation", "rules")
    op.drop_column("resident", "judged_at")
