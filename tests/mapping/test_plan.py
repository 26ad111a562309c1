"""A mapping: everything that is wrong with it is told at once, each with its path."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.mapping.plan import PlanError, read_plan

GOOD: dict[str, Any] = {
    "format": "csv",
    "key": ["Nr"],
    "facts": [
        {
            "kind": "claim_statement",
            "fields": {
                "person.bsn": {"from": "BSN", "as": "bsn"},
                "type": {"value": "bijstand"},
                "open": {"from": "Saldo", "as": "euro"},
                "as_of": {"from": "Datum", "as": "date"},
                "details.afdeling": {"from": "Afd"},
            },
        }
    ],
}


def faults(told: Any) -> list[str]:
    with pytest.raises(PlanError) as error:
        read_plan(told if isinstance(told, str) else json.dumps(told))
    return error.value.problems


def changed(**fields: Any) -> dict[str, Any]:
    """The good mapping with other columns; None takes one away."""
    fact = GOOD["facts"][0]
    columns = {**fact["fields"], **{name.replace("__", "."): one for name, one in fields.items()}}
    kept = {name: one for name, one in columns.items() if one is not None}
    return {**GOOD, "facts": [{**fact, "fields": kept}]}


def test_a_good_one_names_what_it_asks_for() -> None:
    plan = read_plan(json.dumps(GOOD))
    assert plan.sources == ("Nr", "BSN", "Saldo", "Datum", "Afd")
    assert plan.is_table
    other = read_plan(json.dumps(changed(open={"from": "Open", "as": "euro"})))
    assert plan.digest != other.digest


def test_all_faults_at_once() -> None:
    told = {"format": "pdf", "key": [], "onzin": 1, "facts": [{"kind": "schuld", "fields": {}}]}
    found = faults(told)
    assert "format: is geen formaat; bekend zijn: csv, xlsx, xml, json" in found
    assert "key: is leeg" in found
    assert "onzin: kent de hub niet" in found
    assert any(one.startswith("facts.0.kind: is geen soort gegevens") for one in found)


AT = "facts.0.fields"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (changed(open=None), f"{AT}.open: ontbreekt; een claim_statement kan niet zonder"),
        (changed(open={"from": "S", "value": 1}), f"{AT}.open: noem óf from, óf value, óf file"),
        (changed(open={}), f"{AT}.open: noem óf from, óf value, óf file"),
        (changed(stage={"from": "F", "as": "code"}), f"{AT}.stage: codes: ontbreekt"),
        (changed(stage={"from": "F", "codes": {"A": "aanslag"}}), f"{AT}.stage: codes: hoort bij"),
        (changed(type={"value": "gokken"}), f"{AT}.type: 'gokken' kan hier niet; bekend zijn: a"),
        (changed(saldo={"value": 1}), f"{AT}.saldo: is geen veld; bekend zijn: as_of, "),
        (changed(person={"value": 1}), f"{AT}.person: is een groep; noem een veld ervan"),
        (changed(person__hobby={"value": 1}), f"{AT}.person.hobby: is geen veld; bekend zijn:"),
        (changed(details={"value": 1}), f"{AT}.details: noem een naam, zoals details.afdeling"),
        (changed(open__x={"value": 1}), f"{AT}.open.x: open heeft geen velden"),
        (changed(open={"from": "S", "as": "euros"}), f"{AT}.open.as: is geen omzetting; bekend"),
        ({**GOOD, "rows": "a"}, "rows: hoort bij xml en json; een tabel heeft regels"),
        ({**GOOD, "format": "json"}, "rows: ontbreekt; noem het pad naar de rijen"),
        ({**GOOD, "format": "xml", "rows": "//a["}, "rows: is geen XPath"),
        (
            {**GOOD, "format": "xml", "rows": "//x:a"},
            "rows: noem bij namespaces welk adres hoort bij het voorvoegsel x",
        ),
        (
            {**GOOD, "format": "json", "rows": "$.a[?"},
            "rows: is geen JSONPath, zoals $.klant.adres[0].plaats",
        ),
        (
            {**GOOD, "format": "json", "rows": "$.a[*]", "count": "$..n"},
            "count: kan meer waarden geven; noem één plek, zonder * of filter",
        ),
        (
            {**GOOD, "format": "json", "rows": "$.a[*]", "key": ["$.nr[*]"]},
            "from $.nr[*]: kan meer waarden geven",
        ),
        ({**GOOD, "delimiter": "#"}, "delimiter: is geen scheidingsteken: ; , | tab"),
        ({**GOOD, "header": 0}, "header: is een regel van 1 tot en met 100"),
        ({**GOOD, "deleted": {"from": "M"}}, "deleted.is: ontbreekt"),
        ("{", "De vertaling is geen geldige JSON, of is afgebroken: kijk op"),
        ("[]", "vertaling: is geen groep velden"),
    ],
)
def test_what_is_wrong_is_said_with_its_path(told: Any, said: str) -> None:
    assert any(one.startswith(said) for one in faults(told)), faults(told)
