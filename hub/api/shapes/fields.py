"""Fields and the base of the shapes. Names are camelCase outside; what is wrong is told in Dutch.

No text repeats what was received: it could be a BSN.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from flask import current_app, request, url_for
from flask_smorest import Api
from marshmallow import RAISE, Schema, ValidationError, fields, validates_schema
from marshmallow.utils import get_value

from schemas import elfproef

_MISSING: dict[str, Any] = {"required": "ontbreekt", "null": "is leeg; een waarde is verplicht"}

#: Text that every store can hold, on one line.
PLAIN = r"^[^\x00-\x1f\x7f]*$"


def camel(name: str) -> str:
    """Return a name as it is outside: `as_of` is asOf."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


class Shape(Schema):
    """Something that the API gives. Every field is there, unless it says `optional`."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Name the field in camelCase."""
        field_obj.data_key = field_obj.data_key or camel(field_name)
        field_obj.required = not field_obj.metadata.get("optional", False)


class Input(Schema):
    """Something that the API takes: what it does not know it refuses."""

    class Meta:
        unknown = RAISE

    error_messages = {"type": "is geen object", "unknown": "is geen veld van dit verzoek"}

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Name the field in camelCase."""
        field_obj.data_key = field_obj.data_key or camel(field_name)


class Chosen(Input):
    """An input in which one word decides what else must be there, and what must not."""

    #: The field with the word, and the other fields that belong to each word.
    by: ClassVar[str]
    needs: ClassVar[Mapping[str, tuple[str, ...]]]

    @validates_schema(skip_on_field_errors=True)
    def _complete(self, data: dict[str, Any], **_: Any) -> None:
        needed, word = self.needs[data[self.by]], data[self.by]
        wrong = {name: ["ontbreekt"] for name in needed if name not in data}
        for name in data.keys() - {self.by, *needed}:
            wrong[name] = [f"hoort niet bij {word}"]
        if wrong:
            raise ValidationError(wrong)


class Text(fields.String):
    """Text on one line, of `least` to `most` characters."""

    default_error_messages = {**_MISSING, "invalid": "is geen tekst"}

    def __init__(self, *, least: int = 0, most: int = 200, **options: Any) -> None:
        metadata = {"minLength": least, "maxLength": most, "pattern": PLAIN}
        super().__init__(metadata=metadata | dict(options.pop("metadata", {})), **options)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if not re.fullmatch(PLAIN, text) or text.endswith("\n"):
            raise ValidationError("bevat onzichtbare tekens; stuur tekst op één regel")
        if not self.least <= len(text) <= self.most:
            raise ValidationError(
                f"is {len(text)} tekens lang; verwacht {self.least} tot en met {self.most}"
            )
        return text


class Bsn(fields.String):
    """A BSN: nine digits that pass the elfproef."""

    default_error_messages = {**_MISSING, "invalid": "is geen BSN: verwacht negen cijfers"}

    def __init__(self, **options: Any) -> None:
        metadata = {"pattern": "^[0-9]{9}$", "format": "bsn", "writeOnly": True}
        super().__init__(metadata=metadata, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if not re.fullmatch("[0-9]{9}", text):
            raise self.make_error("invalid")
        if not elfproef(text):
            raise ValidationError("klopt niet: controleer of er een cijfer verwisseld is")
        return text


class Whole(fields.Field[int]):
    """A whole number, in JSON or in an address."""

    default_error_messages = _MISSING

    def __init__(self, *, least: int = 0, most: int = 2**31 - 1, **options: Any) -> None:
        super().__init__(metadata={"minimum": least, "maximum": most}, **options)
        self.least, self.most = least, most

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if isinstance(value, str) and re.fullmatch("[0-9]{1,10}", value):
            value = int(value)
        fits = isinstance(value, int) and not isinstance(value, bool)
        if not fits or not self.least <= value <= self.most:
            raise ValidationError(f"is geen geheel getal van {self.least} tot en met {self.most}")
        return int(value)


class Day(fields.Field[date]):
    """A calendar day, as 2026-11-23."""

    default_error_messages = _MISSING

    def _serialize(self, value: date | None, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value.isoformat() if value else None

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> date:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValidationError("is geen datum als 2026-11-23")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValidationError("is geen dag die bestaat") from None


class Flag(fields.Boolean):
    """True or false, and nothing that looks like it."""

    default_error_messages = {**_MISSING, "invalid": "is geen true of false"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Choice(fields.String):
    """One word of a fixed list."""

    default_error_messages = {**_MISSING, "invalid": "is geen tekst"}

    def __init__(self, *choices: str, **options: Any) -> None:
        super().__init__(metadata={"enum": list(choices)}, **options)
        self.choices = choices

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if text not in self.choices:
            raise ValidationError(f"is onbekend; kies uit {', '.join(self.choices)}")
        return text


def cents(**options: Any) -> fields.Integer:
    """Return a field with an amount in euro cents."""
    return fields.Integer(metadata={"description": "Euro cents."}, **options)


class LinkTo(Shape):
    """An address within the API."""

    href = fields.String()


class Links(fields.Field[Any]):
    """Where something and what belongs to it stands: routes by the name of the link.

    A part of an address comes from the attribute that `parts` names for it, or else from the
    address of this request.
    """

    def __init__(self, routes: Mapping[str, str], parts: Mapping[str, str]) -> None:
        href = {"type": "object", "required": ["href"], "properties": {"href": {"type": "string"}}}
        told = {"type": "object", "required": [*routes], "properties": dict.fromkeys(routes, href)}
        super().__init__(metadata=told, data_key="_links", attribute="__links__")
        self.routes, self.parts = routes, parts

    def serialize(self, attr: str, obj: Any, accessor: Any = None, **kwargs: Any) -> Any:
        """Return the links of one object."""
        told = {part: get_value(obj, name) for part, name in self.parts.items()}
        found = {}
        for name, route in self.routes.items():
            wanted = current_app.url_map._rules_by_endpoint[route][0].arguments
            known = (request.view_args or {}) | told
            found[name] = {"href": url_for(route, **{one: known[one] for one in wanted})}
        return found


class ProblemFault(Shape):
    """One fault of a request, and where it stands."""

    where = Choice("body", "query", "header", "path", data_key="in")
    location = fields.Dict(keys=fields.String(), values=fields.String())
    code = fields.String()
    detail = fields.String()


class ProblemDetails(Shape):
    """What went wrong (RFC 9457): `errors` has every fault, `changes` what somebody else did."""

    type = fields.String(metadata={"optional": True})
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    errors = fields.List(fields.Nested(ProblemFault), metadata={"optional": True})
    changes = fields.List(fields.String(), metadata={"optional": True})


def register_fields(api: Api) -> None:
    """Tell how our own fields read in the OpenAPI."""
    api.register_field(Day, "string", "date")
    api.register_field(Whole, "integer", None)
