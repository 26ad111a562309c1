"""What an order to an exchange between debt helpers and creditors carries, for contract checks."""

from __future__ import annotations

from typing import Any

_CLAIM = {
    "reference": "2026-00000",
    "percentage": 1250,
    "amount": 1250,
    "claim_amount": 10_000,
    "claim_type": "concurrent",
    "payment_reference": "1234567890123456",
    "sort": "openstaande schuld",
    "imposed_on": "2026-02-01",
    "principal": 10_000,
    "open": 7_500,
}

_TALK = {
    "party": "stad",
    "client_number": "c1",
    "creditor_number": "d1",
    "references": ["2026-00000"],
    "conversation": "0d5d1f5e-3a54-4b6e-9c79-7f6f0f5b8e11",
    "kind": "SB",
    "on": "2026-11-23",
    "claims": [_CLAIM],
    "accepted": True,
    "reason": "klant onbekend",
    # What was asked, where the answer is written beside it.
    "details": {
        "rijen": [
            {
                "ConversatieReferentienummer": "0d5d1f5e-3a54-4b6e-9c79-7f6f0f5b8e11",
                "Referentienummer": "SV-1",
                "Klant": "||||Proef|",
            }
        ]
    },
    "status": "in behandeling",
}

_LOAN = {
    "party": "stad",
    "loan_sort": "SK",
    "category": "100",
    "reference": "k-1",
    "contact_email": "krediet@voorbeeldstad.example",
    "postcode_area": "9999",
    "gross_loan": 500_000,
    "months": 36,
    "statistics": [{"code": "kredietdoel", "value": "sanering"}],
    "outstanding": 250_000,
    "paid_out_on": "2026-11-23",
    "on": "2026-11-23",
    "loan": {"bruto": 500_000, "netto": 450_000},
    "payments": {
        "last_on": "2026-11-01",
        "aflossing": 1_000,
        "kredietvergoeding": 100,
        "vertragingsrente": 0,
        "boeterente": 0,
    },
    "has_plan": True,
    "doubtful": False,
}

#: Messages of an exchange, to a creditor or to a debt helper.
AT_THE_EXCHANGE: dict[str, dict[str, Any]] = {
    **dict.fromkeys(
        (
            "notice_plain",
            "inventory_request",
            "payment_proposal",
            "reconsideration",
            "agreed",
            "ended",
            "status",
            "administration_notice",
            "notice_answer",
            "no_cooperation",
            "balance_answer",
            "consent_answer",
            "inventory_answer",
            "proposal_answer",
            "creditor_status",
            "status_request",
        ),
        _TALK,
    ),
    "arrangement_request": {**_TALK, "kind": "BR"},
    **dict.fromkeys(
        (
            "guarantee_assessment",
            "guarantee_request",
            "guarantee_takeover",
            "guarantee_end",
            "guarantee_payout",
            "guarantee_report",
        ),
        _LOAN,
    ),
}
