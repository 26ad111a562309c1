"""The CSV of the web portal: a Saldoverzoek with room for its answer, one claim on a row.

Columns A to V are published by name; the rest of the table is cut off, so further columns are kept
and written back as they came. That a file is at most 4 MB, and that one wrong file makes the
portal refuse all, is published too. Ours, as nothing says it: fields are split by ; or , and a
cell that is "composed" (a name, an address) or a list holds its parts with | between them, in the
published order.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.connector import PermanentError, safe_cell
from plugins.schuldenknooppunt.tables import OPEN, TRANSFERRED, UNKNOWN
from schemas.fields import shown

#: The most that a file may hold (portal rule 10).
MOST_BYTES = 4 * 1024 * 1024

CONVERSATION, REFERENCE = "ConversatieReferentienummer", "Referentienummer"
NOT_KNOWN, AGREES, ON = "Klant onbekend", "Standaard akkoord", "Datum"
SORT, INVOICE = "Schuldtype", "FactuurnummerSE"
ARISEN, PRINCIPAL = "openstaand.Ontstaansdatum", "openstaand.Orginele vordering"

QUESTION = (
    CONVERSATION,
    REFERENCE,
    "Schuldhulpverlener",
    "Contactpersoon SHV",
    "KlantnummerSHV",
    "KlantnummerSEVolgensSHV",
    "TypeSchuldregeling",
    "Klant",
    "Partner",
    "Adres",
    "Vordering.FactuurnummerSEVolgensSHV",
)
COLUMNS = (
    *QUESTION,
    "Klantnummer SE",
    "Contactpersoon SE.Naam",
    "Contactpersoon SE.Email",
    "Contactpersoon SE.Telefoon",
    NOT_KNOWN,
    AGREES,
    ON,
    SORT,
    INVOICE,
    ARISEN,
    PRINCIPAL,
)

#: The parts of a composed cell in the published order, by the hub's name ("" where it has none).
NAME_PARTS = ("gender", "initials", "first_names", "prefix", "surname", "birth_date")
ADDRESS_PARTS = ("street", "house_number", "letter", "addition", "", "postcode", "city", "", "")

SORTS = (OPEN, TRANSFERRED, UNKNOWN)

Row = dict[str, str]

_BSN = re.compile(r"bsn|burgerservicenummer|sofinummer", re.I)


def read_table(name: str, body: bytes) -> list[Row]:
    """Return the rows of a file. Raises PermanentError with what is wrong with the file."""
    if not name.lower().endswith(".csv"):
        raise _refused(name, "is geen .csv")
    if len(body) > MOST_BYTES:
        raise _refused(name, "is groter dan 4 MB")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(name, "is niet opgeslagen als UTF-8") from None
    if not text.strip():
        raise _refused(name, "is leeg")
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") >= first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(name, header)
        filled = (line for line in reader if any(cell.strip() for cell in line))
        return [_row(name, reader.line_num, header, line) for line in filled]
    except csv.Error:
        raise _refused(name, f"is niet te lezen vanaf regel {reader.line_num}") from None


def _check_header(name: str, header: Sequence[str]) -> None:
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise _refused(name, f"mist deze kolommen: {', '.join(missing)}")
    if len(set(header)) != len(header):
        raise _refused(name, "heeft een kolom die twee keer voorkomt")


def _row(name: str, number: int, header: Sequence[str], line: Sequence[str]) -> Row:
    if len(line) != len(header):
        raise _refused(name, f"telt {len(line)} velden op regel {number}; verwacht {len(header)}")
    pairs = zip(header, line, strict=True)
    return {column: cell.strip() for column, cell in pairs if not _BSN.search(column)}


def _refused(name: str, told: str) -> PermanentError:
    return PermanentError(f"{name} {told}", "portal file refused")


def write_table(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    """Return a file with these columns."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, columns, delimiter=";", restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + file.getvalue().encode()


# --- one cell ----------------------------------------------------------------------------------


def parts(cell: str, names: Sequence[str]) -> dict[str, str]:
    """Return the parts of a composed cell by name; parts without a name stay in the row."""
    told = [one.strip() for one in cell.split("|")]
    return {name: one for name, one in zip(names, told, strict=False) if name and one}


def listed(cell: str) -> list[str]:
    """Return the texts of a list in a cell."""
    return [one.strip() for one in cell.split("|") if one.strip()]


def composed(told: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return a composed cell."""
    return "|".join(str(told.get(name) or "") for name in names)


def day(text: str) -> str:
    """Return a day written as 23-11-2026 in ISO. Raises ValueError."""
    try:
        return datetime.strptime(text, "%d-%m-%Y").date().isoformat()  # noqa: DTZ007
    except ValueError:
        raise ValueError("verwacht een datum als 23-11-2026") from None


def cents(text: str) -> int:
    """Return an amount written as 1234,50 in cents. Raises ValueError."""
    found = re.fullmatch(r"(-?)([0-9]{1,9})(?:[,.]([0-9]{1,2}))?", text)
    if not found:
        raise ValueError("verwacht een bedrag als 123,45")
    return int(f"{found[1]}{found[2]}{(found[3] or '').ljust(2, '0')}")


def sort(text: str) -> str:
    """Return one of the published sorts of a claim. Raises ValueError."""
    if text not in SORTS:
        raise ValueError(f"bekend zijn: {', '.join(SORTS)}")
    return text


def cell(row: Row, column: str, read: Callable[[str], Any], path: str, problems: list[str]) -> Any:
    """Return the value of a cell, None when it is empty; what is wrong is added to `problems`."""
    text = row.get(column, "")
    try:
        return read(text) if text else None
    except ValueError as error:
        problems.append(f"{path}.{column} is {shown(text)}; {error}")
        return None


def dutch_day(value: Any) -> str:
    """Return a day (ISO text, or a date) as the portal writes it."""
    text = str(value or "")
    return f"{text[8:10]}-{text[5:7]}-{text[:4]}" if text else ""


def dutch_amount(value: int | None) -> str:
    """Return an amount of cents as the portal writes it."""
    if value is None:
        return ""
    return f"{'-' if value < 0 else ''}{abs(value) // 100},{abs(value) % 100:02}"


def answer_rows(asked: Mapping[str, str], told: Mapping[str, Any], balance: str) -> list[Row]:
    """Return the rows of an answer: what was asked, untouched, and what is told beside it.

    `balance` is the column of the current balance, whose name is not public.
    """
    contact = told.get("contact") or {}
    base = {
        **asked,
        "Klantnummer SE": safe_cell(str(told.get("creditor_number") or "")),
        "Contactpersoon SE.Naam": safe_cell(str(contact.get("name") or "")),
        "Contactpersoon SE.Email": safe_cell(str(contact.get("email") or "")),
        "Contactpersoon SE.Telefoon": _phone(str(contact.get("phone") or "")),
        NOT_KNOWN: "Ja" if told.get("not_known") else "",
        AGREES: "Ja" if told.get("agrees") else "",
        ON: dutch_day(told["on"]),
    }
    claims = told.get("claims") or [{}]
    return [base | _claim_cells(one, balance) for one in claims]


def _phone(text: str) -> str:
    # A number may begin with a plus; that is no formula.
    return text if re.fullmatch(r"\+?[0-9() -]*", text, re.A) else safe_cell(text)


def _claim_cells(claim: Mapping[str, Any], balance: str) -> Row:
    found = {
        SORT: safe_cell(str(claim.get("sort") or "")),
        INVOICE: safe_cell(str(claim.get("reference") or "")),
        ARISEN: dutch_day(claim.get("imposed_on")),
        PRINCIPAL: dutch_amount(claim.get("principal")),
    }
    return {**found, balance: dutch_amount(claim.get("open"))} if balance else found
