"""Tables of participants, read and written: CSV, JSON or XLSX. messages.py says what a row holds.

CSV is UTF-8 with a header row; every column must be there but those of OPTIONAL, other columns are
left alone. JSON is {"aantal": n, "deelnemers": [{column: value, ...}, ...]}; an absent column
counts as empty. XLSX is the same table on the first sheet.

An organisation may have several rows: one for each period in which other terms held.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError

from hub.connector import PermanentError, Record
from hub.connector import read_json as read_value
from hub.mapping import read_sheet
from plugins.clo.messages import COLUMNS, OPTIONAL, DutchDay
from schemas.fields import shown

if TYPE_CHECKING:
    from hub.testing.world import Organisation

#: What every error about the whole table ends with, as the reader wonders at once.
KEPT = "Er is niets afgesloten of verwijderd."

#: What opens an XLSX file.
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row as received, and what only a look at the whole table shows to be wrong with it."""

    values: Any
    fault: str = ""


def records(rows: Iterable[TableRow]) -> Iterator[Record]:
    """Yield a record of each row, known by its code, and by its first day where it has several."""
    held = list(rows)
    codes = Counter(_text_of(row, "code") for row in held)
    overlapping = _overlapping(held)
    times: Counter[str] = Counter()
    for number, row in enumerate(held):
        code = _text_of(row, "code")
        key = code[:80] or f"zonder-code-{number + 1}"
        if code and codes[code] > 1:
            key = f"{key[:69]}@{_day_text(row)}"[:90]
        times[key] += 1
        faults = [row.fault] if row.fault else []
        if times[key] > 1:
            faults.append(f"heeft een code die al eerder voorkomt: {shown(code)}")
            key = f"{key}.{times[key]}"
        elif number in overlapping:
            faults.append(f"overlapt in tijd met een andere rij van de code {shown(code)}")
        # JSON text in ASCII: half a surrogate pair cannot stop the table.
        told = json.dumps({"rij": row.values, "fouten": faults}, sort_keys=True)
        yield Record(key.encode("utf-8", "replace").decode(), told.encode())


def _text_of(row: TableRow, column: str) -> str:
    value = row.values.get(column) if isinstance(row.values, dict) else None
    return str(value or "").strip()


def _day(row: TableRow, column: str) -> date | None:
    try:
        return DutchDay().deserialize(_text_of(row, column))
    except ValidationError:
        return None


def _day_text(row: TableRow) -> str:
    found = _day(row, "geldigVan")
    return found.isoformat() if found else _text_of(row, "geldigVan")


def _overlapping(rows: list[TableRow]) -> set[int]:
    """Return the numbers of rows that begin before an earlier row of the same code has ended."""
    periods: dict[str, list[tuple[date, date, int]]] = {}
    for number, row in enumerate(rows):
        code, begins = _text_of(row, "code"), _day(row, "geldigVan")
        if code and begins:
            ends = _day(row, "geldigTot") or date.max
            periods.setdefault(code, []).append((begins, ends, number))
    found: set[int] = set()
    for some in periods.values():
        for (begun, ended, _), (begins, _, number) in zip(
            sorted(some), sorted(some)[1:], strict=False
        ):
            # The same first day is a row that was there already, and is told as such.
            if begun < begins <= ended:
                found.add(number)
    return found


def read_any(body: bytes) -> list[TableRow]:
    """Return the rows of an XLSX file, or of a CSV file with ; or ,. Raises PermanentError."""
    if body.startswith(_ZIP):
        return read_xlsx(body)
    first = body.partition(b"\n")[0]
    return read_csv(body, ";" if first.count(b";") >= first.count(b",") else ",")


def read_xlsx(body: bytes) -> list[TableRow]:
    """Return the rows of the first sheet. Raises PermanentError when this is no (whole) table."""
    lines = [[cell.strip() for cell in line] for line in read_sheet(io.BytesIO(body))]
    lines = [line for line in lines if any(line)]
    header = lines[0] if lines else []
    _check_header(header, "")
    return [TableRow(_known(header, line)) for line in lines[1:]]


def read_csv(body: bytes, delimiter: str) -> list[TableRow]:
    """Return the rows of a CSV table. Raises PermanentError when this is no (whole) table."""
    reader = csv.reader(io.StringIO(_text(body), newline=""), delimiter=delimiter, strict=True)
    try:
        # First the header: with the wrong delimiter, everything after it looks broken.
        header = [name.strip() for name in next(filter(any, reader), [])]
        _check_header(header, delimiter)
        return [_csv_row(reader.line_num, header, line) for line in reader if any(line)]
    except csv.Error as error:
        raise PermanentError(
            f"Regel {reader.line_num} van de tabel is niet te lezen: een aanhalingsteken sluit "
            f"niet, of de tabel is afgebroken. {KEPT} Herstel de tabel.",
            f"CSV error at line {reader.line_num}",
        ) from error


def _text(body: bytes) -> str:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = body[: error.start].count(b"\n") + 1
        raise PermanentError(
            f"De tabel is niet opgeslagen als UTF-8: regel {row} bevat een onleesbaar teken. "
            f"{KEPT} Sla de tabel op als UTF-8 en zet haar opnieuw klaar.",
            f"table is not UTF-8 at byte {error.start}",
        ) from error
    if "\0" in text or text.lstrip().startswith("<"):
        raise PermanentError(
            f"Het adres levert geen tabel, maar iets anders, zoals een webpagina. {KEPT} "
            "Controleer het adres.",
            "body is not a table",
        )
    return text


def _check_header(header: list[str], delimiter: str) -> None:
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise PermanentError(
            f"De tabel mist deze kolommen: {', '.join(missing)}. {KEPT} Controleer de kopregel"
            + (f" en het scheidingsteken (nu {delimiter!r})." if delimiter else "."),
            f"{len(missing)} columns are missing",
        )
    twice = [name for name in (*COLUMNS, *OPTIONAL) if header.count(name) > 1]
    if twice:
        raise PermanentError(
            f"Deze kolommen staan twee keer in de tabel: {', '.join(twice)}. {KEPT} "
            "Verwijder er telkens een.",
            f"{len(twice)} columns are repeated",
        )


def _csv_row(number: int, header: list[str], line: list[str]) -> TableRow:
    fault = ""
    if len(line) != len(header):
        fault = f"telt {len(line)} velden op regel {number}; verwacht {len(header)}"
    return TableRow(_known(header, line), fault)


def _known(header: list[str], line: list[str]) -> dict[str, str]:
    pairs = zip(header, line, strict=False)
    return {name: one for name, one in pairs if name in COLUMNS or name in OPTIONAL}


def read_json(body: bytes) -> tuple[list[TableRow], int]:
    """Return the rows of a JSON table and how many it announces. Raises PermanentError."""
    text = _text(body)
    try:
        # A half character is a matter of its row alone.
        told = read_value(text.encode(), half_characters=True)
    except PermanentError as error:
        raise PermanentError(
            f"Het antwoord is geen leesbare JSON, of is afgebroken. {KEPT} Herstel de tabel.",
            error.log,
        ) from error
    table = told if isinstance(told, dict) else {}
    rows, count = table.get("deelnemers"), table.get("aantal")
    if not isinstance(rows, list) or type(count) is not int:
        raise PermanentError(
            'De tabel heeft niet de vorm {"aantal": 4, "deelnemers": [...]}. '
            f"{KEPT} Herstel de tabel.",
            "JSON table without aantal or deelnemers",
        )
    return [TableRow(row) for row in rows], count


# --- writing -----------------------------------------------------------------------------------


def table_rows(organisations: Iterable[Organisation]) -> list[dict[str, Any]]:
    """Return the rows of a table; nobody has checked them yet."""
    return [
        {
            "naam": one.name,
            "soort": one.kind,
            "code": one.code,
            "kvk": one.kvk,
            "datumOndertekening": one.signed_on.isoformat(),
            "geldigVan": one.valid_from.isoformat(),
            "geldigTot": one.valid_until.isoformat() if one.valid_until else "",
            "vooraf_akkoord": "ja" if one.prior_consent else "nee",
            "pauze_dagen": one.pause_days,
            "termijn_pauze_werkdagen": one.hold_confirm_working_days,
            "termijn_saldo_werkdagen": one.balance_working_days,
            "skp_id": one.skp_id,
            "gecontroleerdOp": "",
        }
        for one in organisations
    ]


def csv_table(rows: Iterable[dict[str, Any]], delimiter: str = ";") -> bytes:
    """Return rows as a CSV table."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, COLUMNS, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def json_table(rows: Iterable[dict[str, Any]]) -> bytes:
    """Return rows as a JSON table."""
    found = list(rows)
    return json.dumps({"aantal": len(found), "deelnemers": found}, ensure_ascii=False).encode()
