"""A report or a list of VISH as a spreadsheet: a proposal of ours, one registration on a row.

That reports were sent as Excel files is known; their columns are not public. Every cell is text,
so that no BSN loses a zero and nothing that somebody filled in runs as a formula.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell

from hub.connector import PermanentError
from hub.mapping import read_sheet
from hub.mapping.convert import CONVERTERS

#: Column to the field of the message; the organisation is a group there.
COLUMNS = (
    "meldingsoort",
    "vishReferentie",
    "bsn",
    "achternaam",
    "voorvoegsel",
    "voorletters",
    "geboortedatum",
    "postcode",
    "huisnummer",
    "toevoeging",
    "dossiernummerSHV",
    "fase",
    "datumStart",
    "datumEinde",
    "redenEinde",
)
ORGANISATION = ("naam", "kvk", "telefoon", "email")
_ORGANISATION = {f"shv_{name}": name for name in ORGANISATION}

CODE = "aansluitcode"

HEADER = (CODE, *COLUMNS, *_ORGANISATION)


def write_sheet(rows: Iterable[Mapping[str, Any]], code: str) -> bytes:
    """Return a spreadsheet of these messages."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("VISH")
    sheet.append(list(HEADER))
    for row in rows:
        sheet.append([_cell(sheet, text) for text in _texts(row, code)])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _texts(row: Mapping[str, Any], code: str) -> Iterator[str]:
    organisation = row.get("shvOrganisatie") or {}
    yield code
    yield from (str(row.get(name) or "") for name in COLUMNS)
    yield from (str(organisation.get(name) or "") for name in ORGANISATION)


def _cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    return cell


def read_messages(body: bytes, code: str) -> Iterator[dict[str, Any]]:
    """Yield the messages in a spreadsheet.

    Raises PermanentError when it is not one of VISH, or of another connection than `code`: the
    list of another organisation must never stand for ours.
    """
    lines = read_sheet(io.BytesIO(body))
    header = [cell.strip() for cell in next(lines, [])]
    missing = [name for name in (CODE, *COLUMNS[1:], *_ORGANISATION) if name not in header]
    if missing:
        raise PermanentError(
            f"Het bestand mist deze kolommen: {', '.join(missing)}. Er is niets gewijzigd.",
            f"{len(missing)} columns are missing",
        )
    for line in lines:
        told = dict(zip(header, (cell.strip() for cell in line), strict=False))
        if not any(told.values()):
            continue
        if told[CODE] != code:
            raise PermanentError(
                "Het bestand hoort bij een andere aansluitcode dan de onze. Er is niets gewijzigd. "
                "Controleer de aansluitcode en het bestand.",
                "sheet of another connection",
            )
        yield _message(told)


def _message(told: Mapping[str, str]) -> dict[str, Any]:
    """Return one row as a message; the connection code is no part of it."""
    known = (CODE, *_ORGANISATION)
    found: dict[str, Any] = {
        name: _as_told(name, text) for name, text in told.items() if text and name not in known
    }
    organisation = {
        name: told[column] for column, name in _ORGANISATION.items() if told.get(column)
    }
    return {**found, "shvOrganisatie": organisation} if organisation else found


#: Columns that people and spreadsheets write in their own way.
_CONVERTED = {"bsn": "bsn", **dict.fromkeys(("geboortedatum", "datumStart", "datumEinde"), "date")}


def _as_told(name: str, text: str) -> str:
    """Return a cell as the message has it: a BSN with its zeros, a day as ISO.

    What is none stays as it is, so that the record can say what is wrong with it.
    """
    try:
        return str(CONVERTERS[_CONVERTED[name]].read(text)) if name in _CONVERTED else text
    except ValueError:
        return text
