"""What a connector says of data that a person enters by hand, and of files shown on trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from marshmallow import Schema, ValidationError, fields

from hub.dutch import euro_cents, euro_text
from schemas.fields import shown


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

    `problem` is what is wrong with the sample as a whole (Dutch), empty when it can be read.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    problem: str = ""
