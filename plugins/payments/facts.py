"""From one transaction of a bank file to the payment that a claim can be known by."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from hub.connector import Fact, RecordError, read_xml
from plugins.payments.camt import (
    amount_of,
    cents_of,
    day_at,
    is_reversal,
    name_of,
    reference_of,
    text_at,
)

#: What the bank calls a direct debit that went back (ISO 20022 bank transaction codes).
_REVERSED_DEBITS = {"UPDD", "PRDD", "RCDD"}

#: Why a transaction went back: one of these is filled (RtrRsn is camt.052.001.01).
_REASONS = ("RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry", "RtrInf/RtrRsn/Cd", "RtrInf/RtrRsn/Prtry")


def parse_transaction(raw: bytes) -> Iterator[Fact]:
    """Yield the payment that a transaction is, or nothing.

    Nothing for what no betalingskenmerk names, and for what the municipality paid itself: that is
    no payment of a claim. Raises RecordError with everything that is wrong.
    """
    whole = read_xml(raw, "De boeking")
    if whole.tag != "boeking" or not len(whole) or name_of(whole[0]) != "Ntry":
        raise RecordError("dit is geen boeking uit een bankbestand (Ntry)")
    entry = whole[0]
    details = whole[1] if len(whole) > 1 else None
    direction = _direction(entry, details)
    reference = reference_of(entry, details, alone=whole.get("alleen") == "true")
    if not direction or not reference:
        return
    cents, problems = _amounts(whole, entry, details)
    if not whole.get("rekening"):
        problems.append("Acct/Id/IBAN ontbreekt; verwacht het IBAN van de eigen rekening")
    on = day_at(entry, "BookgDt")
    if not on:
        problems.append("BookgDt ontbreekt; verwacht de dag van de boeking, als 2026-11-23")
    if problems:
        raise RecordError(problems)
    yield Fact(
        "bank_payment",
        str(whole.get("kenmerk")),
        {
            "payment_reference": reference,
            "on": on,
            "amount": cents if direction == "bij" else -cents,
            "account": whole.get("rekening"),
            "bank_reference": _bank_reference(entry, details)[:64],
            "kind": direction,
        },
    )


def _direction(entry: etree._Element, details: etree._Element | None) -> str:
    """Return "bij" for money that came, "storno" for money that went back, "" for our own."""
    credit = _told(entry, details, "CdtDbtInd") == "CRDT"
    reversal = is_reversal(entry)
    returned = details is not None and any(text_at(details, path) for path in _REASONS)
    code = _told(entry, details, "BkTxCd/Domn/Fmly/SubFmlyCd")
    if credit:
        # A reversed credit of the other side is our own money that came back.
        return "" if reversal or returned else "bij"
    return "storno" if reversal or returned or code in _REVERSED_DEBITS else ""


def _told(entry: etree._Element, details: etree._Element | None, path: str) -> str:
    return (text_at(details, path) if details is not None else "") or text_at(entry, path)


def _amounts(
    whole: etree._Element, entry: etree._Element, details: etree._Element | None
) -> tuple[int, list[str]]:
    """Return the cents of the transaction and what is wrong with them."""
    found = amount_of(entry, details, alone=whole.get("alleen") == "true")
    if found is None:
        return 0, ["TxDtls/Amt ontbreekt; in een verzamelboeking heeft elke betaling een bedrag"]
    cents, currency = cents_of((found.text or "").strip()), found.get("Ccy", "")
    problems = []
    if cents is None:
        told = (found.text or "").strip()[:30]
        problems.append(f"{name_of(found)} is '{told}'; verwacht een bedrag als 12.50")
    if currency != "EUR":
        problems.append(f"Amt/@Ccy is '{currency[:10]}'; verwacht EUR")
    return cents or 0, problems


def _bank_reference(entry: etree._Element, details: etree._Element | None) -> str:
    inside = text_at(details, "Refs/AcctSvcrRef") if details is not None else ""
    return inside or text_at(entry, "AcctSvcrRef") or text_at(entry, "NtryRef")
