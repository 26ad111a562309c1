"""The store: SQLAlchemy Core tables grouped by subject, the engine, migrations, bulk writes."""

from hub.store.facts import (
    FACTS,
    balance_answer,
    balance_request,
    claim,
    claim_event,
    claim_statement,
    debt_case,
    hold,
    notice,
    participant,
    payment_plan,
    register_entry,
    remission,
    standing,
)
from hub.store.people import changed, person, resident, subject
from hub.store.sources import record, reject, run, source, stream
from hub.store.types import metadata
from hub.store.work import account, command, finding, look, reconciliation

__all__ = [
    "FACTS",
    "account",
    "balance_answer",
    "balance_request",
    "changed",
    "claim",
    "claim_event",
    "claim_statement",
    "command",
    "debt_case",
    "finding",
    "hold",
    "look",
    "metadata",
    "notice",
    "participant",
    "payment_plan",
    "person",
    "reconciliation",
    "record",
    "register_entry",
    "reject",
    "remission",
    "resident",
    "run",
    "source",
    "standing",
    "stream",
    "subject",
]
