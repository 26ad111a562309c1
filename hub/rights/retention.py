"""Retention: how long each class of record is kept, from which event, on which ground.

The terms stand in retention.toml; a municipality changes them in instance/retention.toml.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from dateutil.relativedelta import relativedelta
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from hub.core import Hub
from hub.errors import ConfigError

#: Where a municipality puts its own terms, in the instance folder.
OWN = "retention.toml"

#: More than a lifetime is a slip of the pen.
_MOST_MONTHS = 1200


@dataclass(frozen=True)
class RecordClass:
    """One class of record. `confirmed` is false for practice that nobody verified yet."""

    name: str
    title: str
    months: int
    starts: str
    ground: str
    confirmed: bool

    def due_on(self, ended_on: date) -> date:
        """Return the first day on which a record may go whose term began after `ended_on`.

        The day of the event does not count, and a term in months ends on the day of the same
        number, or on the last of a shorter month (Algemene termijnenwet, as practised).
        """
        return ended_on + relativedelta(months=self.months) + timedelta(days=1)

    def ended_before(self, today: date) -> date:
        """Return a day such that whatever ended later is certainly not due on `today`."""
        # A month that clamps (31 January + 1 month) makes the way back up to three days longer.
        return today - relativedelta(months=self.months) + timedelta(days=3)


class _Own(Schema):
    """What a municipality may change of a class."""

    class Meta:
        unknown = RAISE

    months = fields.Integer(strict=True, validate=validate.Range(0, _MOST_MONTHS))
    years = fields.Integer(strict=True, validate=validate.Range(0, _MOST_MONTHS // 12))
    ground = fields.String(validate=validate.Length(3, 300))
    confirmed = fields.Boolean(truthy={True}, falsy={False})


def classes(hub: Hub) -> dict[str, RecordClass]:
    """Return every class by its name, with the terms of this municipality.

    Raises ConfigError naming every fault in instance/retention.toml.
    """
    own = _own(hub.settings.instance / OWN)
    return {
        name: RecordClass(name, **(values | own.get(name, {})))
        for name, values in _standard().items()
    }


@lru_cache(maxsize=1)
def _standard() -> dict[str, dict[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "retention.toml").read_text())


def _own(path: Path) -> dict[str, dict[str, Any]]:
    if not path.is_file():
        return {}
    try:
        read = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name} is geen geldig TOML-bestand: {error}") from error
    found, faults = {}, []
    for name, values in read.items():
        try:
            found[name] = _class(name, values)
        except ValidationError as error:
            faults += [f"[{name}] {text}" for text in _texts(error)]
    if faults:
        raise ConfigError(f"De bewaartermijnen in {path.name} kloppen niet. {'; '.join(faults)}")
    return found


def _class(name: str, values: Any) -> dict[str, Any]:
    if name not in _standard():
        raise ValidationError(f"bestaat niet; kies uit: {', '.join(_standard())}")
    loaded: dict[str, Any] = _Own().load(values)
    if {"months", "years"} <= loaded.keys():
        raise ValidationError("noemt months én years; kies er één")
    if "years" in loaded:
        loaded["months"] = 12 * loaded.pop("years")
    return loaded


def _texts(error: ValidationError) -> list[str]:
    if isinstance(error.messages, list):
        return [str(one) for one in error.messages]
    return [f"{key}: {' '.join(map(str, texts))}" for key, texts in error.messages_dict.items()]
