"""Bank files as ISO 20022 writes them: camt.052 (reports), .053 (statements), .054 (notices).

One reader for all their versions, by local names: what is used here stands in the same place in
each, but for the status of an entry, which became a group in version 08, and for camt.052.001.01,
which has no group around the details of an entry. Read as a stream: a file is gone through twice,
first to see whether it adds up, then for its transactions.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from hub.clock import AMSTERDAM
from hub.connector import PermanentError, Record
from hub.wire import KEPT, read_xml_parts
from plugins.payments.documents import Document, documents
from schemas.payment_reference import find_payment_reference, is_payment_reference

#: The statements in each kind of message, and what they are called in a sentence.
STATEMENTS = {"Rpt": "overzicht", "Stmt": "afschrift", "Ntfctn": "melding"}

#: Document / message / statement / part.
_DEPTH = 4


def name_of(element: etree._Element) -> str:
    """Return the local name of an element."""
    return etree.QName(element).localname


@cache
def _steps(path: str) -> str:
    return "/".join(f"{{*}}{step}" for step in path.split("/"))


def text_at(element: etree._Element, path: str) -> str:
    """Return the text at a path of local names (`Acct/Id/IBAN`), "" where there is none."""
    return (element.findtext(_steps(path)) or "").strip()


def parts_at(element: etree._Element, path: str) -> list[etree._Element]:
    """Return the elements at a path of local names."""
    return element.findall(_steps(path))


class Numbered(NamedTuple):
    """The number that a bank gave a statement: of which account, in which year."""

    account: str
    year: str
    number: int


@dataclass
class Statement:
    """One statement while it is read: whose account, its balances and the sum of its entries.

    `year` is that of its closing balance: a statement of 31 December is made in January.
    """

    kind: str
    id: str = ""
    account: str = ""
    number: str = ""
    year: str = ""
    balances: dict[str, int] = field(default_factory=dict)
    entries: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    def take(self, part: etree._Element) -> None:
        """Take in a part that is no entry."""
        name = name_of(part)
        if name == "Id":
            self.id = (part.text or "").strip()
        elif name == "Acct":
            self.account = text_at(part, "Id/IBAN")
        elif name in ("ElctrncSeqNb", "LglSeqNb"):
            # A bank that fills both counts the electronic ones without a gap.
            self.number = self.number or (part.text or "").strip()
        elif name == "Bal":
            # An interim balance has the same name with another code; the last one counts.
            code = text_at(part, "Tp/CdOrPrtry/Cd") or text_at(part, "Tp/Cd")
            self.balances[code] = signed(part, "het saldo")
            if code == "CLBD":
                self.year = day_at(part, "Dt")[:4]

    @property
    def numbered(self) -> Numbered | None:
        """Return its number, None when the bank did not number it."""
        if not (self.kind == "Stmt" and self.account and self.year and self.number.isdecimal()):
            return None
        return Numbered(self.account, self.year, int(self.number[:12]))

    def require_sum(self) -> None:
        """Raise PermanentError when opening plus booked entries is not closing."""
        opening, closing = self.balances.get("OPBD"), self.balances.get("CLBD")
        if opening is None or closing is None or opening + self.entries == closing:
            return
        raise PermanentError(
            f"Het {STATEMENTS[self.kind]} '{self.id}' klopt niet: het beginsaldo en de boekingen "
            f"samen zijn {euros(opening + self.entries)}, en het eindsaldo is {euros(closing)}. "
            f"Het hele bestand is niet verwerkt. {KEPT} Vraag de bank om een nieuw bestand.",
            "a bank statement does not add up",
        )


def euros(cents: int) -> str:
    """Return an amount in a sentence."""
    return f"€ {cents / 100:,.2f}".translate(str.maketrans(",.", ".,"))


def signed(part: etree._Element, what: str) -> int:
    """Return the amount of a balance or entry in cents, negative for a debit.

    Raises PermanentError for what is no amount. Any currency: who needs euros looks itself.
    """
    told = text_at(part, "Amt")
    cents = cents_of(told)
    if cents is None:
        raise PermanentError(
            f"In het bestand is {what} '{told[:30]}'; verwacht een bedrag als 12.50. {KEPT}",
            "no amount in a bank file",
        )
    return cents if text_at(part, "CdtDbtInd") == "CRDT" else -cents


def cents_of(told: str) -> int | None:
    """Return the cents of an amount as ISO 20022 writes it, None for anything else."""
    try:
        value = Decimal(told) * 100
    except InvalidOperation:
        return None
    if not value.is_finite() or value != value.to_integral_value() or abs(value) >= 10**15:
        return None
    return int(value)


def booked(entry: etree._Element) -> bool:
    """Tell whether an entry stands on the account; what is announced may still go away."""
    return (text_at(entry, "Sts/Cd") or text_at(entry, "Sts")) == "BOOK"


def records(path: Path, numbers: list[Numbered] | None = None) -> Iterator[Record]:
    """Yield every booked transaction of a file, a batch taken apart.

    The numbers of the statements in it are added to `numbers`. Raises PermanentError when it is no
    bank file, or when a statement in it does not add up: then nothing of it is used.
    """
    found, done = documents(path), list[Statement]()
    for document in found:
        for _ in _entries(document, done):
            pass
    if numbers is not None:
        numbers += [one.numbered for one in done if one.numbered is not None]
    for document in found:
        for statement, entry in _entries(document):
            if booked(entry):
                yield from _split(statement, entry)


def _entries(
    document: Document, done: list[Statement] | None = None
) -> Iterator[tuple[Statement, etree._Element]]:
    """Yield the entries of a document with their statement; with `done`, check the sums.

    Statements that add up are added to `done`.
    """
    parent, statement = None, None
    for part in read_xml_parts(document.pieces(), _DEPTH, f"Het bestand {document.name}"):
        above = part.getparent()
        if above is None or name_of(above) not in STATEMENTS:
            continue
        if above is not parent:
            _finish(statement, done)
            parent, statement = above, Statement(name_of(above))
        assert statement is not None
        if name_of(part) != "Ntry":
            statement.take(part)
            continue
        if booked(part):
            statement.entries += signed(part, "het bedrag van een boeking")
        yield statement, part
    if statement is None:
        raise PermanentError(
            f"Het bestand {document.name} is geen bankbestand: er staat geen afschrift in "
            f"(camt.052, .053 of .054). {KEPT}",
            "no statement in a bank file",
        )
    _finish(statement, done)


def _finish(statement: Statement | None, done: list[Statement] | None) -> None:
    if statement is not None and done is not None:
        statement.require_sum()
        done.append(statement)


def _split(statement: Statement, entry: etree._Element) -> Iterator[Record]:
    """Yield a record per transaction of an entry; one without details is its own transaction."""
    transactions = parts_at(entry, "NtryDtls/TxDtls") or parts_at(entry, "TxDtls")
    # A bank may say that there were five and tell of one, or of none: that one is not the whole.
    many = any(
        (one.text or "").strip() not in ("", "1")
        for one in parts_at(entry, "NtryDtls/Btch/NbOfTxs")
    )
    for part in parts_at(entry, "NtryDtls") + parts_at(entry, "TxDtls"):
        entry.remove(part)
    alone = len(transactions) <= 1 and not many
    for transaction in transactions or (None,):
        mark = _mark(statement.account, entry, transaction, alone)
        statement.seen[mark] += 1
        key = f"{mark}-{statement.seen[mark]}"
        told = {"rekening": statement.account, "alleen": str(alone).lower(), "kenmerk": key}
        whole = etree.Element("boeking", told)
        whole.append(deepcopy(entry))
        if transaction is not None:
            whole.append(transaction)
        yield Record(key, etree.tostring(whole, encoding="utf-8"))


#: Where camt.052.001.01 has what stands elsewhere from version 02 on.
FIRST_VERSION = {"RmtInf/Strd/CdtrRefInf/Ref": "RmtInf/Strd/CdtrRefInf/CdtrRef"}

#: What a bank writes for a reference that it has not.
_NO_REFERENCE = frozenset({"", "NONREF", "NOTPROVIDED"})

#: By these a transaction is known within an entry.
_OF_DETAILS = (
    "Refs/AcctSvcrRef",
    "Refs/EndToEndId",
    "Refs/TxId",
    "Refs/MndtId",
    "RmtInf/Strd/CdtrRefInf/Ref",
    "RmtInf/Ustrd",
)


def day_at(element: etree._Element, path: str) -> str:
    """Return the day at a path that holds a date or a moment, as an ISO day; "" for none."""
    if day := text_at(element, f"{path}/Dt")[:10]:
        return day
    told = text_at(element, f"{path}/DtTm")
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        return told[:10]
    return (moment.astimezone(AMSTERDAM) if moment.tzinfo else moment).date().isoformat()


def is_reversal(entry: etree._Element) -> bool:
    """Tell whether an entry undoes an earlier one. A boolean of XML Schema is also written as 1."""
    return text_at(entry, "RvslInd") in ("true", "1")


def amount_of(
    entry: etree._Element, details: etree._Element | None, *, alone: bool
) -> etree._Element | None:
    """Return the amount of a transaction; None when it has none.

    That of the entry is that of a transaction which is alone in it. Paid in another currency, such
    a transaction was booked in euros.
    """
    found: list[etree._Element] = []
    if details is not None:
        found = parts_at(details, "Amt") + parts_at(details, "AmtDtls/TxAmt/Amt")
    if alone:
        found += parts_at(entry, "Amt")
    return next((one for one in found if one.get("Ccy") == "EUR"), next(iter(found), None))


def _mark(account: str, entry: etree._Element, details: etree._Element | None, alone: bool) -> str:
    """Return by what a transaction is known, whichever file tells it.

    In the same form for every kind and version of message: a day may be told as a moment, a flag
    may be left out, an amount may have more zeros or stand elsewhere. A transaction that is alone
    in an entry which the bank numbered is known by that number and by what was paid for, as a
    statement may leave the rest to a notice. Of others what identifies them is taken together; that
    a bank tells those the same in .052, .053 and .054 is an assumption.
    """
    place = amount_of(entry, details, alone=alone)
    amount = (place.text or "").strip() if place is not None else ""
    told = [
        account,
        str(cents_of(amount) if cents_of(amount) is not None else amount),
        place.get("Ccy", "") if place is not None else "",
        text_at(entry, "CdtDbtInd"),
        str(is_reversal(entry)),
        day_at(entry, "BookgDt"),
    ]
    number = text_at(entry, "AcctSvcrRef")
    if alone and number not in _NO_REFERENCE:
        told += ["alone", number, reference_of(entry, details, alone=alone)]
    elif details is not None:
        told.append(number)
        told += [
            " ".join(
                (text_at(details, path) or text_at(details, FIRST_VERSION.get(path, path))).split()
            )
            for path in _OF_DETAILS
        ]
    return hashlib.sha256("\x1f".join(told).encode()).hexdigest()[:32]


def reference_of(entry: etree._Element, details: etree._Element | None, *, alone: bool) -> str:
    """Return the betalingskenmerk: given as such, as the reference of our own debit, or in text.

    What the bank says of an entry is about the transaction that is alone in it.
    """
    about = text_at(entry, "AddtlNtryInf") if alone else ""
    if details is None:
        return find_payment_reference(about)
    given = [one for path in next(iter(FIRST_VERSION.items())) for one in parts_at(details, path)]
    # Whoever pays fills in the other one as they like: seven digits, without a check, say nothing.
    for places, least in ((given, 7), (parts_at(details, "Refs/EndToEndId"), 9)):
        told = {(one.text or "").replace(" ", "") for one in places}
        known = sorted(one for one in told if len(one) >= least and is_payment_reference(one))
        if known:
            # One amount for several claims: how much is for which, the bank does not say.
            return known[0] if len(known) == 1 else ""
    free = " ".join((one.text or "") for one in parts_at(details, "RmtInf/Ustrd"))
    return find_payment_reference(free) or ("" if free.strip() else find_payment_reference(about))
