"""The table of participants, read and written: CSV or JSON.

This is a format of our own (see the plugin's docstring). One row is one organisation:

| column | holds |
| --- | --- |
| naam, soort, code | name; gemeente, waterschap, belastingsamenwerking or kredietbank; hub code |
| kvk, skp_id | eight digits; the organisation's id at Schuldenknooppunt (UUID); may be empty |
| datumOndertekening, geldigVan, geldigTot | days; an empty geldigTot means: still bound |
| vooraf_akkoord | ja or nee: agrees beforehand with a proposal; empty means nee |
| pauze_dagen | days that collection stops |
| termijn_pauze_werkdagen | working days in which a pause is confirmed |
| termijn_saldo_werkdagen | working days in which a balance is told |
| gecontroleerdOp | day on which someone checked the row with the signed covenant; may be empty |

CSV is UTF-8 with a header row; every column must be there, other columns are left alone. JSON is
{"aantal": n, "deelnemers": [{column: value, ...}, ...]}; an absent column counts as empty.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from hub.connector import Fact, PermanentError, Record, RecordError
from hub.connector import read_json as read_value
from schemas import problems as schema_problems
from schemas.fields import Choice, RecordSchema, Text, shown

if TYPE_CHECKING:
    from hub.testing.world import Organisation

COLUMNS = (
    "naam",
    "soort",
    "code",
    "kvk",
    "datumOndertekening",
    "geldigVan",
    "geldigTot",
    "vooraf_akkoord",
    "pauze_dagen",
    "termijn_pauze_werkdagen",
    "termijn_saldo_werkdagen",
    "skp_id",
    "gecontroleerdOp",
)

KINDS = ("gemeente", "waterschap", "belastingsamenwerking", "kredietbank")

#: What every error about the whole table ends with, as the reader wonders at once.
KEPT = "Er is niets afgesloten of verwijderd."

_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_REQUIRED: dict[str, str | list[Any] | dict[Any, Any]] = {"required": "ontbreekt"}


# --- reading one row ---------------------------------------------------------------------------


class DutchDay(fields.Field[date]):
    """A day as people and spreadsheets write it: 23-11-2026 or 2026-11-23."""

    default_error_messages = _REQUIRED

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        text = str(value)
        try:
            if re.fullmatch(r"\d{1,2}-\d{1,2}-\d{4}", text):
                return datetime.strptime(text, "%d-%m-%Y").date()  # noqa: DTZ007
            return date.fromisoformat(text)
        except ValueError:
            expected = "verwacht een datum als 23-11-2026 of 2026-11-23"
            raise ValidationError(f"is {shown(value)}; {expected}") from None


class YesNo(fields.Field[bool]):
    """Yes or no, in words, or as JSON tells it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        text = str(value).lower()
        if text not in ("ja", "nee", "true", "false"):
            raise ValidationError(f"is {shown(value)}; verwacht ja of nee")
        return text in ("ja", "true")


class Days(fields.Field[int]):
    """A number of days, as digits or as a number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not re.fullmatch(r"[0-9]{1,4}", str(value)):
            raise ValidationError(f"is {shown(value)}; verwacht een aantal dagen, zoals 15")
        return int(value)


class Row(RecordSchema):
    """A row. A term that is left empty is left out, so that the hub's own default counts."""

    name = Text(required=True, data_key="naam")
    kind = Choice(KINDS, required=True, data_key="soort")
    code = Text(required=True, most=40)
    kvk = Text(validate=validate.Regexp("[0-9]{8}\\Z", error="heeft niet precies acht cijfers"))
    signed_on = DutchDay(required=True, data_key="datumOndertekening")
    valid_from = DutchDay(required=True, data_key="geldigVan")
    valid_until = DutchDay(data_key="geldigTot")
    prior_consent = YesNo(data_key="vooraf_akkoord")
    pause_days = Days(data_key="pauze_dagen")
    hold_confirm_working_days = Days(data_key="termijn_pauze_werkdagen")
    balance_working_days = Days(data_key="termijn_saldo_werkdagen")
    skp_id = Text(validate=validate.Regexp(f"{_UUID}\\Z", error="is geen UUID"))
    checked_on = DutchDay(data_key="gecontroleerdOp")

    @pre_load
    def _tidy(self, data: Any, **kwargs: Any) -> Any:
        """Drop what is empty, and the space and capitals in which people differ."""
        if not isinstance(data, dict):
            return data
        told = {name: one.strip() if isinstance(one, str) else one for name, one in data.items()}
        told = {name: one for name, one in told.items() if one not in ("", None)}
        if isinstance(told.get("soort"), str):
            told["soort"] = told["soort"].lower()
        return told

    @validates_schema
    def _ordered(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data.get("valid_until", date.max) < data["valid_from"]:
            raise ValidationError("ligt voor geldigVan", "geldigTot")


_ROW = Row()

#: Every field of a record: those of the row, and what the reader puts around it.
FIELDS = frozenset(one.data_key or name for name, one in _ROW.fields.items()) | {"rij", "fouten"}


def parse_row(raw: bytes) -> list[Fact]:
    """Return the fact of one row. Raises RecordError with every problem in it."""
    told = read_value(raw, "De deelnemer", half_characters=True)
    if not isinstance(told, dict) or not {"rij", "fouten"} <= set(told):
        raise RecordError("deelnemer is geen rij van de tabel")
    found = [f"deelnemer {fault}" for fault in told["fouten"]]
    try:
        row = _ROW.load(told["rij"])
    except ValidationError as error:
        raise RecordError([*found, *schema_problems(error, "deelnemer")]) from error
    if found:
        raise RecordError(found)
    return [Fact("participant", row["code"], row)]


# --- reading a table ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row as received, and what only a look at the whole table shows to be wrong with it."""

    values: Any
    fault: str = ""


def records(rows: Iterable[TableRow]) -> Iterator[Record]:
    """Yield a record of each row, known by its code."""
    times: Counter[str] = Counter()
    for number, row in enumerate(rows, start=1):
        code = row.values.get("code") if isinstance(row.values, dict) else None
        key = str(code or "").strip()[:80] or f"zonder-code-{number}"
        times[key] += 1
        faults = [row.fault] if row.fault else []
        if times[key] > 1:
            faults.append(f"heeft een code die al eerder voorkomt: {shown(key)}")
            key = f"{key}.{times[key]}"
        # JSON text in ASCII: half a surrogate pair cannot stop the table.
        told = json.dumps({"rij": row.values, "fouten": faults}, sort_keys=True)
        yield Record(key.encode("utf-8", "replace").decode(), told.encode())


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
            f"De tabel mist deze kolommen: {', '.join(missing)}. {KEPT} Controleer de kopregel en "
            f"het scheidingsteken (nu {delimiter!r}).",
            f"{len(missing)} columns are missing",
        )
    twice = [name for name in COLUMNS if header.count(name) > 1]
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
    known = {name: one for name, one in zip(header, line, strict=False) if name in COLUMNS}
    return TableRow(known, fault)


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
