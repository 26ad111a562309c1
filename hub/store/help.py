"""Tables of help: debt cases, entries in registers, pauses of collection, early signals."""

from __future__ import annotations

from sqlalchemy import Column, Date, Integer, String

from hub.store.facts import fact_table, flag, listed, text

debt_case = fact_table(
    "debt_case",
    Column("organisation", String(200), nullable=False),
    Column("phase", String(20), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("intake_on", Date),
    Column("plan_on", Date),
    Column("ends_on", Date),
    Column("end_reason", String(100), nullable=False),
    text("reference", 64),
    Column("total", Integer),  # cents
    Column("unit", Integer, nullable=False, server_default="1"),
    text("solution", 40),
    Column("solution_on", Date),
    listed(),
)

register_entry = fact_table(
    "register_entry",
    Column("register", String(20), nullable=False),
    Column("reference", String(64), nullable=False),
    Column("phase", String(20), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date),
    text("kind", 60),
    text("party", 200),
    text("end_reason", 200),
    Column("destroy_on", Date),
    listed(),
)

hold = fact_table(
    "hold",
    Column("creditor", String(40), nullable=False),
    Column("reference", String(64), nullable=False),
    Column("scope", String(100), nullable=False),
    Column("ground", String(100), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date),
    Column("confirmed_on", Date, nullable=False),
)

#: Arrears that a partner reported, and the case in which signals of one address came together.
early_signal = fact_table(
    "early_signal",
    Column("reference", String(64), nullable=False),
    text("partner", 200),
    text("partner_type", 60),
    Column("amount", Integer),  # cents
    Column("unit", Integer, nullable=False, server_default="1"),
    Column("arisen_on", Date),
    Column("signalled_on", Date),
    flag("crisis"),
    flag("warm_handover"),
    text("status", 80),
    text("status_code", 120),
    listed(),
)

signal_case = fact_table(
    "signal_case",
    Column("reference", String(64), nullable=False),
    listed("signals"),
    Column("matched_on", Date),
    Column("period_starts_on", Date),
    Column("period_ends_on", Date),
    Column("taken_up_on", Date),
    text("result", 80),
    text("result_code", 120),
    # Why a signal was not taken up stays inside the municipality.
    text("internal_reason", 200),
    listed(),
)

#: A case in another system of the municipality.
linked_case = fact_table(
    "linked_case",
    Column("number", String(64), nullable=False),
    text("type", 120),
    text("title", 200),
    text("status", 120),
    Column("starts_on", Date),
    Column("ends_on", Date),
    listed(),
)
