"""Participants with a history, tables in Excel, and what an administrator enters by hand."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select
from test_clo import SKP_ID, Town, connect, parsed, read

import plugins.clo
from hub.clock import FrozenClock
from hub.connector import Context, Entry, PermanentError, RecordError
from hub.core import Hub
from hub.store import participant, standing
from hub.sync.entered import enter, remove, stood
from hub.sync.sources import find_source, save_source
from plugins.clo.hand import CovenantByHand
from plugins.clo.messages import COLUMNS, OPTIONAL, parse_row
from plugins.clo.simulator import CovenantTable
from plugins.clo.tables import TableRow, csv_table, read_any, records, table_rows
from schemas import KINDS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def table(tmp_path: Path, clock: FrozenClock) -> Iterator[CovenantTable]:
    made = CovenantTable(Town(), tmp_path, clock)
    made.start()
    yield made
    made.stop()


def rows() -> list[dict[str, Any]]:
    return table_rows(Town().organisations)


def sheet(told: list[dict[str, Any]], columns: tuple[str, ...] = COLUMNS) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    page = book.worksheets[0]
    page.append(columns)
    for row in told:
        page.append([row.get(name, "") for name in columns])
    book.save(file)
    return file.getvalue()


# --- history -----------------------------------------------------------------------------------


def test_a_party_whose_terms_changed_has_a_row_for_each_period(table: CovenantTable) -> None:
    table.rows[0]["geldigTot"] = "31-12-2025"
    table.rows.insert(0, table.rows[0] | {"geldigVan": "2026-01-01", "geldigTot": ""})
    table.rows[0]["pauze_dagen"] = 180
    table.publish()
    keys = [one.key for one in read(connect(table))[0].records]
    assert keys == ["stad@2026-01-01", "stad@2024-07-01", "delta"]
    now, before, _ = parsed(connect(table))
    assert (now["pause_days"], now["valid_until"]) == (180, None)
    assert (before["pause_days"], before["valid_until"]) == (240, date(2025, 12, 31))


@pytest.mark.parametrize("ends", ["", "2026-01-01", "01-06-2026"])
def test_two_periods_that_overlap_are_told(table: CovenantTable, ends: str) -> None:
    table.rows[0]["geldigTot"] = ends
    table.rows.append(table.rows[0] | {"geldigVan": "2026-01-01", "geldigTot": ""})
    table.publish()
    connector = connect(table)
    *_, last = read(connector)[0].records
    with pytest.raises(RecordError) as caught:
        connector.parse("participants", last.raw)
    assert caught.value.problems == [
        "deelnemer overlapt in tijd met een andere rij van de code 'stad'"
    ]


# --- formats -----------------------------------------------------------------------------------


def test_a_spreadsheet_tells_what_the_csv_tells(table: CovenantTable) -> None:
    expected = parsed(connect(table))
    table.tables["xlsx"], table.headers["xlsx"] = sheet(table.rows), {"Content-Type": XLSX}
    assert parsed(connect(table, "xlsx")) == expected
    assert parsed(connect(table, "xlsx", format="xlsx")) == expected


def test_days_and_numbers_of_a_spreadsheet_are_read(table: CovenantTable) -> None:
    told = rows()
    told[0] |= {"geldigVan": datetime(2024, 7, 1), "pauze_dagen": 180.0, "vooraf_akkoord": True}  # noqa: DTZ001
    found = [KINDS["participant"].load(one) for one in _facts(read_any(sheet(told)))]
    assert (found[0]["valid_from"], found[0]["pause_days"]) == (date(2024, 7, 1), 180)
    assert found[0]["prior_consent"] is True


def _facts(told: list[TableRow]) -> Iterator[dict[str, Any]]:
    for record in records(told):
        yield from (fact.data for fact in parse_row(record.raw))


def test_what_a_covenant_leaves_out_is_kept_with_the_party() -> None:
    told = rows()[:1]
    told[0] |= {"uitzonderingen": "fraude; boetes", "obstakel": "lopend beslag", "opmerking": "x"}
    (found,) = _facts(read_any(sheet(told, (*COLUMNS, *OPTIONAL))))
    loaded = KINDS["participant"].load(found)
    assert (loaded["exclusions"], loaded["obstacle"], loaded["note"]) == (
        "fraude; boetes",
        "lopend beslag",
        "x",
    )


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"PK\x03\x04 kapot", "Het bestand is geen leesbare XLSX, of is afgebroken."),
        (sheet([], COLUMNS[1:]), "De tabel mist deze kolommen: naam."),
        (sheet([], (*COLUMNS, "code")), "Deze kolommen staan twee keer in de tabel: code."),
        (b"naam;code", "De tabel mist deze kolommen: soort,"),
    ],
)
def test_a_file_that_is_no_table_says_why(body: bytes, says: str) -> None:
    with pytest.raises(PermanentError) as caught:
        read_any(body)
    assert caught.value.user.startswith(says)


def test_a_term_that_a_row_leaves_empty_is_marked_to_be_checked() -> None:
    told = rows()[:1]
    told[0] |= {"pauze_dagen": "", "termijn_saldo_werkdagen": "", "gecontroleerdOp": "1-11-2026"}
    (found,) = _facts(read_any(sheet(told)))
    loaded = KINDS["participant"].load(found)
    assert (loaded["pause_days"], loaded["balance_working_days"]) == (240, 15)
    assert loaded["checked_on"] is None, "nobody can have checked what is not in the row"
    assert loaded["note"] == (
        "De rest is gecontroleerd op 01-11-2026. Termijn van het zusterconvenant, nog te "
        "controleren: pauze_dagen, termijn_saldo_werkdagen."
    )
    told[0] |= {"pauze_dagen": "180", "termijn_saldo_werkdagen": "10"}
    loaded = KINDS["participant"].load(next(_facts(read_any(sheet(told)))))
    assert (loaded["checked_on"], loaded["note"]) == (date(2026, 11, 1), "")


def test_numbers_and_days_as_people_keep_them_are_read() -> None:
    told = rows()[:1]
    told[0] |= {"kvk": 1234567, "geldigVan": "1-7-2024 0:00", "vooraf_akkoord": "J"}
    loaded = KINDS["participant"].load(next(_facts(read_any(sheet(told)))))
    assert (loaded["kvk"], loaded["valid_from"], loaded["prior_consent"]) == (
        "01234567",
        date(2024, 7, 1),
        True,
    )


# --- by hand -----------------------------------------------------------------------------------


@pytest.fixture
def hub(make_hub: Any) -> Hub:
    made: Hub = make_hub(plugins.clo)
    values = {"name": "clo", "title": "CLO", "connector": "clo_hand", "owner": "stad"}
    save_source(made, {**values, "config": {}})
    return made


FORM = {
    "name": "Gemeente Stad",
    "kind": "gemeente",
    "code": "stad",
    "signed_on": "2024-05-30",
    "valid_from": "2024-07-01",
    "exclusions": "boetes",
}

KEY = "a" * 32


def fill_in(hub: Hub, name: str, values: dict[str, Any], key: str = KEY) -> None:
    one = find_source(hub, "clo")
    enter(hub, one, _entry(name), values, None, key)


def _entry(name: str) -> Entry:
    return next(one for one in CovenantByHand.entries if one.name == name)


def parties(hub: Hub) -> list[Any]:
    query = select(participant).where(standing(participant)).order_by(participant.c.valid_from)
    with hub.reader.connect() as connection:
        return list(connection.execute(query).all())


def entered(hub: Hub, name: str) -> list[Any]:
    with hub.reader.connect() as connection:
        return stood(connection, hub, find_source(hub, "clo"), _entry(name), None)


def test_a_party_by_hand_gets_the_terms_of_the_sister_covenant_unchecked(hub: Hub) -> None:
    fill_in(hub, "participant", FORM)
    (row,) = parties(hub)
    assert (row.pause_days, row.hold_confirm_working_days, row.balance_working_days) == (240, 1, 15)
    assert (row.checked_on, row.exclusions, row.prior_consent) == (None, "boetes", False)
    schema = _entry("participant").schema()
    for name in ("pause_days", "hold_confirm_working_days", "balance_working_days"):
        assert "controleer hem met uw eigen convenant" in schema.fields[name].metadata["help"]


def test_what_was_filled_in_can_be_changed_and_taken_back(hub: Hub) -> None:
    full = {**FORM, "kvk": "99990001", "skp_id": SKP_ID, "valid_until": "2026-12-31"}
    full |= {"prior_consent": True, "pause_days": 180, "obstacle": "beslag", "note": "brief"}
    fill_in(hub, "participant", {**full, "checked_on": "2026-11-01"})
    (item,) = entered(hub, "participant")
    form = _entry("participant").schema()
    again = form.dump(item.values)
    fill_in(hub, "participant", {**again, "pause_days": 200}, item.key)
    (row,) = parties(hub)
    assert (row.pause_days, row.obstacle, row.valid_until) == (200, "beslag", date(2026, 12, 31))
    assert (row.prior_consent, row.checked_on) == (True, date(2026, 11, 1))
    remove(hub, find_source(hub, "clo"), _entry("participant"), item.key)
    assert parties(hub) == []


def test_every_fault_of_a_form_is_told(hub: Hub) -> None:
    with pytest.raises(RecordError) as caught:
        fill_in(hub, "participant", {**FORM, "kvk": "12", "valid_until": "2020-01-01"})
    assert sorted(caught.value.problems) == [
        "deelnemer.geldigTot ligt voor geldigVan",
        "deelnemer.kvk heeft niet precies acht cijfers",
    ]
    assert parties(hub) == []


OVERLAPS = (
    "Van stad staan al afspraken vast die in deze tijd gelden: 01-07-2024 tot en met nu (clo). "
    "Wijzig die, of vul daar eerst een laatste dag in"
)


def test_two_periods_of_one_party_by_hand_may_not_overlap(hub: Hub) -> None:
    fill_in(hub, "participant", FORM)
    later = {**FORM, "valid_from": "2026-01-01", "pause_days": 180}
    with pytest.raises(RecordError) as caught:
        fill_in(hub, "participant", later, "b" * 32)
    assert caught.value.problems == [OVERLAPS]
    with pytest.raises(RecordError) as caught:
        fill_in(hub, "table", {"file": csv_table(rows()), "note": "x"}, "c" * 32)
    assert caught.value.problems == [OVERLAPS]
    fill_in(hub, "participant", {**FORM, "valid_until": "2025-12-31"})
    fill_in(hub, "participant", later, "b" * 32)
    assert [(row.pause_days, row.valid_until) for row in parties(hub)] == [
        (240, date(2025, 12, 31)),
        (180, None),
    ]
    fill_in(hub, "participant", {**later, "valid_from": "2026-02-01"}, "b" * 32)
    assert [row.valid_from for row in parties(hub)] == [date(2024, 7, 1), date(2026, 2, 1)]


@pytest.mark.parametrize("as_sheet", [True, False])
def test_a_table_is_read_in_at_once_and_says_where_it_came_from(
    hub: Hub, *, as_sheet: bool
) -> None:
    body = sheet(rows()) if as_sheet else csv_table(rows())
    fill_in(hub, "table", {"file": body, "note": "NVVK, 1 november 2026"})
    found = parties(hub)
    assert [row.code for row in found] == ["stad", "delta"]
    assert {row.note for row in found} == {"NVVK, 1 november 2026"}
    (item,) = entered(hub, "table")
    assert item.values == {"note": "NVVK, 1 november 2026"}
    fill_in(hub, "table", {"file": csv_table(rows()[:1]), "note": "nieuwe lijst"}, item.key)
    assert [row.code for row in parties(hub)] == ["stad"], "a newer table replaces the whole"


def test_a_table_with_faults_tells_them_all_and_keeps_nothing(hub: Hub) -> None:
    told = rows()
    told[0] |= {"kvk": "1", "soort": "provincie"}
    told.append(told[1] | {"naam": "Nog een"})
    with pytest.raises(RecordError) as caught:
        fill_in(hub, "table", {"file": csv_table(told), "note": "x"})
    assert caught.value.problems == [
        "Rij 2: deelnemer.soort is 'provincie'; bekend zijn: belastingsamenwerking, gemeente, "
        "kredietbank, waterschap",
        "Rij 2: deelnemer.kvk heeft niet precies acht cijfers",
        "Rij 4: deelnemer heeft een code die al eerder voorkomt: 'delta'",
    ]
    assert parties(hub) == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"naam;code", "De tabel mist deze kolommen: soort, kvk,"),
        (csv_table([]), "Het bestand heeft geen rijen onder de kopregel"),
        (b"PK\x03\x04", "Het bestand is geen leesbare XLSX"),
    ],
)
def test_a_file_that_is_no_table_is_told_on_the_form(hub: Hub, body: bytes, says: str) -> None:
    with pytest.raises(RecordError) as caught:
        fill_in(hub, "table", {"file": body, "note": "x"})
    assert caught.value.problems[0].startswith(says)


def test_the_check_says_that_there_is_nothing_to_reach() -> None:
    (step,) = CovenantByHand({}, Context()).check()
    assert (step.ok, step.message) == (
        True,
        "Er is geen systeem: de beheerder vult dit zelf in.",
    )
