"""The access report of article 15: complete, readable, and with everybody who looked."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from beginnings import begin
from book import BSNS, Book, add_source, book_plugin, read_all, statement
from chain import answer, message, tax_claim
from click.testing import CliRunner
from pypdf import PdfReader
from sqlalchemy import Table, insert, select

from hub.cli import main
from hub.core import Hub
from hub.errors import ConfigError
from hub.reconcile import reconcile
from hub.rights import paper
from hub.rights.holdings import personal_tables
from hub.rights.report import left_out, make_report, report_of
from hub.security.audit import Actor, Deed, log_deed, trace_from
from hub.store import (
    audit_log,
    indicator_event,
    look,
    metadata,
    processing_log,
    record,
    resident,
    run,
    source,
    subject,
)

OFFICER = Actor("petra", "privacy_officer", "test")

#: In the report under another name than their own.
LOOKS = {"processing_log": "looks", "look": "looks_before"}


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def hub(make_hub: Any, book: Book) -> Hub:
    made: Hub = make_hub(book_plugin(book, modes={"all": "snapshot"}), shrink_percentage=100)
    begin(made, "access report", lambda: tell(made, book), book)
    return made


def tell(made: Hub, book: Book) -> None:
    add_source(made, title="Belastingen")
    book.put("all", statement("A1", 12345, prefix="", description="Ozb €"))
    read_all(made)
    reconcile(made)


def report(hub: Hub, bsn: str = BSNS[0]) -> dict[str, Any]:
    return make_report(hub, bsn, OFFICER)


def resident_id(hub: Hub, bsn: str = BSNS[0]) -> str:
    with hub.reader.connect() as connection:
        hashed = hub.keys.fingerprint(f"bsn:{bsn}")
        found: str = connection.execute(
            select(resident.c.id).where(resident.c.bsn_hash == hashed)
        ).scalar_one()
    return found


#: What stands in a new row, by the type of its column.
VALUES = {
    "String": "x",
    "Text": "x",
    "Integer": 7,
    "Boolean": True,
    "Date": date(2026, 3, 3),
    "Moment": datetime.fromisoformat("2026-03-03T10:00+00:00"),
    "LargeBinary": b"0123456789abcdef",
    "Float": 0.5,
    "JSON": {"a": 1},
}


def row_of(table: Table, known: dict[str, Any]) -> dict[str, Any]:
    """A row with a value in every column, with the keys of rows that exist."""
    row = {}
    for column in table.columns:
        if column.name == "id" and type(column.type).__name__ == "Integer":
            continue
        if column.name in known:
            row[column.name] = known[column.name]
        elif column.name != "bsn":
            row[column.name] = VALUES[type(column.type).__name__]
    return row


def personal() -> list[Table]:
    return [
        table
        for table in metadata.sorted_tables
        if {"resident_id", "subject_id"} & set(table.c.keys())
    ]


@pytest.mark.parametrize(
    ("name", "by"),
    [(one.name, by) for one in personal() for by in ("resident_id", "subject_id") if by in one.c],
)
def test_no_table_about_somebody_is_forgotten(hub: Hub, name: str, by: str) -> None:
    """A table that is added later is in the report, or this fails."""
    table = metadata.tables[name]
    me = resident_id(hub)
    place = LOOKS.get(name)
    before = report(hub)
    with hub.engine.begin() as connection:
        known = {
            "municipality": hub.municipality,
            "source_id": connection.execute(select(source.c.id)).scalar_one(),
            "record_id": connection.execute(select(record.c.id)).scalar_one(),
            "run_id": connection.execute(select(run.c.id)).scalars().first(),
            "subject_id": connection.execute(select(subject.c.id)).scalar_one(),
            "claim_id": made_claim(connection) if name == "claim_link" else None,
            "destruction_id": made_list(connection),
            "flow_run_id": made_run(connection, me) if name == "flow_step" else None,
            "kind": "correction",
            "resident_id": me,
            "into_id": me,
        }
        if name == "changed":
            connection.execute(table.delete())
        if by == "subject_id" and "resident_id" in table.c and table.c.resident_id.nullable:
            known["resident_id"] = None
        connection.execute(insert(table).values(row_of(table, known)))
    after = report(hub)
    if place:
        # The report itself is a look as well.
        assert len(after[place]) == len(before[place]) + 1 + (place == "looks")
    else:
        expected = 1 if name == "changed" else len(before["data"][name]) + 1
        assert len(after["data"][name]) == expected


def made_list(connection: Any) -> int:
    row = row_of(metadata.tables["destruction"], {"municipality": "9999"})
    made = insert(metadata.tables["destruction"]).values(row)
    return int(connection.execute(made).inserted_primary_key[0])


def made_claim(connection: Any) -> int:
    row = row_of(metadata.tables["claim"], {"municipality": "9999"})
    row |= {"resident_id": None, "statement_id": None}
    made = insert(metadata.tables["claim"]).values(row)
    return int(connection.execute(made).inserted_primary_key[0])


def made_run(connection: Any, me: str) -> int:
    known = {"municipality": "9999", "resident_id": me, "key": "k"}
    made = insert(metadata.tables["flow_run"]).values(row_of(metadata.tables["flow_run"], known))
    return int(connection.execute(made).inserted_primary_key[0])


def test_what_is_somebodys_by_a_detour_is_in_it(hub: Hub, book: Book) -> None:
    events = (("aanmaning", date(2026, 3, 1), 900), ("betaling", date(2026, 4, 1), -100))
    book.put(
        "all",
        tax_claim("A1", 100, events=events),
        tax_claim("B1", 100, who=1, events=events),
        message("balance_request", date(2026, 5, 1)),
        answer(f"balance_request-stad-{date(2026, 5, 1)}"),
    )
    read_all(hub)
    reconcile(hub)
    data = report(hub)["data"]
    assert [(one["claim"], one["amount"]) for one in data["claim_event"]] == [
        ("A1", 900),
        ("A1", -100),
    ]
    assert len(data["balance_answer"]) == 1
    assert {one["key"] for one in data["record"]} >= {"A1"}
    assert "B1" not in json.dumps(data)


def test_history_stays_in_it_and_another_resident_does_not(hub: Hub, book: Book) -> None:
    book.put("all", statement("A1", 999), statement("B1", 5, 1))
    read_all(hub)
    reconcile(hub)
    told = report(hub)
    said = told["data"]["claim_statement"]
    assert [(one["open"], one["superseded_at"] is None) for one in said] == [
        (12345, False),
        (999, True),
    ]
    assert {one["source_id"] for one in said} == {"Belastingen"}
    assert [one["bsn"] for one in told["data"]["resident"]] == [BSNS[0]]
    assert BSNS[1] not in json.dumps(told)


def test_a_reject_of_a_record_is_told_without_its_content(hub: Hub, book: Book) -> None:
    broken = statement("A1", 1, person="kapot")
    book.put("all", broken)
    read_all(hub)
    (told,) = report(hub)["data"]["reject"]
    assert told["reasons"]
    assert "raw" not in told


def test_who_looked_is_told_by_role(hub: Hub) -> None:
    me = resident_id(hub)
    ilse = Actor("ilse", "collector", "10.0.0.1")
    with hub.engine.begin() as connection:
        look_at = Deed("overview", "overview", [me], groups=["tax_claim"], ground="Iw", case="7")
        log_deed(connection, hub, ilse, look_at)
        many = Deed("worklist", "worklist", [me, resident_of_nobody()], ground="Iw")
        operation = log_deed(connection, hub, ilse, many)
        # Another application, in a trace whose parent is an operation of ours.
        trace = trace_from(f"00-{'a' * 32}-{operation}-01", "andere toepassing")
        refused = Deed("overview", "overview", [me], ground="Iw", result="refused")
        log_deed(connection, hub, Actor("robot", machine=True), refused, trace)
    told = report(hub)
    assert "ilse" not in json.dumps(told)
    assert "petra" not in json.dumps(told)
    assert [
        (one["who"], one["action"], one["result"])
        for one in told["looks"]
        if one["action"] != "update"
    ] == [
        ("invorderaar", "overview", "allowed"),
        ("invorderaar", "worklist", "allowed"),
        ("de hub zelf, zonder dat een mens keek", "overview", "refused"),
        ("privacy officer", "access_report", "allowed"),
    ]
    first = next(one for one in told["looks"] if one["action"] == "overview")
    assert (first["ground"], first["case"]) == ("Iw", "7")
    assert first["groups"] == ["belastingvordering: soort, jaar, open bedrag en fase"]
    assert first["purpose"].startswith("Schulden, hulp")


def resident_of_nobody() -> str:
    return "f" * 32


def test_looks_from_before_the_chained_log_are_in_it(hub: Hub) -> None:
    row = {"account": "ilse", "ground": "Wgs", "action": "overview", "at": hub.clock.now()}
    with hub.engine.begin() as connection:
        mine = {"municipality": hub.municipality, "resident_id": resident_id(hub)}
        connection.execute(insert(look).values(row | mine))
    (told,) = report(hub)["looks_before"]
    assert (told["who"], told["ground"]) == ("medewerker van de gemeente", "Wgs")


def test_somebody_unknown_is_refused_and_that_is_logged(hub: Hub) -> None:
    with pytest.raises(ConfigError) as caught:
        report(hub, BSNS[4])
    assert "kent niemand met dit BSN" in caught.value.user
    assert BSNS[4] not in caught.value.user
    with hub.reader.connect() as connection:
        (row,) = connection.execute(select(audit_log).where(audit_log.c.action != "update")).all()
        assert (row.action, row.reason) == ("access_report", "onbekend bij de hub")
        assert connection.execute(
            select(processing_log.c.resident_id).where(processing_log.c.activity == "rights")
        ).scalars().all() == [None]


def test_another_municipality_knows_nobody_of_this_one(hub: Hub, make_hub: Any) -> None:
    other = make_hub(municipality="8888")
    with pytest.raises(ConfigError):
        report(other)


def pages(told: dict[str, Any]) -> PdfReader:
    return PdfReader(io.BytesIO(paper.as_pdf(told)))


def test_the_paper_has_a_title_a_language_and_numbered_pages(hub: Hub, book: Book) -> None:
    name = "Şükrü-Łękowiçïĳ Ţổğ"
    person = {"surname": name, "city": "Fryslân", "birth_date": "1980-05-01", "bsn": BSNS[0]}
    book.put("all", *(statement(f"A{n}", 123456, person=person) for n in range(9)))
    read_all(hub)
    reconcile(hub)
    read = pages(report(hub))
    text = "\n".join(page.extract_text() for page in read.pages)
    assert read.metadata is not None
    assert read.metadata.title == "Inzage in uw gegevens"
    assert read.trailer["/Root"]["/Lang"] == "nl-NL"
    assert f"bladzijde 2 van {len(read.pages)}" in read.pages[1].extract_text()
    for expected in (name, "Fryslân", "€ 1.234,56", "Wie keek naar uw gegevens", "01-05-1980"):
        assert expected in text, expected
    fonts = read.pages[0]["/Resources"]["/Font"].get_object()
    files = [
        one.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        for one in fonts.values()
    ]
    assert files
    assert all("/FontFile2" in one for one in files)


def test_paper_and_structure_tell_the_same(hub: Hub) -> None:
    told = report(hub)
    text = " ".join(page.extract_text() for page in pages(told).pages)
    words = " ".join(text.split())
    for name, rows in told["data"].items():
        assert paper.table_title(name).split()[0] in words
        for row in rows:
            for column, value in row.items():
                if value not in (None, "", [], {}) and not paper.is_technical(column):
                    assert paper.told(column, value).split()[0] in words, (name, column)


def test_every_table_and_column_of_a_person_has_a_dutch_name(hub: Hub) -> None:
    with hub.engine.begin() as connection:
        report_of(connection, hub, resident_id(hub), OFFICER)
    nameless = [
        f"{table.name}.{column}"
        for table in [*personal_tables(), indicator_event]
        if table is not look
        for column in ("", *shown(table))
        if (paper.column_title(column) if column else paper.table_title(table.name))
        == (column or table.name)
        and column not in SAME
    ]
    assert nameless == []


#: Columns whose Dutch name is the same word.
SAME = {"code", "crisis", "postcode", "register"}


def shown(table: Table) -> list[str]:
    return [
        one.name
        for one in table.c
        if one.name not in left_out(table) and not paper.is_technical(one.name)
    ]


def test_the_command_asks_for_the_bsn_and_writes_for_its_owner_only(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("database_url", "municipality"):
        monkeypatch.setenv(f"HUB_{key.upper()}", str(hub.settings.values[key]))
    args = [
        "--instance",
        str(hub.settings.instance),
        "access-report",
        "--to",
        str(tmp_path / "out"),
    ]
    done = CliRunner().invoke(main, args, input=f"{BSNS[0]}\n")
    assert done.exit_code == 0, done.output
    assert BSNS[0] not in done.output
    files = sorted((tmp_path / "out").iterdir())
    assert [one.suffix for one in files] == [".json", ".pdf"]
    assert all(one.stat().st_mode & 0o777 == 0o600 and BSNS[0] not in one.name for one in files)
    assert json.loads(files[0].read_text())["data"]["resident"][0]["bsn"] == BSNS[0]
