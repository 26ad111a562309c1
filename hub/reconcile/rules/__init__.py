"""The hub's own rules, brought in through the same hook as those of a plugin."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from hub.connector import hookimpl
from hub.reconcile.engine import Rule
from hub.reconcile.rules import (
    agreements,
    amounts,
    clocks,
    coercion,
    flows,
    identity,
    linking,
    messages,
    orders,
    people,
    protected,
    relief,
    silence,
    steps,
    together,
    vish,
)


@dataclass(frozen=True)
class Explained:
    """What a lawyer reads beside a rule, in Dutch: its clock, an example and a counterexample."""

    clock: str
    told: str
    quiet: str


def explained() -> dict[str, Explained]:
    """Return the explanation of each rule of the hub, by its id."""
    text = (Path(__file__).parent / "explained.toml").read_text("utf-8")
    return {rule: Explained(**told) for rule, told in tomllib.loads(text).items()}


@hookimpl
def hub_rules() -> list[Rule]:
    """Return the rules of the hub itself."""
    parts = (
        *(coercion, steps, protected, relief, clocks, agreements, people, together),
        *(vish, messages, amounts, orders, flows, identity, linking, silence),
    )
    return [rule for part in parts for rule in part.RULES]
