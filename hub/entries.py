"""What a connector says of data that a person enters by hand, and of files shown on trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from marshmallow import Schema, ValidationError, fields

from hub.dutch import euro_cents, euro_text
from schemas.fields import shown

#: What marshmallow says of a field, as a person reads it beside the label.
DUTCH = {
    "Missing data for required field.": "Vul dit in.",
    "Field may not be null.": "Vul dit in.",
    "Invalid value.": "Dit kan niet.",
    "Not a valid string.": "Vul hier tekst in.",
    "Not a valid utf-8 string.": "Vul leesbare tekst in.",
    "Not a valid number.": "Vul een getal in, als 12.",
    "Number too large.": "Vul een kleiner getal in.",
    "Special numeric values (nan or infinity) are not permitted.": "Vul een getal in, als 12,5.",
    "Not a valid integer.": "Vul een geheel getal in, als 12.",
    "Not a valid boolean.": "Kies ja of nee.",
    "Not a valid date.": "Vul een datum in, als 2026-11-23.",
    "Not a valid {obj_type}.": "Vul een datum in, als 2026-11-23.",
    "Not a valid URL.": "Vul een adres in, als https://register.example.",
    "Not a valid email address.": "Vul een e-mailadres in, als naam@gemeente.example.",
    "Not a valid UUID.": "Vul een nummer in, als 0d5d1f5e-3a54-4b6e-9c79-7f6f0f5b8e11.",
    "Not a valid list.": "Vul een lijst in.",
    "Not a valid mapping type.": "Vul een groep velden in.",
}


def in_dutch(kind: type[fields.Field[Any]]) -> dict[str, str]:
    """Return what a kind of field says that nobody put in Dutch yet, in Dutch."""
    said: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        said |= one.__dict__.get("default_error_messages", {})
    return {name: DUTCH[text] for name, text in said.items() if text in DUTCH}


@dataclass(frozen=True, slots=True)
class Entry:
    """A form with which a person enters what no system tells.

    `stream` is where it lands: one that is no snapshot, as nothing entered may vanish by silence.
    `schema` makes the form (fields declared with `setting`); `kind` is the kind of fact that
    stands for one entry, and decides which roles may fill in the form. `about` a resident: the
    form stands with the resident, and each fact is about that person. About the source: an
    administrator fills it in, and no fact is about a person. `help` is a Dutch sentence.
    """

    name: str
    title: str
    stream: str
    schema: type[Schema]
    kind: str
    about: Literal["resident", "source"] = "resident"
    help: str = ""


@dataclass(frozen=True, slots=True)
class OrderForm:
    """A form with which a caseworker gives one order about a resident.

    `command` is one of the connector's commands, and what `schema` makes of the form is its data:
    plain JSON. `title` and `help` are Dutch.
    """

    command: str
    title: str
    schema: type[Schema]
    help: str = ""


class LongText(fields.String):
    """A text of several lines, with a large field on the form."""


class Upload(fields.Field[bytes]):
    """A file that a person chose on a form: its bytes, empty when none was chosen."""

    default_error_messages = {"required": "Kies een bestand.", "null": "Kies een bestand."}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> bytes:
        if not isinstance(value, bytes):
            raise ValidationError("Kies een bestand.")
        if self.required and not value:
            raise ValidationError("Kies een bestand dat niet leeg is.")
        return value


class Euros(fields.Field[int]):
    """An amount that a person types in euros (12,50); its value is in cents."""

    default_error_messages = {"required": "Vul een bedrag in.", "null": "Vul een bedrag in."}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        try:
            return euro_cents(str(value))
        except ValueError as error:
            raise ValidationError(f"{shown(value)} {error}") from None

    def _serialize(self, value: int | None, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else euro_text(value)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a connector makes of a sample: a table of texts, and what is wrong with each row.

    `problem` is what is wrong with the sample as a whole (Dutch), empty when it can be read;
    `summary` is what there is to know about all of it, one sentence each.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    problem: str = ""
    summary: tuple[str, ...] = ()
