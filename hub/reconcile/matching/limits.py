"""From which chance the hub links by itself or asks a person, and what another choice would do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert

from hub.core import Hub
from hub.errors import ConfigError
from hub.reconcile.matching import people
from hub.reconcile.matching.decide import Thresholds
from hub.reconcile.matching.strangers import outcomes, settle
from hub.security.audit import Actor, Deed, log_deed
from hub.store import match_setting


@dataclass(frozen=True)
class Effect:
    """What thresholds do: how many strangers are linked, asked about, or found to be nobody.

    `dropouts` counts the last by reason, see hub.reconcile.matching.decide.WHY.
    """

    linked: int = 0
    asked: int = 0
    dropouts: Mapping[str, int] = field(default_factory=dict)


def read_limits(told: Mapping[str, str]) -> Thresholds:
    """Return the thresholds that a form told, in per cent.

    Raises ConfigError with everything that is wrong with them.
    """
    found, wrong = {}, []
    for name, title in (("lower", "De ondergrens"), ("upper", "De bovengrens")):
        text = told.get(name, "").strip().replace(",", ".")
        if re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,2})?", text) and float(text) >= 1:
            found[name] = float(text) / 100
        else:
            wrong.append(f"{title} is {text[:20]!r}; verwacht 1 tot en met 99,99 procent.")
    if not wrong and found["lower"] > found["upper"]:
        wrong.append("De ondergrens is hoger dan de bovengrens.")
    if wrong:
        raise ConfigError(f"{' '.join(wrong)} Er is niets gewijzigd.")
    return Thresholds(found["lower"], found["upper"])


def preview(connection: Connection, hub: Hub, limits: Thresholds) -> Effect:
    """Return what thresholds make of the strangers of today; nothing is changed."""
    linked = asked = 0
    dropouts: Counter[str] = Counter()
    for _, outcome in outcomes(connection, people.all_strangers(connection, hub), limits):
        linked += bool(outcome.linked)
        asked += bool(outcome.asked)
        dropouts.update([outcome.dropout] if outcome.dropout else [])
    return Effect(linked, asked, dropouts)


def set_limits(connection: Connection, hub: Hub, actor: Actor, limits: Thresholds) -> None:
    """Keep thresholds and settle every stranger by them, from what is stored: nothing is compared.

    What that means for the findings of who is concerned, the next reconciliation says.
    """
    connection.execute(
        delete(match_setting).where(match_setting.c.municipality == hub.municipality)
    )
    row = {
        "municipality": hub.municipality,
        "lower": limits.lower,
        "upper": limits.upper,
        "changed_by": actor.name,
        "changed_at": hub.clock.now(),
    }
    connection.execute(insert(match_setting), row)
    told = f"from {limits.lower:.4f} ask, from {limits.upper:.4f} link"
    log_deed(connection, hub, actor, Deed("match_limits", object="match_setting", reason=told))
    concerned = settle(connection, hub, people.all_strangers(connection, hub), limits)
    people.look_at_residents(connection, hub, concerned)
