"""Judging who changed finds what judging everybody finds: whatever arrives, in whatever order.

The facts are those of the examples of all rules, told of three people, whole or in parts: a
payment without its claim, an answer without its question.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from book import BSNS, facts_record
from chain import Chain, case, day, party, tax_claim
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from test_rule_table import EXAMPLES

from examples import asked, balance, talk
from hub.connector import Record
from hub.core import Hub
from hub.overview.metrics import METRICS
from hub.reconcile import reconcile
from hub.reconcile.engine import Rule, Tuning
from hub.reconcile.rules import hub_rules
from hub.reconcile.tuning import set_rule
from hub.security.audit import Actor
from hub.store import alert, claim_statement, finding, incident, reconciliation

#: How many municipalities are played; HUB_LAWS plays more.
MANY = int(os.environ.get("HUB_LAWS", "6"))

PEOPLE = 3
BEATRIX = Actor("beatrix", "administrator")


def of_somebody_else(record: Record, who: int) -> Record:
    """The same record about another person; one may take over the claim of another."""
    raw = record.raw.decode().replace(BSNS[0], BSNS[who]).replace("Proef0", f"Proef{who}")
    return Record(f"{record.key}.{who % 2}", raw.encode())


def parts(record: Record) -> list[Record]:
    """Each fact of a record as a record of its own."""
    told = json.loads(record.raw)
    return [facts_record(f"{record.key}/{key}", (kind, key, data)) for kind, key, data in told]


def pool(source: str) -> list[Record]:
    """Everything that a source may tell."""
    if source == "clo":
        terms: list[dict[str, Any]] = [{}, {"valid_until": "2026-11-05"}, {"code": "polder"}]
        terms += [{"hold_confirm_working_days": 5, "balance_working_days": 30}, {"name": "File"}]
        return [party(**{"code": "stad", **one}) for one in terms]
    whole = [record for one in EXAMPLES for record in getattr(one, source)]
    told = [of_somebody_else(record, who) for record in whole for who in range(PEOPLE)]
    return told + [part for record in told for part in parts(record)]


POOLS = {source: pool(source) for source in Chain.ROLES}

TELLS = st.one_of(
    *(
        st.tuples(st.just(source), st.lists(st.integers(0, len(records) - 1), max_size=12))
        for source, records in POOLS.items()
    )
)
SETS = st.tuples(
    st.just("set"), st.tuples(st.sampled_from(hub_rules()), st.booleans(), st.integers(1, 4))
)
JUDGES = st.tuples(st.just("judge"), st.none())
DAYS = st.lists(
    st.tuples(
        st.lists(st.one_of(TELLS, TELLS, TELLS, JUDGES, SETS), min_size=1, max_size=6),
        st.sampled_from((1, 1, 2, 3, 30)),
    ),
    min_size=1,
    max_size=3,
)


def standing(hub: Hub) -> dict[Any, Any]:
    """Every open finding with its facts."""
    query = select(finding.c.rule, finding.c.about, finding.c.key, finding.c.facts)
    with hub.reader.connect() as connection:
        rows = connection.execute(query.where(finding.c.closed_at.is_(None)))
        return {(one.rule, one.about, one.key): one.facts for one in rows}


def drift(hub: Hub) -> dict[str, int] | None:
    """What the last pass over everybody found that nothing explains."""
    query = select(reconciliation.c.drift).where(reconciliation.c.full)
    with hub.reader.connect() as connection:
        last = connection.execute(query.order_by(reconciliation.c.id.desc()).limit(1))
        return last.scalar_one()  # type: ignore[no-any-return]


def tune(hub: Hub, rule: Rule, enabled: bool, number: int) -> None:
    """Switch a rule, with every number of it so many from the least."""
    knobs = {knob.name: min(knob.most, knob.least + number) for knob in rule.knobs}
    with hub.engine.begin() as connection:
        set_rule(connection, hub, BEATRIX, rule, Tuning(enabled, knobs))


def play(chain: Chain, step: str, what: Any) -> None:
    """Take one step of a day."""
    if step == "judge":
        reconcile(chain.hub)
    elif step == "set":
        tune(chain.hub, *what)
    else:
        records = {POOLS[step][index].key: POOLS[step][index] for index in what}
        chain.tell(step, *records.values())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@given(days=DAYS)
@settings(
    max_examples=MANY,
    deadline=None,
    database=None,
    # A municipality takes seconds: one that fails is shown as it is.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_everybody_is_judged_as_who_changed_was(
    make_chain: Callable[[], Chain], days: list[Any]
) -> None:
    chain = make_chain()
    reconcile(chain.hub, full=True)
    for steps, passed in days:
        for step, what in steps:
            play(chain, step, what)
        reconcile(chain.hub)
        one_by_one = standing(chain.hub)
        reconcile(chain.hub, full=True)
        assert standing(chain.hub) == one_by_one
        chain.hub.clock.move(days=passed)  # type: ignore[attr-defined]
        reconcile(chain.hub, full=True)
        assert drift(chain.hub) == {}, "what a clock brings is no drift"


def measured(hub: Hub) -> dict[str, float]:
    (metric,) = (one for one in METRICS if one.name == "hub_reconcile_drift")
    with hub.reader.connect() as connection:
        return {one.labels[0]: one.value for one in metric.samples(connection, hub) if one.value}


def warnings(hub: Hub) -> list[tuple[str, bool]]:
    """Every warning about the hub itself: its kind, and whether it was solved."""
    query = select(incident.c.kind, incident.c.solved_at).where(incident.c.source_id.is_(None))
    with hub.reader.connect() as connection:
        return [(kind, at is not None) for kind, at in connection.execute(query)]


def test_what_a_pass_missed_is_told_once_and_ends_with_a_clean_night(make_hub: Any) -> None:
    chain = Chain(make_hub)
    chain.tell("tax", tax_claim("A1", 120_00, principal=100_00, costs=20_00))
    reconcile(chain.hub)
    reconcile(chain.hub, full=True)
    with chain.hub.engine.begin() as connection:
        # What no sync would do: the facts change, and nobody is queued for it.
        connection.execute(update(claim_statement).values(costs=90_00))
    for _ in range(2):
        chain.hub.clock.move(days=1)  # type: ignore[attr-defined]
        reconcile(chain.hub)
        assert chain.findings("kosten_hoog") == set()
        reconcile(chain.hub, full=True)
        assert drift(chain.hub) == measured(chain.hub) == {"kosten_hoog": 1}
        with chain.hub.engine.begin() as connection:
            connection.execute(update(finding).values(closed_at=chain.hub.clock.now()))
    assert warnings(chain.hub) == [("drift", False)], "one warning, however often"
    reconcile(chain.hub, full=True)
    chain.hub.clock.move(days=1)  # type: ignore[attr-defined]
    reconcile(chain.hub, full=True)
    assert drift(chain.hub) == measured(chain.hub) == {}
    assert warnings(chain.hub) == [("drift", True)]
    with chain.hub.reader.connect() as connection:
        moments = list(connection.execute(select(alert.c.moment).order_by(alert.c.id)).scalars())
    assert moments == ["start", "solved"]


@pytest.mark.parametrize("change", ["closed", "moved"])
def test_a_missed_close_or_amount_is_drift_too(make_hub: Any, change: str) -> None:
    chain = Chain(make_hub)
    chain.tell("tax", tax_claim("A1", 140_00, principal=100_00, costs=40_00))
    reconcile(chain.hub)
    reconcile(chain.hub, full=True)
    with chain.hub.engine.begin() as connection:
        costs = 10_00 if change == "closed" else 50_00
        connection.execute(update(claim_statement).values(costs=costs))
    reconcile(chain.hub, full=True)
    assert drift(chain.hub) == {"kosten_hoog": 1}


def test_a_clock_that_ran_out_and_a_rule_that_was_set_are_no_drift(make_hub: Any) -> None:
    chain = Chain(make_hub)
    chain.tell("file", talk(-27))
    chain.tell("tax", tax_claim("A1", 140_00, principal=100_00, costs=40_00))
    reconcile(chain.hub)
    reconcile(chain.hub, full=True)
    assert chain.findings("gesprek_te_laat") == set()
    (rule,) = (one for one in hub_rules() if one.id == "kosten_hoog")
    tune(chain.hub, rule, True, 200)
    chain.hub.clock.move(days=2)  # type: ignore[attr-defined]
    reconcile(chain.hub, full=True)
    assert drift(chain.hub) == {}
    assert chain.findings("gesprek_te_laat") == {("gesprek_te_laat", "gesprek")}


def test_other_rules_than_the_night_before_are_not_compared(make_hub: Any) -> None:
    chain = Chain(make_hub)
    reconcile(chain.hub, full=True)
    with chain.hub.engine.begin() as connection:
        connection.execute(update(reconciliation).values(rules="those of the version before"))
    reconcile(chain.hub, full=True)
    assert drift(chain.hub) is None
    reconcile(chain.hub, full=True)
    assert drift(chain.hub) == {}


def test_a_step_told_apart_from_its_claim_reaches_its_debtor(make_hub: Any) -> None:
    chain = Chain(make_hub)
    claim_alone, *steps = parts(tax_claim("A1", 50000, events=(("dwangbevel", day(-10), 0),)))
    chain.tell("file", case())
    chain.tell("tax", claim_alone)
    assert chain.findings("dwang_tijdens_hulp") == set()
    chain.tell("tax", claim_alone, *steps)
    assert chain.findings("dwang_tijdens_hulp") == {("dwang_tijdens_hulp", "A1-0")}
    chain.tell("tax", claim_alone)
    assert chain.findings("dwang_tijdens_hulp") == set()


def test_an_answer_reaches_everybody_whom_the_question_was_about(make_hub: Any) -> None:
    chain = Chain(make_hub)
    questions = [of_somebody_else(asked(-30), who) for who in range(2)]
    chain.tell("skp", *questions)
    assert len(standing_of(chain, "saldo_onbeantwoord")) == 2
    chain.tell("skp", *questions, balance(-3))
    assert standing_of(chain, "saldo_onbeantwoord") == set()


def standing_of(chain: Chain, rule: str) -> set[Any]:
    """About whom a rule has an open finding."""
    reconcile(chain.hub)
    return {place for place in standing(chain.hub) if place[0] == rule}


def test_what_a_file_lists_under_another_client_reaches_the_debtor(make_hub: Any) -> None:
    chain = Chain(make_hub)
    chain.tell("clo", party())
    chain.tell("tax", tax_claim("A1", 50000, who=1))
    chain.tell("file", case((0, 1), ("A1", 500, -1)))
    assert chain.findings("vordering_ontbreekt_in_dossier") == set()
    chain.tell("file", case((0, 1)))
    found = chain.findings("vordering_ontbreekt_in_dossier")
    assert found == {("vordering_ontbreekt_in_dossier", "A1")}
