"""What a spreadsheet says besides its values: cells that were merged, formulas without outcome.

The library that reads rows as a stream leaves both out, and then a value would be missing without a
word. So the sheet is looked through once before it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from openpyxl.utils.cell import coordinate_to_tuple

from hub.errors import PermanentError
from hub.wire import KEPT

#: What stands in a cell whose formula went wrong, in English and in Dutch.
ERRORS = frozenset(
    f"#{name}"
    for name in (
        *("DIV/0!", "N/A", "NAME?", "NULL!", "NUM!", "REF!", "VALUE!", "SPILL!", "CALC!"),
        *("DEEL/0!", "N/B", "NAAM?", "LEEG!", "GETAL!", "VERW!", "WAARDE!"),
    )
)

#: More merged ranges or unreckoned formulas than this has no export.
MOST_MARKS = 100_000

_CHUNK = 1 << 20

#: The longest that one cell with its formula may be; Excel stops at 8192 characters.
_OVERLAP = 20_000

_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?ref=["']([A-Z]+[0-9]+):([A-Z]+[0-9]+)["']""")
_UNRECKONED = re.compile(
    rb"""<(?:\w+:)?c\s[^>]*?\br=["']([A-Z]+[0-9]+)["'][^>]*>\s*"""
    rb"""<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"""
    rb"""(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"""
)


class Range(NamedTuple):
    """Cells that were merged into one, counted from 1."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, row: int, column: int) -> bool:
        """Tell whether a cell is part of it and is not the one that has the value."""
        inside = self.top <= row <= self.bottom and self.left <= column <= self.right
        return inside and (row, column) != (self.top, self.left)


class Marks:
    """What is known of the cells of one sheet; its rows must be asked about in order."""

    def __init__(self, merged: Iterable[Range], unreckoned: frozenset[tuple[int, int]]) -> None:
        self._waiting = sorted(merged, reverse=True)
        self._open: dict[Range, str] = {}
        self._unreckoned = unreckoned

    def pass_over(self, row: int, cells: list[str]) -> None:
        """Take in a row that is not asked about."""
        self._open = {one: text for one, text in self._open.items() if one.bottom >= row}
        while self._waiting and self._waiting[-1].top <= row:
            one = self._waiting.pop()
            if one.bottom >= row:
                self._open[one] = _at(cells, one.left)

    def filled(self, row: int, cells: list[str]) -> list[str]:
        """Return a row in which every merged cell has its value; for the names of columns."""
        self.pass_over(row, cells)
        width = max([len(cells), *(one.right for one in self._open if one.top < row)])
        # A name that spans several columns stays the name of the first of them.
        return [
            _at(cells, column) or self._value(row, column, only_down=True)
            for column in range(1, width + 1)
        ]

    def row(
        self, row: int, cells: list[str], at: Mapping[str, int], repeated: list[str]
    ) -> tuple[list[str], str]:
        """Return the cells of a row with the columns of `repeated` filled, and what is wrong."""
        self.pass_over(row, cells)
        found, merged, unreckoned = [*cells], [], []
        for name, place in at.items():
            if (row, place + 1) in self._unreckoned:
                unreckoned.append(name)
            if not any(one.holds(row, place + 1) for one in self._open):
                continue
            if name in repeated:
                found += [""] * (place + 1 - len(found))
                found[place] = self._value(row, place + 1)
            else:
                merged.append(name)
        if unreckoned:
            return found, (
                f"heeft een formule zonder uitkomst in: {', '.join(unreckoned)}; open het bestand "
                "in Excel, sla het op en lever het opnieuw"
            )
        if merged:
            return found, (
                f"heeft een samengevoegde cel in: {', '.join(merged)}; noem de kolom bij merged "
                "als de waarde voor al die rijen geldt"
            )
        return found, ""

    def _value(self, row: int, column: int, *, only_down: bool = False) -> str:
        for one, text in self._open.items():
            if one.holds(row, column) and not (only_down and column != one.left):
                return text
        return ""


def _at(cells: list[str], column: int) -> str:
    return cells[column - 1] if column <= len(cells) else ""


def marks_of(sheet: Any) -> Marks:
    """Look through a sheet of openpyxl (read only). Raises PermanentError for too many marks."""
    merged: set[Range] = set()
    unreckoned: set[tuple[int, int]] = set()
    for piece in _pieces(sheet):
        for found in _MERGED.finditer(piece):
            top, left = coordinate_to_tuple(found[1].decode())
            bottom, right = coordinate_to_tuple(found[2].decode())
            merged.add(Range(top, left, bottom, right))
        if b"<f" in piece or b":f" in piece:
            unreckoned |= {
                coordinate_to_tuple(found[1].decode()) for found in _UNRECKONED.finditer(piece)
            }
        if len(merged) > MOST_MARKS or len(unreckoned) > MOST_MARKS:
            raise PermanentError(
                "Het bestand heeft te veel samengevoegde cellen of formules zonder uitkomst. "
                f"{KEPT} Vraag een export met gewone waarden.",
                "file refused: too many marks",
            )
    return Marks(merged, frozenset(unreckoned))


def _pieces(sheet: Any) -> Iterator[bytes]:
    """Yield the bytes of a sheet in overlapping pieces, so that nothing is cut in two."""
    kept = b""
    with sheet._get_source() as source:
        while piece := source.read(_CHUNK):
            kept = kept[-_OVERLAP:] + piece
            yield kept
