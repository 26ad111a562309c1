"""Every rule with what triggers it and what looks alike and does not: the examples are the table.

They stand in examples_tax.py, examples_help.py and examples_people.py.
"""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from chain import Chain, party
from examples_help import AGREEMENTS, CLOCKS
from examples_people import PEOPLE, TOGETHER, VISH
from examples_tax import PROTECTED, RELIEF, STEPS
from sqlalchemy import select

from examples import Example
from hub.connector import hookimpl
from hub.overview.words import sentence
from hub.plugins import load_plugins
from hub.reconcile import rules
from hub.reconcile.engine import Rule
from hub.reconcile.rules import explained, hub_rules
from hub.store import finding

#: Rules whose tables stand elsewhere, as they need more than facts.
ELSEWHERE = {
    "opdracht_geweigerd": "tests/sync: a command that a register refused",
    "opdracht_niet_bezorgd": "tests/sync: a command that never arrived",
    **dict.fromkeys(
        (
            "pauze_opdracht_open",
            "stap_met_de_hand",
            "goedkeuring_wacht",
            "pauze_zonder_reden",
            "pauze_na_hulp",
        ),
        "tests/flows/test_flow_rules.py: needs people acting together, not facts",
    ),
    "bron_stil": "tests/reconcile/test_rules.py",
    **{
        f"wie_is_dit_{who}": "tests/reconcile/test_matching.py: needs people alike, not facts"
        for who in ("belasting", "schuldhulp", "vroegsignaal", "bijstand")
    },
    **{
        f"zelfde_vordering_{where}": "tests/reconcile/test_linking.py: needs claims alike"
        for where in ("schuldhulp", "dossier", "belasting", "bijstand", "terugvordering")
    },
    "dwang_tijdens_hulp": "tests/reconcile/test_rules.py",
    "vish_ontbreekt": "tests/reconcile/test_rules.py",
    "vish_zonder_traject": "tests/reconcile/test_rules.py",
    "pauze_niet_bevestigd": "tests/reconcile/test_rules.py",
    "saldo_onbeantwoord": "tests/reconcile/test_rules.py",
    "bedrag_verschilt": "tests/reconcile/test_rules.py",
    "vordering_ontbreekt_in_dossier": "tests/reconcile/test_rules.py",
}


EXAMPLES = [*STEPS, *PROTECTED, *RELIEF, *CLOCKS, *AGREEMENTS, *PEOPLE, *TOGETHER, *VISH]


def sentences(chain: Chain, rule: str) -> list[str]:
    """Return the findings of a rule as a caseworker reads them."""
    (one,) = (one for one in hub_rules() if one.id == rule)
    query = select(finding.c.facts).where(finding.c.rule == rule)
    with chain.hub.reader.connect() as connection:
        return [sentence(one, facts, {}) for facts in connection.scalars(query)]


def with_only(make_hub: Any, rule: str) -> Any:
    """Return a maker of hubs that judge by one rule: the others have their own examples."""

    @hookimpl
    def hub_rules() -> list[Rule]:
        return [one for one in rules.hub_rules() if one.id == rule]

    only = SimpleNamespace(__name__="test_plugin_rule", hub_rules=hub_rules)
    return lambda *parts, **settings: make_hub(
        plugins=load_plugins(extra=[only, *parts], discover=False), **settings
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_the_rule_finds_this_and_no_more(make_hub: Any, example: Example) -> None:
    chain = Chain(with_only(make_hub, example.rule))
    chain.tell("clo", party())
    chain.tell("tax", *example.tax)
    chain.tell("file", *example.file)
    chain.tell("vish", *example.vish)
    chain.tell("skp", *example.skp)
    assert chain.findings(example.rule) == {(example.rule, key) for key in example.found}
    for told in sentences(chain, example.rule):
        assert not re.search(r"None|onbekend|[{}]|\d{4}-\d\d-\d\d|  ", told), told
    judged_again = chain.findings(example.rule, full=True)
    assert judged_again == {(example.rule, key) for key in example.found}, "a full pass agrees"


def test_every_rule_is_explained_to_a_lawyer() -> None:
    assert set(explained()) == {rule.id for rule in hub_rules()}
    for one in explained().values():
        assert one.clock
        assert one.told != one.quiet


def test_every_rule_has_an_example_that_triggers_it_and_one_that_does_not() -> None:
    rules = {rule.id for rule in hub_rules()} - set(ELSEWHERE)
    assert rules == {one.rule for one in EXAMPLES if one.found}
    assert rules == {one.rule for one in EXAMPLES if not one.found}
    assert len(hub_rules()) >= 30
