"""Tables of the chain: who is bound by a covenant, and what parties write to each other."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Date, Index, Integer, String

from hub.store.facts import fact_table, listed, text

participant = fact_table(
    "participant",
    Column("covenant", String(40), nullable=False),
    Column("code", String(40), nullable=False),
    Column("name", String(200), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("kvk", String(8), nullable=False),
    Column("skp_id", String(36), nullable=False),
    Column("signed_on", Date, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("prior_consent", Boolean, nullable=False),
    Column("pause_days", Integer, nullable=False),
    Column("hold_confirm_working_days", Integer, nullable=False),
    Column("balance_working_days", Integer, nullable=False),
    Column("checked_on", Date),
    text("exclusions", 1000),
    text("obstacle", 500),
    text("note", 500),
)


def _message_columns() -> list[Column[Any]]:
    return [
        Column("conversation", String(40), nullable=False),
        Column("direction", String(3), nullable=False),
        Column("party", String(40), nullable=False),
    ]


notice = fact_table("notice", *_message_columns(), Column("sent_on", Date, nullable=False))

balance_request = fact_table(
    "balance_request", *_message_columns(), Column("sent_on", Date, nullable=False)
)

balance_answer = fact_table(
    "balance_answer",
    *_message_columns(),
    Column("answered_on", Date, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("total", Integer),
)

#: A proposal to pay, and what came of it.
arrangement = fact_table(
    "arrangement",
    *_message_columns(),
    Column("kind", String(10), nullable=False),
    Column("status", String(20), nullable=False),
    Column("on", Date, nullable=False),
    Column("percentage", Integer),  # hundredths of a per cent
    Column("amount", Integer),  # cents
    Column("claim_amount", Integer),  # cents
    Column("months", Integer),
    text("reason", 500),
    listed(),
)

#: Any other message, to or from a party, a resident or a case system.
message = fact_table(
    "message",
    text("conversation", 40),
    Column("direction", String(3), nullable=False),
    text("party", 40),
    Column("type", String(60), nullable=False),
    text("reference", 64),
    text("answers", 64),
    Column("sent_on", Date, nullable=False),
    Column("due_on", Date),
    text("status", 40),
    text("text", 2000),
    listed(),
)

for _table in (notice, balance_request, balance_answer, arrangement, message):
    Index(f"ix_{_table.name}_conversation", _table.c.conversation)
