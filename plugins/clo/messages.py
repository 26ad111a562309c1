"""One row of the table of participants: what each column holds, and what may stand in it.

This is a format of our own (see the plugin's docstring). One row is one organisation, for as long
as these terms hold:

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
| uitzonderingen | claims that the covenant leaves out, in words; the column may be absent |
| obstakel | why this party will not agree beforehand, in words; the column may be absent |
| opmerking | anything else; the column may be absent |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from hub.connector import Fact, RecordError
from hub.connector import read_json as read_value
from hub.mapping.convert import CONVERTERS
from schemas import problems as schema_problems
from schemas.fields import Choice, RecordSchema, Text, shown

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

#: Columns that a table may leave out.
OPTIONAL = ("uitzonderingen", "obstakel", "opmerking")

KINDS = ("gemeente", "waterschap", "belastingsamenwerking", "kredietbank")

_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_REQUIRED: dict[str, str | list[Any] | dict[Any, Any]] = {"required": "ontbreekt"}


# --- reading one row ---------------------------------------------------------------------------


class DutchDay(fields.Field[date]):
    """A day as people and spreadsheets write it: 23-11-2026 or 2026-11-23."""

    default_error_messages = _REQUIRED

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        try:
            return date.fromisoformat(CONVERTERS["date"].read(str(value)))
        except ValueError:
            expected = "verwacht een datum als 23-11-2026 of 2026-11-23"
            raise ValidationError(f"is {shown(value)}; {expected}") from None


class YesNo(fields.Field[bool]):
    """Yes or no, in words, or as JSON tells it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        text = str(value).lower()
        if text not in ("ja", "nee", "j", "n", "true", "false"):
            raise ValidationError(f"is {shown(value)}; verwacht ja of nee")
        return text in ("ja", "j", "true")


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
    exclusions = Text(most=1000, data_key="uitzonderingen")
    obstacle = Text(most=500, data_key="obstakel")
    note = Text(most=500, data_key="opmerking")

    @pre_load
    def _tidy(self, data: Any, **kwargs: Any) -> Any:
        """Drop what is empty, and the space and capitals in which people differ."""
        if not isinstance(data, dict):
            return data
        told = {name: one.strip() if isinstance(one, str) else one for name, one in data.items()}
        told = {name: one for name, one in told.items() if one not in ("", None)}
        if re.fullmatch(r"[0-9]{7,8}", str(told.get("kvk"))):
            # A spreadsheet takes away the zero before a number.
            told["kvk"] = str(told["kvk"]).zfill(8)
        if isinstance(told.get("soort"), str):
            told["soort"] = told["soort"].lower()
        return told

    @validates_schema(skip_on_field_errors=False)
    def _ordered(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data.get("valid_until", date.max) < data.get("valid_from", date.min):
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
    return [Fact("participant", f"{row['code']}@{row['valid_from']}", row | _assumed(row))]


#: The terms of a row, by the name under which an administrator knows them.
TERMS = {
    "pause_days": "pauze_dagen",
    "hold_confirm_working_days": "termijn_pauze_werkdagen",
    "balance_working_days": "termijn_saldo_werkdagen",
}


def _assumed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what marks a row of which the hub fills in terms: those of the sister covenant.

    Such a row is not checked, also when it says so: nobody can have seen what is not in it.
    """
    absent = [theirs for ours, theirs in TERMS.items() if ours not in row]
    if not absent:
        return {}
    told = f"Termijn van het zusterconvenant, nog te controleren: {', '.join(absent)}."
    if row.get("checked_on"):
        told = f"De rest is gecontroleerd op {row['checked_on']:%d-%m-%Y}. {told}"
    return {"note": f"{row.get('note', '')} {told}".strip()[:500], "checked_on": None}


def columns_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form holds under the names of the columns, as a table would hold it."""
    found = {}
    for name, field in _ROW.fields.items():
        value = values.get(name)
        if value not in (None, ""):
            found[field.data_key or name] = value.isoformat() if isinstance(value, date) else value
    return found
