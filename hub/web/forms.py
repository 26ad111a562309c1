"""A connector's settings as a form: made from its marshmallow schema, so it needs no code."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields, validate

from hub.connector import Upload
from hub.entries import LongText
from hub.errors import ConfigError, PermanentError
from hub.front.references import allowed_reference, is_reference
from hub.wire import read_json
from schemas.fields import Choice, Day, Whole

#: Whole numbers as every store can hold them: other digits than these are only text.
_DIGITS = re.compile(r"[0-9]{1,9}")


#: The key of something new: made with its form, so that sending the form twice does it once.
_FRESH = re.compile(r"[0-9a-f]{32}")


def fresh_key() -> str:
    """Return a key for a form of something new."""
    return secrets.token_hex(16)


def is_fresh(key: str) -> bool:
    """Tell whether a key is one that a form of something new holds."""
    return _FRESH.fullmatch(key) is not None


@dataclass(frozen=True)
class Field:
    """One field of a form. A secret has no value: it never reaches the page."""

    name: str
    label: str
    help: str
    group: str
    kind: str  # text, textarea, number, date, checkbox, password, select, file
    required: bool
    choices: tuple[str, ...]
    value: Any


def form_fields(schema: type[Schema], values: Mapping[str, Any]) -> dict[str, list[Field]]:
    """Return the fields of a schema by group, with what is set now."""
    groups: dict[str, list[Field]] = {}
    for name, field in schema().fields.items():
        made = _field(name, field, values)
        groups.setdefault(made.group, []).append(made)
    return groups


def _field(name: str, field: fields.Field[Any], values: Mapping[str, Any]) -> Field:
    told, kind = field.metadata, _kind(field)
    default = told.get("example") or field.load_default
    value = values.get(name, default if isinstance(default, str | int) else "")
    value = "" if value is None or kind == "file" else value
    return Field(
        name=name,
        label=told.get("label", name),
        help=told.get("help", ""),
        group=told.get("group", "Verbinding"),
        kind=kind,
        required=field.required and not (kind == "password" and name in values),
        choices=_choices(field),
        value="" if kind == "password" else _shown(value),
    )


def _shown(value: Any) -> Any:
    # A reference as it is typed, so that saving the form again changes nothing.
    return json.dumps(value) if isinstance(value, Mapping) else value


def _kind(field: fields.Field[Any]) -> str:
    if field.metadata.get("secret"):
        return "password"
    if _choices(field):
        return "select"
    kinds: tuple[tuple[type[fields.Field[Any]], str], ...] = (
        (fields.Boolean, "checkbox"),
        (fields.Integer, "number"),
        (Whole, "number"),
        (fields.Date, "date"),
        (Day, "date"),
        (Upload, "file"),
        (LongText, "textarea"),
    )
    return next((kind for type_, kind in kinds if isinstance(field, type_)), "text")


def _choices(field: fields.Field[Any]) -> tuple[str, ...]:
    if isinstance(field, Choice):
        return field.choices
    lists = [one.choices for one in field.validators if isinstance(one, validate.OneOf)]
    return tuple(map(str, lists[0])) if lists else ()


def read_form(schema: type[Schema], form: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Return what a form told, ready for the connector's schema.

    `folder` holds the files that a reference may lead to. Raises ConfigError for another one.
    """
    found: dict[str, Any] = {}
    for name, field in schema().fields.items():
        told = _typed(field, form.get(f"config.{name}", "").strip())
        found[name] = _reference(told, folder) if isinstance(told, str) else told
    return found


def read_entry(
    schema: type[Schema], form: Mapping[str, str], files: Mapping[str, bytes]
) -> dict[str, Any]:
    """Return what a form of an entry told, ready for its schema; empty fields are left out."""
    found: dict[str, Any] = {}
    for name, field in schema().fields.items():
        at = f"config.{name}"
        told = files.get(at, b"") if isinstance(field, Upload) else _typed(field, form.get(at, ""))
        if told not in ("", b""):
            found[name] = told
    return found


def _typed(field: fields.Field[Any], told: str) -> str | int | bool:
    text = told.strip()
    if isinstance(field, fields.Boolean):
        return bool(text)
    is_number = isinstance(field, fields.Integer | Whole) and _DIGITS.fullmatch(text)
    # What is no number stays text, so that the schema says what is wrong with it.
    return int(text) if is_number else text


def _reference(text: str, folder: Path) -> str | dict[str, str]:
    """Return the reference that was typed, and any other text as it is."""
    try:
        value = read_json(text.encode()) if text.startswith("{") else None
    except PermanentError:
        return text
    if not isinstance(value, dict) or not is_reference(value):
        return text
    return allowed_reference(value, folder)


@dataclass(frozen=True)
class Number:
    """A whole number on a form, within limits; without a default it may be left empty."""

    label: str
    least: int
    most: int
    default: int | None = None

    def read(self, form: Mapping[str, str], name: str) -> int | None:
        """Return what was filled in. Raises ConfigError that says what fits."""
        told = form.get(name, "").strip()
        if not told:
            return self.default
        if not _DIGITS.fullmatch(told) or not self.least <= int(told) <= self.most:
            raise ConfigError(
                f"{self.label}: vul een getal in van {self.least} tot en met {self.most}."
            )
        return int(told)
