"""Bills of the ledger as facts. Amounts come as decimal text in euros and become cents.

A bill that was handed over looks cleared in the ledger and lives on in the tax system. It stays a
statement, with stage "overgedragen" and to whom it went, and no amount open: so it is not lost when
the tax system is not connected, and not counted twice when it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hub.clock import AMSTERDAM
from hub.connector import Fact, RecordError
from plugins.ledger.states import Bill, open_cents, stage_of, state_of
from schemas.fields import shown

#: The fields that are asked for, which are all that a record may hold.
ITEM_FIELDS = (
    "AccountingDocument",
    "AccountingDocumentCreationDate",
    "AccountingDocumentType",
    "AmountInBalanceTransacCrcy",
    "ClearingDate",
    "DocumentReferenceID",
    "DunningBlockingReason",
    "DunningLevel",
    "InvoiceReference",
    "IsCleared",
    "NetDueDate",
    "Paylink",
    "PaymentMethod",
    "PaymentTerms",
    "PostingDate",
    "ProfitCenterName",
    "ReverseDocument",
    "SEPAMandate",
)
#: Our own names of a record: whose it is, and the lists that were asked for.
RECORD_FIELDS = frozenset(ITEM_FIELDS) | {"bsn", "partners", "items", "@null"}

#: OData's own moment: milliseconds, and perhaps by how many minutes the writer's clock differs.
_EPOCH = re.compile(r"/Date\((-?[0-9]{1,16})([+-][0-9]{1,4})?\)/")

_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")

#: How SAP writes a date that is not filled.
_NO_DAY = frozenset({"00000000", "0000-00-00", "0000-00-00T00:00:00"})


@dataclass
class Item:
    """One document as the ledger gives it; what is wrong is added to `faults` with its path."""

    told: dict[str, Any]
    path: str
    faults: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        """Return a text; empty for null, also as XML writes it in JSON ({"@null": true})."""
        value = self.told.get(name)
        return "" if value is None or isinstance(value, dict | list) else str(value).strip()

    def flag(self, name: str) -> bool:
        """Return a flag, as JSON or as text."""
        value = self.text(name).lower()
        if value not in ("true", "false"):
            self.faults.append(f"{self.path}.{name} is {shown(value)}; verwacht true of false")
        return value == "true"

    def whole(self, name: str) -> int:
        """Return a whole number; 0 for none."""
        value = self.text(name)
        if value and not value.isdecimal():
            self.faults.append(f"{self.path}.{name} is {shown(value)}; verwacht een geheel getal")
            return 0
        return int(value or 0)

    def cents(self, name: str) -> int:
        """Return an amount in cents."""
        value = self.text(name)
        if not _AMOUNT.fullmatch(value):
            self.faults.append(f"{self.path}.{name} is {shown(value)}; verwacht euro's als 12.34")
            return 0
        cents = Decimal(value) * 100
        if cents != cents.to_integral_value():
            self.faults.append(f"{self.path}.{name} is {shown(value)}; verwacht hele centen")
            return 0
        return int(cents)

    def day(self, name: str) -> str | None:
        """Return an ISO day: of a date, of a moment, or of OData's own /Date(milliseconds)/.

        A moment with a zone is the day that it was here: 22:00 in UTC is the next one in summer.
        """
        value = self.text(name)
        if not value or value in _NO_DAY:
            return None
        epoch = _EPOCH.fullmatch(value)
        try:
            if epoch:
                moment = datetime.fromtimestamp(int(epoch[1]) / 1000, UTC)
                return moment.astimezone(AMSTERDAM).date().isoformat()
            told = datetime.fromisoformat(value)
            return (told.astimezone(AMSTERDAM) if told.tzinfo else told).date().isoformat()
        except (ValueError, OverflowError, OSError):
            self.faults.append(f"{self.path}.{name} is {shown(value)}; verwacht een datum")
            return None

    @property
    def number(self) -> str:
        """Return the number on the bill: its reference where that is filled."""
        return self.text("DocumentReferenceID") or self.text("AccountingDocument")


def parse_person(value: Any, owner: str, transferred_to: str, kind: str) -> list[Fact]:
    """Return the facts of one person's bills. Raises RecordError with every problem in them."""
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        raise RecordError("Het record is geen lijst van facturen van een persoon")
    faults: list[str] = []
    items = [
        Item(one if isinstance(one, dict) else {}, f"factuur[{at}]", faults)
        for at, one in enumerate(value["items"], start=1)
    ]
    person = {"bsn": str(value.get("bsn", ""))}
    known = {name for one in items if not one.text("InvoiceReference") for name in _names(one)}
    parts = [one for one in items if one.text("InvoiceReference") in known - {""}]
    bills: dict[str, list[Item]] = {}
    for one in items:
        if one not in parts:
            bills.setdefault(one.text("AccountingDocument") or one.path, []).append(one)
    facts = [
        fact
        for terms in bills.values()
        for fact in _bill_facts(terms, [p for p in parts if _pays(p, terms[0])], person, owner)
    ]
    for fact in facts:
        if fact.kind == "claim_statement":
            fact.data["type"] = kind
            if fact.data["stage"] == "overgedragen":
                fact.data["transferred_to"] = transferred_to
    if faults:
        raise RecordError(list(dict.fromkeys(faults)))
    return facts


def _names(item: Item) -> tuple[str, str]:
    return item.text("AccountingDocument"), item.text("DocumentReferenceID")


def _pays(part: Item, bill: Item) -> bool:
    return part.text("InvoiceReference") in _names(bill)


def _bill_facts(
    terms: list[Item], parts: list[Item], person: dict[str, Any], owner: str
) -> Iterator[Fact]:
    """Yield the facts of one bill: of its one document, or of the terms in which it is asked for.

    Terms have the number of their document in common. While some are still open, the others are
    what was paid of the bill, or went elsewhere.
    """
    still = [one for one in terms if not one.flag("IsCleared")]
    gone = [one for one in terms if one not in still] if still else []
    item = min(still or terms, key=lambda one: one.day("NetDueDate") or "")
    document = item.text("AccountingDocument")
    if not document:
        item.faults.append(f"{item.path}.AccountingDocument ontbreekt")
    key = f"doc{document}"
    paid = sum(one.cents(_AMOUNT_FIELD) for one in parts)
    bill = _bill(item, paid - sum(one.cents(_AMOUNT_FIELD) for one in gone))
    bill = replace(bill, amount=sum(one.cents(_AMOUNT_FIELD) for one in terms))
    posted = item.day("PostingDate") or item.day("AccountingDocumentCreationDate")
    told = _statement(item, bill)
    if len(terms) > 1:
        told["details"]["termijnen"] = [_details(one) for one in terms]
    yield Fact("claim_statement", key, told | {"person": person, "creditor": owner})
    yield _event(key, "opgelegd", posted, bill.amount)
    ended = item.day("ClearingDate")
    if ended and (kind := _ENDS.get(state_of(bill).name)):
        yield _event(key, kind, ended, -bill.amount)
    for at, one in enumerate(parts, start=1):
        own = one.text("AccountingDocument") or str(at)
        yield _payment(key, own, one.day("PostingDate") or posted, -one.cents(_AMOUNT_FIELD))
    for at, one in enumerate(gone, start=1):
        on, amount = one.day("ClearingDate") or posted, one.cents(_AMOUNT_FIELD)
        ending = _ENDS.get(state_of(_bill(one, 0)).name)
        term = f"termijn-{one.day('NetDueDate') or at}"
        if ending:
            yield _event(key, ending, on, -amount, term)
        else:
            yield _payment(key, term, on, amount)


_AMOUNT_FIELD = "AmountInBalanceTransacCrcy"


def _payment(key: str, own: str, on: str | None, amount: int) -> Fact:
    return Fact("payment", f"{key}-{own}", {"claim": key, "on": on, "amount": amount, "method": ""})


#: State to the event that ended a bill; one that is paid says not how.
_ENDS = {"geannuleerd": "annulering", "overgedragen": "overgedragen", "teruggave": "teruggave"}


def _event(key: str, kind: str, on: str | None, amount: int, term: str = "") -> Fact:
    data = {"claim": key, "kind": kind, "on": on, "amount": amount}
    return Fact("claim_event", "-".join(filter(None, (key, kind, term))), data)


def _bill(item: Item, parts: int) -> Bill:
    return Bill(
        amount=item.cents("AmountInBalanceTransacCrcy"),
        parts=parts,
        cleared=item.flag("IsCleared"),
        level=item.whole("DunningLevel"),
        blocked=bool(item.text("DunningBlockingReason")),
        reversed=bool(item.text("ReverseDocument")),
        due=bool(item.text("NetDueDate")),
        terms=item.text("PaymentTerms"),
        method=item.text("PaymentMethod"),
        mandate=bool(item.text("SEPAMandate")),
        paylink=bool(item.text("Paylink")),
    )


def _statement(item: Item, bill: Bill) -> dict[str, Any]:
    state = state_of(bill)
    posted = item.day("PostingDate") or item.day("AccountingDocumentCreationDate")
    paid = bill.amount if bill.cleared and state.counts else -bill.parts
    days = [posted, item.day("ClearingDate")]
    return {
        "reference": item.number,
        "description": item.text("ProfitCenterName"),
        "principal": bill.amount,
        "paid": paid,
        "open": open_cents(bill),
        "stage": stage_of(bill),
        "imposed_on": posted,
        "due_on": item.day("NetDueDate"),
        "as_of": max((day for day in days if day), default=None),
        "disputed": state.name == "in geschil",
        "direct_debit": bill.mandate and bill.method != "B",
        "details": {"toestand": state.name} | _details(item),
    }


def _details(item: Item) -> dict[str, Any]:
    return {name: item.text(name) for name in ITEM_FIELDS if item.text(name)}
