"""Who a person is, which claim is meant, who acts together, and what two people do at once."""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NO_BSN = sa.text("bsn_hash IS NULL")
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
MERGED = sa.text("merged_into IS NOT NULL")


def upgrade() -> None:
    _matching()
    _judging()
    _linking()
    _acting()
    _merging()
    _races()


def downgrade() -> None:
    _undo_races()
    _undo_merging()
    _undo_acting()
    _undo_linking()
    _undo_judging()
    _undo_matching()


def _matching() -> None:
    """Who a person without BSN may be: models, limits, candidates, and what people said of them."""
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


def _undo_matching() -> None:
    for table in ("match_candidate", "match_setting", "match_model"):
        op.drop_table(table)
    op.drop_index("ix_person_birth", "person")
    op.drop_index("ix_person_address", "person")
    op.drop_index("ix_subject_stranger", "subject")
    op.drop_column("subject", "dropout")


def _judging() -> None:
    """Indexes from which rules start, and what a full pass has to know of the ones before."""
    op.add_column("resident", sa.Column("judged_at", Moment()))
    op.add_column("reconciliation", sa.Column("rules", sa.String(length=64)))
    op.add_column("reconciliation", sa.Column("drift", sa.JSON()))
    for name, table, columns, condition in INDEXES:
        few = sa.text(condition) if condition else None
        op.create_index(name, table, columns, sqlite_where=few, postgresql_where=few)


def _undo_judging() -> None:
    for name, table, *_ in INDEXES:
        op.drop_index(name, table)
    op.drop_column("reconciliation", "drift")
    op.drop_column("reconciliation", "rules")
    op.drop_column("resident", "judged_at")


def _said() -> list[sa.Column]:
    return [
        sa.Column("link_method", sa.String(length=20)),
        sa.Column("link_score", sa.Float()),
        sa.Column("linked_by", sa.String(length=10)),
        sa.Column("original_creditor", sa.String(length=200), server_default="", nullable=False),
        sa.Column("original_reference", sa.String(length=64), server_default="", nullable=False),
        sa.Column("collective", sa.Boolean(), server_default=sa.false(), nullable=False),
    ]


def _linking() -> None:
    """How a statement came to its claim, what a person said of it, and totals of several claims."""
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


def _undo_linking() -> None:
    op.drop_table("claim_link")
    for column in reversed(_said()):
        op.drop_column("claim_statement", column.name)


def _acting() -> None:
    """Acting together: flows with their steps, a second pair of eyes, and the reasons of a hold."""
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


def _undo_acting() -> None:
    for table in ("hold_reason", "flow_step", "flow_run", "flow_setting"):
        op.drop_table(table)


def _merging() -> None:
    """Two residents who turned out to be one: who went into whom, and what parts them again."""
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


def _undo_merging() -> None:
    op.drop_table("resident_merge")
    op.drop_index("ix_resident_merged", "resident")
    op.drop_column("resident", "merged_into")


def _races() -> None:
    """Versions of what people set, and requests of machines that must take effect once."""
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


def _undo_races() -> None:
    op.drop_index(op.f("ix_once_at"), table_name="once")
    op.drop_table("once")
    op.drop_column("rule_setting", "version")
    op.drop_column("source", "changes")
    op.drop_column("source", "version")
