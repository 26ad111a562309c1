"""Bank files: what came in, what went back, what adds up, and the collection file."""

from __future__ import annotations

import shutil
import tracemalloc
from collections.abc import Callable
from datetime import date
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
from plugins.payments.collect import SCHEMA, Collector, due_terms, on_hold
from plugins.payments.connector import PaymentsConnector
from plugins.payments.simulator import ACCOUNT, Bank, Paid, reversed_later, statement
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
    "creditor_id": "NL13ZZZ123456780000",
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
    terms = [{"due_on": "2026-12-01", "amount": 100} if n == at else OTHER for n in range(3)]
    (term,), _ = due_terms([plan(installments=terms)], set(), DAY)
    assert term.sequence == sequence


OTHER = {"due_on": "2027-06-01", "amount": 100}


@pytest.mark.skipif(not SPECS.is_dir(), reason="the published schemas are not here")
def test_the_collection_file_is_what_the_schema_asks() -> None:
    single = plan(installments=[OTHER | {"due_on": "2026-12-01"}])
    terms, _ = due_terms([plan(), single], set(), DAY)
    root = etree.fromstring(Collector(DEBITS).file(terms, DAY))
    etree.XMLSchema(etree.parse(str(SPECS / f"{SCHEMA}.xsd"))).assertValid(root)
    amounts = root.findall(".//{*}InstdAmt")
    assert sorted(one.text for one in amounts) == ["1.00", "40.00"]
    assert root.findtext(".//{*}GrpHdr/{*}CtrlSum") == "41.00"


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
    assert call(tmp_path, "incasso/2026-12-01").status == 404, "off unless it is set up"
    assert call(tmp_path, "incasso/2026-11-23", **DEBITS).status == 422
    assert call(tmp_path, "incasso/2026-13-01", **DEBITS).status == 404
    assert call(tmp_path, "incasso/2027-03-01", **DEBITS).status == 204
