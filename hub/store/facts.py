"""Tables of facts: what sources say, append-only, one table per kind of canonical record.

Every row tells who said it (`source_id`, `record_id`), about whom (`subject_id`, and
`resident_id` once known), since when the hub knew it (`received_at`) and until when that was the
last word (`superseded_at`, empty for what stands now). So "what did we know on 3 March" is the
rows received before and not superseded until then.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    and_,
    or_,
)

from hub.store.types import Moment, metadata

#: The tables by kind. A payment is an event of the claim, so both share a table.
FACTS: dict[str, Table] = {}


def _fact_table(name: str, *columns: Column[Any], kinds: tuple[str, ...] = ()) -> Table:
    table = Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        Column("source_id", ForeignKey("source.id"), nullable=False),
        Column("record_id", ForeignKey("record.id"), nullable=False),
        Column("key", String(160), nullable=False),
        Column("digest", LargeBinary(16), nullable=False),
        Column("subject_id", ForeignKey("subject.id")),
        Column("resident_id", ForeignKey("resident.id")),
        Column("received_at", Moment, nullable=False),
        Column("superseded_at", Moment),
        *columns,
    )
    Index(f"ix_{name}_record", table.c.record_id)
    Index(f"ix_{name}_resident", table.c.resident_id, table.c.superseded_at)
    Index(f"ix_{name}_subject", table.c.subject_id)
    for kind in kinds or (name,):
        FACTS[kind] = table
    return table


def standing(table: Any, at: datetime | None = None) -> ColumnElement[bool]:
    """Return the condition "this row stands", now or as the hub knew it at `at` (UTC)."""
    if at is None:
        return table.c.superseded_at.is_(None)
    return and_(
        table.c.received_at <= at,
        or_(table.c.superseded_at.is_(None), table.c.superseded_at > at),
    )


#: The claim itself: one debt, of which sources make statements.
claim = Table(
    "claim",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    # Municipality, creditor and number, or the source's own key where that number is unknown.
    Column("natural_key", String(240), nullable=False, unique=True),
    Column("creditor", String(200), nullable=False),
    Column("reference", String(64), nullable=False),
    Column("resident_id", ForeignKey("resident.id")),
    # The statement whose amount counts: the creditor's own where there is one.
    Column("statement_id", Integer),
    Column("created_at", Moment, nullable=False),
)
Index("ix_claim_resident", claim.c.resident_id)

claim_statement = _fact_table(
    "claim_statement",
    Column("claim_id", ForeignKey("claim.id")),
    Column("conversation", String(40), nullable=False),
    Column("creditor", String(40), nullable=False),
    Column("creditor_name", String(200), nullable=False),
    Column("creditor_kvk", String(8), nullable=False),
    Column("reference", String(64), nullable=False),
    Column("type", String(40), nullable=False),
    Column("description", String(2000), nullable=False),
    Column("tax_year", Integer),
    Column("principal", Integer),
    Column("costs", Integer),
    Column("interest", Integer),
    Column("paid", Integer),
    Column("open", Integer, nullable=False),
    Column("unit", Integer, nullable=False),
    Column("stage", String(20), nullable=False),
    Column("imposed_on", Date),
    Column("due_on", Date),
    Column("as_of", Date, nullable=False),
)
Index("ix_claim_statement_claim", claim_statement.c.claim_id, claim_statement.c.superseded_at)

claim_event = _fact_table(
    "claim_event",
    Column("claim", String(100), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("on", Date, nullable=False),
    Column("amount", Integer, nullable=False),  # change of the open balance, cents
    Column("description", String(500), nullable=False),
    kinds=("claim_event", "payment"),
)
Index("ix_claim_event_claim", claim_event.c.source_id, claim_event.c.claim)

payment_plan = _fact_table(
    "payment_plan",
    Column("claim", String(100), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date),
    Column("terms", Integer, nullable=False),
    Column("term_amount", Integer, nullable=False),
    Column("status", String(20), nullable=False),
)

remission = _fact_table(
    "remission",
    Column("claim", String(100), nullable=False),
    Column("requested_on", Date, nullable=False),
    Column("decided_on", Date),
    Column("outcome", String(20), nullable=False),
    Column("amount", Integer, nullable=False),
)

debt_case = _fact_table(
    "debt_case",
    Column("organisation", String(200), nullable=False),
    Column("phase", String(20), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("intake_on", Date),
    Column("plan_on", Date),
    Column("ends_on", Date),
    Column("end_reason", String(100), nullable=False),
)

register_entry = _fact_table(
    "register_entry",
    Column("register", String(20), nullable=False),
    Column("reference", String(64), nullable=False),
    Column("phase", String(20), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date),
)

hold = _fact_table(
    "hold",
    Column("creditor", String(40), nullable=False),
    Column("reference", String(64), nullable=False),
    Column("scope", String(100), nullable=False),
    Column("ground", String(100), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date),
    Column("confirmed_on", Date, nullable=False),
)

participant = _fact_table(
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
)


def _message_columns() -> list[Column[Any]]:
    return [
        Column("conversation", String(40), nullable=False),
        Column("direction", String(3), nullable=False),
        Column("party", String(40), nullable=False),
    ]


notice = _fact_table("notice", *_message_columns(), Column("sent_on", Date, nullable=False))

balance_request = _fact_table(
    "balance_request", *_message_columns(), Column("sent_on", Date, nullable=False)
)

balance_answer = _fact_table(
    "balance_answer",
    *_message_columns(),
    Column("answered_on", Date, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("total", Integer),
)
for _table in (notice, balance_request, balance_answer):
    Index(f"ix_{_table.name}_conversation", _table.c.conversation)
