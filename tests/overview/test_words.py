"""How amounts, days and names read."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from hub.overview.words import day, euro, organisation, sentence
from hub.reconcile.rules import hub_rules


@pytest.mark.parametrize(
    ("cents", "text"),
    [
        (0, "€ 0,00"),
        (5, "€ 0,05"),
        (123456, "€ 1.234,56"),
        (100000000, "€ 1.000.000,00"),
        (-1250, "-€ 12,50"),
        (None, "onbekend"),
    ],
)
def test_euro(cents: int | None, text: str) -> None:
    assert euro(cents) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2026, 3, 1), "01-03-2026"),
        ("2026-03-01", "01-03-2026"),
        (datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "02-07-2026 om 00:30"),
        ("2026-12-01T08:00:00+00:00", "01-12-2026 om 09:00"),
        (None, "nog nooit"),
    ],
)
def test_day(value: date | str | None, text: str) -> None:
    assert day(value) == text


def test_an_organisation_is_called_by_its_name() -> None:
    names = {"stad": "Gemeente Stad"}
    assert organisation(names, "stad") == "Gemeente Stad"
    assert organisation(names, "naam:energiebv", "Energie B.V.") == "Energie B.V."
    assert organisation(names, "") == "onbekende schuldeiser"


FACTS = {
    "creditor": "stad",
    "on": "2026-11-13",
    "kind": "dwangbevel",
    "reference": "A1",
    "since": "2026-10-01",
    "name": "Gemeente Stad",
    "sent_on": "2026-11-01",
    "days": 10,
    "as_of": "2026-11-01",
    "file_amount": 50000,
    "percent": 80,
    "creditor_amount": 70050,
    "why": "er liep uitstel van betaling",
    "amount": 12345,
    "due_on": "2026-06-01",
    "title": "VISH",
    "stream": "entries",
    "heard_at": None,
    "register": "VISH",
    "reason": "Deze registratie is niet bekend.",
    "command": "6f1c",
    "returned": "2026-10-20",
    "year": 2026,
    "costs": 6600,
    "principal": 7812,
    "term_amount": 5000,
    "capacity": 3000,
    "partner": "Woonbron",
    "ends_on": "2026-12-01",
    "elsewhere": "0363",
    "measure": "Wsnp",
    "party": "Bewind & Co",
    "creditors": 2,
    "holder": "Deurwaarder",
    "other_reference": "B1",
    "registered": "plan_van_aanpak",
    "phase": "stabilisatie",
}


@pytest.mark.parametrize("rule", hub_rules(), ids=lambda rule: rule.id)
def test_the_sentence_of_each_rule_reads_without_codes(rule: object) -> None:
    text = sentence(rule, FACTS, {"stad": "Gemeente Stad"})  # type: ignore[arg-type]
    assert "{" not in text
    assert "None" not in text
    assert "2026-" not in text, "days in Dutch order"
    assert text.endswith(".")


def test_a_sentence_shows_amounts_in_euros() -> None:
    rule = next(rule for rule in hub_rules() if rule.id == "bedrag_verschilt")
    assert sentence(rule, FACTS, {"stad": "Gemeente Stad"}) == (
        "Op 01-11-2026 stond voor vordering A1 in het dossier € 500,00, maar "
        "Gemeente Stad zegt € 700,50."
    )
