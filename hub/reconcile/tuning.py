"""What a municipality makes of a rule: off or on, with its own numbers, after seeing the effect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert

from hub.core import Hub
from hub.errors import ConfigError
from hub.reconcile.engine import Rule, Tuning
from hub.reconcile.judging import Tally, foresee, judge
from hub.security.audit import Actor, Deed, log_deed
from hub.store import rule_setting


@dataclass(frozen=True)
class Effect:
    """What a tuning would do today: how many findings stand open, would open and would close."""

    stands: int
    opens: int
    closes: int


def read_tuning(rule: Rule, enabled: bool, told: Mapping[str, str]) -> Tuning:
    """Return the tuning that a form told. Raises ConfigError with every number that cannot be."""
    knobs, wrong = {}, []
    for knob in rule.knobs:
        text = told.get(knob.name, "").strip()
        if re.fullmatch(r"[0-9]{1,6}", text) and knob.least <= int(text) <= knob.most:
            knobs[knob.name] = int(text)
        else:
            wrong.append(
                f"{knob.title} is {text[:20]!r}; verwacht een heel getal van {knob.least} tot en "
                f"met {knob.most}."
            )
    if wrong:
        raise ConfigError(f"{rule.title}: {' '.join(wrong)} Er is niets gewijzigd.")
    return Tuning(enabled, knobs)


def preview(connection: Connection, hub: Hub, rule: Rule, tuning: Tuning) -> Effect:
    """Return what a tuning would do to the findings of today; nothing is changed."""
    now, then = foresee(connection, hub, rule, tuning)
    return Effect(len(now), len(then - now), len(now - then))


def set_rule(connection: Connection, hub: Hub, actor: Actor, rule: Rule, tuning: Tuning) -> Tally:
    """Keep a tuning and judge everybody by it at once; return what opened and closed."""
    connection.execute(
        delete(rule_setting).where(
            rule_setting.c.municipality == hub.municipality, rule_setting.c.rule == rule.id
        )
    )
    row = {
        "municipality": hub.municipality,
        "rule": rule.id,
        "enabled": tuning.enabled,
        "knobs": dict(tuning.knobs),
        "changed_by": actor.name,
        "changed_at": hub.clock.now(),
    }
    connection.execute(insert(rule_setting), row)
    told = ", ".join(f"{name} {value}" for name, value in tuning.knobs.items())
    reason = f"{'aan' if tuning.enabled else 'uit'} {told}".strip()
    log_deed(connection, hub, actor, Deed("rule_set", object=f"rule:{rule.id}", reason=reason))
    return judge(connection, hub, [rule], None)
