"""Rows out of every format, bounded, and refused as a whole when some may be missing."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from typing import Any

import openpyxl
import pytest

from hub.connector import PermanentError
from hub.mapping import rows as rows_module
from hub.mapping.apply import trial
from hub.mapping.paths import at_path
from hub.mapping.plan import Plan, read_plan
from hub.mapping.rows import Tally, as_text, read_rows

FACTS = [
    {
        "kind": "claim_event",
        "fields": {
            "claim": {"from": "Nr"},
            "kind": {"value": "correctie"},
            "on": {"from": "Dag", "as": "date"},
            "amount": {"from": "Bedrag", "as": "euro"},
        },
    }
]


def plan(format_: str, **more: Any) -> Plan:
    return read_plan(json.dumps({"format": format_, "key": ["Nr"], "facts": FACTS, **more}))


def read(told: Plan, content: bytes) -> tuple[list[dict[str, str]], Tally]:
    tally = Tally()
    found = list(read_rows(told, io.BytesIO(content), tally))
    assert [one.problem for one in found] == [""] * len(found)
    return [dict(one.cells) for one in found], tally


def refusal(told: Plan, content: bytes) -> str:
    with pytest.raises(PermanentError) as error:
        list(read_rows(told, io.BytesIO(content), Tally()))
    return error.value.user


TODAY = date(2026, 11, 23)

ROW = {"Nr": "A1", "Dag": "2026-11-20", "Bedrag": "12,5"}


def sheet(*lines: list[Any]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    one = book.create_sheet("Blad")
    for line in lines:
        one.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_csv_with_a_count_is_whole() -> None:
    told = plan("csv", count="AANTAL", header=2)
    found, tally = read(told, b"Export;;\nNr;Dag;Bedrag\nA1;2026-11-20;12,5\n\nAANTAL;1;\n")
    assert found == [ROW]
    assert tally.is_whole


def test_csv_without_a_count_may_be_cut_short() -> None:
    found, tally = read(plan("csv"), "Nr;Dag;Bedrag\nA1;2026-11-20;12,5".encode("utf-8-sig"))
    assert found == [ROW]
    assert not tally.is_whole


def test_xlsx_numbers_and_days_become_text() -> None:
    content = sheet(["Bedrag", "Nr", "Dag", None], [12.5, "A1", date(2026, 11, 20)], [None, None])
    found, tally = read(plan("xlsx"), content)
    assert found == [ROW]
    assert tally.is_whole


def test_xml_by_xpath_with_namespaces() -> None:
    told = read_plan(
        json.dumps(
            {
                "format": "xml",
                "rows": "//x:r",
                "count": "count(//x:r)",
                "namespaces": {"x": "urn:x"},
                "key": ["@Nr"],
                "facts": [
                    {
                        "kind": "claim_event",
                        "fields": {
                            "claim": {"from": "@Nr"},
                            "kind": {"value": "correctie"},
                            "on": {"from": "x:a/x:dag", "as": "date"},
                        },
                    }
                ],
            }
        )
    )
    content = b'<l xmlns="urn:x"><r Nr="A1"><a><dag> 2026-11-20 </dag></a></r></l>'
    assert read(told, content)[0] == [{"@Nr": "A1", "x:a/x:dag": "2026-11-20"}]


def test_json_by_dotted_path() -> None:
    told = plan("json", rows="data.rijen", count="data.aantal")
    value = {"data": {"aantal": 1, "rijen": [{"Nr": "A1", "Dag": "2026-11-20", "Bedrag": 12.5}]}}
    assert read(told, json.dumps(value).encode())[0] == [ROW]
    assert at_path({"a": [{"b": 1}]}, "a.0.b") == 1
    assert at_path({"a": [{"b": 1}]}, "a.3.b") is None


def test_json_by_jsonpath_finds_rows_in_every_group() -> None:
    paths = {"Nr": "$.nr", "Dag": "$['dag.tekst']", "Bedrag": "$.bedragen[0].euro"}
    facts = json.dumps(FACTS)
    for name, path in paths.items():
        facts = facts.replace(f'"{name}"', f'"{path}"')
    told = plan(
        "json",
        rows="$.klanten[*].rijen[*]",
        count="$.telling.aantal",
        key=["$.nr"],
        facts=json.loads(facts),
    )
    row = {"nr": "A1", "dag.tekst": "2026-11-20", "bedragen": [{"euro": 12.5}]}
    value = {"telling": {"aantal": 2}, "klanten": [{"rijen": [row]}, {"rijen": [{"nr": "A2"}]}]}
    first, second = read(told, json.dumps(value).encode())[0]
    assert first == {paths[name]: text for name, text in ROW.items()}
    assert second == {"$.nr": "A2", "$['dag.tekst']": "", "$.bedragen[0].euro": ""}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "ja"),
        (3, "3"),
        (12.100000000000001, "12,1"),
        (100.0, "100"),
        (" a ", "a"),
    ],
)
def test_values_as_people_write_them(value: Any, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("told", "content", "said"),
    [
        (plan("csv"), b"", "heeft geen regel met de namen van de kolommen"),
        (plan("csv"), b"Nr;Dag\nA;1", "mist deze kolommen: Bedrag. Wel aanwezig: Nr, Dag"),
        (plan("csv"), b"Nr;Nr;Dag;Bedrag\n", "heeft deze kolommen dubbel: Nr"),
        (plan("csv"), b"Nr;Dag;Bedrag\n\xff;1;2", "is geen leesbare tekst (utf-8)"),
        (plan("csv"), b'Nr;Dag;Bedrag\n"a"b;1;2', "is geen geldige CSV (rond regel 2)"),
        (plan("csv", count="N"), b"Nr;Dag;Bedrag\n", "noemt geen aantal rijen"),
        (plan("csv", count="N"), b"Nr;Dag;Bedrag\nN;2\n", "noemt 2 rijen en bevat er 0"),
        (plan("csv", count="N"), b"Nr;Dag;Bedrag\nN;x\n", "aantal rijen dat geen getal is"),
        (plan("csv", count="N"), b"Nr;Dag;Bedrag\nN;0\na;b;c", "gaat door na de regel met het"),
        (plan("xlsx"), b"PK", "is geen leesbare XLSX, of is afgebroken"),
        (plan("xlsx", sheet="Ander"), sheet(["Nr"]), "heeft geen werkblad 'Ander'"),
        (plan("xml", rows="//r"), b"<l>", "is geen geldige XML"),
        (plan("xml", rows="//r/text()"), b"<l><r>a</r></l>", "heeft rijen die geen element zijn"),
        (plan("xml", rows="//r"), b"<!DOCTYPE a><a/>", "is XML met een DTD"),
        (plan("json", rows="a"), b"{}", "heeft op 'a' geen lijst van rijen"),
        (plan("json", rows="a"), b"[", "is geen geldige JSON"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(told: Plan, content: bytes, said: str) -> None:
    found = refusal(told, content)
    assert said in found
    assert "Er is niets gewijzigd." in found


def test_one_row_of_another_shape_costs_that_row() -> None:
    content = b"Nr;Dag;Bedrag\nA1;2026-11-20;12,5\nA2;x\nA3;y;z;te;veel\n"
    found = list(read_rows(plan("csv"), io.BytesIO(content), Tally()))
    assert [one.problem for one in found] == [
        "",
        "heeft 2 kolommen; verwacht 3",
        "heeft 5 kolommen; verwacht 3",
    ]
    rows = json.dumps({"a": [5, {"Nr": {"b": 1}, "Dag": "x", "Bedrag": None}]}).encode()
    found = list(read_rows(plan("json", rows="a"), io.BytesIO(rows), Tally()))
    assert [one.problem for one in found] == [
        "is geen groep velden",
        "heeft geen tekst of getal op: Nr",
    ]


def bomb(size: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/worksheets/sheet1.xml", b"\0" * size)
    return file.getvalue()


def test_a_bomb_is_not_unpacked() -> None:
    assert "is uitgepakt te groot" in refusal(plan("xlsx"), bomb(30_000_000))


def test_a_tree_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "MOST_TREE", 10)
    assert "is groter dan" in refusal(plan("json", rows="a"), b'{"a": [1, 2, 3]}')


def test_entities_in_a_sheet_are_refused() -> None:
    file = io.BytesIO(sheet(["Nr", "Dag", "Bedrag"]))
    evil, out = b'<!DOCTYPE a [<!ENTITY x "boem">]><worksheet>&x;</worksheet>', io.BytesIO()
    with zipfile.ZipFile(file) as good, zipfile.ZipFile(out, "w") as bad:
        for one in good.namelist():
            bad.writestr(one, evil if "sheet1" in one else good.read(one))
    assert "is geen leesbare XLSX" in refusal(plan("xlsx"), out.getvalue())


def test_a_sample_shows_text_value_and_problem() -> None:
    content = b"Nr;Dag;Bedrag\nA1;20-11-2026;12,50\nA2;31-02-2026;veel\n;1-1-2026;1\n"
    found = trial(plan("csv"), io.BytesIO(content), TODAY)
    assert found.columns == ("rij", "claim ← Nr", "kind ← vast", "on ← Dag", "amount ← Bedrag")
    (good, none), (bad, told), (_, keyless) = found.rows
    assert good == ("2", "A1 → A1", "correctie", "20-11-2026 → 2026-11-20", "12,50 → 1250")
    assert none == ()
    assert bad[3:] == ("31-02-2026 → ?", "veel → ?")
    assert told == (
        "claim_event.on (Dag): '31-02-2026' is een dag die niet bestaat",
        "claim_event.amount (Bedrag): 'veel' is geen bedrag; verwacht euro's als 1.234,56",
    )
    assert keyless == ("rij 4: de sleutel is leeg (Nr)",)
    assert "geen rijen" in trial(plan("csv"), io.BytesIO(b"Nr;Dag;Bedrag\n"), TODAY).problem
    assert "mist deze kolommen" in trial(plan("csv"), io.BytesIO(b"Nr\n"), TODAY).problem
