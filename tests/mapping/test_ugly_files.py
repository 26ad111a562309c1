"""Files as they really come: of Excel on Windows, of old suites, put together by hand."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from book import BSNS

from hub.connector import PermanentError, Trial
from hub.dutch import day_of, euro_cents
from hub.mapping.apply import facts_of, key_of, trial
from hub.mapping.convert import CONVERTERS
from hub.mapping.plan import Plan, PlanError, read_plan
from hub.mapping.rows import Row, Tally, read_rows

TODAY = date(2026, 11, 23)

CLAIM: dict[str, Any] = {
    "person.bsn": {"from": "BSN", "as": "bsn"},
    "person.surname": {"from": "Naam"},
    "reference": {"from": "Nr"},
    "type": {"value": "bijstand"},
    "open": {"from": "Saldo", "as": "euro"},
    "as_of": {"from": "Datum", "as": "date"},
}

#: A BSN that begins with a zero, and what a spreadsheet leaves of it.
WITH_ZERO, WITHOUT = "012345672", "12345672"


def plan(format_: str = "csv", columns: dict[str, Any] | None = None, **more: Any) -> Plan:
    """A mapping of claims; None takes a column of CLAIM away."""
    fields = {name: one for name, one in {**CLAIM, **(columns or {})}.items() if one is not None}
    facts = [{"kind": "claim_statement", "fields": fields}]
    return read_plan(json.dumps({"format": format_, "key": ["Nr"], "facts": facts, **more}))


def rows(told: Plan, content: bytes) -> list[Row]:
    return list(read_rows(told, io.BytesIO(content), Tally()))


def data(told: Plan, content: bytes) -> list[dict[str, Any]]:
    found = rows(told, content)
    assert [one.problem for one in found] == [""] * len(found)
    return [fact.data for one in found for fact in facts_of(told, "k", one.cells)]


def refusal(told: Plan, content: bytes) -> str:
    with pytest.raises(PermanentError) as error:
        rows(told, content)
    return error.value.user


def tried(told: Plan, content: bytes) -> Trial:
    return trial(told, io.BytesIO(content), TODAY)


def book(*sheets: tuple[str, list[list[Any]]], merge: tuple[str, ...] = ()) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, lines in sheets:
        page = made.create_sheet(name)
        for line in lines:
            page.append(line)
    for one in merge:
        made.worksheets[-1].merge_cells(one)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


HEAD = ["BSN", "Naam", "Nr", "Saldo", "Datum"]


# --- CSV ---------------------------------------------------------------------------------------


def test_a_file_of_excel_on_windows() -> None:
    """Windows-1252, a title above the names, quoted newlines, thousands, empty columns behind."""
    content = (
        "Openstaande vorderingen;;;;;;\r\n"
        'BSN;Naam;"Nr";Saldo;"Datum\r\nstand";;\r\n'
        f'{WITHOUT};"Zoë van\r\n d\'Or; de";T1;€ 1.234,56;31-12-2026 00:00:00;;\r\n'
    ).encode("cp1252")
    told = plan(
        columns={"as_of": {"from": "Datum stand", "as": "date"}}, header=2, encoding="cp1252"
    )
    assert data(told, content) == [
        {
            "person": {"bsn": WITH_ZERO, "surname": "Zoë van\r\n d'Or; de"},
            "reference": "T1",
            "type": "bijstand",
            "open": 123456,
            "as_of": "2026-12-31",
        }
    ]


LINE = f"{BSNS[0]};Proef;T1;10,00;31-12-2026"
GOOD = f"{';'.join(HEAD)}\n{LINE}\n"


@pytest.mark.parametrize(
    ("told", "content", "said"),
    [
        (
            plan(),
            GOOD.replace("Proef", "Zoë").encode("cp1252"),
            "Het bestand is geen leesbare tekst (utf-8). Er is niets gewijzigd. Komt het uit een "
            'ander systeem, zet dan in de vertaling "encoding": "cp1252".',
        ),
        (
            plan(encoding="cp1252"),
            GOOD.encode("utf-8-sig"),
            "Het bestand is geschreven in utf-8, en de vertaling verwacht cp1252. Er is niets "
            'gewijzigd. Zet in de vertaling "encoding": "utf-8".',
        ),
        (
            plan(),
            GOOD.encode("utf-16"),
            "Het bestand is geschreven in utf-16, en de vertaling verwacht utf-8. Er is niets "
            'gewijzigd. Zet in de vertaling "encoding": "utf-16".',
        ),
        (
            plan(),
            book(("Blad1", [HEAD])),
            "Het bestand is een Excel-bestand en geen CSV. Er is niets gewijzigd. Zet in de "
            'vertaling "format": "xlsx", of vraag een export als CSV.',
        ),
        (
            plan(),
            GOOD.replace(";", ",").replace("10,00", '"10,00"').encode(),
            "Het bestand mist deze kolommen: Nr, BSN, Naam, Saldo, Datum. Wel aanwezig: "
            "BSN,Naam,Nr,Saldo,Datum. Er is niets gewijzigd. Zet in de vertaling "
            '"delimiter": ",": dat staat tussen de kolommen.',
        ),
        (
            plan(),
            f"Stand per 1 november\n{GOOD}".encode(),
            "Het bestand mist deze kolommen: Nr, BSN, Naam, Saldo, Datum. Wel aanwezig: Stand per "
            "1 november. Er is niets gewijzigd. Neem de namen precies over, en controleer header "
            "in de vertaling.",
        ),
        (
            plan(),
            f"{GOOD.replace(';Datum', ';Datum;Saldo')}".encode(),
            "Het bestand heeft deze kolommen dubbel: Saldo. Er is niets gewijzigd. Noem in de "
            'vertaling welke u bedoelt: "Saldo (1)" of "Saldo (2)", van links geteld.',
        ),
        (
            plan(),
            GOOD.replace("Proef", '"De Zon" BV').encode(),
            "Het bestand is geen geldige CSV (rond regel 2). Er is niets gewijzigd. Kijk daar "
            "naar een aanhalingsteken dat niet sluit, of vraag een nieuwe export.",
        ),
    ],
)
def test_a_csv_that_cannot_be_read_says_what_to_do(told: Plan, content: bytes, said: str) -> None:
    assert refusal(told, content) == said


def test_a_file_that_says_utf_16_or_has_a_bom_is_read() -> None:
    assert data(plan(encoding="utf-16"), GOOD.encode("utf-16"))[0]["open"] == 1000
    assert data(plan(), GOOD.encode("utf-8-sig"))[0]["open"] == 1000


def test_a_column_whose_name_comes_twice_is_named_by_its_turn() -> None:
    content = "BSN;Naam;Nr;Bedrag;Datum;Bedrag\n" + LINE + ";99,00\n"
    told = plan(columns={"open": {"from": "Bedrag (1)", "as": "euro"},
                         "principal": {"from": "Bedrag (2)", "as": "euro"}})  # fmt: skip
    (found,) = data(told, content.encode())
    assert (found["open"], found["principal"]) == (1000, 9900)


def test_a_line_with_totals_is_left_out_and_what_means_nothing_is_empty() -> None:
    content = f"{GOOD}{BSNS[0]};n.v.t.;T2;5,00;31-12-2026\nTotaal;;;15,00;\n"
    told = plan(skip={"from": "BSN", "is": ["Totaal"]}, empty=["n.v.t.", "00-00-0000"])
    assert [one["person"].get("surname") for one in data(told, content.encode())] == ["Proef", None]
    assert tried(told, content.encode()).summary == (
        "Van 2 rijen kloppen er 2.",
        "Overgeslagen regels, zoals skip het zegt: 1.",
    )


def test_an_export_without_a_day_has_the_day_of_its_file() -> None:
    told = plan(columns={"as_of": {"file": "day"}})
    found = tried(told, GOOD.encode())
    assert found.columns[-1] == "as_of ← dag van het bestand"
    assert found.rows[0][0][-1].endswith("→ 2026-11-23")
    assert found.rows[0][1] == ()


def test_a_fact_is_told_for_some_kinds_of_rows_only() -> None:
    fields = {
        "claim": {"from": "Nr"},
        "on": {"from": "Datum", "as": "date"},
        "amount": {"from": "Saldo", "as": "euro"},
    }
    facts = [{"kind": "payment", "when": {"from": "Naam", "is": ["B"]}, "fields": fields}]
    told = read_plan(json.dumps({"format": "csv", "key": ["Nr"], "facts": facts}))
    content = GOOD.replace("Proef", "B") + LINE.replace("Proef", "V")
    assert [one["amount"] for one in data(told, content.encode())] == [1000]


# --- XLSX --------------------------------------------------------------------------------------


def test_days_and_numbers_of_a_spreadsheet_in_every_form() -> None:
    days = [datetime(2026, 12, 31, 13, 5), "31-12-2026", 46387, "31 dec 2026", 46387.5]  # noqa: DTZ001
    lines = [[int(WITHOUT), "Proef", f"T{at}", 1234.5, day] for at, day in enumerate(days)]
    told = plan("xlsx", {"as_of": {"from": "Datum", "as": "excel_date"}})
    found = data(told, book(("Blad1", [HEAD, *lines])))
    assert {one["as_of"] for one in found} == {"2026-12-31"}
    assert {(one["open"], one["person"]["bsn"]) for one in found} == {(123450, WITH_ZERO)}


def test_a_day_as_a_number_is_not_guessed() -> None:
    content = book(("Blad1", [HEAD, [BSNS[0], "Proef", "T1", 10, 46387]]))
    ((_, problems),) = tried(plan("xlsx"), content).rows
    assert problems == (
        "claim_statement.as_of (Datum): '46387' is misschien een dagnummer van Excel; kies dan "
        'als omzetting "excel_date"',
    )


def formulas(reckoned: bool) -> bytes:
    """A sheet as Excel saves it, or as a program writes it that does not reckon."""
    content = book(("Blad1", [HEAD, [BSNS[0], "Proef", "T1", "=5+5", "31-12-2026"]]))
    if not reckoned:
        return content
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, re.sub(rb"<v\s*/>|<v></v>", b"<v>10</v>", part))
    return out.getvalue()


def test_a_formula_counts_by_its_outcome_and_one_without_is_told() -> None:
    assert data(plan("xlsx"), formulas(reckoned=True))[0]["open"] == 1000
    ((_, problems),) = tried(plan("xlsx"), formulas(reckoned=False)).rows
    assert problems == (
        "rij 2 heeft een formule zonder uitkomst in: Saldo; open het bestand in Excel, sla het op "
        "en lever het opnieuw",
    )


def test_a_formula_that_went_wrong_is_no_text() -> None:
    content = book(("Blad1", [HEAD, [BSNS[0], "#N/A", "T1", 10, "31-12-2026"]]))
    assert [one.problem for one in rows(plan("xlsx"), content)] == [
        "heeft een fout van Excel in: Naam"
    ]


LINES = [
    ["Vorderingen", None, None, None, None],
    ["BSN", "Naam", "Nr", "Saldo", "Datum"],
    [BSNS[0], "Proef", "T1", 10, "31-12-2026"],
    [None, None, "T2", 20, "31-12-2026"],
    [BSNS[1], "Zin", "T3", 30, "31-12-2026"],
]


def test_a_merged_cell_counts_for_all_its_rows_where_the_mapping_says_so() -> None:
    content = book(("Blad1", LINES), merge=("A1:E1", "A3:A4", "B3:B4"))
    told = plan("xlsx", header=2, merged=["BSN", "Naam"])
    found = [(one["person"]["bsn"], one["person"]["surname"]) for one in data(told, content)]
    assert found == [(BSNS[0], "Proef"), (BSNS[0], "Proef"), (BSNS[1], "Zin")]


def test_a_merged_cell_is_told_where_the_mapping_does_not_say_what_it_means() -> None:
    content = book(("Blad1", LINES), merge=("A3:A4", "B3:B4"))
    found = [one.problem for one in rows(plan("xlsx", header=2, merged=["Naam"]), content)]
    assert found == [
        "",
        "heeft een samengevoegde cel in: BSN; noem de kolom bij merged als de waarde voor al die "
        "rijen geldt",
        "",
    ]


def test_names_over_two_rows_are_read_from_the_second() -> None:
    top = ["BSN", "Vordering", None, None, "Datum"]
    low = [None, "Naam", "Nr", "Saldo", None]
    content = book(("Blad1", [top, low, *LINES[2:3]]), merge=("A1:A2", "B1:D1", "E1:E2"))
    assert data(plan("xlsx", header=2), content)[0]["open"] == 1000


def test_another_sheet_is_named_with_those_that_are_there() -> None:
    content = book(("Voorblad", [["Toelichting"]]), ("Open", [HEAD, LINES[2]]))
    assert data(plan("xlsx", sheet="Open"), content)[0]["open"] == 1000
    assert refusal(plan("xlsx"), content) == (
        "Het bestand mist deze kolommen: Nr, BSN, Naam, Saldo, Datum. Wel aanwezig: Toelichting "
        "op werkblad 'Voorblad' (er zijn ook: Open). Er is niets gewijzigd. Neem de namen precies "
        "over, en controleer sheet en header in de vertaling."
    )
    assert refusal(plan("xlsx", sheet="open"), content) == (
        "Het bestand heeft geen werkblad 'open'. Wel aanwezig: Voorblad, Open. Er is niets "
        "gewijzigd."
    )


# --- XML ---------------------------------------------------------------------------------------

XML = """<e:export xmlns:e="urn:suite" stand="2026-12-31"><e:debiteur bsn="{bsn}">
<e:naam>Proef<!-- x --></e:naam>{vorderingen}</e:debiteur></e:export>"""
VORDERING = '<e:vordering nr="T1"><e:saldo soort="open">10,00</e:saldo></e:vordering>'


def tree(path: str = "/s:export/s:debiteur/s:vordering", **columns: Any) -> Plan:
    fields = {
        "person.bsn": {"from": "../@bsn", "as": "bsn"},
        "person.surname": {"from": "../s:naam"},
        "reference": {"from": "@nr"},
        "open": {"from": "s:saldo", "as": "euro"},
        "as_of": {"from": "/s:export/@stand", "as": "date"},
        **columns,
    }
    return plan("xml", fields, rows=path, key=["@nr"], namespaces={"s": "urn:suite"})


def test_namespaces_attributes_and_what_stands_above_a_row() -> None:
    (found,) = data(tree(), XML.format(bsn=BSNS[0], vorderingen=VORDERING).encode())
    assert (found["person"], found["open"]) == ({"bsn": BSNS[0], "surname": "Proef"}, 1000)
    assert found["as_of"] == "2026-12-31"


def test_a_path_that_finds_more_than_one_value_takes_none_of_them() -> None:
    twice = VORDERING.replace("</e:vordering>", "<e:saldo>99,00</e:saldo></e:vordering>")
    (row,) = rows(tree(), XML.format(bsn=BSNS[0], vorderingen=twice).encode())
    assert row.problem == "heeft geen of meer dan een waarde op: s:saldo"
    right = tree(open={"from": "s:saldo[@soort='open']", "as": "euro"})
    assert data(right, XML.format(bsn=BSNS[0], vorderingen=twice).encode())[0]["open"] == 1000
    everywhere = tree(open={"from": "//s:saldo", "as": "euro"})
    content = XML.format(bsn=BSNS[0], vorderingen=VORDERING * 2).encode()
    assert all(one.problem for one in rows(everywhere, content)), "every row would read the first"


def test_a_group_is_no_value() -> None:
    (row,) = rows(
        tree(open={"from": "..", "as": "euro"}),
        XML.format(bsn=BSNS[0], vorderingen=VORDERING).encode(),
    )
    assert row.problem == "heeft geen of meer dan een waarde op: .."


def test_a_path_that_finds_nothing_is_no_empty_set() -> None:
    content = XML.format(bsn=BSNS[0], vorderingen=VORDERING).encode()
    assert refusal(tree("/export/debiteur/vordering"), content) == (
        "Het bestand heeft op '/export/debiteur/vordering' geen rijen. Er is niets gewijzigd. De "
        "buitenste groep heet export, in de naamruimte urn:suite. Noem die bij namespaces, zoals "
        '{"x": "…"}, en zet x: voor elke naam in een pad.'
    )
    assert refusal(tree("//vordering"), b"<a><b/></a>") == (
        "Het bestand heeft op '//vordering' geen rijen. Er is niets gewijzigd. De buitenste groep "
        "heet a; controleer rows in de vertaling."
    )
    assert rows(tree(), XML.format(bsn=BSNS[0], vorderingen="").encode()) == [], "an empty set"
    assert rows(tree("//vordering"), b"<a/>") == []


def test_a_count_that_counts_the_rows_themselves_proves_nothing() -> None:
    told = json.loads(json.dumps(dict(tree().told), default=str))
    assert told["rows"]
    fields = {name: one for name, one in CLAIM.items() if name != "person.surname"}
    facts = [{"kind": "claim_statement", "fields": fields}]
    mapping = {"format": "xml", "key": ["Nr"], "rows": "/a/b", "count": "count(/a/b)"}
    counted = read_plan(json.dumps({**mapping, "facts": facts}))
    assert "geen rijen" in refusal(counted, b"<x><y/></x>")
    told_so = read_plan(json.dumps({**mapping, "count": "/x/@n", "facts": facts}))
    assert rows(told_so, b'<x n="0"><y/></x>') == []


# --- JSON --------------------------------------------------------------------------------------

JSON = {
    "stand": "2026-12-30T23:00:00.000Z",
    "klanten": [
        {"bsn": int(WITHOUT), "vorderingen": [{"nr": "T1", "saldo": 10.5}, {"nr": "T2"}]},
        {"bsn": BSNS[0], "vorderingen": []},
    ],
}


def nested(path: str = "$.klanten[*].vorderingen[*]") -> Plan:
    fields = {
        "person.bsn": {"from": "^.bsn", "as": "bsn"},
        "person.surname": None,
        "reference": {"from": "nr"},
        "open": {"from": "saldo", "as": "euro"},
        "as_of": {"from": "^^.stand", "as": "date"},
    }
    return plan("json", fields, rows=path, key=["nr"])


def test_a_row_in_a_list_in_a_list_knows_whose_it_is() -> None:
    first, second = data(nested(), json.dumps(JSON).encode())
    assert (first["person"]["bsn"], first["open"]) == (WITH_ZERO, 1050)
    assert first["as_of"] == "2026-12-31", "the day in the Netherlands"
    assert "open" not in second
    columns = {
        **dict.fromkeys(CLAIM),
        "type": {"value": "zorg"},
        "open": {"from": "saldo", "as": "euro"},
        "as_of": {"from": "^^.stand", "as": "date"},
    }
    told = plan("json", columns, rows="$.data.rijen", key=["nr"])
    (only,) = data(told, b'{"stand": "2026-01-02", "data": {"rijen": [{"nr": 1, "saldo": 2}]}}')
    assert only["as_of"] == "2026-01-02"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("$.klanten[*].facturen[*]", JSON, "geen rijen"),
        ("$.personen[*].vorderingen[*]", JSON, "geen rijen"),
        ("klanten.0.bsn", JSON, "geen lijst van rijen"),
    ],
)
def test_a_path_in_json_that_finds_nothing_says_what_is_there(
    path: str, value: Any, said: str
) -> None:
    assert refusal(nested(path), json.dumps(value).encode()) == (
        f"Het bestand heeft op '{path}' {said}. Er is niets gewijzigd. Bovenaan staat: klanten, "
        "stand. Controleer rows in de vertaling."
    )


@pytest.mark.parametrize("value", [{"klanten": []}, {"klanten": [{"vorderingen": []}]}])
def test_an_empty_list_in_json_is_an_empty_set(value: Any) -> None:
    assert rows(nested(), json.dumps(value).encode()) == []


# --- texts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1.234,56-", -123456),
        ("€ 12,-", 1200),
        ("€ 12,--", 1200),
        ("-€ 12,-", -1200),
        ("- 12,50", -1250),
        ("€ -1.234,56", -123456),
        ("12,50 -", -1250),
        ("−12,50", -1250),
        ("EUR 0,05", 5),
    ],
)
def test_amounts_as_they_are_written(text: str, cents: int) -> None:
    assert euro_cents(text) == cents


@pytest.mark.parametrize("text", ["12,-5", "-", ",-", "12,50 CR", "(12,50)", "12.50,-"])
def test_what_could_be_read_in_two_ways_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="is geen bedrag"):
        euro_cents(text)


@pytest.mark.parametrize(
    "text",
    [
        "31-12-2026 0:00",
        "31-12-2026 00:00:00",
        "2026-12-31 00:00:00.000",
        "2026-12-31T10:00:00",
        "2026-12-31+01:00",
        "2026-12-31T23:30:00+01:00",
        "2026/12/31",
        "31 december 2026",
        "31-DEC-2026",
    ],
)
def test_days_as_they_are_written(text: str) -> None:
    assert day_of(text) == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("31-12-26", "heeft een jaar van twee cijfers; verwacht 31-12-2026 of 2026-12-31"),
        ("31 foo 2026", "is geen datum; verwacht 31-12-2026 of 2026-12-31"),
        ("2026-13-31T00:00:00Z", "is een dag die niet bestaat"),
        ("00-00-0000", "is een dag die niet bestaat"),
    ],
)
def test_what_is_no_day_says_why(text: str, said: str) -> None:
    with pytest.raises(ValueError) as told:  # noqa: PT011 — its words are compared below
        day_of(text)
    assert str(told.value) == said


def test_whole_euros_say_that_they_are() -> None:
    told = plan(columns={"open": {"from": "Saldo", "as": "whole_euros"}})
    (found,) = data(told, GOOD.encode())
    assert (found["open"], found["unit"]) == (1000, 100)
    assert "unit" not in data(plan(), GOOD.encode())[0]
    assert CONVERTERS["excel_date"].read("31-12-2026") == "2026-12-31"


# --- who it is about ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", [WITH_ZERO, WITHOUT, "0123.45.672", "12 345 672"])
def test_a_bsn_in_a_key_is_a_pseudonym_in_every_form(text: str) -> None:
    cells = {"BSN": text, "Nr": "T1"}
    told = plan(key=["BSN", "Nr"])
    assert key_of(told, cells, lambda bsn: f"p{bsn[-2:]}") == "p72/T1"
    other = plan(columns={"person.bsn": None}, key=["BSN", "Nr"])
    assert key_of(other, cells, lambda bsn: f"p{bsn[-2:]}") == "p72/T1"


def test_a_bsn_that_lost_its_zero_is_masked_too() -> None:
    content = GOOD.replace(BSNS[0], WITHOUT).replace("Proef", f"Proef {WITHOUT}")
    ((texts, _),) = tried(plan(), content.encode()).rows
    assert texts[1:3] == ("••••5672 → •••••5672", "Proef ••••5672 → Proef ••••5672")
    day = GOOD.replace("31-12-2026", "20261231")
    assert "20261231 → 2026-12-31" in tried(plan(), day.encode()).rows[0][0]


# --- trying it out -----------------------------------------------------------------------------


def test_what_is_wrong_further_on_is_shown_as_well() -> None:
    lines = [LINE.replace("T1", f"T{at}") for at in range(60)]
    lines[44] = lines[44].replace("10,00", "tien")
    content = "\n".join([";".join([*HEAD, "Afdeling"]), *(f"{one};Sociaal" for one in lines)])
    found = tried(plan(), content.encode())
    assert len(found.rows) == 21
    assert found.rows[-1][0][0] == "46", "its number in the file"
    assert found.summary == (
        "Van 60 rijen kloppen er 59.",
        "Van deze rijen klopt iets niet: 1. De hub keurt ze af en toont waarom.",
        "Deze kolommen gebruikt de vertaling niet: Afdeling.",
    )


# --- the mapping -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '{"format": "csv",\n "key": ["Nr"\n "facts": []}',
            "De vertaling is geen geldige JSON, of is afgebroken: kijk op regel 3 bij teken 2.",
        ),
        ('{"format": "csv", "format": "xml"}', "format: staat twee keer in dezelfde groep"),
    ],
)
def test_a_slip_in_a_mapping_is_pointed_at(text: str, said: str) -> None:
    with pytest.raises(PlanError) as error:
        read_plan(text)
    assert error.value.problems == [said]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            lambda: plan("xml", rows="//x:a/child::y:b"),
            "rows: noem bij namespaces welk adres hoort bij het voorvoegsel x, y",
        ),
        (lambda: plan("json", rows="^.a"), "rows: begint met ^"),
        (lambda: plan(merged=["BSN"]), "merged: hoort bij xlsx"),
        (lambda: plan("json", rows="a", merged=["BSN"]), "merged: hoort bij xlsx"),
        (lambda: plan("xlsx", merged=["Straat"]), "merged: deze kolommen gebruikt de vertaling"),
        (lambda: plan(columns={"as_of": {"file": "uur"}}), "facts.0.fields.as_of.file: kent"),
        (lambda: plan(skip={"from": "BSN"}), "skip.is: ontbreekt"),
    ],
)
def test_what_does_not_fit_in_a_mapping_is_told(made: Any, said: str) -> None:
    with pytest.raises(PlanError) as error:
        made()
    assert any(one.startswith(said) for one in error.value.problems), error.value.problems
