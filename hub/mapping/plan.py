"""The mapping: which text of a file becomes which field of which record, as JSON.

    {"format": "csv", "full": true, "count": "Aantal", "key": ["Nummer"],
     "facts": [{"kind": "claim_statement", "fields": {
         "person.bsn": {"from": "BSN", "as": "bsn"},
         "type":       {"value": "bijstand"},
         "stage":      {"from": "Fase", "as": "code", "codes": {"A": "aanslag"}},
         "open":       {"from": "Saldo", "as": "euro"},
         "as_of":      {"from": "Peildatum", "as": "date"}}}]}

`from` is a column of CSV and XLSX, an XPath within a row of XML, a JSONPath or dotted path within
a row of JSON. Everything that is wrong with a mapping is told at once, each with its path.
docs/connectors/mapped_files.md says what every setting means.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonpath import JSONPathError
from lxml import etree
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from hub.errors import PermanentError
from hub.mapping.convert import CONVERTERS
from hub.mapping.paths import is_json_path, json_path
from hub.wire import read_json
from schemas import KINDS
from schemas.fields import Choice, Nested

#: The formats whose rows have columns; the others are trees.
TABLES = ("csv", "xlsx")

#: Under this name a row has the day on which its file was made; no column is called so.
FILE_DAY = "\x00dag van het bestand"

_TEXTS: dict[str, str | list[Any] | dict[Any, Any]] = {
    "required": "ontbreekt",
    "null": "is leeg",
    "invalid": "is van de verkeerde soort",
}


class PlanError(ValueError):
    """A mapping that cannot be used; `problems` names every fault with its path (Dutch)."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class _Strict(Schema):
    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "kent de hub niet", "type": "is geen groep velden"}


class _Column(_Strict):
    source = fields.String(data_key="from", error_messages=_TEXTS)
    value = fields.Raw()
    file = fields.String(
        validate=validate.OneOf(["day"], error="kent alleen day: de dag van het bestand"),
        error_messages=_TEXTS,
    )
    converter = fields.String(
        data_key="as",
        load_default="text",
        validate=validate.OneOf(
            [*CONVERTERS, "code"], error="is geen omzetting; bekend zijn: {choices}"
        ),
    )
    codes = fields.Dict(keys=fields.String(), load_default=dict, error_messages=_TEXTS)
    otherwise = fields.Raw(load_default=None)


class _Texts(_Strict):
    """A column, and the texts in it that mean something."""

    source = fields.String(data_key="from", required=True, error_messages=_TEXTS)
    values = fields.List(
        fields.String(),
        data_key="is",
        required=True,
        validate=validate.Length(min=1, error="is leeg"),
        error_messages=_TEXTS,
    )


class _When(fields.Field[dict[str, Any]]):
    """The name of a column that must be filled, or a column and the texts that it must hold."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            return {"source": value, "values": []}
        return _Texts().load(value)


class _Fact(_Strict):
    kind = fields.String(
        required=True,
        validate=validate.OneOf(list(KINDS), error="is geen soort gegevens; bekend: {choices}"),
        error_messages=_TEXTS,
    )
    when = _When(load_default=lambda: {"source": "", "values": []}, error_messages=_TEXTS)
    columns = fields.Dict(
        data_key="fields",
        keys=fields.String(),
        values=fields.Nested(_Column),
        required=True,
        error_messages=_TEXTS,
    )


class _Plan(_Strict):
    format = fields.String(
        required=True,
        validate=validate.OneOf(
            ["csv", "xlsx", "xml", "json"], error="is geen formaat; bekend zijn: {choices}"
        ),
        error_messages=_TEXTS,
    )
    full = fields.Boolean(load_default=False, error_messages=_TEXTS)
    key = fields.List(
        fields.String(),
        required=True,
        validate=validate.Length(min=1, error="is leeg"),
        error_messages=_TEXTS,
    )
    rows = fields.String(load_default="", error_messages=_TEXTS)
    count = fields.String(load_default="", error_messages=_TEXTS)
    namespaces = fields.Dict(
        keys=fields.String(), values=fields.String(), load_default=dict, error_messages=_TEXTS
    )
    delimiter = fields.String(
        load_default=";",
        validate=validate.OneOf([";", ",", "\t", "|"], error="is geen scheidingsteken: ; , | tab"),
    )
    encoding = fields.String(
        load_default="utf-8",
        validate=validate.OneOf(
            ["utf-8", "cp1252", "utf-16"], error="is utf-8, cp1252 (Windows) of utf-16"
        ),
    )
    sheet = fields.String(load_default="", error_messages=_TEXTS)
    header = fields.Integer(
        load_default=1,
        strict=True,
        validate=validate.Range(1, 100, error="is een regel van 1 tot en met 100"),
        error_messages=_TEXTS,
    )
    deleted = fields.Nested(_Texts, load_default=None, allow_none=True)
    skip = fields.Nested(_Texts, load_default=None, allow_none=True)
    empty = fields.List(fields.String(), load_default=list, error_messages=_TEXTS)
    merged = fields.List(fields.String(), load_default=list, error_messages=_TEXTS)
    facts = fields.List(
        fields.Nested(_Fact),
        required=True,
        validate=validate.Length(min=1, error="is leeg"),
        error_messages=_TEXTS,
    )


@dataclass(frozen=True)
class Column:
    """How one field is filled: from a text, converted; or with a constant `value`."""

    target: str
    source: str
    converter: str
    codes: Mapping[str, Any]
    otherwise: Any
    value: Any


@dataclass(frozen=True)
class FactPlan:
    """One kind of fact that a row tells.

    With `when` only if its text is there, and is one of `values` if there are any.
    """

    kind: str
    when: str
    values: tuple[str, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Plan:
    """A mapping that can be used. `digest` differs when anything of it does."""

    told: Mapping[str, Any]
    facts: tuple[FactPlan, ...]
    digest: str

    def __getattr__(self, name: str) -> Any:
        # Settings of the format, as the schema above names them.
        try:
            return self.told[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def is_table(self) -> bool:
        """Tell whether rows have columns."""
        return self.told["format"] in TABLES

    @cached_property
    def secrets(self) -> frozenset[str]:
        """Return the texts that hold a BSN."""
        return frozenset(
            one.source for fact in self.facts for one in fact.columns if one.converter == "bsn"
        )

    @cached_property
    def asks_day(self) -> bool:
        """Tell whether a field is filled with the day of the file."""
        return any(one.source == FILE_DAY for fact in self.facts for one in fact.columns)

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Return every text that a row must give, each once."""
        return tuple(dict.fromkeys(one for one in _sources(self.told) if one))


def _sources(told: Mapping[str, Any]) -> Iterator[str]:
    yield from told["key"]
    for one in (told["deleted"], told["skip"]):
        if one:
            yield one["source"]
    for fact in told["facts"]:
        yield fact["when"]["source"]
        for column in fact["columns"].values():
            yield column.get("source", "")


def read_plan(text: str) -> Plan:
    """Return the mapping in a JSON text. Raises PlanError with every fault and its path."""
    try:
        value = read_json(text.encode(), "De vertaling")
    except PermanentError as error:
        told = error.user.split(". ")[0]
        raise PlanError([f"{told}{_where_it_breaks(error)}."]) from error
    if twice := _told_twice(text):
        raise PlanError([f"{name}: staat twee keer in dezelfde groep" for name in twice])
    try:
        told = _Plan().load(value)
    except ValidationError as error:
        raise PlanError(sorted(_walk(error.messages, ""))) from error
    faults = [*_format_faults(told), *_fact_faults(told)]
    if faults:
        raise PlanError(faults)
    digest = hashlib.blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=6).hexdigest()
    return Plan(told, tuple(map(_fact_plan, told["facts"])), digest)


def _where_it_breaks(error: PermanentError) -> str:
    """Return where JSON that somebody typed goes wrong."""
    cause = error.__cause__
    if not isinstance(cause, json.JSONDecodeError):
        return ""
    return f": kijk op regel {cause.lineno} bij teken {cause.colno}"


def _told_twice(text: str) -> list[str]:
    """Return the names that stand twice in one group; JSON itself would keep the last."""
    twice: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)
        return dict(pairs)

    json.loads(text.removeprefix("\ufeff"), object_pairs_hook=look)
    return twice


def _fact_plan(told: Mapping[str, Any]) -> FactPlan:
    columns = tuple(
        Column(
            target=target,
            source=FILE_DAY if "file" in one else one.get("source", ""),
            converter="date" if "file" in one else one["converter"],
            codes=one["codes"],
            otherwise=one["otherwise"],
            value=one.get("value"),
        )
        for target, one in told["columns"].items()
    )
    when = told["when"]
    return FactPlan(told["kind"], when["source"], tuple(when["values"]), columns)


#: Fields whose names an administrator makes up; the library then tells "key" and "value" too.
_OWN_NAMES = ("fields", "codes", "namespaces")


def _walk(messages: Any, path: str, names: int = 0) -> Iterator[str]:
    """Yield each text with its path; `names` counts down to where "key" and "value" stand."""
    if not isinstance(messages, dict):
        yield from (f"{path or 'vertaling'}: {text}" for text in messages)
        return
    for key, value in messages.items():
        told = key == "_schema" or (names == 1 and key in ("key", "value"))
        here = path if told else f"{path}.{key}".lstrip(".")
        yield from _walk(value, here, 2 if not told and key in _OWN_NAMES else max(0, names - 1))


def _format_faults(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield what does not fit the format: rows of a tree, paths that are none."""
    yield from _merged_faults(told)
    if told["format"] in TABLES:
        if told["rows"]:
            yield "rows: hoort bij xml en json; een tabel heeft regels"
        return
    if not told["rows"]:
        yield "rows: ontbreekt; noem het pad naar de rijen"
    paths = {"rows": told["rows"], "count": told["count"]}
    paths |= {f"from {one}": one for one in _sources(told) if one}
    for name, path in paths.items():
        if told["format"] == "xml":
            yield from _xpath_faults(name, path, told["namespaces"])
        elif name in ("rows", "count") and path.startswith("^"):
            yield f"{name}: begint met ^, maar alleen een veld kan zeggen dat het hoger staat"
        elif is_json_path(path):
            yield from _json_path_faults(name, path)


def _merged_faults(told: Mapping[str, Any]) -> Iterator[str]:
    if told["merged"] and told["format"] != "xlsx":
        yield "merged: hoort bij xlsx; andere bestanden kennen geen samengevoegde cellen"
    unused = [one for one in told["merged"] if one not in _sources(told)]
    if unused:
        yield f"merged: deze kolommen gebruikt de vertaling niet: {', '.join(unused)}"


#: A prefix of a name in an XPath; an axis has two colons.
_PREFIX = re.compile(r"([A-Za-z_][\w.-]*):(?=[A-Za-z_*])")


def _xpath_faults(name: str, path: str, namespaces: Mapping[str, str]) -> Iterator[str]:
    try:
        # Tried on something empty, as a prefix or function that is unknown only shows then.
        etree.XPath(path or ".", namespaces=namespaces)(etree.Element("leeg"))
    except etree.XPathError as error:
        prefixes = sorted(set(_PREFIX.findall(path)) - set(namespaces) - {"xml"})
        if prefixes:
            listed = ", ".join(prefixes)
            yield f"{name}: noem bij namespaces welk adres hoort bij het voorvoegsel {listed}"
        else:
            yield f"{name}: is geen XPath ({type(error).__name__})"


def _json_path_faults(name: str, path: str) -> Iterator[str]:
    try:
        one = json_path(path).singular_query()
    except JSONPathError:
        yield f"{name}: is geen JSONPath, zoals $.klant.adres[0].plaats"
        return
    if name != "rows" and not one:
        yield f"{name}: kan meer waarden geven; noem één plek, zonder * of filter"


def _fact_faults(told: Mapping[str, Any]) -> Iterator[str]:
    for number, fact in enumerate(told["facts"]):
        known, at = KINDS[fact["kind"]].fields, f"facts.{number}.fields"
        for target, column in fact["columns"].items():
            yield from (f"{at}.{target}: {text}" for text in _column_faults(column))
            yield from (f"{at}.{target}: {text}" for text in _target_faults(known, target, column))
        first = {target.split(".")[0] for target in fact["columns"]}
        for name, field in known.items():
            if field.required and name not in first:
                yield f"{at}.{name}: ontbreekt; een {fact['kind']} kan niet zonder"


def _column_faults(column: Mapping[str, Any]) -> Iterator[str]:
    if sum(name in column for name in ("source", "value", "file")) != 1:
        yield "noem óf from, óf value, óf file"
    if column["converter"] == "code" and not column["codes"]:
        yield "codes: ontbreekt; noem wat elke code betekent"
    if column["codes"] and column["converter"] != "code":
        yield 'codes: hoort bij "as": "code"'


def _target_faults(
    known: Mapping[str, Any], target: str, column: Mapping[str, Any]
) -> Iterator[str]:
    name, _, rest = target.partition(".")
    field = known.get(name)
    if field is None:
        yield f"is geen veld; bekend zijn: {', '.join(sorted(known))}"
        return
    if isinstance(field, Nested) and not rest:
        yield f"is een groep; noem een veld ervan, zoals {name}.bsn"
    elif isinstance(field, Nested):
        yield from _target_faults(field.schema.fields, rest, column)
    elif rest and name != "details":
        yield f"{name} heeft geen velden"
    elif name == "details" and not rest:
        yield "noem een naam, zoals details.afdeling"
    if isinstance(field, Choice):
        for value in _constants(column):
            if value not in field.choices:
                listed = ", ".join(sorted(filter(None, field.choices)))
                yield f"'{str(value)[:40]}' kan hier niet; bekend zijn: {listed}"


def _constants(column: Mapping[str, Any]) -> list[Any]:
    told = [*column["codes"].values(), column["otherwise"], column.get("value")]
    return [one for one in told if one is not None]
