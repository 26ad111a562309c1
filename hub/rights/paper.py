"""The access report on paper: a PDF that its reader understands, with title, language and pages.

The font is embedded, so that a name with any Latin, Greek or Cyrillic letter prints as it is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import font_roboto
from fpdf import FPDF
from fpdf.fonts import FontFace

from hub.overview.words import day, euro
from hub.rights.report import Report
from hub.security.roles import ROLES

TITLE = "Inzage in uw gegevens"

#: Columns of amounts in euro cents.
_AMOUNTS = frozenset(
    {"amount", "costs", "interest", "open", "paid", "principal", "term_amount", "total"}
)
#: Numbers by which tables refer to each other; they stand in the JSON.
_TECHNICAL = re.compile(r"id|key|natural_key|mapping_version|(?!source|skp)\w*_id")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T.*)?")
_NOTE = "Lege velden en technische nummers staan niet op papier, wel in het JSON-bestand."
_GREY = FontFace(emphasis="BOLD", fill_color=(238, 241, 245))


def as_pdf(report: Report) -> bytes:
    """Return the report as a PDF."""
    paper = _Paper(report)
    paper.start()
    paper.heading("Wat u moet weten")
    for text in (*report["notes"], _NOTE):
        paper.line(text)
    _looks(paper, report)
    paper.heading("Wat de hub van u weet")
    for name, rows in report["data"].items():
        if rows:
            _holding(paper, name, rows)
    empty = [table_title(name) for name, rows in report["data"].items() if not rows]
    paper.line(f"Hierover heeft de hub niets van u: {', '.join(empty)}." if empty else "")
    _purposes(paper, report)
    return bytes(paper.output())


class _Paper(FPDF):
    """The pages: font, headings, and at the foot which page this is of how many."""

    def __init__(self, report: Report) -> None:
        super().__init__(format="A4")
        made_at = datetime.fromisoformat(report["made_at"])
        self.foot = f"{report['municipality']} · {day(made_at)}"
        self.intro = (
            f"Gemaakt door {report['municipality']} op {day(made_at)}. "
            f"Uw nummer bij de hub: {report['resident_id']}."
        )
        self.add_font("Roboto", "", font_roboto.font_files["Roboto"])
        self.add_font("Roboto", "B", font_roboto.font_files["RobotoBold"])
        self.set_lang("nl-NL")
        self.set_title(TITLE)
        self.set_author(report["municipality"])
        self.set_creation_date(made_at)
        self.set_margins(18, 18, 18)
        self.set_auto_page_break(auto=True, margin=18)

    def start(self) -> None:
        """Begin the first page."""
        self.add_page()
        self.set_font("Roboto", "B", 20)
        self.multi_cell(0, 10, TITLE, new_x="LMARGIN", new_y="NEXT")
        self.line(self.intro)

    def footer(self) -> None:
        """Write at the foot of every page which one it is."""
        self.set_y(-14)
        self.set_font("Roboto", "", 8)
        self.cell(0, 6, f"{self.foot} · bladzijde {self.page_no()} van {{nb}}", align="C")

    def heading(self, text: str, level: int = 0) -> None:
        """Write a heading, also in the outline of the document."""
        self.ln(3)
        self.start_section(text, level=level)
        self.set_font("Roboto", "B", 14 if level == 0 else 11)
        self.multi_cell(0, 7, text, new_x="LMARGIN", new_y="NEXT")

    def line(self, text: str) -> None:  # type: ignore[override]
        """Write a paragraph."""
        self.set_font("Roboto", "", 9)
        self.multi_cell(0, 4.6, text, new_x="LMARGIN", new_y="NEXT")
        self.ln(1)

    def rows(self, headings: Sequence[str], rows: Iterable[Sequence[str]], widths: Any) -> None:
        """Write a table; its headings come back on every page."""
        self.set_font("Roboto", "", 8)
        with self.table(
            col_widths=widths, text_align="LEFT", line_height=4.2, headings_style=_GREY
        ) as table:
            for cells in (headings, *rows):
                table.row(cells)


def _looks(paper: _Paper, report: Report) -> None:
    paper.heading("Wie keek naar uw gegevens")
    looks = [*report["looks_before"], *report["looks"]]
    headings = ("wanneer", "wie", "waarvoor", "welke gegevens", "uitkomst")
    paper.rows(headings, [_look(one) for one in looks], (18, 20, 34, 32, 13))


def _look(one: Mapping[str, Any]) -> tuple[str, ...]:
    why = [one.get("activity") or one["action"], one.get("purpose", ""), one["ground"]]
    result = _words("values").get(one.get("result", ""), "toegestaan")
    return (
        told("at", one["at"]),
        one["who"],
        ". ".join(part for part in why if part),
        ", ".join(one.get("groups", ())) or "geen",
        ": ".join(part for part in (result, one.get("reason", "")) if part),
    )


def _holding(paper: _Paper, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    paper.heading(f"{table_title(name)} ({len(rows)})", level=1)
    for number, row in enumerate(rows, 1):
        cells = [
            (column_title(column), told(column, value))
            for column, value in row.items()
            if value not in (None, "", [], {}) and not is_technical(column)
        ]
        if cells:
            paper.rows((str(number), ""), cells, (30, 87))
            paper.ln(1.5)


def _purposes(paper: _Paper, report: Report) -> None:
    paper.heading("Waarvoor de gemeente uw gegevens gebruikt")
    headings = ("wat", "waarvoor", "grondslag", "wie krijgt ze")
    rows = [
        (
            one["name"],
            one["purpose"],
            ", ".join(one["legal_basis"]),
            ", ".join(one["recipients"]) or "niemand",
        )
        for one in report["processing"]
    ]
    paper.rows(headings, rows, (27, 35, 28, 27))
    paper.heading("Hoe lang de gemeente ze bewaart")
    kept = [
        (one["title"], f"{one['months']} maanden na {one['starts']}", one["ground"])
        for one in report["retention"]
    ]
    paper.rows(("wat", "hoe lang", "grondslag"), kept, (34, 51, 32))


def is_technical(column: str) -> bool:
    """Tell whether a column holds a number that only refers to another table."""
    return _TECHNICAL.fullmatch(column) is not None


def table_title(name: str) -> str:
    """Return what the report calls a table."""
    return _words("tables").get(name, name)


def column_title(name: str) -> str:
    """Return what the report calls a column."""
    return _words("columns").get(name, name)


def told(column: str, value: Any) -> str:
    """Return a value as its reader knows it: euros, Dutch dates, words instead of codes."""
    if isinstance(value, bool):
        return "ja" if value else "nee"
    if column in _AMOUNTS and isinstance(value, int):
        return euro(value)
    if isinstance(value, Mapping):
        pairs = (f"{column_title(key)}: {told(key, one)}" for key, one in value.items())
        return "; ".join(pairs)
    if isinstance(value, list):
        return ", ".join(told(column, one) for one in value)
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return day(value)
    return _code(str(value))


def _code(text: str) -> str:
    return ROLES[text].title if text in ROLES else _words("values").get(text, text)


@lru_cache(maxsize=1)
def _all_words() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text())


def _words(part: str) -> dict[str, str]:
    return _all_words()[part]
