"""Bank files: what came in, what went back, what adds up, and the collection file."""

from __future__ import annotations

import gzip
import re
import shutil
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from hub.clock import FrozenClock
from hub.connector import Context, Fact, HubError, Incoming, RecordError
from hub.testing.bench import NOON, Bench
from plugins.payments.camt import cents_of, records
from plugins.payments.collect import SCHEMA, Collector, Term, due_terms, on_hold
from plugins.payments.connector import PaymentsConnector
from plugins.payments.settings import PaymentsConfig
from plugins.payments.simulator import ACCOUNT, Bank, Paid, reversed_later, statement
from plugins.payments.target import is_open
from schemas import ValidationError
from schemas.payment_reference import check_digit

BAD = Path(__file__).parent / "bad" / "payments"
SPECS = Path(__file__).parents[3] / "shared" / "specs" / "camt"
GOOD = "5000056789012345"
JUNE = date(2026, 6, 1)


@pytest.fixture
def bench(tmp_path: Path) -> Any:
    made = Bench(PaymentsConnector, tmp_path, None, Bank)
    yield made
    made.close()


def connector(folder: Path, **config: Any) -> PaymentsConnector:
    whole = {"folder": str(folder), "token": "", "creditor_name": "", "creditor_iban": ""}
    context = Context(clock=FrozenClock(NOON))
    return PaymentsConnector({**whole, "creditor_id": "", **config}, context)


def facts(path: Path) -> list[Fact]:
    one = connector(path.parent)
    return [fact for record in records(path) for fact in one.parse("payments", record.raw)]


def put(folder: Path, paid: list[Paid], name: str = "een.xml", closing: int | None = None) -> Path:
    total = sum(one.amount for one in paid)
    whole = statement(paid, 1, JUNE, 500, 500 + total if closing is None else closing)
    path = folder / name
    path.write_bytes(etree.tostring(whole, xml_declaration=True, encoding="UTF-8"))
    return path


def paid(amount: int = 1250, mark: str = "B1", **more: Any) -> Paid:
    return Paid(GOOD, date(2026, 6, 3), amount, mark, **more)


SENTENCES = {
    "afgebroken.xml": "Het bestand afgebroken.xml is geen geldige XML (regel 3), of is afgebroken.",
    "geen_afschrift.xml": "Het bestand geen_afschrift.xml is geen bankbestand: er staat geen "
    "afschrift in (camt.052, .053 of .054). Er is niets gewijzigd.",
    "dtd.xml": "Het bestand dtd.xml is XML met een DTD, en dat is onveilig.",
    "som.xml": "Het afschrift 'A7' klopt niet: het beginsaldo en de boekingen samen zijn "
    "€ 1.100,25, en het eindsaldo is € 1.150,25. Het hele bestand is niet verwerkt. Er is niets "
    "gewijzigd. Vraag de bank om een nieuw bestand.",
    "leeg.zip": "Het bestand leeg.zip bevat geen XML-bestand. Er is niets gewijzigd. Vraag de bank "
    "om een nieuw bestand.",
    "kapot.zip": "Het bestand kapot.zip is niet uit te pakken; het is beschadigd of afgebroken. Er "
    "is niets gewijzigd. Vraag de bank om een nieuw bestand.",
    "kapot.xml.gz": "Het bestand kapot.xml.gz is niet uit te pakken; het is beschadigd of "
    "afgebroken. Er is niets gewijzigd. Vraag de bank om een nieuw bestand.",
    "gesloten.zip": "Het bestand gesloten.zip (a.xml) is met een wachtwoord gesloten. Er is niets "
    "gewijzigd. Vraag de bank om een nieuw bestand.",
    "bedrag.xml": "In het bestand is het bedrag van een boeking 'tien'; verwacht een bedrag als "
    "12.50. Er is niets gewijzigd.",
    "record.xml": "Amt is '10.001'; verwacht een bedrag als 12.50; Amt/@Ccy is 'USD'; verwacht "
    "EUR; Acct/Id/IBAN ontbreekt; verwacht het IBAN van de eigen rekening; BookgDt ontbreekt; "
    "verwacht de dag van de boeking, als 2026-11-23",
}


@pytest.mark.parametrize("name", SENTENCES)
def test_every_bad_file_has_its_sentence(name: str) -> None:
    with pytest.raises(HubError) as told:
        facts(BAD / name)
    assert told.value.user.startswith(SENTENCES[name])


def test_every_bad_file_is_in_the_table() -> None:
    assert {one.name for one in BAD.iterdir()} == SENTENCES.keys()


def test_a_payment_is_known_by_its_reference(tmp_path: Path) -> None:
    (first, second) = facts(put(tmp_path, [paid(), paid(99, "B2", structured=False)]))
    assert first.data == {
        "payment_reference": GOOD,
        "on": "2026-06-03",
        "amount": 1250,
        "account": ACCOUNT,
        "bank_reference": "B1",
        "kind": "bij",
    }
    assert (second.data["payment_reference"], second.data["amount"]) == (GOOD, 99)


def test_a_storno_takes_it_back(tmp_path: Path) -> None:
    one = paid()
    came, went = facts(put(tmp_path, [one, reversed_later(one)]))
    assert (went.data["kind"], went.data["amount"]) == ("storno", -1250)
    assert came.key != went.key


#: Changes to the file of one payment, and how many payments are left in it.
CHANGES: dict[str, tuple[str, str, int]] = {
    "what is announced may go away": ("<Cd>BOOK</Cd>", "<Cd>PDNG</Cd>", 0),
    "of before version 08": ("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>", 1),
    "no reference": (f"<Ref>{GOOD}</Ref>", "<Ref>dank u wel</Ref>", 0),
    "our own debit": ("<EndToEndId>NOTPROVIDED", f"<EndToEndId>{GOOD}", 1),
    "our own money that came back": ("<Sts>", "<RvslInd>true</RvslInd><Sts>", 0),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_a_payment(tmp_path: Path, name: str) -> None:
    old, new, count = CHANGES[name]
    path = put(tmp_path, [paid()])
    text = path.read_text()
    assert old in text
    whole = text.replace(old, new).replace("<Bal>", "<Oud>").replace("</Bal>", "</Oud>")
    path.write_text(whole)
    assert len(facts(path)) == count


def test_what_we_paid_ourselves_is_no_payment(tmp_path: Path) -> None:
    path = put(tmp_path, [paid(-1250)])
    text = path.read_text().replace("IDDT", "ICDT").replace("UPDD", "ESCT")
    path.write_text(text)
    assert facts(path) == []


BATCH = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.04"><BkToCstmrDbtCdtNtfctn>
<Ntfctn><Id>1</Id><Acct><Id><IBAN>{account}</IBAN></Id></Acct><Ntry><Amt Ccy="EUR">30.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-06-03</Dt></BookgDt>
<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>{details}</NtryDtls></Ntry></Ntfctn>
</BkToCstmrDbtCdtNtfctn></Document>"""
DETAIL = """<TxDtls>{amount}<RmtInf><Strd><CdtrRefInf><Ref>5000056789012345</Ref></CdtrRefInf>
</Strd></RmtInf></TxDtls>"""


def test_a_batch_is_taken_apart_and_equal_payments_stay_two(tmp_path: Path) -> None:
    amount = '<AmtDtls><TxAmt><Amt Ccy="EUR">15.00</Amt></TxAmt></AmtDtls>'
    details = DETAIL.format(amount=amount) * 2
    path = tmp_path / "een.xml"
    path.write_text(BATCH.format(account=ACCOUNT, details=details))
    found = facts(path)
    assert [one.data["amount"] for one in found] == [1500, 1500]
    assert len({one.key for one in found}) == 2


def test_a_batch_of_which_the_bank_tells_one_or_none_is_not_that_one(tmp_path: Path) -> None:
    path = tmp_path / "een.xml"
    whole = BATCH.format(account=ACCOUNT, details="")
    about = f"</NtryDtls><AddtlNtryInf>Kenmerk {GOOD}</AddtlNtryInf>"
    path.write_text(whole.replace("</NtryDtls>", about))
    assert facts(path) == []
    path.write_text(BATCH.format(account=ACCOUNT, details=DETAIL.format(amount="")))
    with pytest.raises(RecordError, match="problem"):
        facts(path)
    alone = whole.replace("<NbOfTxs>2<", "<NbOfTxs>1<").replace("</NtryDtls>", about)
    path.write_text(alone)
    assert [one.data["amount"] for one in facts(path)] == [3000]


#: Of each kind of message its root, and the element of a statement in it.
MESSAGES = {
    "052": ("BkToCstmrAcctRpt", "Rpt"),
    "053": ("BkToCstmrStmt", "Stmt"),
    "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}
ENTRY = """<Ntry><Amt Ccy="EUR">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>{status}
<BookgDt><Dt>2026-06-03</Dt></BookgDt><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd>
<SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>{details}</Ntry>"""
TRANSACTION = """<TxDtls><Refs><EndToEndId>{mark}</EndToEndId></Refs>{amount}<RmtInf>
<Strd><CdtrRefInf><{name}>{reference}</{name}></CdtrRefInf></Strd></RmtInf></TxDtls>"""
AMOUNT = '<Amt Ccy="EUR">{}</Amt>'
WITHIN = "<AmtDtls><TxAmt>{}</TxAmt></AmtDtls>"
BALANCES = (("OPBD", AMOUNT.format("5.00")), ("CLBD", AMOUNT.format("35.00")))
BALANCE = """<Bal><Tp><CdOrPrtry><Cd>{}</Cd></CdOrPrtry></Tp>{}<CdtDbtInd>CRDT</CdtDbtInd>
<Dt><Dt>2026-06-03</Dt></Dt></Bal>"""


def document(version: str) -> str:
    """A batch of two payments as this version of a message writes it."""
    kind, _, number = version.removeprefix("camt.").split(".")
    root, statement = MESSAGES[kind]
    first = (kind, number) == ("052", "01")
    name = "CdtrRef" if first else "Ref"
    place = "{}<CdtDbtInd>CRDT</CdtDbtInd>" if number > "02" else WITHIN
    details = "".join(
        TRANSACTION.format(mark=mark, amount=place.format(told), reference=GOOD, name=name)
        for mark, told in (("A", AMOUNT.format("10.00")), ("B", AMOUNT.format("20.00")))
    )
    status = "<Sts><Cd>BOOK</Cd></Sts>" if number == "08" else "<Sts>BOOK</Sts>"
    entry = ENTRY.format(
        status=status, details=details if first else f"<NtryDtls>{details}</NtryDtls>"
    )
    balance = "".join(BALANCE.format(*one) for one in BALANCES if kind == "053")
    moment = "<CreDtTm>2026-06-03T23:00:00</CreDtTm>"
    account = f"<Acct><Id><IBAN>{ACCOUNT}</IBAN></Id></Acct>"
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{version}">'
        f"<{root}{'V01' if first else ''}><GrpHdr><MsgId>1</MsgId>{moment}</GrpHdr>"
        f"<{statement}><Id>1</Id>{moment}{account}{balance}{entry}</{statement}>"
        f"</{root}{'V01' if first else ''}></Document>"
    )


VERSIONS = sorted(path.stem for path in SPECS.glob("camt.*.xsd"))


@pytest.mark.skipif(not SPECS.is_dir(), reason="the published schemas are not here")
@pytest.mark.parametrize("version", VERSIONS)
def test_every_published_version_tells_the_same_payments(version: str, tmp_path: Path) -> None:
    told = document(version)
    etree.XMLSchema(etree.parse(str(SPECS / f"{version}.xsd"))).assertValid(etree.fromstring(told))
    path = tmp_path / "een.xml"
    path.write_text(told)
    found = facts(path)
    assert [(one.data["amount"], one.data["payment_reference"]) for one in found] == [
        (1000, GOOD),
        (2000, GOOD),
    ]


def test_one_amount_for_several_claims_is_given_to_none(tmp_path: Path) -> None:
    one = f"<CdtrRefInf><Ref>{GOOD}</Ref></CdtrRefInf></Strd>"
    other = check_digit("0" * 15) + "0" * 15
    two = f"<Strd><CdtrRefInf><Ref>{other}</Ref></CdtrRefInf></Strd>"
    amount = '<AmtDtls><TxAmt><Amt Ccy="EUR">30.00</Amt></TxAmt></AmtDtls>'
    path = tmp_path / "een.xml"
    detail = "".join(DETAIL.format(amount=amount).split("\n"))
    for more, count in (("", 1), (two, 0), (f"<Strd>{one}", 1)):
        assert one in detail
        whole = detail.replace(one, one + more)
        path.write_text(BATCH.format(account=ACCOUNT, details=whole))
        assert len(facts(path)) == count


@pytest.mark.parametrize("reason", ["<Cd>AC04</Cd>", "<Prtry>geen saldo</Prtry>"])
def test_what_came_back_is_a_storno_whatever_the_bank_calls_it(reason: str, tmp_path: Path) -> None:
    path = put(tmp_path, [paid(-1250)])
    text = path.read_text().replace("UPDD", "ESCT")
    for told in (
        text.replace("</TxDtls>", f"<RtrInf><Rsn>{reason}</Rsn></RtrInf></TxDtls>"),
        text.replace("<Sts>", "<RvslInd>1</RvslInd><Sts>"),
    ):
        path.write_text(told)
        assert [one.data["kind"] for one in facts(path)] == ["storno"]


def test_a_payment_of_a_batch_without_amount_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "een.xml"
    path.write_text(BATCH.format(account=ACCOUNT, details=DETAIL.format(amount="") * 2))
    with pytest.raises(RecordError) as told:
        facts(path)
    assert "in een verzamelboeking heeft elke betaling een bedrag" in told.value.user


AMOUNTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=20)


@given(AMOUNTS, st.integers(-(10**6), 10**6))
@settings(max_examples=30, deadline=None)
def test_what_adds_up_is_read_to_the_cent_and_what_does_not_is_refused_whole(
    tmp_path_factory: pytest.TempPathFactory, amounts: list[int], slip: int
) -> None:
    folder = tmp_path_factory.mktemp("bank")
    booked = [paid(one, f"B{at}") for at, one in enumerate(amounts)]
    path = put(folder, booked, closing=500 + sum(amounts) + slip)
    if slip:
        with pytest.raises(HubError, match="does not add up"):
            facts(path)
    else:
        assert [one.data["amount"] for one in facts(path)] == amounts


@pytest.mark.parametrize(
    ("told", "cents"),
    [("12.5", 1250), ("0.01", 1), ("1e3", 100000), ("1.001", None), ("NaN", None), ("x", None)],
)
def test_an_amount_in_cents(told: str, cents: int | None) -> None:
    assert cents_of(told) == cents


def test_one_wrong_file_costs_itself_alone(tmp_path: Path) -> None:
    put(tmp_path, [paid()], "goed.xml")
    shutil.copy(BAD / "som.xml", tmp_path / "fout.xml")
    batches = connector(tmp_path).read("payments", None)
    got = [next(batches), next(batches)]
    with pytest.raises(HubError, match="1 wrong bank files"):
        next(batches)
    assert [len(one.records) for one in got] == [1, 0]
    assert set(got[-1].cursor["files"]) == {"goed.xml"}
    assert not got[-1].caught_up


def test_a_file_is_read_once_and_an_empty_folder_is_silence(tmp_path: Path) -> None:
    one = connector(tmp_path)
    (silence,) = one.read("payments", None)
    assert not silence.caught_up
    put(tmp_path, [paid()])
    *_, last = one.read("payments", silence.cursor)
    assert last.caught_up
    (again,) = one.read("payments", last.cursor)
    assert (again.records, again.caught_up) == ([], False)


def test_the_same_payment_in_another_file_is_the_same_record(tmp_path: Path) -> None:
    first = put(tmp_path, [paid()], "053.xml")
    text = first.read_text()
    for old, new in (("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn"), ("Stmt>", "Ntfctn>")):
        text = text.replace(old, new)
    (tmp_path / "054.xml").write_text(text.replace("camt.053", "camt.054"))
    keys = {one.key for name in ("053.xml", "054.xml") for one in records(tmp_path / name)}
    assert len(keys) == 1


#: One payment as each kind of message may tell it: version, day, and what it need not tell.
TOLD = {
    "052": ("08", "<DtTm>2026-06-03T00:30:00+02:00</DtTm>", ""),
    "053": ("02", "<Dt>2026-06-03</Dt>", ""),
    "054": ("08", "<Dt>2026-06-03</Dt>", "<RvslInd>false</RvslInd>"),
}


@pytest.mark.parametrize("numbered", [False, True])
def test_one_payment_in_a_report_a_statement_and_a_notice_is_counted_once(
    tmp_path: Path, numbered: bool
) -> None:
    for kind, (version, day, flag) in TOLD.items():
        root, statement_ = MESSAGES[kind]
        status = "<Sts><Cd>BOOK</Cd></Sts>" if version == "08" else "<Sts>BOOK</Sts>"
        number = "<AcctSvcrRef>B-77</AcctSvcrRef>" if numbered else ""
        amount = "<Amt Ccy='EUR'>30.0</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
        inside = WITHIN.format('<Amt Ccy="EUR">30.00</Amt>') if version == "02" else amount
        details = (
            f"<NtryDtls><TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs>{inside}<RmtInf><Strd>"
            f"<CdtrRefInf><Ref>{GOOD}</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls>"
        )
        if numbered and kind == "053":
            details = f"<AddtlNtryInf>Kenmerk {GOOD}</AddtlNtryInf>"
        (tmp_path / f"{kind}.xml").write_text(
            f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.{version}"><{root}>'
            f"<{statement_}><Id>{kind}</Id><Acct><Id><IBAN>{ACCOUNT}</IBAN></Id></Acct><Ntry>"
            f"<Amt Ccy='EUR'>30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>{flag}{status}"
            f"<BookgDt>{day}</BookgDt>{number}"
            f"{details}</Ntry></{statement_}></{root}></Document>"
        )
    found = [fact for kind in TOLD for fact in facts(tmp_path / f"{kind}.xml")]
    assert [one.data["amount"] for one in found] == [3000] * 3
    assert len({one.key for one in found}) == 1


def test_what_was_announced_in_a_report_counts_when_it_is_booked(tmp_path: Path) -> None:
    path = put(tmp_path, [paid()])
    text = path.read_text().replace("<Bal>", "<Oud>").replace("</Bal>", "</Oud>")
    for status in ("PDNG", "INFO", "FUTR"):
        path.write_text(text.replace("BOOK", status))
        assert facts(path) == []
    path.write_text(text)
    assert len(facts(path)) == 1


def test_two_equal_payments_that_the_bank_numbers_stay_two(tmp_path: Path) -> None:
    found = facts(put(tmp_path, [paid(mark="B1"), paid(mark="B2")]))
    assert len({one.key for one in found}) == 2


def test_a_payment_in_another_currency_counts_in_euros_if_the_bank_booked_it_so(
    tmp_path: Path,
) -> None:
    path = put(tmp_path, [paid()])
    text = path.read_text()
    inside = text.index("<TxDtls>")
    path.write_text(text[:inside] + text[inside:].replace('Ccy="EUR">12.50', 'Ccy="USD">14.10'))
    assert [one.data["amount"] for one in facts(path)] == [1250]


def test_a_reference_that_a_payer_made_up_is_no_reference_of_ours(tmp_path: Path) -> None:
    path = put(tmp_path, [paid()])
    text = path.read_text().replace(f"<Ref>{GOOD}</Ref>", "<Ref>x</Ref>")
    path.write_text(text.replace("NOTPROVIDED", "1234567"))
    assert facts(path) == []


def packed(folder: Path, name: str, *members: str) -> Path:
    """A file of the bank, packed as the bank does."""
    source = put(folder, [paid()], "bron.xml")
    path = folder / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(source.read_bytes()))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member in members:
                text = source.read_text().replace(">B1<", f">{member[-35:]}<")
                archive.writestr(member, text)
    source.unlink()
    return path


def test_packed_files_are_read_as_they_are(tmp_path: Path) -> None:
    packed(tmp_path, "een.xml.gz")
    packed(tmp_path, "twee.ZIP", "a.xml", "map/b.XML", "__MACOSX/._a.xml", "leesmij.txt")
    (tmp_path / ".verborgen.xml").write_text("<x/>")
    (tmp_path / "een.xml.part").write_text("<x/>")
    one = connector(tmp_path)
    batches = list(one.read("payments", None))
    assert sum(len(batch.records) for batch in batches) == 3
    assert set(batches[-1].cursor["files"]) == {"een.xml.gz", "twee.ZIP"}  # type: ignore[index]
    steps = list(one.check())
    assert [step.ok for step in steps] == [True, True]
    assert steps[0].message == "In de map staan 2 bankbestanden."


@pytest.mark.parametrize("name", ["een.zip", "een.xml.gz"])
def test_a_file_that_unpacks_without_end_is_refused(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packed(tmp_path, name, "a.xml")
    monkeypatch.setattr("plugins.payments.documents.MOST_BYTES", 500)
    with pytest.raises(HubError) as caught:
        facts(path)
    assert "is uitgepakt te groot" in caught.value.user


def test_one_wrong_document_costs_its_whole_archive(tmp_path: Path) -> None:
    path = packed(tmp_path, "een.zip", "a.xml")
    with zipfile.ZipFile(path, "a") as archive:
        archive.write(BAD / "som.xml", "b.xml")
    with pytest.raises(HubError, match="does not add up"):
        facts(path)


def numbered(folder: Path, *numbers: int, year: int = 2026) -> None:
    for number in numbers:
        whole = statement([paid(mark=f"B{number}")], number, JUNE, 500, 1750)
        text = (
            etree.tostring(whole)
            .decode()
            .replace("2026-06-03</Dt></Dt></Bal>", f"{year}-06-03</Dt></Dt></Bal>")
        )
        (folder / f"{year}-{number}.xml").write_text(text)


def warned(folder: Path, cursor: Any = None) -> tuple[list[str], Any]:
    one, said = connector(folder), list[str]()
    one.context.warn = said.append
    *_, last = one.read("payments", cursor)
    return said, last.cursor


def test_a_statement_that_is_missing_is_told_until_it_comes(tmp_path: Path) -> None:
    numbered(tmp_path, 11, 12, 14, 18)
    said, cursor = warned(tmp_path)
    sentence = (
        f"Van rekening {ACCOUNT} ontbreken in 2026 afschriften van de bank: nummer 13, 15 t/m 17. "
        "Vraag de bank om ze opnieuw te sturen."
    )
    assert said == [sentence]
    for path in tmp_path.iterdir():
        path.unlink()
    said, cursor = warned(tmp_path, cursor)
    assert said == [sentence], "what was seen is remembered, also when the file is gone"
    numbered(tmp_path, 13, 15, 16, 17)
    said, _ = warned(tmp_path, cursor)
    assert said == []


def test_a_bank_may_count_anew_each_year(tmp_path: Path) -> None:
    numbered(tmp_path, 250, 251)
    numbered(tmp_path, 1, 2, year=2027)
    assert warned(tmp_path)[0] == []


def test_a_large_file_takes_little_memory(tmp_path: Path) -> None:
    path = put(tmp_path, [paid(at + 1, f"B{at}") for at in range(20_000)])
    tracemalloc.start()
    assert sum(1 for _ in records(path)) == 20_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < path.stat().st_size / 2, f"{peak:,} bytes for a file of {path.stat().st_size:,}"


@pytest.mark.skipif(not SPECS.is_dir(), reason="the published schemas are not here")
def test_the_files_of_the_bank_are_what_the_schema_asks(bench: Bench) -> None:
    bank: Any = bench.open().side
    bank.prime()
    schema = etree.XMLSchema(etree.parse(str(SPECS / "camt.053.001.08.xsd")))
    files = list(bank.share.glob("*.xml"))
    assert files
    for path in files:
        schema.assertValid(etree.parse(str(path)))


# --- collecting --------------------------------------------------------------------------------

DAY = date(2026, 12, 1)
MANDATE = {
    "kenmerk": "M-1",
    "getekend_op": "2026-05-01",
    "iban": "NL91ABNA0417164300",
    "naam": "J. Proef-Étoile",
}
DEBITS = {
    "token": "t" * 24,
    "creditor_name": "Gemeente Voorbeeldstad",
    "creditor_iban": "NL02ABNA0123456789",
    "creditor_id": "NL69ZZZ123456780000",
}


def plan(bsn: str = "999990019", **more: Any) -> dict[str, Any]:
    return {
        "person": {"bsn": bsn},
        "claim": "2026-17",
        "status": "lopend",
        "direct_debit": True,
        "installments": [
            {"due_on": "2026-11-01", "amount": 5000, "paid": 5000},
            {"due_on": "2026-12-01", "amount": 5000, "paid": 1000},
            {"due_on": "2027-01-01", "amount": 5000},
        ],
        "details": {"mandaat": MANDATE},
        **more,
    }


def test_what_is_due_is_what_is_left_of_the_term() -> None:
    (term,), left = due_terms([plan()], set(), DAY)
    assert (term.amount, term.sequence) == (4000, "RCUR")
    assert not left


LEFT_OUT: dict[str, tuple[dict[str, Any], str]] = {
    "no mandate": ({"details": {}}, "Machtiging"),
    "half a mandate": ({"details": {"mandaat": {"kenmerk": "M-1"}}}, "Machtiging"),
    "a pause": ({"person": {"bsn": "111222333"}}, "Pauze"),
    "not by debit": ({"direct_debit": False}, ""),
    "lapsed": ({"status": "vervallen"}, ""),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_left_out_is_counted(name: str) -> None:
    change, reason = LEFT_OUT[name]
    hold = {"person": {"bsn": "111222333"}, "starts_on": "2026-12-01", "ends_on": "2026-12-01"}
    terms, left = due_terms([plan(**change)], on_hold([hold], DAY), DAY)
    assert (terms, dict(left)) == ([], {reason: 1} if reason else {})


@pytest.mark.parametrize(
    ("starts", "ends", "held"),
    [("2026-12-02", None, False), ("2026-11-01", "2026-11-30", False), ("2026-12-01", None, True)],
)
def test_a_pause_holds_on_its_first_and_last_day(starts: str, ends: str | None, held: bool) -> None:
    hold = {"person": {"bsn": "999990019"}, "starts_on": starts, "ends_on": ends}
    assert bool(on_hold([hold], DAY)) is held


@pytest.mark.parametrize(("at", "sequence"), [(0, "FRST"), (1, "RCUR"), (2, "FNAL")])
def test_the_bank_is_told_which_term_it_is(at: int, sequence: str) -> None:
    days = ["2026-11-02", "2026-11-16", "2026-12-01", "2026-12-15", "2026-12-29"][2 - at :][:3]
    terms = [{"due_on": day, "amount": 100} for day in days]
    (term,), _ = due_terms([plan(installments=terms)], set(), DAY)
    assert term.sequence == sequence


def one_term(day: str, **more: Any) -> dict[str, Any]:
    return plan(installments=[{"due_on": day, "amount": 100}], **more)


SHARED: dict[str, tuple[list[dict[str, Any]], str]] = {
    "alone": ([], "OOFF"),
    "a plan before it": ([one_term("2026-06-01", status="nagekomen")], "FNAL"),
    "a plan before it that lapsed": ([one_term("2026-06-01", status="vervallen")], "FNAL"),
    "a plan after it": ([one_term("2027-06-01")], "FRST"),
    "a plan after it that lapsed": ([one_term("2027-06-01", status="vervallen")], "OOFF"),
    "plans around it": ([one_term("2026-06-01"), one_term("2027-06-01")], "RCUR"),
    "another on that day": ([one_term("2026-12-01", claim="2026-18")], "RCUR"),
}


@pytest.mark.parametrize("name", SHARED)
def test_a_mandate_may_serve_more_than_one_plan(name: str) -> None:
    others, sequence = SHARED[name]
    terms, left = due_terms([one_term("2026-12-01"), *others], set(), DAY)
    assert {one.sequence for one in terms} == {sequence}
    assert not left


WRONG_MANDATES: dict[str, dict[str, Any]] = {
    "a number that is too long": {"kenmerk": "M" * 36},
    "a number with other characters": {"kenmerk": "M_1"},
    "a number that begins with a slash": {"kenmerk": "/M1"},
    "an account that does not add up": {"iban": "NL92ABNA0417164300"},
    "no account": {"iban": "0417164300"},
    "no day": {"getekend_op": "1 mei 2026"},
    "a day that is still to come": {"getekend_op": "2026-12-02"},
    "no bank": {"bic": "ABNANL"},
    "no name": {"naam": "  "},
}


@pytest.mark.parametrize("name", WRONG_MANDATES)
def test_a_wrong_mandate_costs_its_own_term_alone(name: str) -> None:
    wrong = one_term("2026-12-01", details={"mandaat": MANDATE | WRONG_MANDATES[name]})
    terms, left = due_terms([wrong, one_term("2026-12-01", claim="2026-18")], set(), DAY)
    assert [one.claim for one in terms] == ["2026-18"]
    assert dict(left) == {"Machtiging": 1}


@pytest.mark.parametrize(
    ("due", "on"),
    [
        ("2026-12-05", "2026-12-07"),  # a Saturday
        ("2026-12-25", "2026-12-28"),  # Christmas, and then a weekend
        ("2026-04-03", "2026-04-07"),  # Good Friday, and Easter
        ("2026-05-01", "2026-05-04"),  # a working day in the Netherlands, not for banks
        ("2026-04-27", "2026-04-27"),  # the other way around: King's Day
    ],
)
def test_a_term_on_a_day_without_banks_is_collected_on_the_next(due: str, on: str) -> None:
    signed = {"mandaat": MANDATE | {"getekend_op": "2026-01-01"}}
    (term,), _ = due_terms([one_term(due, details=signed)], set(), date.fromisoformat(on))
    assert term.due == date.fromisoformat(due)
    collected = [
        day
        for day in (date(2026, 1, 1) + timedelta(days=at) for at in range(365))
        if is_open(day) and due_terms([one_term(due, details=signed)], set(), day)[0]
    ]
    assert collected == [date.fromisoformat(on)], "once, and on a day on which banks settle"


def test_each_debit_has_a_name_of_its_own_by_which_it_comes_back() -> None:
    names = {
        Term(1, MANDATE, "RCUR", claim, due).end_to_end
        for claim in ("2026-17", "vrd-" + "a" * 32, "vrd-" + "a" * 31 + "b", "x_1/é")
        for due in (date(2026, 12, 1), date(2027, 1, 1))
    }
    assert len(names) == 8
    assert all(re.fullmatch(r"[A-Za-z0-9+?:().,' -]{1,35}", one) for one in names)


def test_a_debit_that_bounced_is_known_by_the_reference_of_its_claim(tmp_path: Path) -> None:
    details = {"mandaat": MANDATE, "betalingskenmerk": GOOD}
    terms, _ = due_terms([one_term("2026-12-01", details=details)], set(), DAY)
    root = etree.fromstring(Collector(DEBITS).file(terms, DAY, NOON))
    (name,) = root.iterfind(".//{*}EndToEndId")
    path = put(tmp_path, [paid(-100)])
    text = path.read_text().replace(f"<Ref>{GOOD}</Ref>", "<Ref>onze debit</Ref>")
    path.write_text(text.replace("NOTPROVIDED", str(name.text)))
    assert [(one.data["kind"], one.data["amount"]) for one in facts(path)] == [("storno", -100)]


OTHER = {"due_on": "2027-06-01", "amount": 100}


@pytest.mark.skipif(not SPECS.is_dir(), reason="the published schemas are not here")
def test_the_collection_file_is_what_the_schema_asks() -> None:
    single = plan(installments=[OTHER | {"due_on": "2026-12-01"}])
    terms, _ = due_terms([plan(), single], set(), DAY)
    root = etree.fromstring(Collector(DEBITS).file(terms, DAY, NOON))
    etree.XMLSchema(etree.parse(str(SPECS / f"{SCHEMA}.xsd"))).assertValid(root)
    amounts = root.findall(".//{*}InstdAmt")
    assert sorted(one.text for one in amounts) == ["1.00", "40.00"]
    assert root.findtext(".//{*}GrpHdr/{*}CtrlSum") == "41.00"
    for group in root.iterfind(".//{*}PmtInf"):
        cents = [cents_of(one.text or "") or 0 for one in group.iterfind(".//{*}InstdAmt")]
        assert cents_of(group.findtext("{*}CtrlSum") or "") == sum(cents)
        assert group.findtext("{*}NbOfTxs") == str(len(cents))
        assert group.findtext("{*}ReqdColltnDt") == "2026-12-01"
        assert group.findtext(".//{*}MndtId") == "M-1"
        assert group.findtext(".//{*}DtOfSgntr") == "2026-05-01"


def test_the_same_terms_are_a_file_with_the_same_numbers() -> None:
    terms, _ = due_terms([plan(), one_term("2026-12-01")], set(), DAY)
    more, _ = due_terms([plan(), one_term("2026-12-01"), one_term("2026-12-01")], set(), DAY)
    numbers = [
        [one.text for name in ("MsgId", "PmtInfId") for one in root.iterfind(f".//{{*}}{name}")]
        for root in (
            etree.fromstring(Collector(DEBITS).file(told, DAY, NOON))
            for told in (terms, terms, more)
        )
    ]
    assert numbers[0] == numbers[1]
    assert numbers[0][0] != numbers[2][0]
    assert all(len(one or "") <= 35 for one in numbers[0])


def call(folder: Path, path: str, shown: str = "t" * 24, **config: Any) -> Any:
    exports: dict[str, list[Any]] = {"payment_plan": [plan()], "hold": []}
    export: Callable[[str], Any] = lambda kind: iter(exports[kind])  # noqa: E731
    one = connector(folder, **config)
    one.context.export = export
    return one.receive(Incoming("GET", path, {"authorization": f"Bearer {shown}"}, b""))


def test_the_collection_file_is_asked_for_by_who_may(tmp_path: Path) -> None:
    answer = call(tmp_path, "incasso/2026-12-01", **DEBITS)
    assert answer.status == 200
    assert b"NL91ABNA0417164300" in answer.body
    assert call(tmp_path, "incasso/2026-12-01", "fout", **DEBITS).status == 401
    assert call(tmp_path, "incasso/2026-12-01", "fóut", **DEBITS).status == 401
    assert call(tmp_path, "incasso/2026-12-01").status == 404, "off unless it is set up"
    assert call(tmp_path, "incasso/2026-11-23", **DEBITS).status == 422
    assert call(tmp_path, "incasso/2026-13-01", **DEBITS).status == 404
    assert call(tmp_path, "incasso/2027-03-01", **DEBITS).status == 204


def test_a_day_without_banks_is_told_with_the_next(tmp_path: Path) -> None:
    answer = call(tmp_path, "incasso/2026-12-05", **DEBITS)
    assert (answer.status, answer.body.decode()) == (
        422,
        "Op 05-12-2026 verwerken banken geen incasso's. Vraag 07-12-2026 op; daarin staan ook de "
        "termijnen van de dagen ervoor.",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("creditor_iban", "NL03ABNA0123456789"), ("creditor_id", "NL70ZZZ123456780000")],
)
def test_check_digits_of_the_creditor_are_looked_at(name: str, value: str) -> None:
    good = {"folder": "/map", **DEBITS}
    assert PaymentsConfig().load(good)
    with pytest.raises(ValidationError, match="De controlecijfers kloppen niet"):
        PaymentsConfig().load({**good, name: value})
