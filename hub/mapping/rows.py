"""Rows out of CSV, XLSX, XML and JSON: for each row the texts that a mapping asks for.

CSV and XLSX are read as a stream. XML and JSON stand in memory as a whole, so they are bounded.
Numbers and days of a spreadsheet or of JSON become text as a Dutch person writes them, so that a
converter reads one form only.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

import openpyxl
from lxml import etree
from openpyxl.utils.exceptions import InvalidFileException

from hub.errors import PermanentError
from hub.mapping.paths import at_path, rows_at
from hub.mapping.plan import Plan
from hub.wire import KEPT, read_json, read_xml

#: The largest XML or JSON file, in bytes.
MOST_TREE = 50_000_000

#: The most that an XLSX file may hold once unpacked, in bytes and in parts.
MOST_UNPACKED = 200_000_000
MOST_PARTS = 2_000

#: How many times larger than the file a part may unpack; sheets of real exports reach about 30.
MOST_RATIO = 250

#: More columns than this has no export.
MOST_COLUMNS = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file, the texts by source, and what makes it unreadable."""

    number: int
    cells: Mapping[str, str]
    problem: str = ""


@dataclass
class Tally:
    """What was seen of a file: rows, the count it tells of itself, and whether it has an end.

    A CSV file that breaks off looks like a shorter one; of the other formats the end is marked.
    """

    rows: int = 0
    told: int | None = None
    has_end: bool = False
    names: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Tell whether it is certain that no row is missing."""
        return self.told is not None or self.has_end


def read_rows(
    plan: Plan, file: IO[bytes], tally: Tally, *, is_sample: bool = False
) -> Iterator[Row]:
    """Yield the rows of a file. Raises PermanentError when it cannot be read, or counts wrong.

    A sample is often cut short, so what it says of its own count is not looked at.
    """
    for row in _READERS[plan.format](plan, file, tally):
        tally.rows += 1
        yield row
    if is_sample:
        return
    if plan.count and tally.told is None:
        raise _refused(f"noemt geen aantal rijen, terwijl '{plan.count}' dat moet doen", "no count")
    if tally.told is not None and tally.told != tally.rows:
        raise _refused(
            f"noemt {tally.told} rijen en bevat er {tally.rows}", "count differs from rows"
        )


def _refused(told: str, log: str) -> PermanentError:
    return PermanentError(f"Het bestand {told}. {KEPT}", f"file refused: {log}")


# --- tables ----------------------------------------------------------------------------------


def _csv(plan: Plan, file: IO[bytes], tally: Tally) -> Iterator[Row]:
    encoding = "utf-8-sig" if plan.encoding == "utf-8" else plan.encoding
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        lines = csv.reader(text, delimiter=plan.delimiter, strict=True)
        yield from _table(plan, lines, tally)
    except UnicodeDecodeError as error:
        raise _refused(f"is geen leesbare tekst ({plan.encoding})", "wrong encoding") from error
    except csv.Error as error:
        raise _refused(f"is geen geldige CSV (rond regel {lines.line_num})", "no CSV") from error


def _xlsx(plan: Plan, file: IO[bytes], tally: Tally) -> Iterator[Row]:
    tally.has_end = True
    yield from _table(plan, read_sheet(file, plan.sheet), tally)


def read_sheet(file: IO[bytes], sheet: str = "") -> Iterator[list[str]]:
    """Yield the rows of an XLSX sheet (the first one by default) as texts, the header included.

    Raises PermanentError for what is no spreadsheet, broke off, or unpacks to more than anybody
    exports.
    """
    _require_small(file)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        if sheet and sheet not in book.sheetnames:
            raise _refused(f"heeft geen werkblad '{sheet}'", "no such sheet")
        found = book[sheet] if sheet else book.worksheets[0]
        # What a sheet says of its own size is often wrong, and would leave rows out.
        found.reset_dimensions()
        yield from _cell_texts(found)
    except PermanentError:
        raise
    except _XLSX_FAULTS as error:
        raise _refused("is geen leesbare XLSX, of is afgebroken", type(error).__name__) from error


#: What the library raises for a file that is none; its words may repeat content.
_XLSX_FAULTS = (
    InvalidFileException,
    zipfile.BadZipFile,
    EOFError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    SyntaxError,
    OSError,
    NotImplementedError,
)


def _require_small(file: IO[bytes]) -> None:
    """Raise PermanentError for a file that unpacks to more than anybody exports."""
    try:
        parts = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _refused("is geen leesbare XLSX, of is afgebroken", "no zip") from error
    file.seek(0)
    # No part can unpack to more than it declares here: the library stops at that size.
    total = sum(one.file_size for one in parts)
    packed = max(1, sum(one.compress_size for one in parts))
    if len(parts) > MOST_PARTS or total > MOST_UNPACKED or total > packed * MOST_RATIO + 1_000_000:
        raise _refused("is uitgepakt te groot", "zip bomb")


def _cell_texts(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows(values_only=True):
        yield [as_text(value) for value in row[: MOST_COLUMNS + 1]]


def as_text(value: Any) -> str:
    """Return a value of a spreadsheet or of JSON as a Dutch person writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nee"
    if isinstance(value, datetime | date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float):
        # What a sheet shows as 12,10 may be stored as 12.100000000000001.
        text = f"{value:.6f}".rstrip("0").rstrip(".")
        return text.replace(".", ",")
    return str(value).strip()


def _table(plan: Plan, lines: Iterable[list[str]], tally: Tally) -> Iterator[Row]:
    names: list[str] | None = None
    for number, line in enumerate(lines, start=1):
        cells = [cell.strip() for cell in line]
        if number < plan.header or not any(cells):
            continue
        if names is None:
            names = tally.names = _names(plan, cells)
        elif tally.told is not None:
            raise _refused("gaat door na de regel met het aantal", "rows after the count")
        elif plan.count and cells[0] == plan.count:
            tally.told = _whole(next(filter(None, cells[1:]), ""))
        else:
            yield _row(plan, names, number, cells)
    if names is None:
        raise _refused("heeft geen regel met de namen van de kolommen", "no header")


def _names(plan: Plan, cells: list[str]) -> list[str]:
    names = [*cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise _refused(f"heeft meer dan {MOST_COLUMNS} kolommen", "too many columns")
    absent = [one for one in plan.sources if one not in names]
    if absent:
        listed = ", ".join(one[:40] for one in names[:40])
        raise _refused(
            f"mist deze kolommen: {', '.join(absent)}. Wel aanwezig: {listed}", "columns missing"
        )
    twice = [one for one in plan.sources if names.count(one) > 1]
    if twice:
        raise _refused(f"heeft deze kolommen dubbel: {', '.join(twice)}", "columns twice")
    return names


def _row(plan: Plan, names: list[str], number: int, cells: list[str]) -> Row:
    extra = [one for one in cells[len(names) :] if one]
    problem = ""
    if extra or (len(cells) < len(names) and plan.format == "csv"):
        problem = f"heeft {len(cells)} kolommen; verwacht {len(names)}"
    found = dict(zip(names, cells, strict=False))
    return Row(number, {one: found.get(one, "") for one in plan.sources}, problem)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise _refused("noemt een aantal rijen dat geen getal is", "count is no number")
    return int(text)


# --- trees -----------------------------------------------------------------------------------


def _bounded(file: IO[bytes]) -> bytes:
    content = file.read(MOST_TREE + 1)
    if len(content) > MOST_TREE:
        raise _refused(f"is groter dan {MOST_TREE // 1_000_000} MB", "tree is too large")
    return content


def _xml(plan: Plan, file: IO[bytes], tally: Tally) -> Iterator[Row]:
    root = read_xml(_bounded(file), "Het bestand")
    tally.has_end = True
    if plan.count:
        tally.told = _whole(_xpath_text(_evaluate(plan, root, plan.count)))
    paths = {
        one: etree.XPath(one, namespaces=plan.namespaces, smart_strings=False)
        for one in plan.sources
    }
    found = _evaluate(plan, root, plan.rows)
    rows = found if isinstance(found, list) else []
    for number, element in enumerate(rows, start=1):
        if not isinstance(element, etree._Element):
            raise _refused("heeft rijen die geen element zijn", "rows are no elements")
        cells = {one: _xpath_text(path(element)) for one, path in paths.items()}
        yield Row(number, cells)


def _evaluate(plan: Plan, root: etree._Element, path: str) -> Any:
    return root.xpath(path, namespaces=plan.namespaces or None, smart_strings=False)


def _xpath_text(found: Any) -> str:
    if isinstance(found, list):
        found = found[0] if found else ""
    if isinstance(found, etree._Element):
        return "".join(map(str, found.itertext())).strip()
    return as_text(found)


def _json(plan: Plan, file: IO[bytes], tally: Tally) -> Iterator[Row]:
    value = read_json(_bounded(file), "Het bestand")
    tally.has_end = True
    if plan.count:
        tally.told = _whole(as_text(at_path(value, plan.count)))
    rows = rows_at(value, plan.rows)
    if not isinstance(rows, list):
        raise _refused(f"heeft op '{plan.rows}' geen lijst van rijen", "no list of rows")
    for number, one in enumerate(rows, start=1):
        if not isinstance(one, dict):
            yield Row(number, dict.fromkeys(plan.sources, ""), "is geen groep velden")
            continue
        found = {name: at_path(one, name) for name in plan.sources}
        flat = {name: as_text(one) for name, one in found.items() if _is_flat(one)}
        odd = [name for name in found if name not in flat]
        problem = f"heeft geen tekst of getal op: {', '.join(odd)}" if odd else ""
        yield Row(number, dict.fromkeys(plan.sources, "") | flat, problem)


def _is_flat(value: Any) -> bool:
    return not isinstance(value, dict | list)


_READERS = {"csv": _csv, "xlsx": _xlsx, "xml": _xml, "json": _json}
