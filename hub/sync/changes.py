"""What somebody set in a source: told by name when it is kept, in sentences when two collide.

A change is remembered by the names of what was set and never by a value, as values may be secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from hub.connector import Connector
from hub.errors import Outdated

#: The settings that every source has, and what a page calls them.
LABELS = {
    "title": "Naam op het scherm",
    "owner": "Organisatie",
    "enabled": "Aan",
    "interval_minutes": "Elke … minuten lezen",
    "max_age_hours": "Zwijgt na … uur",
    "requests_per_minute": "Hoogstens … vragen per minuut",
    "reject_days": "Bewaar opgeloste afgekeurde records … dagen",
}

#: How many changes of a source are remembered.
REMEMBERED = 20

#: The settings of a source: those that every source has, and those of its connector (`config.`).
Set = Mapping[str, Any]


def as_set(values: Mapping[str, Any], config: Mapping[str, Any]) -> Set:
    """Return the settings of a source by one name each."""
    own = {name: values[name] for name in LABELS}
    return own | {f"config.{name}": value for name, value in config.items()}


def differences(before: Set, after: Set) -> list[str]:
    """Return the names of what differs between two settings of a source."""
    return [
        name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)
    ]


def remember(
    changes: Iterable[Mapping[str, Any]], version: int, at: datetime, by: str, names: list[str]
) -> list[Mapping[str, Any]]:
    """Return the changes of a source with one more, without the oldest where there are many."""
    fresh = {"version": version, "at": at.isoformat(), "by": by, "set": names}
    return [*changes, fresh][-REMEMBERED:]


def outdated(
    connector: type[Connector],
    changes: Iterable[Mapping[str, Any]],
    version: int,
    seen: int,
    *,
    stands: Set,
    asked: Set,
) -> Outdated:
    """Return what others set since version `seen`, beside what this person filled in."""
    since = [one for one in changes if one["version"] > seen]
    names = dict.fromkeys(name for one in since for name in one["set"])
    who = ", ".join(dict.fromkeys(str(one["by"]) for one in since)) or "Iemand anders"
    return Outdated(
        f"{who} wijzigde deze bron intussen. Er is niets overschreven.",
        f"the source is at version {version}, not {seen}",
        changes=[_sentence(connector, name, stands, asked) for name in names],
        version=version,
    )


def _sentence(connector: type[Connector], name: str, stands: Set, asked: Set) -> str:
    field = connector.config().fields.get(name.removeprefix("config."))
    of_connector = name.startswith("config.") and field is not None
    label = field.metadata.get("label", name) if of_connector and field else LABELS.get(name, name)
    if of_connector and field and field.metadata.get("secret"):
        return f"{label}: gewijzigd. De hub toont niet waarin."
    return f"{label}: nu {_shown(stands.get(name))}, u vulde in {_shown(asked.get(name))}."


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nee"
    return "niets" if value in (None, "") else f"'{str(value)[:80]}'"
