"""Who may see whom on which ground, who is signed in, two chained logs, and what is destroyed."""

import sqlalchemy as sa
from alembic import op

import hub.store.types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", hub.store.types.Moment(), nullable=False),
        sa.Column("trace_id", sa.String(length=32), nullable=False),
        sa.Column("span_id", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("machine", sa.Boolean(), nullable=False),
        sa.Column("attended", sa.Boolean(), nullable=False),
        sa.Column("role", sa.String(length=30), server_default="", nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("object", sa.String(length=160), server_default="", nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("ground", sa.String(length=300), server_default="", nullable=False),
        sa.Column("case_number", sa.String(length=120), server_default="", nullable=False),
        sa.Column("origin", sa.String(length=64), server_default="", nullable=False),
        sa.Column("result", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
        sa.UniqueConstraint(
            "municipality", "number", name=op.f("uq_audit_log_municipality_number")
        ),
    )
    op.create_index("ix_audit_log_actor", "audit_log", ["actor", "at"], unique=False)
    op.create_index("ix_audit_log_span", "audit_log", ["span_id"], unique=False)
    op.create_table(
        "chain",
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("log", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "log", name=op.f("pk_chain")),
    )
    op.create_table(
        "destruction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("record_class", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("proposed_at", hub.store.types.Moment(), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=True),
        sa.Column("decided_at", hub.store.types.Moment(), nullable=True),
        sa.Column("done_at", hub.store.types.Moment(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction")),
    )
    op.create_table(
        "indicator_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("pseudonym", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=60), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator_event")),
    )
    op.create_index("ix_indicator_event_kind", "indicator_event", ["kind", "on"], unique=False)
    op.create_table(
        "legal_ground",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("case", sa.String(length=1), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.String(length=120), nullable=False),
        sa.Column("recorded_at", hub.store.types.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_ground")),
    )
    op.create_table(
        "processing_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("trace_id", sa.String(length=32), nullable=False),
        sa.Column("span_id", sa.String(length=16), nullable=False),
        sa.Column("parent_span_id", sa.String(length=16), nullable=True),
        sa.Column("status", sa.String(length=5), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("started_at", hub.store.types.Moment(), nullable=False),
        sa.Column("ended_at", hub.store.types.Moment(), nullable=False),
        sa.Column("activity", sa.String(length=60), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("subject_type", sa.String(length=12), nullable=True),
        sa.Column("processor", sa.String(length=200), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_processing_log")),
        sa.UniqueConstraint(
            "municipality", "number", name=op.f("uq_processing_log_municipality_number")
        ),
    )
    op.create_index("ix_processing_log_resident", "processing_log", ["resident_id"], unique=False)
    op.create_table(
        "sign_in_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("previous_token", sa.String(length=64), nullable=True),
        sa.Column("rotated_at", hub.store.types.Moment(), nullable=False),
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("provider_session", sa.String(length=200), server_default="", nullable=False),
        sa.Column("started_at", hub.store.types.Moment(), nullable=False),
        sa.Column("seen_at", hub.store.types.Moment(), nullable=False),
        sa.Column("ends_at", hub.store.types.Moment(), nullable=False),
        sa.Column("origin", sa.String(length=64), server_default="", nullable=False),
        sa.Column("browser", sa.String(length=200), server_default="", nullable=False),
        sa.Column("ended_at", hub.store.types.Moment(), nullable=True),
        sa.Column("ended_by", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
        sa.UniqueConstraint("token", name=op.f("uq_sign_in_session_token")),
    )
    op.create_index("ix_sign_in_session_account", "sign_in_session", ["account"], unique=False)
    op.create_index(
        "ix_sign_in_session_previous", "sign_in_session", ["previous_token"], unique=False
    )
    op.create_table(
        "case_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("made_at", hub.store.types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_case_link_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_link")),
    )
    op.create_index("ix_case_link_resident", "case_link", ["resident_id"], unique=False)
    op.create_table(
        "destruction_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("destruction_id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=True),
        sa.Column("thing", sa.String(length=40), nullable=False),
        sa.Column("thing_id", sa.String(length=36), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("kept", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["destruction_id"], ["destruction.id"], name=op.f("fk_destruction_item_destruction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction_item")),
    )
    op.create_index(
        "ix_destruction_item_list", "destruction_item", ["destruction_id"], unique=False
    )
    op.create_table(
        "emergency",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("starts_at", hub.store.types.Moment(), nullable=False),
        sa.Column("ends_at", hub.store.types.Moment(), nullable=False),
        sa.Column("reviewed_by", sa.String(length=120), nullable=True),
        sa.Column("reviewed_at", hub.store.types.Moment(), nullable=True),
        sa.Column("verdict", sa.String(length=12), nullable=True),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_emergency_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency")),
    )
    op.create_index("ix_emergency_resident", "emergency", ["resident_id"], unique=False)
    op.create_table(
        "flag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("about", sa.String(length=200), server_default="", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=120), nullable=False),
        sa.Column("recorded_at", hub.store.types.Moment(), nullable=False),
        sa.Column("ended_by", sa.String(length=120), nullable=True),
        sa.Column("ended_at", hub.store.types.Moment(), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["resident.id"], name=op.f("fk_flag_resident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag")),
    )
    op.create_index("ix_flag_resident", "flag", ["resident_id"], unique=False)
    op.create_table(
        "permission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        sa.Column("resident_id", sa.String(length=32), nullable=False),
        sa.Column("text_version", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.String(length=120), nullable=False),
        sa.Column("recorded_at", hub.store.types.Moment(), nullable=False),
        sa.Column("withdrawn_by", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_permission_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permission")),
    )
    op.create_index("ix_permission_resident", "permission", ["resident_id"], unique=False)

    op.add_column("account", sa.Column("roles", sa.JSON(), server_default="[]", nullable=False))
    op.add_column(
        "account", sa.Column("kind", sa.String(length=10), server_default="demo", nullable=False)
    )
    op.add_column("account", sa.Column("ends_at", hub.store.types.Moment(), nullable=True))
    op.execute("""UPDATE account SET roles = '["debt_counsellor"]' WHERE role = 'caseworker'""")
    op.execute("""UPDATE account SET roles = '["administrator"]' WHERE role = 'administrator'""")
    op.drop_column("account", "role")
    # Two municipalities may know the same claim or finding, and never meet.
    op.execute("UPDATE claim SET natural_key = municipality || '/' || natural_key")
    op.drop_index("uq_finding_open", "finding")
    _unique_finding("municipality", "rule", "about", "key")
    incidents, alerts = _emptied()
    _create_incidents(sa.Column("source_id", sa.Integer()), *_NEW)
    op.create_index(
        "uq_incident_open_about",
        "incident",
        ["municipality", "about", "kind"],
        unique=True,
        sqlite_where=_ELSEWHERE,
        postgresql_where=_ELSEWHERE,
    )
    _filled(incidents, alerts)


_OPEN = sa.text("solved_at IS NULL")
_ELSEWHERE = sa.text("solved_at IS NULL AND source_id IS NULL")
_NEW = (
    sa.Column("about", sa.String(length=160), server_default="", nullable=False),
    sa.Column("solved_by", sa.String(length=120), nullable=True),
)


def _unique_finding(*columns: str) -> None:
    where = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_finding_open",
        "finding",
        list(columns),
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def _emptied() -> tuple[list[dict], list[dict]]:
    """Take both tables away and return their rows: SQLite cannot make a column optional."""
    bind = op.get_bind()
    found = []
    for name in ("incident", "alert"):
        rows = bind.execute(sa.text(f"SELECT * FROM {name} ORDER BY id")).mappings()  # noqa: S608
        found.append([dict(row) for row in rows])
    op.drop_table("alert")
    op.drop_table("incident")
    return found[0], found[1]


def _filled(incidents: list[dict], alerts: list[dict]) -> None:
    bind = op.get_bind()
    for name, rows in (("incident", incidents), ("alert", alerts)):
        for row in rows:
            columns, values = ", ".join(row), ", ".join(f":{column}" for column in row)
            put = f"INSERT INTO {name} ({columns}) VALUES ({values})"  # noqa: S608
            bind.execute(sa.text(put), row)
        if rows and bind.dialect.name == "postgresql":
            newest = max(row["id"] for row in rows)
            bind.execute(sa.select(sa.func.setval(f"{name}_id_seq", newest)))


def _create_incidents(*columns: sa.Column) -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=4), nullable=False),
        *columns,
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("opened_at", hub.store.types.Moment(), nullable=False),
        sa.Column("solved_at", hub.store.types.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_incident_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index(
        "uq_incident_open",
        "incident",
        ["source_id", "kind"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("moment", sa.String(length=8), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", hub.store.types.Moment(), nullable=False),
        sa.Column("sent_at", hub.store.types.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_alert_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint(
            "incident_id", "moment", "channel", name=op.f("uq_alert_incident_id_moment_channel")
        ),
    )


def downgrade() -> None:
    incidents, alerts = _emptied()
    kept = {row["id"] for row in incidents if row["source_id"] is not None}
    _create_incidents(sa.Column("source_id", sa.Integer(), nullable=False))
    lost = ("about", "solved_by")
    _filled(
        [{k: v for k, v in row.items() if k not in lost} for row in incidents if row["id"] in kept],
        [row for row in alerts if row["incident_id"] in kept],
    )
    op.drop_index("uq_finding_open", "finding")
    _unique_finding("rule", "about", "key")
    op.execute("UPDATE claim SET natural_key = substr(natural_key, 6)")
    op.add_column(
        "account",
        sa.Column("role", sa.String(length=20), server_default="caseworker", nullable=False),
    )
    # An emergency account has no place in the older hub, and must not become a lasting one.
    op.execute("DELETE FROM account WHERE kind <> 'demo'")
    op.execute(
        "UPDATE account SET role = 'administrator' "
        "WHERE CAST(roles AS TEXT) LIKE '[\"administrator\"%'"
    )
    for name in ("ends_at", "kind", "roles"):
        op.drop_column("account", name)
    for name in (
        "destruction_item",
        "permission",
        "flag",
        "emergency",
        "case_link",
        "sign_in_session",
        "processing_log",
        "legal_ground",
        "indicator_event",
        "destruction",
        "chain",
        "audit_log",
    ):
        op.drop_table(name)
