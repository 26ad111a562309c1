"""Rows out of CSV, XLSX, XML and JSON: for each row the texts that a mapping asks for.

CSV and XLSX are read as a stream. XML and JSON stand in memory as a whole, so they are bounded.
Numbers and days of a spreadsheet or of JSON become text as a Dutch person writes them, so that a
converter reads one form only.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

import openpyxl
from lxml import etree
from openpyxl.utils.exceptions import InvalidFileException

from hub.errors import PermanentError
from hub.mapping.paths import at_path, has_place, of_row, rows_at
from hub.mapping.plan import Plan
from hub.mapping.sheets import ERRORS, Marks, marks_of
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
    `skipped` are lines that the mapping leaves out; `place` says which sheet of several was read.
    """

    rows: int = 0
    told: int | None = None
    has_end: bool = False
    names: list[str] = field(default_factory=list)
    place: str = ""
    skipped: int = 0

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
    skip, empty = plan.skip, frozenset(plan.empty)
    for row in _READERS[plan.format](plan, file, tally):
        told = _emptied(row, empty) if empty else row
        if skip and told.cells[skip["source"]] in skip["values"]:
            tally.skipped += 1
            continue
        tally.rows += 1
        yield told
    if is_sample:
        return
    if plan.count and tally.told is None:
        raise _refused(
            f"noemt geen aantal rijen, terwijl '{plan.count}' dat moet doen",
            "no count",
            "Misschien is het afgebroken: vraag een nieuwe export.",
        )
    if tally.told is not None and tally.told != tally.rows:
        raise _refused(
            f"noemt {tally.told} rijen en bevat er {tally.rows}",
            "count differs from rows",
            "Vraag een nieuwe export.",
        )


def _emptied(row: Row, empty: frozenset[str]) -> Row:
    """Return a row without the texts by which an export says that it has nothing."""
    cells = {name: "" if text in empty else text for name, text in row.cells.items()}
    return Row(row.number, cells, row.problem)


def _refused(told: str, log: str, advice: str = "") -> PermanentError:
    return PermanentError(f"Het bestand {told}. {KEPT} {advice}".strip(), f"file refused: {log}")


# --- tables ----------------------------------------------------------------------------------


def _csv(plan: Plan, file: IO[bytes], tally: Tally) -> Iterator[Row]:
    encoding = "utf-8-sig" if plan.encoding == "utf-8" else plan.encoding
    text = io.TextIOWrapper(_right_start(plan, file), encoding=encoding, newline="")
    lines = csv.reader(text, delimiter=plan.delimiter, strict=True)
    try:
        yield from _table(plan, lines, tally)
    except UnicodeError as error:
        other = "cp1252" if plan.encoding == "utf-8" else "utf-8"
        raise _refused(
            f"is geen leesbare tekst ({plan.encoding})",
            "wrong encoding",
            f'Komt het uit een ander systeem, zet dan in de vertaling "encoding": "{other}".',
        ) from error
    except csv.Error as error:
        raise _refused(
            f"is geen geldige CSV (rond regel {lines.line_num})",
            "no CSV",
            "Kijk daar naar een aanhalingsteken dat niet sluit, of vraag een nieuwe export.",
        ) from error


#: How a text file says in its first bytes what it is written in.
_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def _right_start(plan: Plan, file: IO[bytes]) -> Any:
    """Return the file from its start. Raises PermanentError when that is of another encoding."""
    begun = file.read(4)
    told = next((name for mark, name in _MARKS.items() if begun.startswith(mark)), plan.encoding)
    if begun.startswith(b"PK\x03\x04") or begun == b"\xd0\xcf\x11\xe0":
        raise _refused(
            "is een Excel-bestand en geen CSV",
            "spreadsheet under the name of a CSV",
            'Zet in de vertaling "format": "xlsx", of vraag een export als CSV.',
        )
    if told != plan.encoding:
        raise _refused(
            f"is geschreven in {told}, en de vertaling verwacht {plan.encoding}",
            "wrong encoding",
            f'Zet in de vertaling "encoding": "{told}".',
        )
    file.seek(0)
    return file


def _xlsx(plan: Plan, file: IO[bytes], tally: Tally) -> Iterator[Row]:
    tally.has_end = True
    with _opened(file, plan.sheet) as (sheet, others):
        marks = marks_of(sheet)
        if others:
            tally.place = f" op werkblad '{sheet.title}' (er zijn ook: {', '.join(others)})"
        yield from _table(plan, _cell_texts(sheet), tally, marks)


def read_sheet(file: IO[bytes], sheet: str = "") -> Iterator[list[str]]:
    """Yield the rows of an XLSX sheet (the first one by default) as texts, the header included.

    Raises PermanentError for what is no spreadsheet, broke off, or unpacks to more than anybody
    exports.
    """
    with _opened(file, sheet) as (found, _):
        yield from _cell_texts(found)


@contextmanager
def _opened(file: IO[bytes], sheet: str) -> Iterator[tuple[Any, list[str]]]:
    """Yield a sheet and the names of the others; what breaks while it is read is told in words."""
    _require_small(file)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        names = [one.title for one in book.worksheets]
        if sheet and sheet not in names:
            listed = ", ".join(names[:20])
            raise _refused(
                f"heeft geen werkblad '{sheet}'. Wel aanwezig: {listed}", "no such sheet"
            )
        found = book[sheet] if sheet else book.worksheets[0]
        # What a sheet says of its own size is often wrong, and would leave rows out.
        found.reset_dimensions()
        yield found, [one for one in names if one != found.title][:20]
    except PermanentError:
        raise
    except _XLSX_FAULTS as error:
        raise _refused(
            "is geen leesbare XLSX, of is afgebroken",
            type(error).__name__,
            "Vraag een nieuwe export als .xlsx; een oude .xls of een wachtwoord kan niet.",
        ) from error


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
        raise _refused(
            "is geen leesbare XLSX, of is afgebroken",
            "no zip",
            "Vraag een nieuwe export als .xlsx; een oude .xls of een wachtwoord kan niet.",
        ) from error
    file.seek(0)
    # No part can unpack to more than it declares here: the library stops at that size.
    total = sum(one.file_size for one in parts)
    packed = max(1, sum(one.compress_size for one in parts))
    if len(parts) > MOST_PARTS or total > MOST_UNPACKED or total > packed * MOST_RATIO + 1_000_000:
        raise _refused("is uitgepakt te groot", "zip bomb", "Controleer waar het vandaan komt.")


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


def _table(
    plan: Plan, lines: Iterable[list[str]], tally: Tally, marks: Marks | None = None
) -> Iterator[Row]:
    found: _Columns | None = None
    first, count = plan.header, plan.count
    for number, line in enumerate(lines, start=1):
        cells = [cell.strip() for cell in line]
        if number < first or not any(cells):
            if marks:
                marks.pass_over(number, cells)
            continue
        if found is None:
            found = _Columns(plan, marks.filled(number, cells) if marks else cells, tally)
        elif tally.told is not None:
            raise _refused(
                "gaat door na de regel met het aantal",
                "rows after the count",
                "Vraag een nieuwe export.",
            )
        elif count and cells[0] == count:
            tally.told = _whole(next(filter(None, cells[1:]), ""))
        else:
            yield found.row(number, cells, marks)
    if found is None:
        raise _refused(
            f"heeft geen regel met de namen van de kolommen{tally.place}",
            "no header",
            "Controleer bij header in de vertaling op welke regel de namen staan.",
        )


class _Columns:
    """The columns of a table: where each text that a mapping asks for stands in a row."""

    def __init__(self, plan: Plan, header: list[str], tally: Tally) -> None:
        names = [*header]
        while names and not names[-1]:
            names.pop()
        if len(names) > MOST_COLUMNS:
            raise _refused(
                f"heeft meer dan {MOST_COLUMNS} kolommen", "too many columns", "Vraag een export."
            )
        self.plan, self.count = plan, len(names)
        self.at = _places(plan, names, tally)
        tally.names = [one for one in dict.fromkeys(map(_name, names)) if one]

    def row(self, number: int, cells: list[str], marks: Marks | None) -> Row:
        """Return one row, with what makes it unreadable."""
        problem, width = "", len(cells)
        if (width > self.count and any(cells[self.count :])) or (
            width < self.count and self.plan.format == "csv"
        ):
            problem = f"heeft {width} kolommen; verwacht {self.count}"
        if marks:
            cells, told = marks.row(number, cells, self.at, self.plan.merged)
            problem = problem or told
        if len(cells) < self.count:
            cells = [*cells, *[""] * (self.count - len(cells))]
        texts = {one: cells[place] for one, place in self.at.items()}
        if marks and not ERRORS.isdisjoint(texts.values()):
            wrong = ", ".join(one for one, text in texts.items() if text in ERRORS)
            problem = problem or f"heeft een fout van Excel in: {wrong}"
        return Row(number, texts, problem)


def _name(text: str) -> str:
    """Return a name of a column as one line: headers are broken over lines to fit."""
    return " ".join(text.split())


def _places(plan: Plan, header: list[str], tally: Tally) -> dict[str, int]:
    """Return in which column each text stands. A name that comes twice is told with its turn."""
    names = [_name(one) for one in header]
    known: dict[str, int] = {}
    turns: Counter[str] = Counter()
    for place, name in enumerate(names):
        turns[name] += 1
        known[f"{name} ({turns[name]})" if names.count(name) > 1 else name] = place
    found = {one: known[_name(one)] for one in plan.sources if _name(one) in known}
    twice = [one for one in plan.sources if names.count(_name(one)) > 1]
    if twice:
        choices = " of ".join(f'"{_name(twice[0])} ({turn})"' for turn in (1, 2))
        raise _refused(
            f"heeft deze kolommen dubbel: {', '.join(twice)}{tally.place}",
            "columns twice",
            f"Noem in de vertaling welke u bedoelt: {choices}, van links geteld.",
        )
    absent = [one for one in plan.sources if one not in found]
    if absent:
        listed = ", ".join(one[:40] for one in names[:40])
        raise _refused(
            f"mist deze kolommen: {', '.join(absent)}. Wel aanwezig: {listed}{tally.place}",
            "columns missing",
            _advice(plan, names),
        )
    return found


def _advice(plan: Plan, names: list[str]) -> str:
    """Return what to look at when columns are missing."""
    text = " ".join(names)
    other = next((one for one in ";,\t|" if one != plan.delimiter and one in text), "")
    if plan.format == "csv" and len(names) == 1 and other:
        told = "\\t" if other == "\t" else other
        return f'Zet in de vertaling "delimiter": "{told}": dat staat tussen de kolommen.'
    told = "sheet en header" if plan.format == "xlsx" else "header"
    return f"Neem de namen precies over, en controleer {told} in de vertaling."


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise _refused(
            "noemt een aantal rijen dat geen getal is",
            "count is no number",
            "Controleer count in de vertaling, of vraag een nieuwe export.",
        )
    return int(text)


# --- trees -----------------------------------------------------------------------------------


def _bounded(file: IO[bytes]) -> bytes:
    content = file.read(MOST_TREE + 1)
    if len(content) > MOST_TREE:
        raise _refused(
            f"is groter dan {MOST_TREE // 1_000_000} MB",
            "tree is too large",
            "Vraag een export in CSV of XLSX, of in delen.",
        )
    return content


def _xml(plan: Plan, file: IO[bytes], tally: Tally) -> Iterator[Row]:
    root = read_xml(_bounded(file), "Het bestand")
    tally.has_end = True
    if plan.count:
        tally.told = _whole(_xpath_text(_evaluate(plan, root, plan.count)) or "")
    paths = {
        one: etree.XPath(one, namespaces=plan.namespaces, smart_strings=False)
        for one in plan.sources
    }
    found = _evaluate(plan, root, plan.rows)
    rows = found if isinstance(found, list) else []
    if not rows and not _told_empty(plan, tally) and not _has_parent(plan, root):
        raise _no_rows(plan, root)
    for number, element in enumerate(rows, start=1):
        if not isinstance(element, etree._Element):
            raise _refused(
                "heeft rijen die geen element zijn",
                "rows are no elements",
                "Laat rows in de vertaling eindigen op de naam van een element.",
            )
        texts = {one: _xpath_text(path(element)) for one, path in paths.items()}
        odd = [name for name, text in texts.items() if text is None]
        problem = f"heeft geen of meer dan een waarde op: {', '.join(odd)}" if odd else ""
        yield Row(number, {name: text or "" for name, text in texts.items()}, problem)


def _told_empty(plan: Plan, tally: Tally) -> bool:
    """Tell whether the file itself says that it has no rows; a count of the same path does not."""
    return tally.told == 0 and not plan.count.lstrip().startswith(("count(", "number(count("))


def _has_parent(plan: Plan, root: etree._Element) -> bool:
    """Tell whether the element in which rows would stand is there."""
    above = plan.rows.rpartition("/")[0].rstrip("/")
    if not above:
        return len(root) == 0
    try:
        return bool(_evaluate(plan, root, above))
    except etree.XPathError:
        return False


def _no_rows(plan: Plan, root: etree._Element) -> PermanentError:
    name = etree.QName(root)
    advice = f"De buitenste groep heet {name.localname}; controleer rows in de vertaling."
    if name.namespace:
        advice = (
            f"De buitenste groep heet {name.localname}, in de naamruimte {name.namespace[:80]}. "
            'Noem die bij namespaces, zoals {"x": "…"}, en zet x: voor elke naam in een pad.'
        )
    return _refused(f"heeft op '{plan.rows}' geen rijen", "no rows at the path", advice)


def _evaluate(plan: Plan, root: etree._Element, path: str) -> Any:
    return root.xpath(path, namespaces=plan.namespaces or None, smart_strings=False)


def _xpath_text(found: Any) -> str | None:
    """Return the one text that a path found; None for several, or for a group of elements."""
    if isinstance(found, list):
        if len(found) > 1:
            return None
        found = found[0] if found else ""
    if isinstance(found, etree._Element):
        if any(isinstance(one.tag, str) for one in found):
            return None
        return str(found.xpath("string()")).strip()
    return as_text(found)


def _json(plan: Plan, file: IO[bytes], tally: Tally) -> Iterator[Row]:
    value = read_json(_bounded(file), "Het bestand")
    tally.has_end = True
    if plan.count:
        tally.told = _whole(as_text(at_path(value, plan.count)))
    rows = rows_at(value, plan.rows)
    if rows is None or not (rows or tally.told == 0 or has_place(value, plan.rows)):
        told = "geen lijst van rijen" if rows is None else "geen rijen"
        names = ", ".join(sorted(map(str, value))[:20]) if isinstance(value, dict) else "een lijst"
        raise _refused(
            f"heeft op '{plan.rows}' {told}",
            "no list of rows",
            f"Bovenaan staat: {names}. Controleer rows in de vertaling.",
        )
    for number, one in enumerate(rows, start=1):
        if not isinstance(one.value, dict):
            yield Row(number, dict.fromkeys(plan.sources, ""), "is geen groep velden")
            continue
        found = {name: of_row(one, name) for name in plan.sources}
        flat = {name: as_text(one) for name, one in found.items() if _is_flat(one)}
        odd = [name for name in found if name not in flat]
        problem = f"heeft geen tekst of getal op: {', '.join(odd)}" if odd else ""
        yield Row(number, dict.fromkeys(plan.sources, "") | flat, problem)


def _is_flat(value: Any) -> bool:
    return not isinstance(value, dict | list)


_READERS = {"csv": _csv, "xlsx": _xlsx, "xml": _xml, "json": _json}
