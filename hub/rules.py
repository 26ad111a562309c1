"""What a plugin that brings rules imports: what a rule is, the tables, and what rules share.

A rule is data and one select; see docs/plugins/rules.md for one from beginning to end.
"""

from __future__ import annotations

from hub.connector import hookimpl
from hub.reconcile.engine import Facts, Knob, Rule, Scope
from hub.reconcile.rules.common import (
    COERCION,
    PRESSING,
    active_case,
    after,
    by_event,
    by_reference,
    claims,
    is_open,
    of_claim,
    running,
    steps,
    told,
    working_days_after,
)
from hub.store import (
    FACTS,
    claim,
    claim_event,
    debt_case,
    early_signal,
    hold,
    payment_plan,
    register_entry,
    remission,
    standing,
)

__all__ = [
    "COERCION",
    "FACTS",
    "PRESSING",
    "Facts",
    "Knob",
    "Rule",
    "Scope",
    "active_case",
    "after",
    "by_event",
    "by_reference",
    "claim",
    "claim_event",
    "claims",
    "debt_case",
    "early_signal",
    "hold",
    "hookimpl",
    "is_open",
    "of_claim",
    "payment_plan",
    "register_entry",
    "remission",
    "running",
    "standing",
    "steps",
    "told",
    "working_days_after",
]
