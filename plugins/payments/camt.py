"""Bank files as ISO 20022 writes them: camt.052 (reports), .053 (statements), .054 (notices).

One reader for all their versions, by local names: what is used here stands in the same place in
each, but for the status of an entry, which became a group in version 08, and for camt.052.001.01,
which has no group around the details of an entry. Read as a stream: a file is gone through twice,
first to see whether it adds up, then for its transactions.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

from lxml import etree

from hub.connector import PermanentError, Record
from hub.wire import KEPT, read_xml_parts

#: The statements in each kind of message, and what they are called in a sentence.
STATEMENTS = {"Rpt": "overzicht", "Stmt": "afschrift", "Ntfctn": "melding"}

#: Document / message / statement / part.
_DEPTH = 4

_PIECE = 1 << 16


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


@dataclass
class Statement:
    """One statement while it is read: whose account, its balances and the sum of its entries."""

    kind: str
    id: str = ""
    account: str = ""
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
        elif name == "Bal":
            # An interim balance has the same name with another code; the last one counts.
            code = text_at(part, "Tp/CdOrPrtry/Cd") or text_at(part, "Tp/Cd")
            self.balances[code] = signed(part, "het saldo")

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


def records(path: Path) -> Iterator[Record]:
    """Yield every booked transaction of a file, a batch taken apart.

    Raises PermanentError when it is no bank file, or when a statement in it does not add up:
    then nothing of it is used.
    """
    for _ in _entries(path, whole=True):
        pass
    for statement, entry in _entries(path, whole=False):
        if booked(entry):
            yield from _split(statement, entry)


def _entries(path: Path, *, whole: bool) -> Iterator[tuple[Statement, etree._Element]]:
    """Yield the entries of a file with their statement; with `whole`, check the sums."""
    parent, statement = None, None
    for part in read_xml_parts(_pieces(path), _DEPTH, f"Het bestand {path.name}"):
        above = part.getparent()
        if above is None or name_of(above) not in STATEMENTS:
            continue
        if above is not parent:
            if whole and statement:
                statement.require_sum()
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
            f"Het bestand {path.name} is geen bankbestand: er staat geen afschrift in (camt.052, "
            f".053 of .054). {KEPT}",
            "no statement in a bank file",
        )
    if whole:
        statement.require_sum()


def _pieces(path: Path) -> Iterable[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _split(statement: Statement, entry: etree._Element) -> Iterator[Record]:
    """Yield a record per transaction of an entry; one without details is its own transaction."""
    transactions = parts_at(entry, "NtryDtls/TxDtls") or parts_at(entry, "TxDtls")
    for part in parts_at(entry, "NtryDtls") + parts_at(entry, "TxDtls"):
        entry.remove(part)
    alone = len(transactions) <= 1
    for transaction in transactions or (None,):
        mark = _mark(statement.account, entry, transaction)
        statement.seen[mark] += 1
        key = f"{mark}-{statement.seen[mark]}"
        told = {"rekening": statement.account, "alleen": str(alone).lower(), "kenmerk": key}
        whole = etree.Element("boeking", told)
        whole.append(deepcopy(entry))
        if transaction is not None:
            whole.append(transaction)
        yield Record(key, etree.tostring(whole, encoding="utf-8"))


#: By these a transaction is known, in the entry and in its details.
_OF_ENTRY = ("Amt", "CdtDbtInd", "RvslInd", "BookgDt/Dt", "AcctSvcrRef")
_OF_DETAILS = (
    "Refs/AcctSvcrRef",
    "Refs/EndToEndId",
    "Refs/TxId",
    "Refs/MndtId",
    "AmtDtls/TxAmt/Amt",
    "Amt",
    "RmtInf/Strd/CdtrRefInf/Ref",
    "RmtInf/Ustrd",
)
#: Where camt.052.001.01 has what stands elsewhere from version 02 on.
FIRST_VERSION = {"RmtInf/Strd/CdtrRefInf/Ref": "RmtInf/Strd/CdtrRefInf/CdtrRef"}


def _mark(account: str, entry: etree._Element, transaction: etree._Element | None) -> str:
    """Return by what a transaction is known, whichever file tells it.

    The bank's own reference need not be in every message, so what identifies a transaction is
    taken together. That a bank tells these the same in .052, .053 and .054 is an assumption: where
    it does not, the same money would stand twice, and the amount received would be too high.
    """
    told = [account, *(text_at(entry, path) for path in _OF_ENTRY)]
    if transaction is not None:
        told += [
            text_at(transaction, path) or text_at(transaction, FIRST_VERSION.get(path, path))
            for path in _OF_DETAILS
        ]
    return hashlib.sha256("\x1f".join(told).encode()).hexdigest()[:32]
