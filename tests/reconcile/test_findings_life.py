"""What people make of a finding, and what the facts do to it: one row through all its lives."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from chain import TODAY, Chain, case, tax_claim
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Row, select

from hub.core import Hub
from hub.errors import ConfigError, Outdated
from hub.overview.findings import PARTS, Choice, worklist
from hub.reconcile.findings import STATES, STEPS, Step, take_step
from hub.security.accounts import make_demo_accounts
from hub.security.audit import Actor
from hub.store import finding

AN = Actor("an", "debt_counsellor")
PIET = Actor("piet", "debt_counsellor")
RULE = "dwang_tijdens_hulp"
MOVES = ["on", "off", "later", "take", "settle", "reopen"]
WHY = "De schuldeiser is gebeld en past het aan."


@pytest.fixture
def chain(make_hub: Any) -> Chain:
    return Chain(make_hub, a_breach)


def a_breach(made: Chain) -> None:
    made.tell("file", case())
    made.tell("tax", coerced(10_000))
    make_demo_accounts(made.hub, "een-lang-wachtwoord")


def coerced(open_cents: int, on: date = date(2026, 11, 2)) -> Any:
    return tax_claim("A1", open_cents, events=(("dwangbevel", on, 0),))


def rows(chain: Chain) -> list[Row[Any]]:
    chain.findings()
    with chain.hub.reader.connect() as connection:
        query = select(finding).where(finding.c.rule == RULE).order_by(finding.c.id)
        return list(connection.execute(query))


def act(hub: Hub, row: Row[Any], name: str, actor: Actor = AN, **told: Any) -> int:
    with hub.engine.begin() as connection:
        return take_step(connection, hub, actor, row.id, row.version, Step(name, **told))


def part_of(chain: Chain, account: str = "an") -> set[str]:
    """The parts of the worklist in which the finding stands."""
    found = set()
    chain.findings()
    with chain.hub.reader.connect() as connection:
        for part in PARTS:
            choice = Choice(part, account, RULE)
            if worklist(connection, chain.hub, "debt_counsellor", choice):
                found.add(part)
    return found


def test_a_person_takes_puts_off_and_settles(chain: Chain) -> None:
    (row,) = rows(chain)
    assert part_of(chain) == {"team"}
    act(chain.hub, row, "take")
    assert part_of(chain) == {"team", "mine"}
    assert part_of(chain, "piet") == {"team"}
    (row,) = rows(chain)
    act(chain.hub, row, "postpone", until=TODAY + timedelta(days=7), reason=WHY)
    assert part_of(chain) == {"postponed"}
    (row,) = rows(chain)
    act(chain.hub, row, "settle", reason=WHY)
    assert part_of(chain) == {"settled"}
    (row,) = rows(chain)
    assert [one["step"] for one in row.history] == ["take", "postpone", "settle"]
    assert row.closed_at is None, "only the facts close a finding"


def test_a_person_gives_it_to_a_colleague_of_the_same_role(chain: Chain) -> None:
    (row,) = rows(chain)
    for nobody in ("", "invorderaar", "onbekend"):
        with pytest.raises(ConfigError, match="Kies een collega"):
            act(chain.hub, row, "assign", to=nobody)
    act(chain.hub, row, "assign", to="hulpverlener")
    (row,) = rows(chain)
    assert (row.state, row.assigned_to, row.history[-1]["to"]) == (
        "taken",
        "hulpverlener",
        "hulpverlener",
    )
    assert part_of(chain, "hulpverlener") == {"team", "mine"}
    assert part_of(chain, "an") == {"team"}


def test_what_was_put_off_is_back_on_its_day(chain: Chain) -> None:
    (row,) = rows(chain)
    act(chain.hub, row, "postpone", until=date(2026, 11, 30), reason=WHY)
    clock: Any = chain.hub.clock
    clock.move(days=6)
    assert part_of(chain) == {"postponed"}  # Sunday 29 November
    clock.move(days=1)
    assert part_of(chain) == {"team", "mine"}


def test_of_two_who_act_at_once_the_second_sees_what_changed(chain: Chain) -> None:
    (seen,) = rows(chain)
    act(chain.hub, seen, "settle", reason=WHY)
    with pytest.raises(Outdated) as told:
        act(chain.hub, seen, "postpone", PIET, until=TODAY + timedelta(days=3), reason=WHY)
    assert "afgehandeld door an" in told.value.user
    assert WHY in told.value.user
    (row,) = rows(chain)
    assert (row.state, row.version) == ("settled", 2)


def test_settled_stays_settled_until_the_facts_change(chain: Chain) -> None:
    (row,) = rows(chain)
    act(chain.hub, row, "settle", reason=WHY)
    chain.tell("tax", coerced(9_000))
    assert part_of(chain) == {"settled"}, "the balance is no fact of this finding"
    chain.tell("tax", coerced(9_000, on=date(2026, 11, 3)))
    assert part_of(chain) == {"team"}
    (row,) = rows(chain)
    assert [one["step"] for one in row.history] == ["settle", "changed"]
    assert row.reason == ""


def test_what_comes_back_is_the_same_finding_with_its_history(chain: Chain) -> None:
    (row,) = rows(chain)
    act(chain.hub, row, "take")
    chain.tell("tax", coerced(0))
    (closed,) = rows(chain)
    assert closed.closed_by == "feiten"
    with pytest.raises(Outdated, match="is at version"):
        act(chain.hub, closed, "release")
    chain.tell("tax", coerced(10_000))
    (back,) = rows(chain)
    assert back.id == row.id
    assert (back.closed_at, back.state, back.assigned_to) == (None, "open", "")
    assert [one["step"] for one in back.history] == ["take", "closed", "returned"]
    assert back.version > closed.version


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"reason": "kort", "until": TODAY + timedelta(days=1)}, "ten minste 10 tekens"),
        ({"reason": WHY}, "Kies tot welke dag"),
        ({"reason": WHY, "until": TODAY}, "na vandaag"),
        ({"reason": WHY, "until": TODAY + timedelta(days=366)}, "binnen een jaar"),
        ({"reason": "Gebeld over 999990019", "until": date(2026, 12, 1)}, "geen BSN"),
    ],
)
def test_a_step_asks_for_what_it_lacks(chain: Chain, told: Any, sentence: str) -> None:
    (row,) = rows(chain)
    with pytest.raises(ConfigError, match=sentence):
        act(chain.hub, row, "postpone", **told)
    assert part_of(chain) == {"team"}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", STEPS)
def test_every_step_from_every_state(chain: Chain, state: str, name: str) -> None:
    ways = {"taken": ["take"], "postponed": ["postpone"], "settled": ["settle"], "open": []}
    for way in ways[state]:
        (row,) = rows(chain)
        act(chain.hub, row, way, reason=WHY, until=TODAY + timedelta(days=9))
    (row,) = rows(chain)
    assert row.state == state
    starts, ends = STEPS[name]
    if state in starts:
        act(chain.hub, row, name, reason=WHY, until=TODAY + timedelta(days=2), to="hulpverlener")
    else:
        with pytest.raises(ConfigError, match="Dit kan niet"):
            act(chain.hub, row, name, reason=WHY, until=TODAY + timedelta(days=2))
    (after,) = rows(chain)
    assert after.state == (ends if state in starts else state)


def test_a_finding_is_never_doubled(make_hub: Any) -> None:
    """Whatever the facts and people do, in whatever order: one row, in one part of the list."""
    chain = Chain(make_hub)
    chain.tell("file", case())
    moves = st.lists(
        st.sampled_from(["on", "off", "later", "take", "settle", "reopen"]), max_size=8
    )

    @settings(max_examples=15, deadline=None, database=None)
    @given(moves)
    def play(steps: list[str]) -> None:
        for one in steps:
            if one in ("on", "off", "later"):
                day = date(2026, 11, 3 if one == "later" else 2)
                chain.tell("tax", coerced(0 if one == "off" else 500, day))
                continue
            for row in rows(chain):
                if row.closed_at is None and row.state in STEPS[one][0]:
                    act(chain.hub, row, one, reason=WHY)
        found = rows(chain)
        assert len({(row.about, row.key) for row in found}) == len(found)
        assert len(part_of(chain) - {"mine"}) <= 1

    play()
