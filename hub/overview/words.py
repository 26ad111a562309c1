"""How facts read on a page: amounts in euros, dates in Dutch order, names instead of codes."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.clock import AMSTERDAM
from hub.reconcile.engine import Rule
from hub.store import own, participant, source, standing


def euro(cents: int | None) -> str:
    """Return an amount of cents as Dutch text: € 1.234,56."""
    if cents is None:
        return "onbekend"
    text = f"{abs(cents) / 100:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")
    return f"{'-' if cents < 0 else ''}€ {text}"


def day(value: date | datetime | str | None) -> str:
    """Return a day as 23-11-2026, and a moment as 23-11-2026 om 14:05 (Amsterdam time)."""
    if value is None or value == "":
        return "nog nooit"
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(AMSTERDAM).strftime("%d-%m-%Y om %H:%M")
    return value.strftime("%d-%m-%Y")


def organisation_names(connection: Connection, municipality: str) -> dict[str, str]:
    """Return the name of every organisation this municipality knows, by its code."""
    mine = select(source).where(source.c.municipality == municipality)
    names = {row.owner: row.title for row in connection.execute(mine)}
    rows = connection.execute(
        select(participant).where(standing(participant), own(participant, municipality))
    )
    return names | {row.code: row.name for row in rows}


def organisation(names: Mapping[str, str], code: str, said: str = "") -> str:
    """Return how to call a creditor: its known name, or the name a source gave."""
    return names.get(code) or said or code.removeprefix("naam:") or "onbekende schuldeiser"


class _Words(string.Formatter):
    """Fills the sentence of a rule with its facts."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        value = kwargs.get(str(key))
        if key == "creditor":
            return organisation(self.names, str(value))
        if key == "stream":
            return self.names.get(f"stream:{value}", value)
        looks_dated = isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d(T|$)", value)
        return day(value) if looks_dated or str(key).endswith("_at") else value

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "phase":
            return str(value).replace("_", " ")
        return (
            euro(value) if format_spec == "euro" else str(super().format_field(value, format_spec))
        )


def sentence(rule: Rule, facts: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return what a finding means for this resident, in one or two Dutch sentences."""
    return _Words(names).vformat(rule.sentence, (), facts)
