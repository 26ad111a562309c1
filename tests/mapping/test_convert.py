"""Converters: what is written reads as the same value, and what is none is refused in words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hub.dutch import day_of, euro_cents, euro_text
from hub.mapping.convert import CONVERTERS, code

VALUES: dict[str, Any] = {
    "text": some.text("abc 123,.-é", min_size=1).map(str.strip),
    "integer": some.integers(-(10**9), 10**9),
    "euro": some.integers(-(10**11), 10**11),
    "whole_euros": some.integers(-(10**7), 10**7).map(lambda euros: euros * 100),
    "cents": some.integers(-(10**9), 10**9),
    "date": some.dates(date(1000, 1, 1)).map(str),
    "excel_date": some.dates(date(1000, 1, 1)).map(str),
    "flag": some.booleans(),
    "bsn": some.integers(0, 999_999_999).map("{:09}".format),
    "postcode": some.from_regex(r"[1-9][0-9]{3}[A-Z]{2}", fullmatch=True),
}


@pytest.mark.parametrize("name", CONVERTERS)
@given(data=some.data())
def test_what_is_written_reads_the_same(name: str, data: some.DataObject) -> None:
    value, one = data.draw(VALUES[name]), CONVERTERS[name]
    assert one.read(one.write(value)) == value


@given(some.integers(0, 10**11))
def test_thousands_are_grouped_as_in_the_netherlands(cents: int) -> None:
    english = f"{cents / 100:,.2f}"
    dutch = english.translate(str.maketrans(",.", ".,"))
    if round(float(english.replace(",", "")) * 100) == cents:
        assert euro_cents(f"€ {dutch}") == cents


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1.234", 123400),
        ("1234.5", 123450),
        ("12,50-", -1250),
        ("-0,05", -5),
        ("€ 1.234.567,89", 123456789),
        ("12,1", 1210),
        ("0", 0),
    ],
)
def test_amounts(text: str, cents: int) -> None:
    assert euro_cents(text) == cents


@pytest.mark.parametrize("text", ["", "veel", "1,234.56", "1,234", "12.345,678", "1 000", "１２"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="is geen bedrag"):
        euro_cents(text)


@pytest.mark.parametrize("text", ["31-12-2026", "31/12/2026", "2026-12-31", "20261231"])
def test_days(text: str) -> None:
    assert day_of(text) == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("date", "31-02-2026", "is een dag die niet bestaat"),
        ("date", "gisteren", "is geen datum; verwacht 31-12-2026 of 2026-12-31"),
        ("integer", "1,5", "is geen geheel getal"),
        ("whole_euros", "12,50", "is geen bedrag in hele euro's"),
        ("flag", "misschien", "is geen ja of nee; verwacht J of N, ja of nee, 1 of 0"),
        ("bsn", "12A", "is geen BSN: verwacht negen cijfers"),
        ("postcode", "0999 AB", "is geen postcode; verwacht 1234 AB"),
    ],
)
def test_what_is_wrong_is_said(name: str, text: str, said: str) -> None:
    with pytest.raises(ValueError) as told:  # noqa: PT011 — its words are compared below
        CONVERTERS[name].read(text)
    assert str(told.value) == said


def test_a_code_list() -> None:
    assert code("A", {"A": "aanslag"}, None) == "aanslag"
    assert code("Z", {"A": "aanslag"}, "onbekend") == "onbekend"
    with pytest.raises(ValueError, match="staat niet in de codelijst; bekend zijn: A"):
        code("Z", {"A": "aanslag"}, None)


def test_zeros_that_a_spreadsheet_took_away_come_back() -> None:
    assert CONVERTERS["bsn"].read("1234567") == "001234567"


def test_an_amount_is_typed_as_it_is_shown() -> None:
    assert euro_text(-5) == "-0,05"
