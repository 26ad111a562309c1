"""The hub's own rules, brought in through the same hook as those of a plugin."""

from __future__ import annotations

from hub.connector import hookimpl
from hub.reconcile.engine import Rule
from hub.reconcile.rules import (
    agreements,
    amounts,
    clocks,
    coercion,
    flows,
    identity,
    messages,
    orders,
    people,
    relief,
    silence,
    steps,
    together,
    vish,
)


@hookimpl
def hub_rules() -> list[Rule]:
    """Return the rules of the hub itself."""
    parts = (
        *(coercion, steps, relief, clocks, agreements, people, together),
        *(vish, messages, amounts, orders, flows, identity, silence),
    )
    return [rule for part in parts for rule in part.RULES]
