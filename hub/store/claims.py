"""Tables of claims: what sources say of a debt, what happened to it, and how it is paid."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from hub.store.facts import fact_table, flag, listed, rare, text
from hub.store.types import Moment, metadata

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

claim_statement = fact_table(
    "claim_statement",
    Column("claim_id", ForeignKey("claim.id")),
    # How the statement came to its claim, how sure that is (0 to 1), and who decided.
    Column("link_method", String(20)),
    Column("link_score", Float),
    Column("linked_by", String(10)),
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
    text("payment_reference", 16),
    Column("limitation_on", Date),
    text("transferred_to", 200),
    text("original_creditor", 200),
    text("original_reference", 64),
    flag("collective"),
    listed("lines"),
    flag("disputed"),
    flag("direct_debit"),
    listed(),
)
Index("ix_claim_statement_payment", claim_statement.c.payment_reference)
Index("ix_claim_statement_claim", claim_statement.c.claim_id, claim_statement.c.superseded_at)
# To find the statement of an event, which tells the source's key of the claim. The key comes
# first: by source alone, all statements of a creditor would look like a good place to start.
Index("ix_claim_statement_key", claim_statement.c.key, claim_statement.c.source_id)
_open = "superseded_at IS NULL AND open > 0"
rare("ix_claim_statement_stage", _open, claim_statement.c.stage)
rare("ix_claim_statement_due", _open, claim_statement.c.due_on)
rare(
    "ix_claim_statement_lapse",
    f"{_open} AND limitation_on IS NOT NULL",
    claim_statement.c.limitation_on,
)
rare("ix_claim_statement_costs", f"{_open} AND costs > 0", claim_statement.c.costs)
rare(
    "ix_claim_statement_transfer",
    f"{_open} AND transferred_to <> ''",
    claim_statement.c.transferred_to,
)

#: What is known of a statement and a claim beside its own: that it may be the same debt, that the
#: statement is a total over it, and what a person said of the two.
claim_link = Table(
    "claim_link",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("municipality", String(4), nullable=False),
    Column("resident_id", ForeignKey("resident.id"), nullable=False),
    # The statement by what its source calls it, so that the next version of it is known too.
    Column("source_id", ForeignKey("source.id"), nullable=False),
    Column("key", String(160), nullable=False),
    Column("claim_id", ForeignKey("claim.id"), nullable=False),
    # Which two registers tell of it: who works with both is asked. See hub.reconcile.linking.
    Column("registers", String(20), nullable=False, server_default=""),
    Column("score", Float),
    # Per feature: the degree that was found and its weight in bits.
    Column("weights", JSON, nullable=False, server_default="{}"),
    Column("asked", Boolean, nullable=False, server_default=false()),
    Column("covered", Boolean, nullable=False, server_default=false()),
    Column("verdict", String(10)),  # linked or refused, by a person
    Column("decided_by", String(120)),
    Column("decided_at", Moment),
    Column("reason", Text, nullable=False, server_default=""),
    UniqueConstraint("source_id", "key", "claim_id"),
)
Index("ix_claim_link_resident", claim_link.c.resident_id)
Index("ix_claim_link_claim", claim_link.c.claim_id)

claim_event = fact_table(
    "claim_event",
    Column("claim", String(100), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("on", Date, nullable=False),
    Column("amount", Integer, nullable=False),  # change of the open balance, cents
    Column("description", String(500), nullable=False),
    kinds=("claim_event", "payment"),
)
Index("ix_claim_event_claim", claim_event.c.source_id, claim_event.c.claim)
rare("ix_claim_event_kind", "superseded_at IS NULL", claim_event.c.kind)

payment_plan = fact_table(
    "payment_plan",
    Column("claim", String(100), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date),
    Column("terms", Integer, nullable=False),
    Column("term_amount", Integer, nullable=False),
    Column("status", String(20), nullable=False),
    flag("direct_debit"),
    Column("missed", Integer),
    listed("installments"),
    listed(),
)

remission = fact_table(
    "remission",
    Column("claim", String(100), nullable=False),
    Column("requested_on", Date, nullable=False),
    Column("decided_on", Date),
    Column("outcome", String(20), nullable=False),
    Column("amount", Integer, nullable=False),
    listed(),
)

Index("ix_payment_plan_claim", payment_plan.c.source_id, payment_plan.c.claim)
Index("ix_remission_claim", remission.c.source_id, remission.c.claim)

#: Money on a bank account, known by the payment reference that it carries.
bank_payment = fact_table(
    "bank_payment",
    Column("payment_reference", String(16), nullable=False),
    Column("on", Date, nullable=False),
    Column("amount", Integer, nullable=False),  # cents; negative when it went back
    Column("account", String(34), nullable=False),
    text("bank_reference", 64),
    Column("kind", String(10), nullable=False),
)
Index("ix_bank_payment_reference", bank_payment.c.payment_reference)

#: How somebody can be reached, as one source knows it.
contact = fact_table(
    "contact",
    Column("kind", String(10), nullable=False),
    Column("value", String(200), nullable=False),
    text("origin", 100),
    Column("permitted", Boolean),
    Column("noted_on", Date),
)

#: An attempt to reach somebody about a claim or a signal; `about` is that one's key.
contact_attempt = fact_table(
    "contact_attempt",
    text("about", 100),
    Column("on", Date, nullable=False),
    text("part_of_day", 20),
    text("channel", 40),
    Column("reached", Boolean),
    text("note", 500),
)
