"""The hub's own rules, brought in through the same hook as those of a plugin."""

from __future__ import annotations

from hub.connector import hookimpl
from hub.reconcile.engine import Rule
from hub.reconcile.rules import amounts, coercion, messages, orders, silence, vish


@hookimpl
def hub_rules() -> list[Rule]:
    """Return the rules of the main job."""
    parts = (coercion, vish, messages, amounts, orders, silence)
    return [rule for part in parts for rule in part.RULES]
