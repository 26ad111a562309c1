"""The tax plugin against its simulator: deliveries, holds, orders, and everything that is wrong."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError

from hub.clock import FrozenClock
from hub.connector import (
    Batch,
    Command,
    ConfigError,
    Context,
    ContractError,
    Fact,
    PermanentError,
    Record,
    RecordError,
    TransientError,
)
from hub.testing.world import (
    Dossier,
    LedgerEvent,
    Organisation,
    Person,
    Plan,
    RemissionRequest,
    TaxClaim,
    TaxHold,
)
from plugins.tax.connector import TaxConfig, TaxConnector
from plugins.tax.envelope import KEPT, Header
from plugins.tax.messages import iter_claims, parse_claim, parse_hold
from plugins.tax.orders import LIFT, SET
from plugins.tax.simulator import TaxOffice
from plugins.tax.writing import write_delivery
from schemas import KINDS

TODAY = date(2026, 11, 23)
BSNS = ("999990007", "999990019", "999990020")
OFFICE, WATER = "stad-belastingen", "waterschap-delta"


def person(number: int = 0) -> Person:
    return Person(
        number=number,
        bsn=BSNS[number],
        initials="A.",
        prefix="van",
        surname=f"Proef & Zn <{number}>",
        birth_date=date(1980, 5, 1),
        sex="Vrouw",
        street="Dorpsstraat",
        house_number="1",
        addition="",
        postcode="9999XX",
        city="Voorbeeldstad",
        phone="0600000000",
        email="a@voorbeeld.example",
    )


def tax_claim(number: str, creditor: str = OFFICE, **more: Any) -> TaxClaim:
    events = (
        LedgerEvent(f"{number}-01", "opgelegd", date(2026, 2, 28), 30000),
        LedgerEvent(f"{number}-02", "aanmaning", date(2026, 5, 1), 900),
        LedgerEvent(f"{number}-03", "betaling", date(2026, 6, 1), -10000),
    )
    values: dict[str, Any] = {
        "number": number,
        "creditor": creditor,
        "kind": "ozb",
        "tax_year": 2026,
        "imposed_on": date(2026, 2, 28),
        "due_on": date(2026, 4, 11),
        "stage": "aanmaning",
        "events": events,
    }
    return TaxClaim(**values | more)


def organisation(code: str) -> Organisation:
    return Organisation(
        code=code,
        name=code.title(),
        kind="gemeente",
        kvk="99990001",
        skp_id="",
        signed_on=date(2024, 5, 30),
        valid_from=date(2024, 7, 1),
    )


@dataclass
class Town:
    """A municipality of three residents, of whom two owe something."""

    code: str = "9999"
    name: str = "Voorbeeldstad"
    today: date = TODAY
    organisations: tuple[Organisation, ...] = (organisation(OFFICE), organisation(WATER))
    residents: tuple[Dossier, ...] = ()

    def dossiers(self) -> Iterator[Dossier]:
        yield from self.residents


PLAN = Plan(date(2026, 7, 1), date(2027, 1, 1), 6, 3500, "lopend")
REQUEST = RemissionRequest(date(2026, 8, 1), None, "aangevraagd", 0)
HOLD = TaxHold("PZ-1", OFFICE, "stabilisatie", TODAY, date(2027, 5, 23), TODAY)


def town() -> Town:
    return Town(
        residents=(
            Dossier(
                person(0),
                claims=(
                    tax_claim("A-1", plan=PLAN),
                    tax_claim("A-2", remission=REQUEST),
                    tax_claim("W-1", WATER),
                ),
                holds=(HOLD,),
            ),
            Dossier(person(1), claims=(tax_claim("B-1"),)),
            Dossier(person(2)),
        )
    )


@pytest.fixture
def office(tmp_path: Path, clock: FrozenClock) -> Iterator[TaxOffice]:
    made = TaxOffice(town(), tmp_path, clock)
    made.start()
    yield made
    made.stop()


def connect(office: TaxOffice, source: int = 0, **more: Any) -> TaxConnector:
    spec = office.sources()[source]
    context = Context(clock=office.clock, municipality="9999", owner=spec.owner)
    return TaxConnector(TaxConfig().load(spec.config | more), context)


def read(connector: TaxConnector, stream: str = "claims", cursor: Any = None) -> list[Batch]:
    return list(connector.read(stream, cursor))


def facts(connector: TaxConnector, stream: str = "claims") -> list[Fact]:
    return [
        fact
        for batch in read(connector, stream)
        for record in batch.records
        for fact in connector.parse(stream, record.raw)
    ]


def alter(office: TaxOffice, old: str, new: str) -> None:
    text = office.delivery.read_text()
    assert old in text
    office.delivery.write_text(text.replace(old, new, 1))


# --- reading what is right ---------------------------------------------------------------------


def test_a_full_set_is_complete_and_remembers_when_it_was_made(office: TaxOffice) -> None:
    (batch,) = read(connect(office))
    assert [record.key for record in batch.records] == ["A-1", "A-2", "B-1"]
    assert batch.complete
    assert batch.cursor is not None
    assert batch.cursor["delivered_at"] == "2026-11-23T09:00:00+00:00"


def test_every_fact_satisfies_its_schema(office: TaxOffice) -> None:
    found = facts(connect(office)) + facts(connect(office), "holds")
    loaded = {(one.kind, one.key): KINDS[one.kind].load(one.data) for one in found}
    kinds = sorted({kind for kind, _ in loaded})
    assert kinds == [
        "claim_event",
        "claim_statement",
        "hold",
        "payment",
        "payment_plan",
        "remission",
    ]
    assert len(loaded) == len(found), "a key is unique within its kind"


def test_a_claim_says_what_the_ledger_says(office: TaxOffice) -> None:
    found = {(one.kind, one.key): one.data for one in facts(connect(office))}
    statement = found["claim_statement", "A-1"]
    assert statement["person"]["bsn"] == BSNS[0]
    assert statement["person"]["surname"] == "Proef & Zn <0>"
    amounts = ("principal", "costs", "interest", "paid", "open")
    assert [statement[name] for name in amounts] == [30000, 900, 0, 10000, 20900]
    assert (statement["creditor"], statement["reference"]) == (OFFICE, "A-1")
    assert (statement["stage"], statement["tax_year"]) == ("aanmaning", 2026)
    assert statement["as_of"] == "2026-07-01", "the day of the last change, here of the plan"
    event = {"claim": "A-1", "kind": "aanmaning", "on": "2026-05-01", "amount": 900}
    assert found["claim_event", "A-1-02"] == event
    assert found["payment", "A-1-03"]["amount"] == 10000
    assert found["payment_plan", "A-1"]["terms"] == 6
    assert found["remission", "A-2"]["outcome"] == "aangevraagd"


def test_a_second_read_gives_the_same_bytes_also_on_another_day(
    office: TaxOffice, clock: FrozenClock
) -> None:
    first = [batch.records for batch in read(connect(office))]
    clock.move(days=1)
    office.publish()
    second = read(connect(office), cursor={"delivered_at": "2026-11-23T09:00:00+00:00"})
    assert [batch.records for batch in second] == first
    assert second[-1].cursor["delivered_at"] == "2026-11-24T09:00:00+00:00"  # type: ignore[index]


def test_the_cursor_only_comes_with_the_last_batch(
    office: TaxOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.tax.connector.BATCH", 1)
    batches = read(connect(office))
    assert [len(batch.records) for batch in batches] == [1, 1, 1, 0]
    assert [batch.complete for batch in batches] == [False, False, False, True]
    assert [batch.cursor is None for batch in batches] == [True, True, True, False]


def test_changes_are_never_complete_and_bring_tombstones(office: TaxOffice) -> None:
    connector = connect(office, changes_only=True)
    cursor = read(connector)[-1].cursor
    office.change("A-1", None)
    office.change("B-1", (person(1), tax_claim("B-1", stage="dwangbevel")))
    (batch,) = read(connector, cursor=cursor)
    assert [(one.key, one.deleted) for one in batch.records] == [("B-1", False), ("A-1", True)]
    assert not batch.complete
    (nothing,) = read(connector, cursor=batch.cursor)
    assert (nothing.records, nothing.complete) == ([], False)


def test_without_the_setting_the_full_set_is_asked_for_every_time(office: TaxOffice) -> None:
    cursor = read(connect(office))[-1].cursor
    assert read(connect(office), cursor=cursor)[-1].complete


def test_holds_are_read_as_confirmed(office: TaxOffice) -> None:
    (hold,) = facts(connect(office), "holds")
    loaded = KINDS["hold"].load(hold.data)
    assert (hold.key, loaded["creditor"], loaded["ground"]) == ("PZ-1", OFFICE, "stabilisatie")
    assert (loaded["starts_on"], loaded["confirmed_on"]) == (TODAY, TODAY)
    assert loaded["person"]["bsn"] == BSNS[0]


def test_no_key_is_a_bsn(office: TaxOffice) -> None:
    connector = connect(office)
    for stream in ("claims", "holds"):
        keys = {record.key for batch in read(connector, stream) for record in batch.records}
        keys |= {fact.key for fact in facts(connector, stream)}
        assert keys
        assert not keys & set(BSNS)


def test_an_unknown_stream_is_a_fault_in_the_contract(office: TaxOffice) -> None:
    with pytest.raises(ContractError):
        read(connect(office), "bezwaren")
    with pytest.raises(ContractError):
        connect(office).parse("bezwaren", b"<bezwaar/>")


# --- the folder --------------------------------------------------------------------------------


def test_another_authority_is_read_from_its_folder(office: TaxOffice) -> None:
    spec = office.sources()[1]
    assert (spec.name, spec.owner, spec.config["transport"]) == (WATER, WATER, "folder")
    connector = connect(office, 1)
    (batch,) = read(connector)
    assert ([one.key for one in batch.records], batch.complete) == (["W-1"], True)
    assert facts(connector)[0].data["creditor"] == WATER


def test_the_newest_full_set_counts_whatever_its_name(office: TaxOffice) -> None:
    folder = office.folders[WATER]
    later = office.clock.now() + timedelta(hours=2)
    for name, hours, function, number in (
        ("a.xml", 2, "volledigeStand", "W-2"),
        ("z.xml", 1, "volledigeStand", "W-3"),
        ("zz.xml", 3, "wijzigingen", "W-4"),
    ):
        moment = office.clock.now() + timedelta(hours=hours)
        with (folder / name).open("wb") as file:
            head = Header(WATER, "9999", name, moment, function)
            write_delivery(file, head, [(person(), tax_claim(number))])
    (batch,) = read(connect(office, 1))
    assert [one.key for one in batch.records] == ["W-2"]
    assert batch.cursor == {"delivered_at": later.isoformat(), "reference": "a.xml"}


def test_a_folder_read_again_tells_how_old_its_delivery_is(
    office: TaxOffice, clock: FrozenClock
) -> None:
    (first,) = read(connect(office, 1))
    clock.move(days=5)
    (second,) = read(connect(office, 1), cursor=first.cursor)
    assert second == first, "the same records, and the same old delivered_at"


def test_a_folder_without_pauzes_says_nothing_about_holds(office: TaxOffice) -> None:
    connector = connect(office, 1)
    assert read(connector, "holds")[-1].complete
    folder = office.folders[WATER]
    (folder / "pauzes.xml").unlink()
    (only,) = read(connector, "holds")
    assert (only.records, only.complete, only.caught_up) == ([], False, True)
    (folder / "contacten.xml").unlink()
    assert [step.message for step in connector.check()][-2:] == [
        "Deze bron levert geen incassopauzes; de hub toont ze dan niet.",
        "Deze bron levert geen contactgegevens; de hub toont ze dan niet.",
    ]


def test_a_folder_receives_no_orders(office: TaxOffice) -> None:
    with pytest.raises(PermanentError) as caught:
        connect(office, 1).send(set_hold(), "k-1")
    assert caught.value.user == (
        "Deze bron levert bestanden in een map en kan geen opdrachten ontvangen. Geef de "
        "opdracht zelf door aan de organisatie."
    )
    assert connect(office, 1).inquire("k-1") is None


@pytest.mark.parametrize(
    ("spoil", "error", "text"),
    [
        (
            lambda folder: [path.unlink() for path in folder.glob("*.xml")],
            TransientError,
            "In de map staat geen volledige levering. Er is niets afgesloten of verwijderd. Vraag "
            "de organisatie om een levering met functie volledigeStand.",
        ),
        (
            lambda folder: folder.rename(folder.parent / "elders"),
            ConfigError,
            "De map met leveringen bestaat niet of is niet te lezen. Controleer de map in de "
            "instellingen.",
        ),
        (
            lambda folder: (folder / "x.xml").write_text("<factuur/>"),
            PermanentError,
            "Het bestand x.xml: Verwacht werd <levering "
            'xmlns="urn:schuldenhub:belastinglevering:1"> met stuurgegevens; ontvangen is '
            f"<factuur>. Controleer het adres of het bestand. {KEPT}",
        ),
        (
            lambda folder: (folder / "x.xml").mkdir(),
            ConfigError,
            "Het bestand x.xml is niet te lezen. Controleer de rechten op de map.",
        ),
    ],
)
def test_a_folder_that_is_not_in_order_says_what_to_do(
    office: TaxOffice, spoil: Callable[[Path], Any], error: type[Exception], text: str
) -> None:
    spoil(office.folders[WATER])
    with pytest.raises(error) as caught:
        read(connect(office, 1))
    assert caught.value.user == text  # type: ignore[attr-defined]


# --- deliveries that are wrong -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (
            "<aantalVorderingen>3<",
            "<aantalVorderingen>4<",
            f"De levering noemt 4 records, maar er zijn er 3 gelezen. {KEPT}",
        ),
        (
            "</debiteur>",
            "</schuldenaar>",
            "De levering is geen geldige XML: het gaat mis op regel 4, of de levering is daar "
            f"afgebroken. {KEPT}",
        ),
        (
            "<soort>ozb</soort>",
            "<soort><![CDATA[</vordering>]]></soort>",
            f"De levering bevat een CDATA-blok, en dat hoort niet in dit formaat. {KEPT}",
        ),
        (
            "<vordering>",
            "<!-- <vordering> --><vordering>",
            f"De levering bevat commentaar, en dat hoort niet in dit formaat. {KEPT}",
        ),
        (
            "<levering",
            '<!DOCTYPE levering [<!ENTITY e SYSTEM "file:///etc/passwd">]><levering',
            "De levering bevat een DTD (misschien antwoordt hier een webpagina), en dat hoort "
            f"niet in dit formaat. {KEPT}",
        ),
        (
            "<vordering>",
            "<?php ?><vordering>",
            "De levering bevat een verwerkingsinstructie (<?…?>), en dat hoort niet in dit "
            f"formaat. {KEPT}",
        ),
        (
            'encoding="UTF-8"',
            'encoding="ISO-8859-1"',
            "De levering bevat een andere tekencodering dan UTF-8, en dat hoort niet in dit "
            f"formaat. {KEPT}",
        ),
        (
            "</vordering>",
            "</vordering><factuur/>",
            f"Na 1 records volgt iets anders dan <aantalVorderingen>. {KEPT}",
        ),
        (
            "<aantalVorderingen>3</aantalVorderingen>",
            "",
            f"Na 3 records volgt iets anders dan <aantalVorderingen>. {KEPT}",
        ),
        (
            "20261123100000000",
            "gisteren",
            "De stuurgegevens van de levering kloppen niet: het tijdstipBericht is 'gisteren'; "
            f"verwacht een tijdstip als 20261123031500000. {KEPT}",
        ),
        (
            "volledigeStand",
            "deel",
            "De stuurgegevens van de levering kloppen niet: berichtcode is 'Di01' en functie is "
            f"'deel'; verwacht Di01 met volledigeStand of wijzigingen. {KEPT}",
        ),
        (
            "urn:schuldenhub:belastinglevering:1",
            "urn:iets:anders",
            'Verwacht werd <levering xmlns="urn:schuldenhub:belastinglevering:1"> met '
            "stuurgegevens; ontvangen is <levering>. Controleer het adres of het bestand. "
            f"{KEPT}",
        ),
        (
            "20261123100000000",
            "20270101100000000",
            f"De levering draagt een tijdstip in de toekomst: 01-01-2027 10:00. {KEPT}",
        ),
    ],
)
def test_a_wrong_delivery_is_never_complete_and_says_what_is_wrong(
    office: TaxOffice, old: str, new: str, text: str
) -> None:
    alter(office, old, new)
    with pytest.raises(PermanentError) as caught:
        assert not any(batch.complete for batch in read(connect(office)))
    assert caught.value.user == text


@pytest.mark.parametrize("body", [b"", b'{"error": "bezig"}', b"\x1f\x8b\x08\x00binary"])
def test_a_body_that_is_no_xml_is_refused_at_its_first_line(office: TaxOffice, body: bytes) -> None:
    office.delivery.write_bytes(body)
    with pytest.raises(PermanentError) as caught:
        read(connect(office))
    assert caught.value.user == (
        "De levering is geen geldige XML: het gaat mis op regel 1, of de levering is daar "
        f"afgebroken. {KEPT}"
    )


def test_a_delivery_cut_off_anywhere_is_never_complete(office: TaxOffice) -> None:
    whole = office.delivery.read_bytes().rstrip()
    for length in range(0, len(whole), 97):
        batches: list[Batch] = []
        with pytest.raises(PermanentError, match=r"."):
            batches.extend(_stream(whole[:length], office))
        assert not any(batch.complete for batch in batches)


def _stream(raw: bytes, office: TaxOffice) -> Iterator[Batch]:
    office.delivery.write_bytes(raw)
    yield from connect(office).read("claims", None)


def test_records_before_a_fault_come_in(office: TaxOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugins.tax.connector.BATCH", 2)
    alter(office, "<aantalVorderingen>3<", "<aantalVorderingen>9<")
    batches = connect(office).read("claims", None)
    first = next(batches)
    assert ([one.key for one in first.records], first.cursor) == (["A-1", "A-2"], None)
    with pytest.raises(PermanentError):
        next(batches)


def test_an_older_delivery_than_the_last_one_is_refused(office: TaxOffice) -> None:
    with pytest.raises(PermanentError) as caught:
        read(connect(office), cursor={"delivered_at": "2026-11-24T09:00:00+00:00"})
    assert caught.value.user == (
        "De levering van 23-11-2026 10:00 is ouder dan de levering die al is gelezen. " + KEPT
    )


def test_a_list_that_never_closes_a_record_does_not_fill_the_memory() -> None:
    head = Header(OFFICE, "9999", "r-1", datetime(2026, 11, 23, tzinfo=UTC), "volledigeStand")
    file = io.BytesIO()
    write_delivery(file, head, [])
    endless = file.getvalue().partition(b"<aantal")[0] + b"<vordering>" + b"<a/>" * 400_000
    with pytest.raises(PermanentError) as caught:
        list(iter_claims(io.BytesIO(endless)))
    assert caught.value.user == (
        "Na 0 records bevat de levering iets anders dan <vordering>, of een record groter dan "
        f"1 MB. {KEPT}"
    )


# --- records that are wrong --------------------------------------------------------------------


def _rejected(office: TaxOffice, old: str, new: str) -> tuple[list[Batch], list[str]]:
    """Spoil one record; return the batches and the problems that parsing found in it."""
    alter(office, old, new)
    connector = connect(office)
    batches, found = read(connector), []
    for record in batches[-1].records:
        try:
            for fact in connector.parse("claims", record.raw):
                KINDS[fact.kind].load(fact.data)
        except RecordError as error:
            found.extend(error.problems)
        except ValidationError as error:
            found.append(str(error.messages))
    assert len(batches[-1].records) == 3, "the others come in"
    return batches, found


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (
            "<openstaand>20900<",
            "<openstaand>20900,-<",
            "{'open': [\"is '20900,-'; verwacht een bedrag in hele centen\"]}",
        ),
        (
            BSNS[0],
            "999990008",
            "{'person': {'bsn': ['voldoet niet aan de elfproef; controleer het BSN']}}",
        ),
        ("<fase>aanmaning</fase>", "", "vordering.fase ontbreekt"),
        (
            "<kenmerk>A-1-02<",
            "<kenmerk>A-1-01<",
            "vordering.gebeurtenis[2].kenmerk is 'A-1-01'; dat kenmerk komt al eerder voor",
        ),
        ("<kenmerk>A-1-03</kenmerk>", "", "vordering.betaling[1].kenmerk ontbreekt"),
        (
            "<kosten>900</kosten>",
            "<kosten>900</kosten><kosten>0</kosten>",
            "vordering.kosten komt meer dan een keer voor",
        ),
        (
            "<bedrag>900</bedrag>",
            "<bedrag>9</bedrag><bedrag>900</bedrag>",
            "gebeurtenis.bedrag komt meer dan een keer voor",
        ),
        ("<bedrag>900</bedrag>", "", "vordering.gebeurtenis[2].bedrag ontbreekt"),
    ],
)
def test_a_wrong_record_is_told_in_words_and_stops_no_other(
    office: TaxOffice, old: str, new: str, text: str
) -> None:
    batches, found = _rejected(office, old, new)
    assert found == [text]
    assert batches[-1].complete


@pytest.mark.parametrize(
    ("old", "new", "start"),
    [
        ("<soort>ozb<", "<soort>fiets<", "{'type': [\"is 'fiets'; bekend zijn: afvalstoffen"),
        ("<fase>aanmaning<", "<fase>zoek<", "{'stage': [\"is 'zoek'; bekend zijn: aanmaning, "),
    ],
)
def test_an_unknown_code_is_told_with_the_known_ones(
    office: TaxOffice, old: str, new: str, start: str
) -> None:
    _, (found,) = _rejected(office, old, new)
    assert found.startswith(start)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("", "vordering.vorderingnummer ontbreekt"),
        (
            "nr één",
            "vordering.vorderingnummer is 'nr één'; verwacht hoogstens 64 letters, cijfers of "
            ". _ / -",
        ),
        (
            BSNS[0],
            "vordering.vorderingnummer is het BSN van de debiteur; verwacht een eigen nummer",
        ),
    ],
)
def test_after_a_record_without_a_usable_number_nothing_is_called_gone(
    office: TaxOffice, number: str, text: str
) -> None:
    new = f"<vorderingnummer>{number}</vorderingnummer>"
    batches, found = _rejected(office, "<vorderingnummer>A-1</vorderingnummer>", new)
    assert found[0] == text
    assert not batches[-1].complete, "it may be any claim that is known"
    key = batches[-1].records[0].key
    assert key.startswith("onbekend-")
    assert read(connect(office))[-1].records[0].key == key, "stable"


def test_a_record_error_lists_everything_that_is_wrong() -> None:
    raw = (
        b"<vordering><soort>ozb</soort><debiteur><bsn>1</bsn></debiteur>"
        b"<openstaand>veel</openstaand></vordering>"
    )
    with pytest.raises(RecordError) as caught:
        parse_claim(raw, OFFICE)
    assert caught.value.problems == [
        "vordering.vorderingnummer ontbreekt",
        "vordering.fase ontbreekt",
        "claim_statement.person.bsn is geen BSN: verwacht precies negen cijfers",
        "claim_statement.open is 'veel'; verwacht een bedrag in hele centen",
        "claim_statement.as_of ontbreekt",
    ]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"{}", "is geen leesbare XML; vraag de bron dit record opnieuw te leveren"),
        (
            b'<!DOCTYPE v [<!ENTITY e "x">]><vordering>&e;</vordering>',
            "is geen leesbare XML; vraag de bron dit record opnieuw te leveren",
        ),
        (b"<factuur/>", "ontbreekt; verwacht een element <vordering>"),
    ],
)
def test_raw_bytes_that_are_no_record_are_rejected(raw: bytes, text: str) -> None:
    with pytest.raises(RecordError) as caught:
        parse_claim(raw, OFFICE)
    assert caught.value.problems == [f"vordering {text}"]


def test_a_hold_without_number_or_ground_is_rejected_with_both() -> None:
    raw = (
        f"<pauze><debiteur><bsn>{BSNS[0]}</bsn></debiteur><ingangsdatum>2026-11-23</ingangsdatum>"
        "<bevestigdOp>2026-11-23</bevestigdOp></pauze>"
    )
    with pytest.raises(RecordError) as caught:
        parse_hold(raw.encode(), OFFICE)
    assert caught.value.problems == [
        "pauze.pauzenummer ontbreekt",
        "hold.reference ontbreekt",
        "hold.ground ontbreekt",
    ]


# --- orders ------------------------------------------------------------------------------------


def set_hold(who: int = 0, **more: str) -> Command:
    data = {"ground": "stabilisatie", "starts_on": "2026-11-23", "ends_on": "2027-05-23"}
    moment = datetime(2026, 11, 23, 9, tzinfo=UTC)
    return Command("set_hold", {"bsn": BSNS[who]}, data | more, moment)


def lift_hold(reference: str) -> Command:
    moment = datetime(2026, 11, 23, 9, tzinfo=UTC)
    return Command("lift_hold", {"bsn": BSNS[0]}, {"reference": reference}, moment)


def test_a_hold_is_set_confirmed_and_read_back(office: TaxOffice) -> None:
    connector = connect(office)
    receipt = connector.send(set_hold(who=1, scope="aanslagen 2026"), "k-1")
    assert (receipt.outcome, receipt.refresh) == ("delivered", ("holds",))
    assert receipt.message == (
        f"Het belastingkantoor bevestigde op 23-11-2026 de opdracht over incassopauze "
        f"{receipt.reference}."
    )
    found = {fact.key: fact.data for fact in facts(connector, "holds")}
    hold = KINDS["hold"].load(found[receipt.reference])
    assert (hold["person"]["bsn"], hold["scope"]) == (BSNS[1], "aanslagen 2026")
    assert (hold["confirmed_on"], hold["ends_on"]) == (TODAY, date(2027, 5, 23))


def test_a_lifted_hold_ends_today_and_tells_the_office_no_bsn(office: TaxOffice) -> None:
    connector = connect(office)
    receipt = connector.send(lift_hold("PZ-1"), "k-2")
    assert (receipt.outcome, receipt.reference) == ("delivered", "PZ-1")
    (hold,) = facts(connector, "holds")
    assert hold.data["ends_on"] == "2026-11-23"
    assert [(one.action, one.bsn) for one in office.received] == [(LIFT, "")]


def test_a_hold_with_a_reference_is_changed_not_doubled(office: TaxOffice) -> None:
    connector = connect(office)
    connector.send(set_hold(reference="PZ-1", ends_on="2027-12-01"), "k-3")
    (hold,) = facts(connector, "holds")
    assert (hold.key, hold.data["ends_on"]) == ("PZ-1", "2027-12-01")


def test_a_repeated_order_has_the_same_receipt_and_no_second_effect(
    office: TaxOffice, clock: FrozenClock
) -> None:
    connector = connect(office)
    first = connector.send(set_hold(), "k-4")
    clock.move(hours=1)
    assert connector.send(set_hold(), "k-4") == first
    assert connector.inquire("k-4") == first
    assert [one.action for one in office.received] == [SET]
    assert len(office.holds) == 2


def test_a_number_used_for_another_order_is_refused(office: TaxOffice) -> None:
    connector = connect(office)
    connector.send(set_hold(), "k-5")
    receipt = connector.send(set_hold(who=1), "k-5")
    assert receipt.outcome == "refused"
    assert receipt.message == (
        "Het belastingkantoor weigert: Dit referentienummer is al gebruikt voor een ander "
        "bericht. (code StUF016)"
    )


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (set_hold(who=2), "Deze persoon heeft hier geen vorderingen. (code P410)"),
        (set_hold(ends_on="2026-01-01"), "De einddatum ligt voor de begindatum. (code P422)"),
        (set_hold(ends_on="ooit"), "De begindatum of einddatum klopt niet. (code P400)"),
        (lift_hold("PZ-9"), "Deze incassopauze is niet bekend. (code P404)"),
        (lift_hold(""), "Het pauzenummer ontbreekt. (code P400)"),
    ],
)
def test_a_refusal_gives_the_reason_of_the_office(
    office: TaxOffice, order: Command, reason: str
) -> None:
    receipt = connect(office).send(order, "k-6")
    assert receipt.outcome == "refused"
    assert receipt.message == f"Het belastingkantoor weigert: {reason}"
    assert connect(office).inquire("k-6") == receipt
    assert list(office.holds) == ["PZ-1"]


def test_an_order_that_never_arrived_is_unknown_to_the_office(office: TaxOffice) -> None:
    assert connect(office).inquire("k-7") is None


def test_without_a_bsn_no_hold_is_asked_for(office: TaxOffice) -> None:
    with pytest.raises(PermanentError) as caught:
        connect(office).send(replace(set_hold(), person={"surname": "Proef"}), "k-8")
    assert caught.value.user == (
        "Van deze inwoner is geen BSN bekend. Zonder BSN kan het belastingkantoor geen "
        "incassopauze zetten."
    )
    assert office.received == []


def test_an_order_of_another_kind_is_a_fault_in_the_contract(office: TaxOffice) -> None:
    with pytest.raises(ContractError):
        connect(office).send(replace(set_hold(), kind="notice"), "k-9")


@pytest.mark.parametrize("answer", [b"", b"<html/>", b"<!DOCTYPE html><html></html>"])
def test_an_answer_that_is_not_understood_is_asked_after(
    office: TaxOffice, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    connector = connect(office)
    done = office.take
    monkeypatch.setattr(office, "take", lambda raw: (done(raw) and answer, 200))
    with pytest.raises(TransientError) as caught:
        connector.send(set_hold(), "k-10")
    assert caught.value.may_have_arrived
    assert caught.value.user == (
        "Het belastingkantoor gaf een onbegrijpelijk antwoord op de opdracht. De hub vraagt "
        "later na of de opdracht is uitgevoerd."
    )
    found = connector.inquire("k-10")
    assert found is not None
    assert found.outcome == "delivered"


def test_an_answer_to_another_order_is_not_ours(
    office: TaxOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = office.take
    connect(office).send(set_hold(), "k-11")
    answer = office.answer_to("k-11")
    monkeypatch.setattr(office, "take", lambda raw: (other(raw) and answer, 200))
    with pytest.raises(TransientError) as caught:
        connect(office).send(set_hold(), "k-12")
    assert caught.value.may_have_arrived


# --- the connection ----------------------------------------------------------------------------


def test_the_check_names_its_steps(office: TaxOffice) -> None:
    steps = list(connect(office).check())
    assert all(step.ok for step in steps)
    assert [step.name for step in steps] == [
        "DNS",
        "Poort",
        "Aanmelden",
        "Proefrecord",
        "Incassopauzes",
        "Contactgegevens",
    ]
    assert steps[3].message == (
        "De levering van stad-belastingen is gemaakt op 23-11-2026 om 10:00 uur en is leesbaar."
    )
    assert steps[4].message == "De lijst met incassopauzes is leesbaar; er staan er 1 op."
    assert [step.name for step in connect(office, 1).check()] == [
        "Map",
        "Volledige levering",
        "Proefrecord",
        "Incassopauzes",
        "Contactgegevens",
    ]
    assert office.received == [], "a check changes nothing"


def test_the_check_stops_at_wrong_credentials(office: TaxOffice) -> None:
    steps = list(connect(office, password="anders").check())
    assert [step.ok for step in steps] == [True, True, False]
    assert steps[-1].message == (
        f"localhost:{office.port} weigert de toegang (HTTP 401). Controleer de inloggegevens en "
        "of dit account rechten heeft."
    )


def test_the_check_stops_at_an_office_that_is_closed(office: TaxOffice) -> None:
    connector = connect(office)
    office.stop()
    steps = list(connector.check())
    assert [(step.name, step.ok) for step in steps] == [("DNS", True), ("Poort", False)]
    with pytest.raises(TransientError):
        read(connector)


def test_the_check_tells_what_does_not_fit_and_fails_when_nothing_does(office: TaxOffice) -> None:
    alter(office, "<fase>aanmaning</fase>", "")
    step = next(one for one in connect(office).check() if one.name == "Proefrecord")
    assert step.ok, "one bad claim is no bad connection"
    assert step.message.endswith(
        "en is leesbaar. Van de eerste 3 vorderingen passen er 2. De andere worden afgekeurd; "
        "vordering A-1: vordering.fase ontbreekt."
    )
    text = office.delivery.read_text().replace("<soort>ozb</soort>", "<soort>heffing</soort>")
    office.delivery.write_text(text)
    step = list(connect(office).check())[-1]
    assert (step.name, step.ok) == ("Proefrecord", False)
    assert step.message.startswith(
        "Vordering A-1: vordering.fase ontbreekt; claim_statement.type is 'heffing'; bekend zijn: "
    )


@pytest.mark.parametrize("name", ["holds", "contacts"])
def test_an_office_without_a_list_says_nothing_about_it(
    office: TaxOffice, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from flask import Response

    monkeypatch.setitem(office._web.view_functions, name, lambda: Response("", 404))
    (batch,) = read(connect(office), name)
    assert (batch.records, batch.complete, batch.caught_up) == ([], False, True)
    steps = list(connect(office).check())
    assert all(step.ok for step in steps)
    assert any("; de hub toont ze dan niet." in step.message for step in steps)


def test_a_wrong_path_is_a_setting(office: TaxOffice) -> None:
    with pytest.raises(ConfigError) as caught:
        read(connect(office, url=f"{office.url}/oud"))
    assert "kent dit adres niet (HTTP 404)" in caught.value.user


def test_a_delivery_that_breaks_off_on_the_way_is_tried_again(
    office: TaxOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = office.delivery.read_bytes()

    def half(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body[: len(body) // 2]]

    monkeypatch.setattr(office, "_web", half)
    with pytest.raises(TransientError) as caught:
        read(connect(office))
    assert caught.value.user == (
        "De levering brak onderweg af. Er is niets afgesloten of verwijderd. De hub probeert het "
        "later opnieuw."
    )


@pytest.mark.parametrize(
    ("config", "faults"),
    [
        ({"transport": "post"}, {"transport": ["Kies http of folder."]}),
        (
            {"transport": "http", "url": "https://belasting.example", "username": "hub"},
            {"password": ["Vul dit in: het is nodig bij de manier van leveren http."]},
        ),
        (
            {"transport": "folder"},
            {"folder": ["Vul dit in: het is nodig bij de manier van leveren folder."]},
        ),
        (
            {"transport": "folder", "folder": "/tmp", "url": "ftp://belasting.example"},
            {"url": ["Vul een adres in dat begint met https://."]},
        ),
    ],
)
def test_settings_that_are_not_enough_are_named(
    config: dict[str, Any], faults: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as caught:
        TaxConfig().load(config)
    assert caught.value.messages == faults


# --- size --------------------------------------------------------------------------------------


def test_a_large_delivery_is_read_in_flat_memory(tmp_path: Path) -> None:
    head = Header(OFFICE, "9999", "r-1", datetime(2026, 11, 23, tzinfo=UTC), "volledigeStand")
    path = tmp_path / "groot.xml"
    with path.open("wb") as out:
        claims = ((person(), tax_claim(f"N-{number}")) for number in range(20_000))
        assert write_delivery(out, head, claims) == 20_000
    tracemalloc.start()
    with path.open("rb") as file:
        keys = sum(1 for record in iter_claims(file) if record.key.startswith("N-"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert keys == 20_000
    assert peak < 2_000_000, "no more than a few chunks, whatever the size"


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_records_are_the_same_however_the_bytes_arrive(
    office: TaxOffice, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    with office.delivery.open("rb") as file:
        whole = list(iter_claims(file))
    monkeypatch.setattr("plugins.tax.messages.CHUNK", size)
    with office.delivery.open("rb") as file:
        assert list(iter_claims(file)) == whole
    assert [type(one) for one in whole] == [Record] * 3
