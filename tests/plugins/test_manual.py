"""Claims by hand: from the form to the overview, never above the creditor's own word."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

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
from schemas import KINDS

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


def test_every_bad_file_has_its_sentence() -> None:
    assert {path.name for path in BAD.iterdir()} == set(FAULTS)
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
    (entry,) = forms_of(one, "resident")
    enter(hub, one, entry, {**PAPER, **more}, {"bsn": BSNS[0]}, "a" * 32)
    reconcile(hub)


def test_a_claim_on_paper_stands_with_its_origin(hub: Hub) -> None:
    fill_in(hub)
    one = find_source(hub, "manual")
    (entry,) = forms_of(one, "resident")
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
    ],
)
def test_what_is_wrong_is_said_at_the_form(hub: Hub, more: dict[str, str], said: str) -> None:
    with pytest.raises(RecordError) as told:
        fill_in(hub, **more)
    assert said in str(told.value.user)


def test_there_is_nothing_to_reach(hub: Hub) -> None:
    (step,) = check(hub, ManualConnector, {}, "stad")
    assert step.ok
    assert ManualConnector({}, Context(clock=FrozenClock(hub.clock.now()))).settings == {}
