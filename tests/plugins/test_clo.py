"""The table of covenant participants against its simulator: both formats, and every wrong table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from marshmallow import ValidationError

from hub.clock import FrozenClock
from hub.connector import (
    Batch,
    ConfigError,
    Context,
    ContractError,
    HubError,
    PermanentError,
    RecordError,
    TransientError,
)
from hub.testing.world import Dossier, Organisation
from plugins.clo import hub_connectors, hub_simulators
from plugins.clo.connector import CovenantConfig, CovenantConnector
from plugins.clo.hand import CovenantByHand
from plugins.clo.messages import COLUMNS
from plugins.clo.simulator import CovenantTable
from schemas import KINDS

TODAY = date(2026, 11, 23)
SKP_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def organisation(code: str, kind: str = "gemeente", **more: Any) -> Organisation:
    values: dict[str, Any] = {
        "code": code,
        "name": f"Organisatie; {code} é",
        "kind": kind,
        "kvk": "99990001",
        "skp_id": SKP_ID,
        "signed_on": date(2024, 5, 30),
        "valid_from": date(2024, 7, 1),
    }
    return Organisation(**values | more)


BOARD = organisation("delta", "waterschap", valid_until=date(2026, 5, 1), prior_consent=False)


@dataclass
class Town:
    """A municipality in which two organisations are bound by the covenant."""

    code: str = "9999"
    name: str = "Gemeente Voorbeeldstad"
    today: date = TODAY
    organisations: tuple[Organisation, ...] = (organisation("stad"), BOARD)

    def dossiers(self) -> Iterator[Dossier]:
        yield from ()


@pytest.fixture
def table(tmp_path: Path, clock: FrozenClock) -> Iterator[CovenantTable]:
    made = CovenantTable(Town(), tmp_path, clock)
    made.start()
    yield made
    made.stop()


def connect(table: CovenantTable, kind: str = "csv", **more: Any) -> CovenantConnector:
    (spec,) = table.sources()
    config = spec.config | {"url": f"{table.url}/deelnemers.{kind}"} | more
    return CovenantConnector(CovenantConfig().load(config), Context(clock=table.clock))


def read(connector: CovenantConnector) -> list[Batch]:
    return list(connector.read("participants", None))


def parsed(connector: CovenantConnector) -> list[dict[str, Any]]:
    return [
        KINDS[fact.kind].load(fact.data)
        for batch in read(connector)
        for record in batch.records
        for fact in connector.parse("participants", record.raw)
    ]


def fails(connector: CovenantConnector, error: type[HubError] = PermanentError) -> str:
    """Return the Dutch text with which a read fails, before it delivered anything."""
    batches: list[Batch] = []
    with pytest.raises(error) as caught:
        batches.extend(connector.read("participants", None))
    assert batches == []
    return caught.value.user


def faults(table: CovenantTable, row: dict[str, Any]) -> list[str]:
    """Return why the first row is rejected when these columns are changed."""
    table.rows[0] |= row
    table.publish()
    connector = connect(table)
    first = read(connector)[0].records[0]
    with pytest.raises(RecordError) as caught:
        connector.parse("participants", first.raw)
    return caught.value.problems


# --- reading what is right ---------------------------------------------------------------------


def test_the_plugin_brings_its_connector_and_its_simulator() -> None:
    assert hub_connectors() == [CovenantConnector, CovenantByHand]
    assert hub_simulators() == [CovenantTable]


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_both_formats_are_read_whole(table: CovenantTable, kind: str) -> None:
    batches = read(connect(table, kind))
    assert [[one.key for one in batch.records] for batch in batches] == [["stad", "delta"], []]
    assert [batch.complete for batch in batches] == [False, True]
    assert table.requests == [kind]


def test_both_formats_tell_the_same(table: CovenantTable) -> None:
    city, board = parsed(connect(table, "csv"))
    assert parsed(connect(table, "json")) == [city, board]
    assert city == {
        "exclusions": "",
        "note": "",
        "obstacle": "",
        "covenant": "CLO",
        "code": "stad",
        "name": "Organisatie; stad é",
        "kind": "gemeente",
        "kvk": "99990001",
        "skp_id": SKP_ID,
        "signed_on": date(2024, 5, 30),
        "valid_from": date(2024, 7, 1),
        "valid_until": None,
        "prior_consent": True,
        "pause_days": 240,
        "hold_confirm_working_days": 1,
        "balance_working_days": 15,
        "checked_on": None,
    }
    assert (board["kind"], board["valid_until"]) == ("waterschap", date(2026, 5, 1))
    assert board["prior_consent"] is False


def test_a_second_read_gives_the_same_bytes_in_any_order(table: CovenantTable) -> None:
    connector = connect(table)
    first = {one.key: one.raw for one in read(connector)[0].records}
    table.rows.reverse()
    table.publish()
    assert {one.key: one.raw for one in read(connector)[0].records} == first


def test_empty_terms_are_those_of_the_sister_covenant(table: CovenantTable) -> None:
    names = ("pauze_dagen", "termijn_pauze_werkdagen", "termijn_saldo_werkdagen")
    table.rows[0] |= dict.fromkeys((*names, "vooraf_akkoord", "kvk", "skp_id"), "")
    table.publish()
    city = parsed(connect(table))[0]
    terms = ("pause_days", "hold_confirm_working_days", "balance_working_days")
    assert [city[name] for name in terms] == [240, 1, 15]
    assert (city["prior_consent"], city["kvk"], city["skp_id"]) == (False, "", "")


def test_own_terms_and_days_as_people_write_them_are_read(table: CovenantTable) -> None:
    table.rows[0] |= {
        "soort": " Kredietbank ",
        "pauze_dagen": "180",
        "termijn_saldo_werkdagen": "20",
        "vooraf_akkoord": "NEE",
        "geldigTot": "31-12-2027",
        "gecontroleerdOp": "1-2-2026",
    }
    table.publish()
    city = parsed(connect(table))[0]
    assert (city["kind"], city["prior_consent"]) == ("kredietbank", False)
    assert (city["pause_days"], city["balance_working_days"]) == (180, 20)
    assert (city["valid_until"], city["checked_on"]) == (date(2027, 12, 31), date(2026, 2, 1))


def test_json_may_use_its_own_kinds_of_values(table: CovenantTable) -> None:
    table.rows[0] |= {"vooraf_akkoord": True, "pauze_dagen": 90, "geldigTot": None}
    table.publish()
    city = parsed(connect(table, "json"))[0]
    assert (city["prior_consent"], city["pause_days"], city["valid_until"]) == (True, 90, None)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\r\n", "\n"),
        lambda text: text.replace("\r\n", "\r\n\r\n") + ";;;;;;;;;;;;\r\n",
        lambda text: text.replace("naam;", " naam ;", 1),
        lambda text: text.replace("\r\n", ";eigen kolom\r\n"),
    ],
    ids=["bom", "lf", "empty lines", "space in header", "own column"],
)
def test_what_spreadsheets_do_to_a_table_is_harmless(
    table: CovenantTable, change: Callable[[str], str]
) -> None:
    before = read(connect(table))
    table.tables["csv"] = change(table.tables["csv"].decode()).encode()
    assert read(connect(table)) == before


def test_another_delimiter_can_be_set(table: CovenantTable) -> None:
    text = table.tables["csv"].decode().replace("Organisatie;", "Organisatie")
    table.tables["csv"] = text.replace(";", "|").encode()
    assert len(parsed(connect(table, delimiter="|"))) == 2


def test_a_large_table_becomes_batches(
    table: CovenantTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.clo.connector.BATCH", 1)
    assert [len(batch.records) for batch in read(connect(table))] == [1, 1, 0]


def test_an_empty_table_is_complete(table: CovenantTable) -> None:
    table.rows.clear()
    table.publish()
    for kind in ("csv", "json"):
        (only,) = read(connect(table, kind))
        assert (only.records, only.complete) == ([], True)


# --- is the table whole? -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_fewer_rows_than_announced_are_refused(table: CovenantTable, kind: str) -> None:
    text = table.tables["json"].decode().replace('"aantal": 2', '"aantal": 3')
    table.tables["json"] = text.encode()
    table.headers["csv"]["X-Aantal"] = "3"
    assert fails(connect(table, kind)) == (
        "De tabel kondigt 3 deelnemers aan en telt er 2. Er is niets afgesloten of verwijderd. "
        "Zet de hele tabel opnieuw klaar."
    )


def test_without_a_count_the_length_of_the_transfer_will_do(table: CovenantTable) -> None:
    del table.headers["csv"]["X-Aantal"]
    assert read(connect(table))[-1].complete


def test_a_last_row_that_breaks_off_shows_that_the_table_did(table: CovenantTable) -> None:
    del table.headers["csv"]["X-Aantal"]
    table.tables["csv"] = table.tables["csv"][:-50]
    assert fails(connect(table)) == (
        "De laatste regel van de tabel is niet volledig. Er is niets afgesloten of verwijderd. "
        "Zet de hele tabel opnieuw klaar."
    )


@pytest.fixture
def old_server(table: CovenantTable) -> Iterator[Callable[..., CovenantConnector]]:
    """A maker of connectors to a server of HTTP/1.0, which ends an answer by hanging up."""
    servers: list[HTTPServer] = []

    def make(kind: str, **headers: str) -> CovenantConnector:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                for name, text in (table.headers[kind] | headers).items():
                    self.send_header(name.replace("_", "-"), text)
                self.end_headers()
                self.wfile.write(table.tables[kind])

            def log_message(self, *args: Any) -> None:
                pass

        servers.append(HTTPServer(("localhost", 0), Answer))
        Thread(target=servers[-1].serve_forever, args=(0.02,), daemon=True).start()
        return connect(table, url=f"http://localhost:{servers[-1].server_port}/")

    yield make
    for one in servers:
        one.shutdown()
        one.server_close()


def test_a_transfer_that_breaks_off_is_tried_later(
    old_server: Callable[..., CovenantConnector],
) -> None:
    text = fails(old_server("csv", Content_Length="5000"), TransientError)
    assert text.endswith(" brak af.")


def test_a_table_of_unknown_length_is_refused(
    table: CovenantTable, old_server: Callable[..., CovenantConnector]
) -> None:
    del table.headers["csv"]["X-Aantal"]
    assert fails(old_server("csv")) == (
        "De server meldt niet hoe lang de tabel is. Er kan dus een stuk ontbreken. Er is niets "
        "afgesloten of verwijderd. Laat de server Content-Length of X-Aantal meesturen."
    )


def test_a_count_makes_up_for_an_unknown_length(
    old_server: Callable[..., CovenantConnector],
) -> None:
    assert read(old_server("csv"))[-1].complete
    assert read(old_server("json"))[-1].complete


# --- no table ----------------------------------------------------------------------------------


def test_missing_columns_are_named(table: CovenantTable) -> None:
    text = table.tables["csv"].decode()
    table.tables["csv"] = text.replace("geldigTot", "geldig_tot").replace("kvk", "KvK").encode()
    assert fails(connect(table)) == (
        "De tabel mist deze kolommen: kvk, geldigTot. Er is niets afgesloten of verwijderd. "
        "Controleer de kopregel en het scheidingsteken (nu ';')."
    )


def test_the_wrong_delimiter_and_an_empty_file_miss_every_column(table: CovenantTable) -> None:
    expected = (
        f"De tabel mist deze kolommen: {', '.join(COLUMNS)}. Er is niets afgesloten of "
        "verwijderd. Controleer de kopregel en het scheidingsteken (nu ',')."
    )
    assert fails(connect(table, delimiter=",")) == expected
    table.tables["csv"] = b""
    assert fails(connect(table, delimiter=",")) == expected


def test_a_repeated_column_is_named(table: CovenantTable) -> None:
    text = table.tables["csv"].decode()
    table.tables["csv"] = text.replace("naam;", "naam;code;", 1).encode()
    assert fails(connect(table)) == (
        "Deze kolommen staan twee keer in de tabel: code. Er is niets afgesloten of verwijderd. "
        "Verwijder er telkens een."
    )


def test_another_encoding_is_named_with_its_line(table: CovenantTable) -> None:
    table.tables["csv"] = table.tables["csv"].decode().encode("cp1252")
    assert fails(connect(table)) == (
        "De tabel is niet opgeslagen als UTF-8: regel 2 bevat een onleesbaar teken. Er is niets "
        "afgesloten of verwijderd. Sla de tabel op als UTF-8 en zet haar opnieuw klaar."
    )


@pytest.mark.parametrize("body", [b" <!doctype html><p>Welkom", "naam;".encode("utf-16-le")])
@pytest.mark.parametrize("kind", ["csv", "json"])
def test_something_else_is_no_table(table: CovenantTable, kind: str, body: bytes) -> None:
    table.tables[kind] = body
    assert fails(connect(table, kind)) == (
        "Het adres levert geen tabel, maar iets anders, zoals een webpagina. Er is niets "
        "afgesloten of verwijderd. Controleer het adres."
    )


def test_a_quote_that_does_not_close_is_named_with_its_line(table: CovenantTable) -> None:
    table.tables["csv"] += b'"Kredietbank;kredietbank'
    assert fails(connect(table)) == (
        "Regel 4 van de tabel is niet te lezen: een aanhalingsteken sluit niet, of de tabel is "
        "afgebroken. Er is niets afgesloten of verwijderd. Herstel de tabel."
    )


@pytest.mark.parametrize("body", [b'{"aantal": 2, "deelnemers": [', b"", b"[" * 99999])
def test_json_that_cannot_be_read_is_refused(table: CovenantTable, body: bytes) -> None:
    table.tables["json"] = body
    assert fails(connect(table, "json")) == (
        "Het antwoord is geen leesbare JSON, of is afgebroken. Er is niets afgesloten of "
        "verwijderd. Herstel de tabel."
    )


@pytest.mark.parametrize(
    "value", [[], {"deelnemers": []}, {"aantal": True, "deelnemers": []}, {"aantal": 0}]
)
def test_json_without_count_or_list_is_refused(table: CovenantTable, value: Any) -> None:
    table.tables["json"] = json.dumps(value).encode()
    assert fails(connect(table, "json")) == (
        'De tabel heeft niet de vorm {"aantal": 4, "deelnemers": [...]}. Er is niets afgesloten '
        "of verwijderd. Herstel de tabel."
    )


def test_an_unknown_content_type_is_refused_until_the_format_is_chosen(
    table: CovenantTable,
) -> None:
    table.headers["csv"]["Content-Type"] = "text/plain; charset=utf-8"
    assert fails(connect(table), ConfigError) == (
        "De server noemt de vorm van de tabel 'text/plain'; verwacht text/csv, "
        "application/json of een Excel-bestand. Kies bij Vorm zelf csv, json of xlsx, of "
        "controleer het adres."
    )
    assert read(connect(table, format="csv"))[-1].complete


# --- wrong rows --------------------------------------------------------------------------------


def test_every_fault_of_a_row_is_told_with_its_column(table: CovenantTable) -> None:
    found = faults(
        table,
        {
            "naam": " ",
            "soort": "provincie",
            "kvk": "9999",
            "datumOndertekening": "30 wei 2024",
            "geldigVan": "31-02-2024",
            "geldigTot": "2026/05",
            "vooraf_akkoord": "misschien",
            "pauze_dagen": "8 maanden",
            "termijn_saldo_werkdagen": "-1",
            "skp_id": "geen",
        },
    )
    day = "verwacht een datum als 23-11-2026 of 2026-11-23"
    assert sorted(found) == [
        f"deelnemer.datumOndertekening is '30 wei 2024'; {day}",
        f"deelnemer.geldigTot is '2026/05'; {day}",
        f"deelnemer.geldigVan is '31-02-2024'; {day}",
        "deelnemer.kvk heeft niet precies acht cijfers",
        "deelnemer.naam ontbreekt",
        "deelnemer.pauze_dagen is '8 maanden'; verwacht een aantal dagen, zoals 15",
        "deelnemer.skp_id is geen UUID",
        "deelnemer.soort is 'provincie'; bekend zijn: belastingsamenwerking, gemeente, "
        "kredietbank, waterschap",
        "deelnemer.termijn_saldo_werkdagen is '-1'; verwacht een aantal dagen, zoals 15",
        "deelnemer.vooraf_akkoord is 'misschien'; verwacht ja of nee",
    ]


def test_an_end_before_the_begin_is_rejected(table: CovenantTable) -> None:
    assert faults(table, {"geldigTot": "30-06-2024"}) == ["deelnemer.geldigTot ligt voor geldigVan"]


def test_a_row_without_code_is_rejected_and_the_others_stay(table: CovenantTable) -> None:
    assert faults(table, {"code": ""}) == ["deelnemer.code ontbreekt"]
    batches = read(connect(table))
    assert [one.key for one in batches[0].records] == ["zonder-code-1", "delta"]
    assert batches[-1].complete


def test_a_row_with_too_few_fields_is_rejected_with_its_line(table: CovenantTable) -> None:
    text = table.tables["csv"].decode()
    table.tables["csv"] = text.replace(";stad;", ";", 1).encode()
    connector = connect(table)
    with pytest.raises(RecordError) as caught:
        connector.parse("participants", read(connector)[0].records[0].raw)
    assert caught.value.problems[0] == "deelnemer telt 12 velden op regel 2; verwacht 13"


def test_a_code_that_comes_back_is_rejected(table: CovenantTable) -> None:
    table.rows.append(table.rows[0] | {"naam": "Nog een"})
    table.publish()
    connector = connect(table)
    *_, again = read(connector)[0].records
    assert again.key == "stad@2024-07-01.2"
    with pytest.raises(RecordError) as caught:
        connector.parse("participants", again.raw)
    assert caught.value.problems == ["deelnemer heeft een code die al eerder voorkomt: 'stad'"]


def test_a_row_that_is_no_row_stops_no_other(table: CovenantTable) -> None:
    rows = [None, "x", {"code": ["y"]}, {"code": "\ud800"}, *table.rows]
    table.tables["json"] = json.dumps({"aantal": 6, "deelnemers": rows}).encode()
    connector = connect(table, "json")
    batches = read(connector)
    assert batches[-1].complete
    for record in batches[0].records[:4]:
        record.key.encode()
        with pytest.raises(RecordError):
            connector.parse("participants", record.raw)


# --- reaching the table ------------------------------------------------------------------------


def test_wrong_credentials_are_a_matter_of_settings(table: CovenantTable) -> None:
    expected = (
        f"localhost:{table.port} weigert de toegang (HTTP 401). Controleer de inloggegevens en of "
        "dit account rechten heeft."
    )
    assert fails(connect(table, password="fout"), ConfigError) == expected
    assert fails(connect(table, username=""), ConfigError) == expected


def test_a_wrong_path_and_a_closed_port_are_named(table: CovenantTable) -> None:
    assert fails(connect(table, "xlsx"), ConfigError) == (
        f"localhost:{table.port} kent dit adres niet (HTTP 404). Controleer het pad in de "
        "instellingen."
    )
    connector = connect(table)
    table.stop()
    assert fails(connector, TransientError) == (
        f"Er luistert niets op localhost:{table.port}, of de verbinding werd verbroken. "
        "Controleer of het systeem draait en of adres en poort kloppen."
    )


def test_a_check_names_its_steps_and_counts_the_rows(table: CovenantTable) -> None:
    steps = list(connect(table).check())
    assert [step.name for step in steps] == ["DNS", "Poort", "Ophalen", "Tabel"]
    assert all(step.ok for step in steps)
    assert (
        steps[-1].message
        == "De tabel telt 2 deelnemers. Niet gecontroleerd met het eigen convenant: 2."
    )


def test_a_check_tells_of_wrong_rows_but_accepts_the_table(table: CovenantTable) -> None:
    table.rows[1]["kvk"] = "1"
    table.publish()
    *_, last = connect(table).check()
    message = (
        "De tabel telt 2 deelnemers. Niet gecontroleerd met het eigen convenant: 1. Afgekeurd: 1. "
        "deelnemer.kvk heeft niet precies acht cijfers."
    )
    assert (last.ok, last.message) == (True, message)


def test_a_check_stops_at_the_step_that_fails(table: CovenantTable) -> None:
    *_, fetched = connect(table, password="fout").check()
    assert (fetched.name, fetched.ok) == ("Ophalen", False)
    table.tables["csv"] = b"naam;soort"
    *_, last = connect(table).check()
    assert (last.name, last.ok) == ("Tabel", False)
    assert last.message.startswith("De tabel mist deze kolommen: code, kvk, ")
    table.stop()
    *_, last = connect(table).check()
    message = f"Er luistert niets op localhost:{table.port}. Draait het systeem?"
    assert (last.name, last.ok, last.message) == ("Poort", False, message)


# --- other -------------------------------------------------------------------------------------


def test_an_unknown_stream_is_a_fault_in_the_contract(table: CovenantTable) -> None:
    with pytest.raises(ContractError):
        list(connect(table).read("termijnen", None))
    with pytest.raises(ContractError):
        connect(table).parse("termijnen", b"{}")


def test_every_setting_explains_itself_and_the_secret_is_marked() -> None:
    found = CovenantConfig().fields
    assert all(field.metadata["label"] and field.metadata["help"] for field in found.values())
    assert [name for name, field in found.items() if field.metadata["secret"]] == ["password"]


def test_wrong_settings_are_explained() -> None:
    with pytest.raises(ValidationError) as caught:
        CovenantConfig().load({"url": "clo.csv", "format": "pdf", "delimiter": ";;"})
    assert caught.value.messages == {
        "url": ["Vul een adres in dat begint met https://."],
        "format": ["Kies auto, csv, json of xlsx."],
        "delimiter": ["Vul een leesteken in, zoals ;."],
    }


def test_the_source_belongs_to_the_first_organisation(table: CovenantTable) -> None:
    (spec,) = table.sources()
    assert (spec.name, spec.title) == ("clo", "Convenant Lokale Overheid")
    assert (spec.connector, spec.owner) == ("clo", "stad")
