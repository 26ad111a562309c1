"""What a municipality makes of a rule: its own numbers or off, and what that does today."""

from __future__ import annotations

from typing import Any

import pytest
from chain import Chain, tax_claim
from sqlalchemy import select

from hub.core import Hub
from hub.errors import ConfigError
from hub.reconcile.engine import Rule, Tuning
from hub.reconcile.rules import hub_rules
from hub.reconcile.tuning import Effect, preview, read_tuning, set_rule
from hub.security.audit import Actor
from hub.store import audit_log, finding, rule_setting

BEATRIX = Actor("beatrix", "administrator")
COSTS = next(rule for rule in hub_rules() if rule.id == "kosten_hoog")


@pytest.fixture
def chain(make_hub: Any) -> Chain:
    """Costs of 20, 30 and 40 per cent of the principal; the rule begins above 25."""
    made = Chain(make_hub)
    made.tell(
        "tax",
        tax_claim("A1", 120_00, principal=100_00, costs=20_00),
        tax_claim("A2", 130_00, principal=100_00, costs=30_00),
        tax_claim("A3", 140_00, principal=100_00, costs=40_00),
    )
    return made


def foreseen(hub: Hub, tuning: Tuning) -> Effect:
    with hub.reader.connect() as connection:
        return preview(connection, hub, COSTS, tuning)


def kept(hub: Hub, tuning: Tuning, rule: Rule = COSTS) -> tuple[int, int]:
    """Keep a tuning; return how many findings opened and closed."""
    with hub.engine.begin() as connection:
        tally = set_rule(connection, hub, BEATRIX, rule, tuning)
    return tally.opened[rule.id], tally.closed[rule.id]


def found(chain: Chain, *, full: bool = False) -> set[str]:
    return {key for _, key in chain.findings(COSTS.id, full=full)}


@pytest.mark.parametrize(
    ("tuning", "effect", "left"),
    [
        (Tuning(True, {"procent": 25}), Effect(2, 0, 0), {"A2", "A3"}),
        (Tuning(True, {"procent": 10}), Effect(2, 1, 0), {"A1", "A2", "A3"}),
        (Tuning(True, {"procent": 35}), Effect(2, 0, 1), {"A3"}),
        (Tuning(False, {"procent": 10}), Effect(2, 0, 2), set()),
    ],
)
def test_what_is_foreseen_is_what_happens(
    chain: Chain, tuning: Tuning, effect: Effect, left: set[str]
) -> None:
    assert {key.split("/")[-1] for key in found(chain)} == {"A2", "A3"}
    assert foreseen(chain.hub, tuning) == effect
    assert len(found(chain)) == 2, "to look changes nothing"
    assert kept(chain.hub, tuning) == (effect.opens, effect.closes)
    for full in (False, True):
        assert {key.split("/")[-1] for key in found(chain, full=full)} == left


def test_a_rule_that_is_off_says_so_and_comes_back_as_the_same_finding(chain: Chain) -> None:
    before = found(chain)
    kept(chain.hub, Tuning(False))
    closed = select(finding.c.closed_by).where(finding.c.rule == COSTS.id)
    with chain.hub.reader.connect() as connection:
        assert set(connection.scalars(closed)) == {"instelling"}
    chain.tell("tax", tax_claim("A4", 190_00, principal=100_00, costs=90_00))
    assert found(chain) == set()
    kept(chain.hub, Tuning(True, {"procent": 25}))
    assert len(found(chain)) == 1
    chain.tell("tax", tax_claim("A2", 130_00, principal=100_00, costs=30_00))
    assert found(chain) < before


def test_who_set_a_rule_is_written_down(chain: Chain) -> None:
    kept(chain.hub, Tuning(True, {"procent": 35}))
    kept(chain.hub, Tuning(False, {"procent": 35}))
    with chain.hub.reader.connect() as connection:
        (row,) = connection.execute(select(rule_setting)).all()
        told = connection.execute(
            select(audit_log.c.actor, audit_log.c.object, audit_log.c.reason)
            .where(audit_log.c.action == "rule_set")
            .order_by(audit_log.c.id)
        ).all()
    assert (row.enabled, row.knobs, row.changed_by) == (False, {"procent": 35}, "beatrix")
    assert told == [
        ("beatrix", "rule:kosten_hoog", "aan procent 35"),
        ("beatrix", "rule:kosten_hoog", "uit procent 35"),
    ]


def test_every_wrong_number_is_told_at_once() -> None:
    rule = next(one for one in hub_rules() if len(one.knobs) == 2)
    with pytest.raises(ConfigError) as told:
        read_tuning(rule, True, {"dagen": "veel", "uiterlijk": "9999"})
    for knob, said in zip(rule.knobs, ("veel", "9999"), strict=True):
        assert f"{knob.title} is '{said}'" in str(told.value)
        assert f"van {knob.least} tot en met {knob.most}" in str(told.value)


@pytest.mark.parametrize("rule", hub_rules(), ids=lambda rule: rule.id)
def test_the_numbers_of_a_rule_are_within_their_own_bounds(rule: Rule) -> None:
    plain = {knob.name: str(knob.default) for knob in rule.knobs}
    assert read_tuning(rule, True, plain).knobs == {k.name: k.default for k in rule.knobs}
    for knob in rule.knobs:
        with pytest.raises(ConfigError):
            read_tuning(rule, True, {**plain, knob.name: str(knob.most + 1)})
