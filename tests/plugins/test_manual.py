"""Claims by hand: from the form to the overview, never above the creditor's own word."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from book import BSNS, Book, add_source, book_plugin, read_all, resident_of
from chain import case, tax_claim
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select

import plugins.manual
from hub.clock import FrozenClock
from hub.connector import Context, RecordError
from hub.core import Hub
from hub.overview.resident import resident_overview
from hub.quality import judge_quality
from hub.reconcile import reconcile
from hub.store import claim_statement, standing
from hub.sync.entered import enter, forms_of, stood
from hub.sync.sources import check, find_source
from plugins.manual.connector import ManualConnector, PaperClaim
from plugins.manual.messages import ORIGINS, form_of, parse, record_of
from schemas import CLAIM_TYPES, KINDS

BAD = Path(__file__).parent / "bad" / "manual"

FAULTS = {
    "no_json.json": [
        "De opgave is geen geldige JSON, of is afgebroken. Er is niets gewijzigd. Controleer het "
        "adres, of vraag de leverancier om het antwoord na te kijken."
    ],
    "list.json": ["de opgave is geen groep velden"],
    "everything.json": [
        "id: het kenmerk ontbreekt",
        "creditor: de schuldeiser ontbreekt",
        "as_of: de datum ontbreekt",
        "origin: de herkomst is onbekend; bekend zijn papier, Schuldenwijzer, DBR",
        "amount: het bedrag is geen geheel aantal centen",
        "person: van wie de schuld is, ontbreekt",
    ],
}


#: Lists that a caseworker chose, and what is told on the form.
FILES = {
    "kolommen.csv": [
        "Het bestand mist deze kolommen: Gezien in, Schuldeiser, Bedrag, Datum. In de kopregel "
        "staat: Naam, Schuld"
    ],
    "dubbel.csv": ["Deze kolommen staan twee keer in het bestand: Bedrag"],
    "leeg.csv": ["Het bestand heeft geen rijen onder de kopregel"],
    "aanhalingsteken.csv": ["Het bestand is geen leesbare CSV: sluit elk aanhalingsteken"],
    "foto.csv": ["Het bestand is geen CSV en geen Excel-bestand (.xlsx)"],
    "alles.csv": [
        "Rij 3: Gezien in: is 'internet'; bekend zijn: DBR, Schuldenwijzer, papier",
        "Rij 3: Schuldeiser: ontbreekt",
        "Rij 3: Bedrag: 'veel' is geen bedrag; verwacht euro's als 1.234,56",
        "Rij 3: Datum: is '31-02-2026'; verwacht een datum als 2026-11-23",
        "Rij 4: heeft meer velden dan de kopregel",
    ],
    "later.csv": [
        "Rij 2: Datum: deze dag is nog niet geweest",
        "Rij 3: Opmerking: hier staat een BSN; haal het weg, want de hub weet al om wie het gaat",
    ],
}


def test_every_bad_file_has_its_sentence() -> None:
    assert {path.name for path in BAD.iterdir()} == {*FAULTS, *FILES}
    for name, wanted in FAULTS.items():
        with pytest.raises(RecordError) as told:
            parse((BAD / name).read_bytes())
        assert told.value.problems == wanted


TEXTS = some.text("abcdé '-12", min_size=1, max_size=40).map(str.strip).filter(bool)


@given(
    some.fixed_dictionaries(
        {
            "origin": some.sampled_from(ORIGINS),
            "creditor": TEXTS,
            "number": TEXTS | some.just(""),
            "type": some.sampled_from(CLAIM_TYPES),
            "former": TEXTS | some.just(""),
            "former_number": TEXTS | some.just(""),
            "amount": some.integers(1, 2**31 - 1),
            "as_of": some.dates(date(1990, 1, 1), date(2030, 1, 1)),
            "note": TEXTS | some.just(""),
        }
    )
)
def test_what_is_filled_in_comes_back_whole(values: dict[str, Any]) -> None:
    raw = json.dumps(record_of(values, {"bsn": BSNS[0]}, "k1")).encode()
    (fact,) = parse(raw)
    assert form_of(KINDS[fact.kind].load(fact.data)) == values
    typed = PaperClaim().dump(values)
    assert PaperClaim().load(typed) == values


def test_it_is_of_good_quality() -> None:
    found = judge_quality(ManualConnector, plugins.manual)
    assert (found.level, found.faults) == ("zilver", ())


@pytest.fixture
def hub(make_hub: Any) -> Hub:
    book, file = Book(), Book()
    made: Hub = make_hub(
        book_plugin(book, "tax", "creditor", {"all": "snapshot"}),
        book_plugin(file, "file", "debt_help", {"all": "snapshot"}),
        plugins.manual,
    )
    for name in ("tax", "file", "manual"):
        add_source(made, name, max_age_hours=10**5)
    book.put("all", tax_claim("A1", 50000))
    file.put("all", case(0))
    for name in ("tax", "file"):
        read_all(made, name)
    reconcile(made)
    return made


PAPER = {
    "origin": "DBR",
    "creditor": "Gerechtsdeurwaarder De Vries",
    "number": "D-77",
    "amount": "1.234,56",
    "as_of": "2026-11-01",
}


def fill_in(hub: Hub, **more: Any) -> None:
    one = find_source(hub, "manual")
    entry, _ = forms_of(one, "resident")
    enter(hub, one, entry, {**PAPER, **more}, {"bsn": BSNS[0]}, "a" * 32)
    reconcile(hub)


def test_a_claim_on_paper_stands_with_its_origin(hub: Hub) -> None:
    fill_in(hub)
    one = find_source(hub, "manual")
    entry, _ = forms_of(one, "resident")
    with hub.reader.connect() as connection:
        row = connection.execute(
            select(claim_statement).where(
                claim_statement.c.source_id == one.id, standing(claim_statement)
            )
        ).one()
        resident_id = resident_of(connection, hub, BSNS[0])
        (found,) = stood(connection, hub, one, entry, resident_id)
    assert (row.open, row.reference, row.details) == (123456, "D-77", {"origin": "DBR"})
    assert row.resident_id == resident_id
    assert found.values["origin"] == "DBR"


def test_the_word_of_the_creditor_counts(hub: Hub) -> None:
    from book import everything

    fill_in(hub, creditor="stad", number="A1", amount="900,00")
    with hub.reader.connect() as connection:
        resident_id = resident_of(connection, hub, BSNS[0])
        assert resident_id is not None
        view = resident_overview(connection, hub, everything(resident_id), None)
    assert view is not None
    assert view.total == 50000


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"amount": "veel"}, "Bedrag: 'veel' is geen bedrag; verwacht euro's als 1.234,56"),
        ({"amount": "0"}, "Bedrag: vul een bedrag in boven nul, en kleiner dan 21 miljoen euro"),
        ({"as_of": "2030-01-01"}, "Datum: deze dag is nog niet geweest"),
        ({"origin": "internet"}, "Gezien in: is 'internet'; bekend zijn: DBR, Schuldenwijzer"),
        ({"type": "gokken"}, "Soort: is 'gokken'; bekend zijn: "),
        ({"as_of": "0202-11-01"}, "Datum: deze dag is meer dan 30 jaar geleden; controleer het"),
        ({"note": f"van {BSNS[0]}"}, "Opmerking: hier staat een BSN; haal het weg, want de hub"),
        ({"note": "zie 9999.90.019"}, "Opmerking: hier staat een BSN; haal het weg"),
        ({"number": BSNS[0]}, "Nummer: hier staat een BSN; haal het weg"),
    ],
)
def test_what_is_wrong_is_said_at_the_form(hub: Hub, more: dict[str, str], said: str) -> None:
    with pytest.raises(RecordError) as told:
        fill_in(hub, **more)
    assert said in str(told.value.user)


def test_whose_claim_it_was_first_is_kept(hub: Hub) -> None:
    fill_in(hub, type="zorg", former="Zorgverzekeraar", former_number="Z-1", number="123456782")
    (row,) = claims(hub)
    assert (row.type, row.original_creditor, row.original_reference) == (
        "zorg",
        "Zorgverzekeraar",
        "Z-1",
    )
    assert row.reference == "123456782", "a number of a creditor may look like a BSN"


def claims(hub: Hub) -> list[Any]:
    one = find_source(hub, "manual")
    query = select(claim_statement).where(
        claim_statement.c.source_id == one.id, standing(claim_statement)
    )
    with hub.reader.connect() as connection:
        return list(connection.execute(query.order_by(claim_statement.c.key)))


LIST = """Gezien in;Schuldeiser;Nummer;Bedrag;Datum;Opmerking
Schuldenwijzer;Café Zoë;K-1;€ 1.234,56;1-11-2026;"over twee
regels"

DBR;Deurwaarder;;12,-;2026-10-01;
"""


def upload(hub: Hub, body: bytes, note: str = "inwoner, 1 november") -> None:
    one = find_source(hub, "manual")
    _, entry = forms_of(one, "resident")
    enter(hub, one, entry, {"file": body, "note": note}, {"bsn": BSNS[0]}, "b" * 32)
    reconcile(hub)


def as_sheet(text: str) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for line in csv.reader(io.StringIO(text), delimiter=";"):
        book.worksheets[0].append(line)
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        LIST.encode(),
        LIST.encode("cp1252"),
        LIST.replace(";", "\t").encode("utf-8-sig"),
        as_sheet(LIST),
    ],
)
def test_a_list_is_taken_in_at_once_with_where_it_came_from(hub: Hub, body: bytes) -> None:
    upload(hub, body)
    found = [
        (row.creditor_name, row.reference, row.open, str(row.as_of), row.details)
        for row in claims(hub)
    ]
    listed = {"list": "inwoner, 1 november"}
    assert found == [
        ("Café Zoë", "K-1", 123456, "2026-11-01", {"origin": "Schuldenwijzer", **listed}),
        ("Deurwaarder", "", 1200, "2026-10-01", {"origin": "DBR", **listed}),
    ]
    one = find_source(hub, "manual")
    _, entry = forms_of(one, "resident")
    with hub.reader.connect() as connection:
        (item,) = stood(connection, hub, one, entry, resident_of(connection, hub, BSNS[0]))
    assert item.values == {"note": "inwoner, 1 november"}
    upload(hub, LIST.split("DBR")[0].encode())
    assert len(claims(hub)) == 1, "a newer list takes the place of the older one"


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_bad_list_has_its_sentences_and_keeps_nothing(hub: Hub, name: str) -> None:
    with pytest.raises(RecordError) as told:
        upload(hub, (BAD / name).read_bytes())
    assert told.value.problems == FILES[name]
    assert claims(hub) == []


def test_where_a_list_came_from_names_nobody(hub: Hub) -> None:
    with pytest.raises(RecordError, match="1 problem"):
        upload(hub, LIST.encode(), f"van {BSNS[0]}")


def test_there_is_nothing_to_reach(hub: Hub) -> None:
    (step,) = check(hub, ManualConnector, {}, "stad")
    assert step.ok
    assert ManualConnector({}, Context(clock=FrozenClock(hub.clock.now()))).settings == {}
