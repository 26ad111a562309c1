"""The hub's own rules, brought in through the same hook as those of a plugin."""

from __future__ import annotations

from hub.connector import hookimpl
from hub.reconcile.engine import Rule
from hub.reconcile.rules import amounts, coercion, messages, silence, vish


@hookimpl
def hub_rules() -> list[Rule]:
    """Return the rules of the main job."""
    return [*coercion.RULES, *vish.RULES, *messages.RULES, *amounts.RULES, *silence.RULES]
