"""Which field group a fact belongs to: by the register that told it and by its kind."""

from __future__ import annotations

#: The register of a source, by the role of its connector; a connector can name another.
REGISTER_OF_ROLE = {
    "creditor": "tax",
    "debt_help": "help",
    "register": "help",
    "exchange": "help",
    "covenant": "",
    "channel": "help",
}

#: The field group of each kind of fact, by register. What is not here is shown to nobody.
_GROUPS = {
    "tax": {
        "claim_statement": "tax_claim",
        "costs": "tax_costs",
        "claim_event": "tax_claim",
        "payment_plan": "plan",
        "remission": "remission",
        "contact": "contact",
        # That the tax office tried to reach somebody tells of a debt.
        "contact_attempt": "tax_claim",
        "bank_payment": "tax_costs",
        # What a debt helper tells the municipality as creditor; a notice says no more than that
        # collection pauses.
        "notice": "hold",
        "balance_request": "tax_claim",
        "balance_answer": "tax_claim",
        "arrangement": "plan",
        "message": "tax_costs",
        "hold": "hold",
    },
    "benefit": {
        "claim_statement": "benefit_claim",
        "costs": "benefit_claim",
        "claim_event": "benefit_claim",
        "payment_plan": "benefit_claim",
        "remission": "benefit_claim",
        "contact": "contact",
        "contact_attempt": "benefit_claim",
        "hold": "hold",
    },
    "help": {
        "claim_statement": "help_file",
        "costs": "help_file",
        "claim_event": "help_file",
        "payment_plan": "help_file",
        "remission": "help_file",
        "debt_case": "help_file",
        "register_entry": "help_file",
        "notice": "help_file",
        "balance_request": "help_file",
        "balance_answer": "help_file",
        "arrangement": "help_file",
        "contact": "contact",
        "contact_attempt": "help_file",
        "linked_case": "help_file",
        "message": "help_file",
        "hold": "hold",
    },
    "signal": {
        "claim_statement": "signal",
        "claim_event": "signal",
        "early_signal": "signal",
        "signal_case": "signal_result",
        "contact_attempt": "signal_result",
        "contact": "contact",
    },
}

#: The field groups of claims, of whatever register.
CLAIM_GROUPS = frozenset(
    kinds["claim_statement"] for kinds in _GROUPS.values() if "claim_statement" in kinds
)

#: What giving a command changes, and the sharing case it rests on (domain rules, 2.4); no case for
#: what goes to the resident, stays with the municipality, or carries opaque numbers alone.
COMMANDS = {
    "set_hold": ("hold", "F"),
    "lift_hold": ("hold", "F"),
    "register": ("help_file", "A"),
    "change": ("help_file", "A"),
    "deregister": ("help_file", "A"),
    "notice": ("help_file", "A"),
    "notice_plain": ("help_file", "A"),
    "balance_request": ("help_file", "A"),
    "inventory_request": ("help_file", "A"),
    "arrangement_request": ("help_file", "A"),
    "payment_proposal": ("help_file", "A"),
    "reconsideration": ("help_file", "A"),
    "agreed": ("help_file", "A"),
    "ended": ("help_file", "A"),
    "status": ("help_file", "A"),
    "administration_notice": ("help_file", "A"),
    "guarantee_assessment": ("help_file", "A"),
    "guarantee_request": ("help_file", "A"),
    "guarantee_takeover": ("help_file", "A"),
    "guarantee_end": ("help_file", "A"),
    "guarantee_payout": ("help_file", "A"),
    "guarantee_report": ("help_file", "A"),
    "notice_answer": ("tax_claim", "A"),
    "no_cooperation": ("tax_claim", "A"),
    "balance_answer": ("tax_claim", "A"),
    "consent_answer": ("tax_claim", "A"),
    "inventory_answer": ("tax_claim", "A"),
    "proposal_answer": ("tax_claim", "A"),
    "creditor_status": ("tax_claim", "A"),
    "status_request": ("tax_claim", "A"),
    "send_message": ("help_file", ""),
    "contact_moment": ("help_file", ""),
    "publish_event": ("help_file", ""),
}

#: Kinds of the timeline that are no event of a claim.
_MOMENTS = {
    "schuldhulp": "debt_case",
    "pauze": "hold",
    "register": "register_entry",
    "bericht": "notice",
}


def group_of(register: str, kind: str) -> str:
    """Return the field group of a kind of fact, empty for one that nobody may see."""
    return _GROUPS.get(register, {}).get(kind, "")


def group_of_moment(register: str, kind: str) -> str:
    """Return the field group of a line of the timeline."""
    return group_of(register, _MOMENTS.get(kind, "claim_event"))
