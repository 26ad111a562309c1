"""Bills of the ledger as facts. Amounts come as decimal text in euros and become cents.

A bill that was handed over looks cleared in the ledger and lives on in the tax system. It stays a
statement, with stage "overgedragen" and to whom it went, and no amount open: so it is not lost when
the tax system is not connected, and not counted twice when it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

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

_EPOCH = re.compile(r"/Date\((-?[0-9]{1,16})\)/")


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
        try:
            euros = Decimal(value)
        except InvalidOperation:
            self.faults.append(f"{self.path}.{name} is {shown(value)}; verwacht euro's als 12.34")
            return 0
        cents = euros * 100 if euros.is_finite() else Decimal("0.5")
        if cents != cents.to_integral_value():
            self.faults.append(f"{self.path}.{name} is {shown(value)}; verwacht hele centen")
            return 0
        return int(cents)

    def day(self, name: str) -> str | None:
        """Return an ISO day: of a date, of a moment, or of OData's own /Date(milliseconds)/."""
        value = self.text(name)
        if not value:
            return None
        epoch = _EPOCH.fullmatch(value)
        try:
            if epoch:
                return datetime.fromtimestamp(int(epoch[1]) / 1000, UTC).date().isoformat()
            return date.fromisoformat(value[:10]).isoformat()
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
    facts = [
        fact
        for one in items
        if one not in parts
        for fact in _bill_facts(one, [p for p in parts if _pays(p, one)], person, owner)
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
    item: Item, parts: list[Item], person: dict[str, Any], owner: str
) -> Iterator[Fact]:
    document = item.text("AccountingDocument")
    if not document:
        item.faults.append(f"{item.path}.AccountingDocument ontbreekt")
    key = f"doc{document}"
    bill = _bill(item, sum(one.cents("AmountInBalanceTransacCrcy") for one in parts))
    yield Fact(
        "claim_statement", key, _statement(item, bill) | {"person": person, "creditor": owner}
    )
    posted = item.day("PostingDate") or item.day("AccountingDocumentCreationDate")
    yield _event(key, "opgelegd", posted, bill.amount)
    ended = item.day("ClearingDate")
    if ended and (kind := _ENDS.get(state_of(bill).name)):
        yield _event(key, kind, ended, -bill.amount)
    for at, one in enumerate(parts, start=1):
        on = one.day("PostingDate") or posted
        paid = {"claim": key, "on": on, "amount": -one.cents("AmountInBalanceTransacCrcy")}
        own = one.text("AccountingDocument") or str(at)
        yield Fact("payment", f"{key}-{own}", paid | {"method": ""})


#: State to the event that ended a bill; one that is paid says not how.
_ENDS = {"geannuleerd": "annulering", "overgedragen": "overgedragen", "teruggave": "teruggave"}


def _event(key: str, kind: str, on: str | None, amount: int) -> Fact:
    data = {"claim": key, "kind": kind, "on": on, "amount": amount}
    return Fact("claim_event", f"{key}-{kind}", data)


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
