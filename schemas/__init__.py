"""The canonical records: the one language in which every connector tells what it read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marshmallow import ValidationError

from schemas.chain import (
    Arrangement,
    BalanceAnswer,
    BalanceRequest,
    Message,
    Notice,
    Participant,
)
from schemas.claim import (
    CLAIM_TYPES,
    EVENTS,
    STAGES,
    BankPayment,
    ClaimEvent,
    ClaimStatement,
    Payment,
    PaymentPlan,
    Remission,
)
from schemas.fields import RecordSchema, elfproef
from schemas.help import (
    PHASES,
    REGISTERS,
    DebtCase,
    EarlySignal,
    Hold,
    LinkedCase,
    RegisterEntry,
    SignalCase,
)
from schemas.person import Contact, ContactAttempt, Person

__all__ = [
    "CLAIM_TYPES",
    "EVENTS",
    "KINDS",
    "PHASES",
    "REGISTERS",
    "STAGES",
    "ValidationError",
    "elfproef",
    "problems",
]

#: The record of each kind of fact. Schemas are made once: making one costs more than a load.
KINDS: dict[str, RecordSchema] = {
    "person": Person(),
    "claim_statement": ClaimStatement(),
    "claim_event": ClaimEvent(),
    "payment": Payment(),
    "payment_plan": PaymentPlan(),
    "remission": Remission(),
    "debt_case": DebtCase(),
    "register_entry": RegisterEntry(),
    "participant": Participant(),
    "hold": Hold(),
    "notice": Notice(),
    "balance_request": BalanceRequest(),
    "balance_answer": BalanceAnswer(),
    "arrangement": Arrangement(),
    "message": Message(),
    "bank_payment": BankPayment(),
    "contact": Contact(),
    "contact_attempt": ContactAttempt(),
    "early_signal": EarlySignal(),
    "signal_case": SignalCase(),
    "linked_case": LinkedCase(),
}


def problems(error: ValidationError, kind: str) -> list[str]:
    """Return every problem of a validation error, each with its path: "hold.person.bsn …"."""
    return [f"{path} {text}" for path, text in _walk(error.messages, kind)]


def _walk(messages: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(messages, dict):
        for key, value in messages.items():
            yield from _walk(value, path if key == "_schema" else f"{path}.{key}")
    else:
        for text in messages:
            yield path, str(text)
