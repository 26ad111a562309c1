"""The security pages name what exists, and leave out nothing that they promise to tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.reference import (
    ACCESS,
    FLOW_TABLE,
    REGISTER,
    RULE_TABLE,
    access_table,
    flow_table,
    processing_register,
    rule_table,
)
from hub.security.activities import activities

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "security"
PAGES = sorted(FOLDER.glob("*.md"))


def evidence() -> Iterator[tuple[str, str, str]]:
    """Every file, and every test in it, that a page names between backticks."""
    for page in PAGES:
        named = r"`((?:tests|hub|docs|plugins|\.ci)/[\w./-]+|setup\.cfg)(?:::(\w+))?`"
        for path, test in re.findall(named, page.read_text()):
            yield page.name, path, test


@pytest.mark.parametrize(("page", "path", "test"), sorted(set(evidence())))
def test_what_is_named_as_evidence_exists(page: str, path: str, test: str) -> None:
    file = ROOT / path
    assert file.exists(), page
    assert not test or re.search(rf"^def {test}\(", file.read_text(), re.M), f"{path}::{test}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere_and_the_index_names_every_page(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target
    assert page.name == "README.md" or page.name in (FOLDER / "README.md").read_text()


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if re.match(r"\| [0-9]+\.[0-9]+\.[0-9]+ ", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_requirement_stands_in_the_table_once_with_evidence_or_a_reason() -> None:
    met, _, unmet = (FOLDER / "asvs.md").read_text().partition("## Not met, because")
    table, left = rows(met), rows(unmet)
    ids = [row[0] for row in (*table, *left)]
    assert len(ids) == len(set(ids))
    assert len(table) > 70
    for id_, level, asks, how, shown in table:
        assert level in "123", id_
        assert asks, id_
        assert how, id_
        assert "`" in shown, f"{id_} has no evidence"
    for id_, level, asks, why in left:
        assert level in "123", id_
        assert len(asks) > 10, id_
        assert len(why) > 20, id_


def test_the_requirements_that_were_chosen_are_all_there() -> None:
    chosen = [
        "8.1.1",
        "8.2.1",
        "8.2.2",
        "8.1.2",
        "8.2.3",
        "8.4.1",
        "8.3.1",
        "6.3.3",
        "6.3.2",
        "10.1.2",
        "10.2.1",
        "10.4.6",
        "10.5.1",
        "10.5.2",
        "10.5.3",
        "10.5.4",
        "7.1.1",
        "7.3.1",
        "7.3.2",
        "7.4.1",
        "7.4.2",
        "7.4.5",
        "14.2.1",
        "14.3.2",
        "14.3.1",
        "14.2.4",
        "14.1.1",
        "14.1.2",
        "11.1.1",
        "11.1.2",
        "11.2.2",
        "11.3.2",
        "11.3.3",
        "3.3.1",
        "3.3.2",
        "3.3.3",
        "3.3.4",
        "3.4.1",
        "3.4.2",
        "3.4.3",
        "3.4.4",
        "3.4.5",
        "3.4.6",
        "3.5.1",
        "3.5.3",
        "2.3.3",
        "2.3.4",
        "2.4.1",
        "16.1.1",
        "16.2.1",
        "16.2.2",
        "16.2.3",
        "16.2.4",
        "16.2.5",
        "16.3.1",
        "16.3.2",
        "16.3.3",
        "16.3.4",
        "16.4.1",
        "16.4.2",
        "16.4.3",
        "16.5.1",
        "16.5.2",
        "16.5.3",
    ]
    told = {row[0] for row in rows((FOLDER / "asvs.md").read_text())}
    assert set(chosen) - told == set()


def test_the_processing_register_is_made_from_the_code() -> None:
    assert REGISTER.read_text() == processing_register(), "run `python -m hub.reference`"
    for one in activities().values():
        assert f"`{one.key}`" in REGISTER.read_text()


def test_the_rule_table_is_made_from_the_code() -> None:
    assert RULE_TABLE.read_text() == rule_table(), "run `python -m hub.reference`"


def test_the_flow_table_is_made_from_the_code() -> None:
    assert FLOW_TABLE.read_text() == flow_table(), "run `python -m hub.reference`"


def test_the_access_table_is_made_from_the_code() -> None:
    assert ACCESS.read_text() == access_table(), "run `python -m hub.reference`"


def test_the_dpia_names_what_a_lawyer_must_judge() -> None:
    text = (FOLDER / "dpia.md").read_text()
    assert text.count("[jurist]") >= 8
    for letter in "ABCDEFGH":
        assert f"\n| {letter}. " in text, f"case {letter} of the decision table"
