"""VISH through Excel files: a file per delivery, its receipt by name, and the full list."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from registers import TODAY, Town, person
from sqlalchemy import select

from hub.clock import FrozenClock
from hub.connector import Batch, Command, Context, PermanentError, TransientError
from hub.store import message, register_entry, standing
from hub.testing.bench import Bench
from hub.testing.world import Dossier, VishEntry
from plugins.vish.files import DONE, OUT, RECEIPTS, STATE, VishFiles
from plugins.vish.files_simulator import ReferralFolder
from plugins.vish.sheet import HEADER, read_messages, write_sheet
from schemas import KINDS


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[ReferralFolder]:
    entries = tuple(
        VishEntry(f"V{number:04d}", "stabilisatie", date(2026, 5, 1)) for number in range(1201)
    )
    made = ReferralFolder(Town((Dossier(person(), vish=entries),)), tmp_path, FrozenClock(TODAY))
    made.start()
    yield made
    made.stop()


def connect(folder: ReferralFolder, **changed: Any) -> VishFiles:
    (spec,) = folder.sources()
    settings = VishFiles.config().load({**spec.config, **changed})
    return VishFiles(settings, Context(clock=folder.clock))


def read(connector: VishFiles, stream: str = "entries") -> list[Batch]:
    return list(connector.read(stream, None))


def order(kind: str, **data: Any) -> Command:
    who = {"bsn": "999990019", "surname": "=Proef()", "birth_date": date(1980, 5, 1)}
    told = {"phase": "plan_van_aanpak", "starts_on": "2026-11-23", **data}
    return Command(kind, who, told, datetime(2026, 11, 23, 9, tzinfo=UTC))


def test_the_list_is_a_whole_snapshot_in_portions(folder: ReferralFolder) -> None:
    batches = read(connect(folder))
    assert [len(batch.records) for batch in batches] == [1000, 201]
    assert [batch.complete for batch in batches] == [False, True]
    record = batches[0].records[1]
    assert record.key == "V0001"
    (fact,) = connect(folder).parse("entries", record.raw)
    loaded = KINDS[fact.kind].load(fact.data)
    assert (loaded["person"]["bsn"], loaded["phase"]) == ("999990019", "stabilisatie")


def test_a_delivery_is_one_file_of_texts(folder: ReferralFolder) -> None:
    receipt = connect(folder).send(order("register", case_number="D-1"), "key-1")
    assert receipt.outcome == "delivered"
    assert "vish-key-1.xlsx staat klaar in de map aanleveren" in receipt.message
    (path,) = (folder.share / OUT).iterdir()
    sheet = openpyxl.load_workbook(path).worksheets[0]
    header, row = sheet.iter_rows()
    assert [cell.value for cell in header] == list(HEADER)
    told = {name: cell for name, cell in zip(HEADER, row, strict=True) if cell.value}
    assert told["bsn"].value == "999990019"
    assert told["achternaam"].value == "=Proef()"
    assert {cell.data_type for cell in told.values()} == {"s"}, "no number, no formula"
    assert (told["meldingsoort"].value, told["dossiernummerSHV"].value) == ("AANMELDEN", "D-1")


def test_a_receipt_comes_back_by_the_name_of_the_file(folder: ReferralFolder) -> None:
    connector = connect(folder)
    sent = connector.send(order("register"), "key-1")
    folder.deliver()
    answer = connector.inquire("key-1")
    assert answer is not None
    assert (answer.outcome, answer.reference) == ("delivered", "VISH-2026-X001202")
    (batch,) = read(connector, "receipts")
    (fact,) = connector.parse("receipts", batch.records[0].raw)
    told = KINDS["message"].load(fact.data)
    assert (told["status"], told["answers"], told["reference"]) == (
        "geaccepteerd",
        "key-1",
        "VISH-2026-X001202",
    )
    assert sent.facts[0].data["conversation"] == told["conversation"]
    assert batch.confirm is not None
    batch.confirm()
    assert read(connector, "receipts") == []
    assert (folder.share / DONE / "vish-key-1.xlsx.csv").exists()
    assert connector.inquire("key-1") == answer, "also after it was put away"


def test_a_delivered_file_is_not_written_a_second_time(folder: ReferralFolder) -> None:
    connector = connect(folder)
    connector.send(order("register"), "key-1")
    first = (folder.share / OUT / "vish-key-1.xlsx").stat().st_mtime_ns
    connector.send(order("register"), "key-1")
    assert (folder.share / OUT / "vish-key-1.xlsx").stat().st_mtime_ns == first
    folder.deliver()
    connector.send(order("register"), "key-1")
    assert list((folder.share / OUT).iterdir()) == []
    assert folder.delivered == {"key-1": 1}


def test_change_and_deregister_reach_the_list(folder: ReferralFolder) -> None:
    connector = connect(folder)
    connector.send(order("change", reference="V0000", phase="schuldregeling"), "key-1")
    ended = {"ends_on": "2026-11-23", "end_reason": "afgerond"}
    connector.send(order("deregister", reference="V0001", **ended), "key-2")
    folder.deliver()
    folder.publish()
    found = {}
    for batch in read(connector):
        for record in batch.records[:2]:
            (fact,) = connector.parse("entries", record.raw)
            found[record.key] = KINDS[fact.kind].load(fact.data)
    assert found["V0000"]["phase"] == "schuldregeling"
    assert (found["V0001"]["ends_on"], found["V0001"]["end_reason"]) == (TODAY, "afgerond")


def test_a_refusal_is_told_in_words(folder: ReferralFolder) -> None:
    connector = connect(folder)
    connector.send(order("change", reference="V9999"), "key-1")
    folder.deliver()
    answer = connector.inquire("key-1")
    assert answer is not None
    assert (answer.outcome, answer.message) == (
        "refused",
        "VISH weigert: deze registratie is niet bekend (code VISH-404).",
    )
    assert connector.send(order("change", reference="V9999"), "key-1").outcome == "refused"


def test_the_list_of_another_organisation_is_refused(folder: ReferralFolder) -> None:
    with pytest.raises(PermanentError) as caught:
        read(connect(folder, aansluitcode="een-ander"))
    assert caught.value.user.startswith("Het bestand hoort bij een andere aansluitcode")


def test_without_a_list_nothing_is_compared_and_nothing_removed(folder: ReferralFolder) -> None:
    (folder.share / STATE / "registraties.xlsx").unlink()
    with pytest.raises(TransientError) as caught:
        read(connect(folder))
    assert "er is niets te vergelijken. Er is niets verwijderd." in caught.value.user


def bad_list(*columns: str) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.worksheets[0].append(list(columns))
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"PK afgebroken", "Het bestand is geen leesbare XLSX, of is afgebroken."),
        (write_sheet([{"bsn": "1"}], "x")[:-200], "Het bestand is geen leesbare XLSX"),
        (bad_list(*HEADER[:-2]), "Het bestand mist deze kolommen: shv_telefoon, shv_email."),
        (b"", "Het bestand is geen leesbare XLSX"),
    ],
)
def test_a_wrong_list_says_what_is_wrong(folder: ReferralFolder, body: bytes, says: str) -> None:
    (folder.share / STATE / "registraties.xlsx").write_bytes(body)
    with pytest.raises(PermanentError) as caught:
        read(connect(folder))
    assert caught.value.user.startswith(says)
    (*_, last) = connect(folder).check()
    assert (last.ok, last.message.startswith(says)) == (False, True)


def test_a_receipt_that_is_none_costs_itself_only(tmp_path: Path) -> None:
    bench = Bench(VishFiles, tmp_path, simulator=ReferralFolder)
    try:
        world = bench.open(residents=2)
        side = world.side
        assert isinstance(side, ReferralFolder)
        (side.share / RECEIPTS / "notitie.csv").write_text("hallo")
        outcome = world.read()["receipts"]
        assert (outcome.rejected, outcome.applied) == (1, 1)
        with world.hub.reader.connect() as connection:
            told = connection.execute(select(message.c.status).where(standing(message))).scalars()
            assert list(told) == ["geaccepteerd"]
            query = select(register_entry.c.reference).where(standing(register_entry))
            assert len(connection.execute(query).all()) == 2
    finally:
        bench.close()


def test_a_sheet_gives_back_what_was_written() -> None:
    told = {
        "meldingsoort": "WIJZIGEN",
        "vishReferentie": "V1",
        "bsn": "099990011",
        "achternaam": "'t Hart",
        "datumStart": "2026-05-01",
        "shvOrganisatie": {"naam": "Stad", "telefoon": "0300000000"},
    }
    assert list(read_messages(write_sheet([told], "code"), "code")) == [told]


def test_a_list_says_how_old_it_is_and_an_older_one_is_refused(folder: ReferralFolder) -> None:
    connector, path = connect(folder), folder.share / STATE / "registraties.xlsx"
    made = datetime(2026, 11, 20, 8, tzinfo=UTC)
    os.utime(path, (made.timestamp(), made.timestamp()))
    *_, last = read(connector)
    assert last.cursor == {"delivered_at": made.isoformat(), "name": "registraties.xlsx"}
    assert list(connector.check())[-1].message == (
        "Het nieuwste overzicht is registraties.xlsx van 20-11-2026; 1201 registraties."
    )
    os.utime(path, (made.timestamp() - 60, made.timestamp() - 60))
    with pytest.raises(PermanentError) as caught:
        list(connector.read("entries", last.cursor))
    assert caught.value.user == (
        "Het overzicht registraties.xlsx in de map stand is ouder dan het overzicht dat al is "
        "gelezen. Er is niets gewijzigd. Zet het nieuwste overzicht van VISH terug."
    )


def put(folder: ReferralFolder, *rows: dict[str, Any]) -> None:
    body = write_sheet(rows, folder.code)
    (folder.share / STATE / "registraties.xlsx").write_bytes(body)


def test_a_registration_that_stands_twice_is_told(folder: ReferralFolder) -> None:
    put(folder, {"vishReferentie": "V1"}, {"vishReferentie": "V1"})
    with pytest.raises(PermanentError) as caught:
        read(connect(folder))
    assert caught.value.user == (
        "Registratie V1 staat meer dan een keer in registraties.xlsx. Er is niets gewijzigd. Vraag "
        "SNG om een nieuw overzicht."
    )


def test_a_row_without_a_number_may_be_any_other(folder: ReferralFolder) -> None:
    put(folder, {"vishReferentie": "V1"}, {"bsn": "999990019"})
    (batch,) = read(connect(folder))
    assert (len(batch.records), batch.complete, batch.caught_up) == (2, False, True)


def test_what_excel_makes_of_numbers_and_days_is_read(folder: ReferralFolder) -> None:
    told = dict.fromkeys(HEADER, "") | {
        "aansluitcode": folder.code, "vishReferentie": "V1", "bsn": 12345672,
        "fase": "STABILISATIE", "datumStart": date(2026, 5, 1), "datumEinde": "1-11-2026",
        "geboortedatum": "01-05-1980",
    }  # fmt: skip
    book, file = openpyxl.Workbook(), io.BytesIO()
    for line in (list(told), list(told.values())):
        book.worksheets[0].append(line)
    book.save(file)
    (folder.share / STATE / "registraties.xlsx").write_bytes(file.getvalue())
    connector = connect(folder)
    (batch,) = read(connector)
    (fact,) = connector.parse("entries", batch.records[0].raw)
    loaded = KINDS[fact.kind].load(fact.data)
    assert (loaded["person"]["bsn"], loaded["person"]["birth_date"]) == (
        "012345672",
        date(1980, 5, 1),
    )
    assert (loaded["starts_on"], loaded["ends_on"]) == (date(2026, 5, 1), date(2026, 11, 1))


@pytest.mark.parametrize("text", ["hallo", "", "bestand;status\nx;MISSCHIEN", '"' + "a" * 200_000])
def test_a_receipt_that_says_neither_yes_nor_no_is_waited_for(
    folder: ReferralFolder, text: str
) -> None:
    connector = connect(folder)
    connector.send(order("register"), "key-1")
    path = folder.share / RECEIPTS / "vish-key-1.xlsx.csv"
    path.write_text(text)
    with pytest.raises(TransientError) as caught:
        connector.inquire("key-1")
    assert caught.value.user == (
        "Van de bevestiging vish-key-1.xlsx.csv begrijpt de hub de status niet; bekend zijn: "
        "GEACCEPTEERD, AFGEKEURD. Verwacht wordt CSV met de kolommen bestand, status, "
        "vishReferentie, foutcode, melding. Zet het bestand zo terug; de hub kijkt later opnieuw."
    )
    path.write_text("bestand,status,vishReferentie\nvish-key-1.xlsx,GEACCEPTEERD,V9\n")
    answer = connector.inquire("key-1")
    assert answer is not None
    assert answer.message == "VISH heeft het bestand aangenomen onder nummer V9."
