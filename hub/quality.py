"""Quality: brons, zilver, goud. What a connector has shown, told to who depends on it.

Some rules are read off the code; others its author declares in quality.toml beside the plugin,
as "done" or as exempt with a reason. What is not named is not done. The level follows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from hub.connector import Connector

LEVELS = ("brons", "zilver", "goud")

Look = Callable[[type[Connector], ModuleType], bool]


@dataclass(frozen=True)
class QualityRule:
    """One rule of the ladder; `look` reads it off the code, without it the author declares it."""

    id: str
    level: str
    title: str
    look: Look | None = None


@dataclass(frozen=True)
class Quality:
    """What a connector reached: its level, what is still open, and what its file says wrongly."""

    level: str
    open: tuple[QualityRule, ...]
    faults: tuple[str, ...]


def _explained(connector: type[Connector], module: ModuleType) -> bool:
    return all(f.metadata.get("help") for f in connector.config().fields.values())


def _documented(connector: type[Connector], module: ModuleType) -> bool:
    return len((module.__doc__ or "").strip()) >= 40


def _simulated(connector: type[Connector], module: ModuleType) -> bool:
    return hasattr(module, "hub_simulators")


def _fields_known(connector: type[Connector], module: ModuleType) -> bool:
    return {one.name for one in connector.streams} <= set(connector.fields)


def _inquires(connector: type[Connector], module: ModuleType) -> bool:
    return not connector.commands or connector.inquire is not Connector.inquire


RULES: tuple[QualityRule, ...] = (
    QualityRule("settings_explained", "brons", "Elke instelling is uitgelegd", _explained),
    QualityRule(
        "documented", "brons", "De plugin zegt wat over het formaat bekend is", _documented
    ),
    QualityRule("simulator", "brons", "De andere kant is na te spelen", _simulated),
    QualityRule("contract_suite", "brons", "Alle toetsen van het contract slagen"),
    QualityRule("fields_known", "zilver", "Onbekende velden worden gemeld", _fields_known),
    QualityRule("inquires", "zilver", "Een onzekere opdracht wordt nagevraagd", _inquires),
    QualityRule("bad_input", "zilver", "Foute gegevens van dit register zijn getoetst"),
    QualityRule("large_deliveries", "goud", "Een grote levering past in weinig geheugen"),
    QualityRule("published_format", "goud", "Getoetst aan een openbare specificatie"),
    QualityRule("pilot", "goud", "Gebruikt met het echte register"),
)


def judge_quality(connector: type[Connector], module: ModuleType) -> Quality:
    """Return what a connector reached by the rules and by its quality.toml."""
    told = _file(module)
    declared: Mapping[str, Any] = told.get("rules", {})
    done = {rule.id for rule in RULES if _is_done(rule, declared.get(rule.id), connector, module)}
    still = tuple(rule for rule in RULES if rule.id not in done)
    level = ""
    for name in LEVELS:
        if any(rule.level == name for rule in still):
            break
        level = name
    return Quality(level, still, tuple(_faults(told, declared, done, level)))


def _is_done(rule: QualityRule, told: Any, connector: type[Connector], module: ModuleType) -> bool:
    if isinstance(told, Mapping) and told.get("exempt"):
        return True
    return rule.look(connector, module) if rule.look else told == "done"


def _faults(
    told: Mapping[str, Any], declared: Mapping[str, Any], done: set[str], level: str
) -> list[str]:
    known = {rule.id for rule in RULES}
    found = [f"quality.toml kent een regel die niet bestaat: {one}" for one in declared]
    found = [text for text, one in zip(found, declared, strict=True) if one not in known]
    found += [
        f"quality.toml noemt {one} gedaan, maar de code laat dat niet zien"
        for one, value in declared.items()
        if value == "done" and one in known - done
    ]
    if told.get("level", "") != level:
        found.append(
            f"quality.toml zegt {told.get('level', 'niets')}; bereikt is {level or 'geen'}"
        )
    return found


def _file(module: ModuleType) -> Mapping[str, Any]:
    path = Path(module.__file__ or "").parent / "quality.toml"
    return tomllib.loads(path.read_text()) if module.__file__ and path.is_file() else {}
