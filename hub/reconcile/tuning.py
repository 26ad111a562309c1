"""What a municipality makes of a rule: off or on, with its own numbers, after seeing the effect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, update

from hub.core import Hub
from hub.errors import ConfigError, Outdated
from hub.reconcile.engine import Rule, Tuning, load_tuning
from hub.reconcile.judging import Tally, foresee, judge
from hub.security.audit import Actor, Deed, log_deed
from hub.store import rule_setting
from hub.store.engine import insert_new


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


def set_rule(
    connection: Connection,
    hub: Hub,
    actor: Actor,
    rule: Rule,
    tuning: Tuning,
    version: int | None = None,
) -> Tally:
    """Keep a tuning and judge everybody by it at once; return what opened and closed.

    `version` is that of the tuning the person saw; None overwrites whatever stands. Raises
    Outdated when somebody else set the rule since.
    """
    _keep(connection, hub, actor, rule, tuning, version)
    told = ", ".join(f"{name} {value}" for name, value in tuning.knobs.items())
    reason = f"{'aan' if tuning.enabled else 'uit'} {told}".strip()
    log_deed(connection, hub, actor, Deed("rule_set", object=f"rule:{rule.id}", reason=reason))
    return judge(connection, hub, [rule], None)


def _keep(
    connection: Connection,
    hub: Hub,
    actor: Actor,
    rule: Rule,
    tuning: Tuning,
    version: int | None,
) -> None:
    stands = load_tuning(connection, hub.municipality).get(rule.id, Tuning())
    if version not in (None, stands.version):
        raise _outdated(rule, tuning, stands)
    place = {"municipality": hub.municipality, "rule": rule.id}
    values = {
        "enabled": tuning.enabled,
        "knobs": dict(tuning.knobs),
        "changed_by": actor.name,
        "changed_at": hub.clock.now(),
        "version": stands.version + 1,
    }
    if not stands.version:
        # Version 0 is below what anybody keeps, so of two who are first one wins just below.
        insert_new(connection, rule_setting, [place | values | {"version": 0}])
    kept = connection.execute(
        update(rule_setting)
        .where(
            rule_setting.c.municipality == hub.municipality,
            rule_setting.c.rule == rule.id,
            rule_setting.c.version == stands.version,
        )
        .values(**values)
    )
    if kept.rowcount != 1:
        now = load_tuning(connection, hub.municipality).get(rule.id, Tuning())
        raise _outdated(rule, tuning, now)


def _outdated(rule: Rule, asked: Tuning, stands: Tuning) -> Outdated:
    """Return what somebody else made of the rule, beside what this person wanted."""
    told = [f"Gebruiken: nu {_yes(stands.enabled)}, u koos {_yes(asked.enabled)}."]
    for knob in rule.knobs:
        now = stands.knobs.get(knob.name, knob.default)
        told.append(f"{knob.title}: nu {now}, u koos {asked.knobs.get(knob.name, knob.default)}.")
    return Outdated(
        f"{stands.changed_by or 'Iemand anders'} stelde de regel '{rule.title}' intussen in. Er is "
        "niets overschreven.",
        f"rule {rule.id} is at version {stands.version}",
        changes=told,
        version=stands.version,
    )


def _yes(enabled: bool) -> str:
    return "ja" if enabled else "nee"
