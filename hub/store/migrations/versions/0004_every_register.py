"""Every register of the chain: signals, arrangements, messages, bank payments, contact details."""

import sqlalchemy as sa
from alembic import op

import hub.store.types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "source", sa.Column("speaks", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    op.create_table(
        "arrangement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("conversation", sa.String(length=40), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("party", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("percentage", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("claim_amount", sa.Integer(), nullable=True),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), server_default="", nullable=False),
        sa.Column("details", sa.JSON(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_arrangement_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_arrangement_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_arrangement_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_arrangement_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrangement")),
    )
    op.create_index("ix_arrangement_conversation", "arrangement", ["conversation"], unique=False)
    op.create_index("ix_arrangement_record", "arrangement", ["record_id"], unique=False)
    op.create_index(
        "ix_arrangement_resident", "arrangement", ["resident_id", "superseded_at"], unique=False
    )
    op.create_index("ix_arrangement_subject", "arrangement", ["subject_id"], unique=False)
    op.create_table(
        "bank_payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("payment_reference", sa.String(length=16), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=34), nullable=False),
        sa.Column("bank_reference", sa.String(length=64), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_bank_payment_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_bank_payment_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_bank_payment_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_bank_payment_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_payment")),
    )
    op.create_index("ix_bank_payment_record", "bank_payment", ["record_id"], unique=False)
    op.create_index(
        "ix_bank_payment_reference", "bank_payment", ["payment_reference"], unique=False
    )
    op.create_index(
        "ix_bank_payment_resident", "bank_payment", ["resident_id", "superseded_at"], unique=False
    )
    op.create_index("ix_bank_payment_subject", "bank_payment", ["subject_id"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("origin", sa.String(length=100), server_default="", nullable=False),
        sa.Column("permitted", sa.Boolean(), nullable=True),
        sa.Column("noted_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_contact_record_id")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_contact_resident_id")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_contact_source_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_contact_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index("ix_contact_record", "contact", ["record_id"], unique=False)
    op.create_index(
        "ix_contact_resident", "contact", ["resident_id", "superseded_at"], unique=False
    )
    op.create_index("ix_contact_subject", "contact", ["subject_id"], unique=False)
    op.create_table(
        "contact_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("about", sa.String(length=100), server_default="", nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("part_of_day", sa.String(length=20), server_default="", nullable=False),
        sa.Column("channel", sa.String(length=40), server_default="", nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=True),
        sa.Column("note", sa.String(length=500), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_contact_attempt_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_contact_attempt_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_contact_attempt_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_contact_attempt_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_attempt")),
    )
    op.create_index("ix_contact_attempt_record", "contact_attempt", ["record_id"], unique=False)
    op.create_index(
        "ix_contact_attempt_resident",
        "contact_attempt",
        ["resident_id", "superseded_at"],
        unique=False,
    )
    op.create_index("ix_contact_attempt_subject", "contact_attempt", ["subject_id"], unique=False)
    op.create_table(
        "early_signal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("partner", sa.String(length=200), server_default="", nullable=False),
        sa.Column("partner_type", sa.String(length=60), server_default="", nullable=False),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("unit", sa.Integer(), server_default="1", nullable=False),
        sa.Column("arisen_on", sa.Date(), nullable=True),
        sa.Column("signalled_on", sa.Date(), nullable=True),
        sa.Column("crisis", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("warm_handover", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("status", sa.String(length=80), server_default="", nullable=False),
        sa.Column("status_code", sa.String(length=120), server_default="", nullable=False),
        sa.Column("details", sa.JSON(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_early_signal_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_early_signal_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_early_signal_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_early_signal_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_early_signal")),
    )
    op.create_index("ix_early_signal_record", "early_signal", ["record_id"], unique=False)
    op.create_index(
        "ix_early_signal_resident", "early_signal", ["resident_id", "superseded_at"], unique=False
    )
    op.create_index("ix_early_signal_subject", "early_signal", ["subject_id"], unique=False)
    op.create_table(
        "linked_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=120), server_default="", nullable=False),
        sa.Column("title", sa.String(length=200), server_default="", nullable=False),
        sa.Column("status", sa.String(length=120), server_default="", nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("details", sa.JSON(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_linked_case_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_linked_case_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_linked_case_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_linked_case_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_case")),
    )
    op.create_index("ix_linked_case_record", "linked_case", ["record_id"], unique=False)
    op.create_index(
        "ix_linked_case_resident", "linked_case", ["resident_id", "superseded_at"], unique=False
    )
    op.create_index("ix_linked_case_subject", "linked_case", ["subject_id"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("conversation", sa.String(length=40), server_default="", nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("party", sa.String(length=40), server_default="", nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("reference", sa.String(length=64), server_default="", nullable=False),
        sa.Column("answers", sa.String(length=64), server_default="", nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=40), server_default="", nullable=False),
        sa.Column("text", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("details", sa.JSON(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_message_record_id")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_message_resident_id")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_message_source_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_message_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index("ix_message_conversation", "message", ["conversation"], unique=False)
    op.create_index("ix_message_record", "message", ["record_id"], unique=False)
    op.create_index(
        "ix_message_resident", "message", ["resident_id", "superseded_at"], unique=False
    )
    op.create_index("ix_message_subject", "message", ["subject_id"], unique=False)
    op.create_table(
        "signal_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("received_at", hub.store.types.Moment(), nullable=False),
        sa.Column("superseded_at", hub.store.types.Moment(), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("signals", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("matched_on", sa.Date(), nullable=True),
        sa.Column("period_starts_on", sa.Date(), nullable=True),
        sa.Column("period_ends_on", sa.Date(), nullable=True),
        sa.Column("taken_up_on", sa.Date(), nullable=True),
        sa.Column("result", sa.String(length=80), server_default="", nullable=False),
        sa.Column("result_code", sa.String(length=120), server_default="", nullable=False),
        sa.Column("internal_reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("details", sa.JSON(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_signal_case_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_signal_case_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_signal_case_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_signal_case_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal_case")),
    )
    op.create_index("ix_signal_case_record", "signal_case", ["record_id"], unique=False)
    op.create_index(
        "ix_signal_case_resident", "signal_case", ["resident_id", "superseded_at"], unique=False
    )
    op.create_index("ix_signal_case_subject", "signal_case", ["subject_id"], unique=False)
    op.add_column(
        "claim_statement",
        sa.Column("payment_reference", sa.String(length=16), server_default="", nullable=False),
    )
    op.add_column("claim_statement", sa.Column("limitation_on", sa.Date(), nullable=True))
    op.add_column(
        "claim_statement",
        sa.Column("transferred_to", sa.String(length=200), server_default="", nullable=False),
    )
    op.add_column(
        "claim_statement", sa.Column("lines", sa.JSON(), server_default="[]", nullable=False)
    )
    op.add_column(
        "claim_statement",
        sa.Column("disputed", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "claim_statement",
        sa.Column("direct_debit", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "claim_statement", sa.Column("details", sa.JSON(), server_default="{}", nullable=False)
    )
    op.create_index(
        "ix_claim_statement_payment", "claim_statement", ["payment_reference"], unique=False
    )
    op.add_column(
        "debt_case", sa.Column("reference", sa.String(length=64), server_default="", nullable=False)
    )
    op.add_column("debt_case", sa.Column("total", sa.Integer(), nullable=True))
    op.add_column("debt_case", sa.Column("unit", sa.Integer(), server_default="1", nullable=False))
    op.add_column(
        "debt_case", sa.Column("solution", sa.String(length=40), server_default="", nullable=False)
    )
    op.add_column("debt_case", sa.Column("solution_on", sa.Date(), nullable=True))
    op.add_column("debt_case", sa.Column("details", sa.JSON(), server_default="{}", nullable=False))
    op.add_column(
        "participant",
        sa.Column("exclusions", sa.String(length=1000), server_default="", nullable=False),
    )
    op.add_column(
        "participant",
        sa.Column("obstacle", sa.String(length=500), server_default="", nullable=False),
    )
    op.add_column(
        "participant", sa.Column("note", sa.String(length=500), server_default="", nullable=False)
    )
    op.add_column(
        "payment_plan",
        sa.Column("direct_debit", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("payment_plan", sa.Column("missed", sa.Integer(), nullable=True))
    op.add_column(
        "payment_plan", sa.Column("installments", sa.JSON(), server_default="[]", nullable=False)
    )
    op.add_column(
        "payment_plan", sa.Column("details", sa.JSON(), server_default="{}", nullable=False)
    )
    op.add_column(
        "person", sa.Column("first_names", sa.String(length=200), server_default="", nullable=False)
    )
    op.add_column(
        "person", sa.Column("gender", sa.String(length=10), server_default="", nullable=False)
    )
    op.add_column("person", sa.Column("deceased_on", sa.Date(), nullable=True))
    op.add_column(
        "person", sa.Column("registered_in", sa.String(length=4), server_default="", nullable=False)
    )
    op.add_column(
        "person",
        sa.Column("birth_date_text", sa.String(length=10), server_default="", nullable=False),
    )
    op.add_column(
        "person", sa.Column("secret", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("person", sa.Column("details", sa.JSON(), server_default="{}", nullable=False))
    op.add_column(
        "register_entry", sa.Column("kind", sa.String(length=60), server_default="", nullable=False)
    )
    op.add_column(
        "register_entry",
        sa.Column("party", sa.String(length=200), server_default="", nullable=False),
    )
    op.add_column(
        "register_entry",
        sa.Column("end_reason", sa.String(length=200), server_default="", nullable=False),
    )
    op.add_column("register_entry", sa.Column("destroy_on", sa.Date(), nullable=True))
    op.add_column(
        "register_entry", sa.Column("details", sa.JSON(), server_default="{}", nullable=False)
    )
    op.add_column("remission", sa.Column("details", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    op.drop_column("remission", "details")
    op.drop_column("register_entry", "details")
    op.drop_column("register_entry", "destroy_on")
    op.drop_column("register_entry", "end_reason")
    op.drop_column("register_entry", "party")
    op.drop_column("register_entry", "kind")
    op.drop_column("person", "details")
    op.drop_column("person", "secret")
    op.drop_column("person", "birth_date_text")
    op.drop_column("person", "registered_in")
    op.drop_column("person", "deceased_on")
    op.drop_column("person", "gender")
    op.drop_column("person", "first_names")
    op.drop_column("payment_plan", "details")
    op.drop_column("payment_plan", "installments")
    op.drop_column("payment_plan", "missed")
    op.drop_column("payment_plan", "direct_debit")
    op.drop_column("participant", "note")
    op.drop_column("participant", "obstacle")
    op.drop_column("participant", "exclusions")
    op.drop_column("debt_case", "details")
    op.drop_column("debt_case", "solution_on")
    op.drop_column("debt_case", "solution")
    op.drop_column("debt_case", "unit")
    op.drop_column("debt_case", "total")
    op.drop_column("debt_case", "reference")
    op.drop_index("ix_claim_statement_payment", table_name="claim_statement")
    op.drop_column("claim_statement", "details")
    op.drop_column("claim_statement", "direct_debit")
    op.drop_column("claim_statement", "disputed")
    op.drop_column("claim_statement", "lines")
    op.drop_column("claim_statement", "transferred_to")
    op.drop_column("claim_statement", "limitation_on")
    op.drop_column("claim_statement", "payment_reference")
    op.drop_index("ix_signal_case_subject", table_name="signal_case")
    op.drop_index("ix_signal_case_resident", table_name="signal_case")
    op.drop_index("ix_signal_case_record", table_name="signal_case")
    op.drop_table("signal_case")
    op.drop_index("ix_message_subject", table_name="message")
    op.drop_index("ix_message_resident", table_name="message")
    op.drop_index("ix_message_record", table_name="message")
    op.drop_index("ix_message_conversation", table_name="message")
    op.drop_table("message")
    op.drop_index("ix_linked_case_subject", table_name="linked_case")
    op.drop_index("ix_linked_case_resident", table_name="linked_case")
    op.drop_index("ix_linked_case_record", table_name="linked_case")
    op.drop_table("linked_case")
    op.drop_index("ix_early_signal_subject", table_name="early_signal")
    op.drop_index("ix_early_signal_resident", table_name="early_signal")
    op.drop_index("ix_early_signal_record", table_name="early_signal")
    op.drop_table("early_signal")
    op.drop_index("ix_contact_attempt_subject", table_name="contact_attempt")
    op.drop_index("ix_contact_attempt_resident", table_name="contact_attempt")
    op.drop_index("ix_contact_attempt_record", table_name="contact_attempt")
    op.drop_table("contact_attempt")
    op.drop_index("ix_contact_subject", table_name="contact")
    op.drop_index("ix_contact_resident", table_name="contact")
    op.drop_index("ix_contact_record", table_name="contact")
    op.drop_table("contact")
    op.drop_index("ix_bank_payment_subject", table_name="bank_payment")
    op.drop_index("ix_bank_payment_resident", table_name="bank_payment")
    op.drop_index("ix_bank_payment_reference", table_name="bank_payment")
    op.drop_index("ix_bank_payment_record", table_name="bank_payment")
    op.drop_table("bank_payment")
    op.drop_index("ix_arrangement_subject", table_name="arrangement")
    op.drop_index("ix_arrangement_resident", table_name="arrangement")
    op.drop_index("ix_arrangement_record", table_name="arrangement")
    op.drop_index("ix_arrangement_conversation", table_name="arrangement")
    op.drop_table("arrangement")
    op.drop_column("source", "speaks")
