"""Fields of the canonical records. Their error texts are Dutch and say what was expected.

No text repeats a BSN; other received values are quoted, cut at 40 characters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

_MISSING: dict[str, str | list[Any] | dict[Any, Any]] = {
    "required": "ontbreekt",
    "null": "is leeg; een waarde is verplicht",
}


#: No whole number is this large: it fits every database, and 21 million euros is no debt of a
#: resident.
TOO_LARGE = 2**31

#: Half of a character: text that no database can hold.
_SURROGATE = re.compile("[\ud800-\udfff]")


def shown(value: Any) -> str:
    """Return `value` as it may be quoted in an error: short, and without nine-digit numbers."""
    text = re.sub(r"\d{8,}", "…", str(value))
    return f"'{text[:40]}…'" if len(text) > 40 else f"'{text}'"


def elfproef(bsn: str) -> bool:
    """Tell whether nine digits are a valid BSN: weights 9..2 and -1, sum divisible by 11."""
    total = sum(int(digit) * weight for digit, weight in zip(bsn, range(9, 1, -1), strict=False))
    return bsn != "000000000" and (total - int(bsn[8])) % 11 == 0


class RecordSchema(Schema):
    """Base of all canonical records: unknown keys are left out, errors are Dutch."""

    class Meta:
        unknown = EXCLUDE

    error_messages = {"type": "is geen record (een groep velden)", "unknown": "onbekend veld"}


class Text(fields.String):
    """Text of at most `most` characters; surrounding space is dropped."""

    default_error_messages = {
        **_MISSING,
        "invalid": "is geen tekst",
        "invalid_utf8": "is geen leesbare tekst (UTF-8)",
    }

    def __init__(self, *, most: int = 200, **options: Any) -> None:
        super().__init__(**options)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        if "\x00" in text or (not text.isascii() and _SURROGATE.search(text)):
            raise ValidationError("bevat tekens die geen tekst zijn; controleer de codering")
        if len(text) > self.most:
            raise ValidationError(f"is {len(text)} tekens lang; hoogstens {self.most} is mogelijk")
        if self.required and not text:
            raise ValidationError("is leeg; een waarde is verplicht")
        return text


class Cents(fields.Field[int]):
    """An amount in whole euro cents."""

    default_error_messages = _MISSING

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        # bool is an int in Python, and an amount of True helps nobody.
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError(f"is {shown(value)}; verwacht een bedrag in hele centen")
        if abs(value) >= TOO_LARGE:
            raise ValidationError("is onmogelijk groot; verwacht een bedrag in hele centen")
        return value


class Whole(Cents):
    """A whole number."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError(f"is {shown(value)}; verwacht een geheel getal")
        if abs(value) >= TOO_LARGE:
            raise ValidationError("is onmogelijk groot")
        return value


class Day(fields.Field[date]):
    """A calendar day: ISO text (2026-11-23) or a `date`."""

    default_error_messages = _MISSING

    def _serialize(self, value: date | None, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value.isoformat() if value else None

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> date:
        if type(value) is date:
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError(f"is {shown(value)}; verwacht een datum als 2026-11-23") from None


class Flag(fields.Boolean):
    """True or false."""

    default_error_messages = {**_MISSING, "invalid": "is geen ja of nee (true of false)"}


class Choice(fields.Field[str]):
    """One code of a fixed list."""

    default_error_messages = _MISSING

    def __init__(self, choices: tuple[str, ...], **options: Any) -> None:
        super().__init__(**options)
        self.choices = choices

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise ValidationError(
                f"is {shown(value)}; bekend zijn: {', '.join(sorted(filter(None, self.choices)))}"
            )
        return value


class Bsn(fields.Field[str]):
    """A burgerservicenummer: nine digits. The elfproef is checked by the person record."""

    default_error_messages = _MISSING

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{9}", value):
            raise ValidationError("is geen BSN: verwacht precies negen cijfers")
        return value


class Nested(fields.Nested):
    """A record inside a record."""

    default_error_messages = {**_MISSING, "type": "is geen groep velden"}


class Rows(fields.List[Any]):
    """A list of small records, kept as plain JSON: days become ISO text again."""

    default_error_messages = {**_MISSING, "invalid": "is geen lijst"}

    def __init__(self, row: type[Schema] | fields.Field[Any], **options: Any) -> None:
        inner = row if isinstance(row, fields.Field) else Nested(row)
        super().__init__(inner, load_default=list, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        loaded = super()._deserialize(value, attr, data, **kwargs)
        if isinstance(self.inner, Nested):
            return [self.inner.schema.dump(one) for one in loaded]
        return loaded


#: The most that the details of one record may hold, as JSON.
MOST_DETAILS = 32_768

#: Names under which a register gives a BSN; it has a place of its own, in which it is sealed.
_BSN_NAMES = re.compile(r"bsn|burgerservicenummer|sofinummer", re.I)


class Details(fields.Dict):
    """What a source tells beyond the named fields: plain JSON, kept and shown as it came."""

    default_error_messages = {**_MISSING, "invalid": "is geen groep velden"}

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.String(), load_default=dict, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        told: dict[str, Any] = super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        try:
            size = len(json.dumps(told, allow_nan=False))
        except (TypeError, ValueError):
            raise ValidationError("bevat meer dan tekst, getallen, lijsten en groepen") from None
        if size > MOST_DETAILS:
            raise ValidationError(f"is {size} tekens lang; hoogstens {MOST_DETAILS} is mogelijk")
        if _has_bsn(told):
            raise ValidationError("bevat een BSN; dat hoort in het veld van de persoon")
        return told


def _has_bsn(value: Any) -> bool:
    if isinstance(value, dict):
        return any((_BSN_NAMES.search(key) and one) or _has_bsn(one) for key, one in value.items())
    return isinstance(value, list) and any(map(_has_bsn, value))
