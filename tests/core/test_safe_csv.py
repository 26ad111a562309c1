"""No cell of an export is run by a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.safe_csv import safe_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =cmd|' /C calc'!A0", "＝1"]
)
def test_what_could_start_a_formula_is_held(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Jansen", "ozb 2026", "a=b", "1-2", "'=1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_it_comes_back_whole_and_starts_no_formula(text: str) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerow([safe_cell(text)])
    ((back,),) = csv.reader(io.StringIO(file.getvalue(), newline="")) if text else (("",),)
    assert back.removeprefix("'") == text.removeprefix("'")
    assert not back.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
