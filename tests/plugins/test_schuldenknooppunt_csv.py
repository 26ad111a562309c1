"""The portal's CSV files: read, confirmed, answered, and refused together when one is wrong."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from registers import TODAY, Town, claim, person

from hub.clock import FrozenClock
from hub.connector import Batch, Command, Context, PermanentError, RecordError
from hub.testing.world import Dossier, Sent
from plugins.schuldenknooppunt import csv_connector
from plugins.schuldenknooppunt.csv_connector import DONE, IN, OUT, PortalConnector
from plugins.schuldenknooppunt.csv_simulator import LATER, Portal, question
from plugins.schuldenknooppunt.csv_table import COLUMNS, MOST_BYTES, read_table, write_table
from schemas import KINDS

BAD = Path(__file__).parent / "bad" / "schuldenknooppunt"

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(TODAY)


@pytest.fixture
def portal(tmp_path: Path, clock: FrozenClock) -> Iterator[Portal]:
    dossier = Dossier(person(), claims=(claim(),), sent=(Sent("notice", "stad", TODAY),))
    made = Portal(Town((dossier,)), tmp_path, clock)
    made.start()
    made.prime()
    yield made
    made.stop()


def connect(portal: Portal, **changed: Any) -> PortalConnector:
    (spec,) = portal.sources()
    settings = PortalConnector.config().load({**spec.config, **changed})
    return PortalConnector(settings, Context(clock=portal.clock))


def read(connector: PortalConnector, cursor: Any = None) -> list[Batch]:
    return list(connector.read("questions", cursor))


def facts(connector: PortalConnector) -> dict[str, Any]:
    (batch,) = read(connector)
    found = connector.parse("questions", batch.records[0].raw)
    return {one.kind: KINDS[one.kind].load(one.data) for one in found}


def order(what: str, portal: Portal, **data: Any) -> Command:
    asked = facts(connect(portal))["message"]["details"]
    return Command(what, {}, {"details": asked, "creditor_number": "d1", **data}, NOON)


CLAIM = {
    "sort": "openstaande schuld",
    "reference": "2026-1",
    "imposed_on": "2026-02-01",
    "principal": 12_345,
    "open": 10_005,
}


def test_the_published_columns_are_there_in_order() -> None:
    assert len(COLUMNS) == 22, "A to V"
    assert (COLUMNS[0], COLUMNS[10], COLUMNS[21]) == (
        "ConversatieReferentienummer",
        "Vordering.FactuurnummerSEVolgensSHV",
        "openstaand.Orginele vordering",
    )


def test_a_question_is_read_with_its_person_and_its_term(portal: Portal) -> None:
    told = facts(connect(portal))
    who = told["balance_request"]["person"]
    assert (who["prefix"], who["surname"], who["birth_date"]) == ("van", "Proef", date(1980, 5, 1))
    assert (who["street"], who["postcode"]) == ("Schijnstraat", "9999 XX")
    assert who["bsn"] is None
    assert told["message"]["due_on"] == date(2026, 12, 7)
    assert told["message"]["details"]["facturen"] == ["2026-1"]


def test_what_was_read_is_put_away_and_a_second_download_is_the_same(
    portal: Portal, clock: FrozenClock
) -> None:
    connector = connect(portal)
    (first,) = read(connector)
    assert (portal.share / IN / "saldoverzoeken.csv").exists(), "not before the commit"
    assert first.confirm is not None
    first.confirm()
    assert read(connector, first.cursor) == []
    assert (portal.share / DONE / "saldoverzoeken.csv").exists()
    clock.move(days=3)
    portal.prime()
    (again,) = read(connector, first.cursor)
    assert [(one.key, one.raw) for one in again.records] == [
        (one.key, one.raw) for one in first.records
    ]


def test_many_questions_come_in_portions_and_nothing_is_put_away_before_the_last(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_connector, "BATCH", 2)
    row = question(next(iter(portal.municipality.dossiers())))
    rows = [row | {"Referentienummer": f"SV-{number}"} for number in range(5)]
    rewrite(portal, [*COLUMNS, *LATER], *rows)
    batches = read(connect(portal))
    assert [len(one.records) for one in batches] == [2, 2, 1]
    assert [one.confirm is not None for one in batches] == [False, False, True]
    assert [len((one.cursor or {})["gelezen"]) for one in batches] == [2, 4, 5]


def test_a_question_in_two_files_is_one(portal: Portal) -> None:
    folder = portal.share / IN
    shutil.copy(folder / "saldoverzoeken.csv", folder / "nog een keer.csv")
    (batch,) = read(connect(portal))
    assert len(batch.records) == 1


def test_one_wrong_file_refuses_all(portal: Portal) -> None:
    shutil.copy(BAD / "latin.csv", portal.share / IN)
    shutil.copy(BAD / "kolom-mist.csv", portal.share / IN)
    with pytest.raises(PermanentError) as caught:
        read(connect(portal))
    assert caught.value.user == (
        "Deze bestanden zijn niet te gebruiken: kolom-mist.csv mist deze kolommen: "
        "openstaand.Orginele vordering; latin.csv is niet opgeslagen als UTF-8. Er is geen enkel "
        "bestand verwerkt. Download ze opnieuw en zet ze in de map download."
    )
    assert (portal.share / IN / "saldoverzoeken.csv").exists()
    steps = list(connect(portal).check())
    assert [step.ok for step in steps] == [True, True, False]


SENTENCES = {
    "kolom-mist.csv": "mist deze kolommen: openstaand.Orginele vordering",
    "latin.csv": "is niet opgeslagen als UTF-8",
    "veld-te-veel.csv": "telt 24 velden op regel 2; verwacht 22",
    "aanhaling.csv": "is niet te lezen vanaf regel 3",
    "twee-kolommen.csv": "heeft een kolom die twee keer voorkomt",
    "geen-tabel.txt": "is geen .csv",
    "leeg.csv": "is leeg",
    "windows-1252.csv": "is niet opgeslagen als UTF-8",
}


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_a_wrong_file_says_what_is_wrong(name: str) -> None:
    with pytest.raises(PermanentError) as caught:
        read_table(name, (BAD / name).read_bytes())
    assert caught.value.user == f"{name} {SENTENCES[name]}"


def test_a_file_of_more_than_4_mb_is_refused() -> None:
    row = {"Referentienummer": "SV-1", "Klant": "x" * 1000}
    head = len(write_table(COLUMNS, []))
    size = len(write_table(COLUMNS, [row])) - head
    most = (MOST_BYTES - head) // size
    assert len(read_table("a.csv", write_table(COLUMNS, [row] * most))) == most
    with pytest.raises(PermanentError, match="refused") as caught:
        read_table("a.csv", write_table(COLUMNS, [row] * (most + 1)))
    assert caught.value.user == "a.csv is groter dan 4 MB"


@pytest.mark.parametrize(("more", "fits"), [(0, True), (1, False)])
def test_4_mb_to_the_byte(portal: Portal, more: int, fits: bool) -> None:
    (path,) = (portal.share / IN).iterdir()
    body = path.read_bytes()
    # Empty lines are no questions, and make a file of any size.
    path.write_bytes(body + b"\n" * (4 * 1024 * 1024 - len(body) + more))
    if fits:
        assert len(read(connect(portal))[0].records) == 1
        return
    with pytest.raises(PermanentError) as caught:
        read(connect(portal))
    assert "saldoverzoeken.csv is groter dan 4 MB." in caught.value.user


def rewrite(portal: Portal, columns: Sequence[str], *rows: dict[str, str]) -> Path:
    """Write the one file of the portal anew; without rows with those it had."""
    path = portal.share / IN / "saldoverzoeken.csv"
    path.write_bytes(write_table(columns, rows or read_table(path.name, path.read_bytes())))
    return path


def test_columns_may_stand_in_any_order_and_more_may_follow(portal: Portal) -> None:
    before = facts(connect(portal))
    rewrite(portal, [LATER[1], *reversed(COLUMNS), LATER[0], "Nieuw"])
    assert facts(connect(portal))["balance_request"] == before["balance_request"]


def test_a_comma_a_bom_and_lines_without_anything_make_no_difference(portal: Portal) -> None:
    path = portal.share / IN / "saldoverzoeken.csv"
    (row,) = read_table(path.name, path.read_bytes())
    file = io.StringIO()
    writer = csv.DictWriter(file, row)
    writer.writeheader()
    writer.writerow(row)
    lines = f"{file.getvalue()}\r\n{',' * (len(row) - 1)}\r\n{' ,' * (len(row) - 1)} \r\n"
    for start in ("", "\ufeff"):
        path.write_text(start + lines, encoding="utf-8", newline="")
        assert read_table(path.name, path.read_bytes()) == [row]


def test_a_semicolon_and_a_line_end_in_a_cell_stay_in_it(portal: Portal) -> None:
    path = portal.share / IN / "saldoverzoeken.csv"
    (row,) = read_table(path.name, path.read_bytes())
    asked = {**row, "Schuldhulpverlener": 'Hulp; "Elders"\nNoord'}
    rewrite(portal, list(row), asked)
    assert read_table(path.name, path.read_bytes()) == [asked]


def test_a_file_without_questions_is_put_away(portal: Portal) -> None:
    path = portal.share / IN / "saldoverzoeken.csv"
    path.write_bytes(write_table(COLUMNS, []))
    (batch,) = read(connect(portal))
    assert batch.records == []
    assert batch.confirm is not None
    batch.confirm()
    assert (portal.share / DONE / path.name).exists()


def test_what_a_system_leaves_in_the_folder_is_no_download(portal: Portal) -> None:
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "~$saldoverzoeken.csv"):
        (portal.share / IN / name).write_bytes(b"\x00")
    (batch,) = read(connect(portal))
    assert len(batch.records) == 1
    assert batch.confirm is not None
    batch.confirm()
    assert (portal.share / IN / "Thumbs.db").exists()


def test_a_file_that_was_downloaded_anew_before_it_was_put_away_is_read_again(
    portal: Portal,
) -> None:
    (first,) = read(connect(portal))
    path = portal.share / IN / "saldoverzoeken.csv"
    (row,) = read_table(path.name, path.read_bytes())
    rewrite(portal, COLUMNS, row, {**row, "Referentienummer": "SV-2"})
    assert first.confirm is not None
    first.confirm()
    (again,) = read(connect(portal), first.cursor)
    assert len(again.records) == 2
    path.unlink()
    assert again.confirm is not None
    again.confirm()


def test_two_debt_helpers_may_give_their_questions_the_same_number(portal: Portal) -> None:
    path = portal.share / IN / "saldoverzoeken.csv"
    (row,) = read_table(path.name, path.read_bytes())
    talk = "0d5d1f5e-3a54-4b6e-9c79-7f6f0f5b8e11"
    other = {**row, "ConversatieReferentienummer": talk, "Klant": "V|C.|||Tweede|02-02-1982"}
    rewrite(portal, COLUMNS, row, other)
    (batch,) = read(connect(portal))
    asked = [
        fact
        for one in batch.records
        for fact in connect(portal).parse("questions", one.raw)
        if fact.kind == "balance_request"
    ]
    assert [one.data["person"]["surname"] for one in asked] == ["Proef", "Tweede"]
    assert len({one.key for one in asked}) == 2


def test_rows_of_one_question_are_about_one_client(portal: Portal) -> None:
    path = portal.share / IN / "saldoverzoeken.csv"
    (row,) = read_table(path.name, path.read_bytes())
    rewrite(portal, COLUMNS, row, {**row, "Klant": "V|C.|||Tweede|02-02-1982"})
    (batch,) = read(connect(portal))
    with pytest.raises(RecordError) as caught:
        list(connect(portal).parse("questions", batch.records[0].raw))
    assert caught.value.problems == ["De regels van deze vraag noemen niet dezelfde Klant"]


def test_a_conversation_is_a_uuid(portal: Portal) -> None:
    path = portal.share / IN / "saldoverzoeken.csv"
    (row,) = read_table(path.name, path.read_bytes())
    rewrite(portal, COLUMNS, {**row, "ConversatieReferentienummer": "gesprek 1"})
    (batch,) = read(connect(portal))
    with pytest.raises(RecordError) as caught:
        list(connect(portal).parse("questions", batch.records[0].raw))
    assert caught.value.problems == [
        "ConversatieReferentienummer is 'gesprek 1'; verwacht een UUID"
    ]


def test_no_cell_that_we_fill_in_is_a_formula(portal: Portal) -> None:
    claim = {**CLAIM, "reference": "=HYPERLINK(1)"}
    command = order("balance_answer", portal, claims=[claim], creditor_number="@SUM(1)")
    us = {"contact_name": "+1", "contact_email": "-1@stad.example", "contact_phone": "=1"}
    connect(portal, **us).send(command, "key-1")
    portal.upload()
    (row,) = portal.taken["saldoverzoek-antwoord-key-1.csv"]
    ours = [row[name] for name in COLUMNS[11:]]
    assert [one for one in ours if one.startswith(("=", "+", "-", "@"))] == []
    connect(portal, contact_phone="+31 30 1234567").send(command, "key-2")
    portal.upload()
    (row,) = portal.taken["saldoverzoek-antwoord-key-2.csv"]
    assert row["Contactpersoon SE.Telefoon"] == "+31 30 1234567"


def test_an_answer_that_is_wrong_leaves_no_file(portal: Portal) -> None:
    command = order("balance_answer", portal, claims=[{**CLAIM, "sort": "lening"}])
    with pytest.raises(PermanentError) as caught:
        connect(portal).send(command, "key-1")
    assert caught.value.user == (
        "Het antwoord is niet geschreven: Antwoord[1].Schuldtype is 'lening'; bekend zijn: "
        "openstaande schuld, overgedragen schuld, onbekende schuld bij SE. Pas dit aan en geef de "
        "opdracht opnieuw."
    )
    assert list((portal.share / OUT).iterdir()) == []


def test_every_fault_of_a_question_is_told(portal: Portal) -> None:
    row = {"Klant": "||||Proef|1980-05-01", "Datum": "gisteren"}
    raw = json.dumps({"rijen": [row], "gelezen": "2026-11-23"}).encode()
    with pytest.raises(RecordError) as caught:
        list(connect(portal).parse("questions", raw))
    assert caught.value.problems == [
        "ConversatieReferentienummer ontbreekt",
        "Referentienummer ontbreekt",
        "Klant.Geboortedatum is '1980-05-01'; verwacht een datum als 23-11-2026",
        "Antwoord.Datum is 'gisteren'; verwacht een datum als 23-11-2026",
    ]


def test_an_answer_keeps_the_question_untouched_and_fills_in_the_rest(portal: Portal) -> None:
    command = order("balance_answer", portal, claims=[CLAIM, {**CLAIM, "reference": "2026-2"}])
    receipt = connect(portal).send(command, "key-1")
    assert receipt.message.startswith("Het bestand saldoverzoek-antwoord-key-1.csv staat klaar")
    portal.upload()
    assert portal.refused == []
    first, second = portal.taken["saldoverzoek-antwoord-key-1.csv"]
    (asked,) = read_table("a.csv", (portal.share / IN / "saldoverzoeken.csv").read_bytes())
    assert {name: first[name] for name in COLUMNS[:11]} == {n: asked[n] for n in COLUMNS[:11]}
    assert first[LATER[1]] == "blijft staan"
    assert (first["Schuldtype"], first["openstaand.Ontstaansdatum"]) == (
        "openstaande schuld",
        "01-02-2026",
    )
    assert (first["openstaand.Orginele vordering"], first[LATER[0]]) == ("123,45", "100,05")
    assert second["FactuurnummerSE"] == "2026-2"
    (fact,) = receipt.facts
    told = KINDS["balance_answer"].load(fact.data)
    assert (told["direction"], told["total"]) == ("out", 20_010)


def test_what_the_hub_wrote_it_reads_as_its_own_answer(portal: Portal) -> None:
    connect(portal).send(order("consent_answer", portal, claims=[CLAIM]), "key-1")
    (portal.share / OUT / "saldoverzoek-antwoord-key-1.csv").rename(
        portal.share / IN / "saldoverzoeken.csv"
    )
    told = facts(connect(portal))["balance_answer"]
    assert (told["direction"], told["total"], told["reason"]) == ("out", 10_005, "vooraf akkoord")


def test_a_client_that_is_not_known_is_told_in_the_table(portal: Portal) -> None:
    command = order("no_cooperation", portal, reason="klant onbekend")
    connect(portal).send(command, "key-1")
    portal.upload()
    (row,) = portal.taken["saldoverzoek-antwoord-key-1.csv"]
    assert (row["Klant onbekend"], row["Schuldtype"]) == ("Ja", "")


def test_what_a_file_cannot_tell_is_not_written(portal: Portal) -> None:
    command = order("no_cooperation", portal, reason="recent finale kwijting")
    with pytest.raises(PermanentError) as caught:
        connect(portal).send(command, "key-1")
    assert caught.value.user.startswith("Met een bestand kunt u alleen 'klant onbekend' melden.")
    with pytest.raises(PermanentError) as caught:
        connect(portal, balance_column="").send(order("balance_answer", portal), "key-1")
    assert caught.value.user.startswith("De kolom van het saldo is niet ingevuld bij deze bron")
    with pytest.raises(PermanentError) as caught:
        connect(portal).send(Command("balance_answer", {}, {}, NOON), "key-1")
    assert caught.value.user.startswith("Dit antwoord hoort bij geen vraag uit het portaal.")
    assert list((portal.share / OUT).iterdir()) == []


def test_the_portal_takes_nothing_when_one_upload_is_wrong(portal: Portal) -> None:
    connect(portal).send(order("balance_answer", portal, claims=[CLAIM]), "key-1")
    (portal.share / OUT / "met de hand.csv").write_text("a;b\n1;2\n")
    portal.upload()
    assert portal.taken == {}
    assert len(portal.refused) == 1


def test_inquiring_finds_the_file(portal: Portal) -> None:
    connector = connect(portal)
    assert connector.inquire("key-1") is None
    sent = connector.send(order("balance_answer", portal, claims=[CLAIM]), "key-1")
    found = connector.inquire("key-1")
    assert found is not None
    assert (found.outcome, found.message) == (sent.outcome, sent.message)
