"""A bank that puts statements in a folder, as the demo and the tests play it (camt.053.001.08)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import ClassVar

from lxml import etree
from lxml.builder import ElementMaker

from hub.clock import Clock
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Municipality

SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"

#: An account that no bank gave out, with check digits that are right.
ACCOUNT = "NL02ABNA0123456789"

#: What the account held before the first statement, in cents.
OPENING = 1_000_000

_E = ElementMaker(namespace=SPACE, nsmap={None: SPACE})


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that came in, or with a negative amount went back; cents."""

    reference: str
    on: date
    amount: int
    mark: str
    structured: bool = True


class Bank(Simulator):
    """A shared folder with a statement per month. For tests: `books`, what it knows of payments.

    It has no socket: a stop takes the folder away, as a share that is not mounted.
    """

    name: ClassVar[str] = "payments"
    extra: ClassVar[bool] = True

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.share = folder / "bank"
        self.books = list(_payments(municipality))
        self._up = False

    @property
    def running(self) -> bool:
        """Tell whether the folder is there."""
        return self._up

    def start(self) -> None:
        """Bring the folder, with the statements in it."""
        away = self.share.with_suffix(".weg")
        if away.exists():
            away.rename(self.share)
        self.share.mkdir(parents=True, exist_ok=True)
        self._up = True
        self.publish()

    def stop(self) -> None:
        """Take the folder away; what is in it stays."""
        if self._up:
            self.share.rename(self.share.with_suffix(".weg"))
            self._up = False

    def sources(self) -> list[SourceSpec]:
        """Return the source that reads the folder."""
        owner = self.municipality.organisations[0].code
        return [SourceSpec(self.name, "Bank", self.name, owner, {"folder": str(self.share)})]

    def prime(self) -> None:
        """See to it that there are payments, also in a town where nobody paid: of every claim."""
        if not self._up or self.books:
            return
        today = self.municipality.today
        self.books = [
            Paid(claim.payment_reference, today, claim.principal or 1000, claim.number[:35])
            for dossier in self.municipality.dossiers()
            for claim in dossier.claims
        ] or [Paid("5000056789012345", today, 1000, "EERSTE")]
        self.publish()

    def effects(self) -> Mapping[str, int]:
        """Return nothing: a bank file is read only."""
        return {}

    def publish(self) -> None:
        """Write a statement for each month in which something came in."""
        balance = OPENING
        for number, (month, paid) in enumerate(_by_month(self.books), 1):
            total = sum(one.amount for one in paid)
            whole = statement(paid, number, month, balance, balance + total)
            path = self.share / f"afschrift-{month:%Y-%m}.xml"
            content = etree.tostring(whole, xml_declaration=True, encoding="UTF-8")
            # What did not change keeps its time: a bank does not write a statement again.
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)
            balance += total


def _payments(municipality: Municipality) -> Iterator[Paid]:
    """Yield what residents paid to the municipality's own tax office in the last half year."""
    own, since = municipality.organisations[0].code, municipality.today - timedelta(days=180)
    for dossier in municipality.dossiers():
        for claim in dossier.claims:
            if claim.creditor != own:
                continue
            for event in claim.events:
                if event.kind == "betaling" and event.on >= since:
                    mark = f"{event.key}"[:35]
                    structured = event.on.day % 3 != 0
                    yield Paid(claim.payment_reference, event.on, -event.amount, mark, structured)


def _by_month(books: Iterable[Paid]) -> list[tuple[date, list[Paid]]]:
    found: dict[date, list[Paid]] = {}
    for one in sorted(books, key=lambda paid: (paid.on, paid.mark)):
        found.setdefault(one.on.replace(day=1), []).append(one)
    return list(found.items())


def statement(
    paid: list[Paid], number: int, month: date, opening: int, closing: int
) -> etree._Element:
    """Return a camt.053 document of one statement; balances in cents."""
    last = max(one.on for one in paid)
    return _E.Document(
        _E.BkToCstmrStmt(
            _E.GrpHdr(_E.MsgId(f"B{number:06}"), _E.CreDtTm(f"{last}T23:00:00")),
            _E.Stmt(
                _E.Id(f"A{number:06}"),
                _E.ElctrncSeqNb(str(number)),
                _E.CreDtTm(f"{last}T23:00:00"),
                _E.Acct(_E.Id(_E.IBAN(ACCOUNT)), _E.Ccy("EUR")),
                _balance("OPBD", opening, month),
                _balance("CLBD", closing, last),
                *(_entry(one) for one in paid),
            ),
        )
    )


def _balance(code: str, cents: int, on: date) -> etree._Element:
    return _E.Bal(_E.Tp(_E.CdOrPrtry(_E.Cd(code))), *_amount(cents), _E.Dt(_E.Dt(on.isoformat())))


def _amount(cents: int) -> tuple[etree._Element, etree._Element]:
    told = f"{abs(cents) // 100}.{abs(cents) % 100:02}"
    return _E.Amt(told, Ccy="EUR"), _E.CdtDbtInd("CRDT" if cents >= 0 else "DBIT")


def _entry(one: Paid) -> etree._Element:
    family, code = ("RCDT", "ESCT") if one.amount >= 0 else ("IDDT", "UPDD")
    return _E.Ntry(
        *_amount(one.amount),
        _E.Sts(_E.Cd("BOOK")),
        _E.BookgDt(_E.Dt(one.on.isoformat())),
        _E.ValDt(_E.Dt(one.on.isoformat())),
        _E.AcctSvcrRef(one.mark),
        _E.BkTxCd(_E.Domn(_E.Cd("PMNT"), _E.Fmly(_E.Cd(family), _E.SubFmlyCd(code)))),
        _E.NtryDtls(
            _E.TxDtls(
                _E.Refs(_E.AcctSvcrRef(one.mark), _E.EndToEndId("NOTPROVIDED")),
                *_amount(one.amount),
                _remittance(one),
            )
        ),
    )


def _remittance(one: Paid) -> etree._Element:
    if not one.structured:
        digits = [one.reference[at : at + 4] for at in range(0, 16, 4)]
        return _E.RmtInf(_E.Ustrd(f"Betalingskenmerk {' '.join(digits)}"))
    return _E.RmtInf(
        _E.Strd(
            _E.CdtrRefInf(
                _E.Tp(_E.CdOrPrtry(_E.Prtry("BETALINGSKENMERK")), _E.Issr("CUR")),
                _E.Ref(one.reference),
            )
        )
    )


def reversed_later(one: Paid, days: int = 5) -> Paid:
    """Return the storno of a payment."""
    return replace(one, on=one.on + timedelta(days=days), amount=-one.amount, mark=f"S{one.mark}")
