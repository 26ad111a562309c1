"""A plugin brings a rule through the hook: the one of docs/plugins/rules.md, as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chain import Chain, tax_claim

from hub.overview.words import sentence
from hub.reconcile.engine import Tuning
from hub.reconcile.tuning import Effect, preview

PAGE = Path(__file__).parents[2] / "docs" / "plugins" / "rules.md"


@pytest.fixture
def plugin() -> Any:
    """The plugin of the page."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    made: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), made)
    return SimpleNamespace(__name__="parking", __file__=__file__, hub_rules=made["hub_rules"])


def test_a_rule_of_a_plugin_is_judged_like_any_other(make_hub: Any, plugin: Any) -> None:
    chain = Chain(lambda *parts, **more: make_hub(plugin, *parts, **more))
    fine = {"type": "parkeerbelasting"}
    chain.tell("tax", tax_claim("F1", 250_00, **fine), tax_claim("F2", 199_99, **fine))
    for full in (False, True):
        found = chain.findings("parkeerboete_hoog", full=full)
        assert found == {("parkeerboete_hoog", "F1")}
    (rule,) = (one for one in chain.hub.plugins.rules() if one.id == "parkeerboete_hoog")
    with chain.hub.reader.connect() as connection:
        effect = preview(connection, chain.hub, rule, Tuning(True, {"euro": 100}))
    assert effect == Effect(1, 1, 0)
    facts = {"reference": "F1", "creditor": "stad", "amount": 250_00}
    assert "€ 250,00" in sentence(rule, facts, {})
    chain.tell("tax", tax_claim("F1", 0, **fine))
    assert chain.findings("parkeerboete_hoog") == set()
