"""Where each euro goes: tables a lawyer can read, and laws that hold for any events."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.balance.checks import unexplained_costs
from hub.balance.parts import Parts
from hub.balance.steps import Event, balance_on, name_reversals, steps_of
from schemas.claim import EVENTS

START = date(2026, 1, 1)


def days(number: int) -> date:
    return START + timedelta(days=number)


# EUR 250 imposed, EUR 10 and EUR 61 costs, EUR 3 interest: EUR 324 is owed.
BASE = [
    Event("1", days(0), "opgelegd", 250_00),
    Event("2", days(60), "aanmaning", 10_00),
    Event("3", days(80), "dwangbevel", 61_00),
    Event("4", days(120), "rente", 3_00),
]

# What happens next, its amount, then what is owed: costs, interest, principal, paid too much.
TABLE = [
    ("betaling", -50_00, (21_00, 3_00, 250_00, 0)),
    ("betaling", -72_00, (0, 2_00, 250_00, 0)),
    ("betaling", -100_00, (0, 0, 224_00, 0)),
    ("betaling", -324_00, (0, 0, 0, 0)),
    ("betaling", -330_00, (0, 0, 0, 6_00)),
    ("verrekening", -80_00, (0, 0, 244_00, 0)),
    ("kwijtschelding", -100_00, (71_00, 3_00, 150_00, 0)),
    ("kwijtschelding", -324_00, (0, 0, 0, 0)),
    ("vermindering", -260_00, (64_00, 0, 0, 0)),
    ("correctie", 5_00, (71_00, 3_00, 255_00, 0)),
    ("oninbaar", 0, (71_00, 3_00, 250_00, 0)),
    ("oninbaar", -324_00, (0, 0, 0, 0)),
    ("annulering", -324_00, (0, 0, 0, 0)),
    ("dwangbevel", -61_00, (10_00, 3_00, 250_00, 0)),
    ("rente", -1_00, (71_00, 2_00, 250_00, 0)),
    ("beslag", 78_00, (149_00, 3_00, 250_00, 0)),
    ("teruggave", 20_00, (71_00, 3_00, 270_00, 0)),
]


@pytest.mark.parametrize(("kind", "amount", "left"), TABLE)
def test_what_each_kind_does(kind: str, amount: int, left: tuple[int, ...]) -> None:
    after = balance_on([*BASE, Event("5", days(130), kind, amount)], days(130))
    assert (after.costs, after.interest, after.principal, after.over) == left


def test_a_reversal_gives_back_exactly_what_its_payment_took() -> None:
    events = [
        *BASE,
        Event("5", days(130), "betaling", -75_00),
        Event("6", days(140), "betaling", -50_00),
        Event("7", days(150), "betaling", 75_00, undoes="5"),
    ]
    assert steps_of(events)[-1].after == Parts(71_00, 3_00, 200_00, 0)


def test_a_reversal_that_names_nothing_undoes_the_last_payment_of_that_amount() -> None:
    paid = [Event(str(n), days(130 + n), "betaling", -30_00) for n in (5, 6)]
    named = name_reversals([*BASE, *paid, Event("7", days(150), "betaling", 30_00)])
    assert named[-1].undoes == "6"


def test_one_key_with_two_contents_is_refused() -> None:
    with pytest.raises(ValueError, match="event 1 comes with two contents"):
        steps_of([BASE[0], Event("1", days(0), "opgelegd", 1)])


def test_costs_are_held_against_the_tariff_of_the_year() -> None:
    assert unexplained_costs(steps_of(BASE[:2])) == []
    wrong = Event("2", days(60), "aanmaning", 22_00)
    (found,) = unexplained_costs(steps_of([BASE[0], wrong]))
    assert (found.step.event.key, found.lawful) == ("2", (10_00,))


def test_a_dwangbevel_may_count_earlier_costs_or_not() -> None:
    # EUR 265 alone is 4 full steps of EUR 45 (EUR 76); with EUR 10 costs 5 steps (EUR 81).
    for cost, wrong in ((76_00, 0), (81_00, 0), (86_00, 1)):
        events = [
            Event("1", days(0), "opgelegd", 265_00),
            Event("2", days(60), "aanmaning", 10_00),
            Event("3", days(80), "dwangbevel", cost),
        ]
        assert len(unexplained_costs(steps_of(events))) == wrong


def test_a_renewed_order_and_a_sale_have_prices_of_their_own() -> None:
    served = [BASE[0], BASE[1], Event("3", days(80), "dwangbevel", 76_00)]
    again = Event("4", days(200), "dwangbevel", 22_00)
    sold = [Event("5", days(210), "beslag", 78_00), Event("6", days(230), "beslag", 100_00)]
    assert unexplained_costs(steps_of([*served, again, *sold])) == []
    (first,) = unexplained_costs(steps_of([BASE[0], again]))
    assert first.lawful == (76_00,), "the first one is not renewed"


CONTENT = st.tuples(
    st.integers(0, 400).map(days),
    st.sampled_from([*EVENTS, "betaling", "betaling", "betaling"]),
    st.integers(-500_00, 500_00),
)
EVENT_SETS = st.lists(CONTENT, max_size=15).map(
    lambda rows: name_reversals([Event(f"{n:02d}", *row) for n, row in enumerate(rows)])
)


@given(EVENT_SETS)
def test_the_balance_is_the_sum_of_the_events(events: list[Event]) -> None:
    total = 0
    for step in steps_of(events):
        total += step.event.amount
        assert step.after.balance == total
        assert step.change.balance == step.event.amount
        after = step.after
        assert min(after.costs, after.interest, after.principal, after.over) >= 0


@given(EVENT_SETS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(events: list[Event], rng: Random) -> None:
    again = [*events, *events[:3]]
    rng.shuffle(again)
    assert steps_of(again) == steps_of(events)


@given(EVENT_SETS, st.integers(0, 400).map(days))
def test_a_day_shows_the_events_up_to_it(events: list[Event], day: date) -> None:
    past = steps_of([one for one in events if one.on <= day])
    assert balance_on(events, day) == (past[-1].after if past else Parts())


@given(EVENT_SETS, st.integers(1, 900_00))
def test_a_reversal_restores_the_state_before(events: list[Event], amount: int) -> None:
    before = balance_on(events, days(400))
    paid = Event("p", days(401), "betaling", -amount)
    back = Event("q", days(402), "betaling", amount, undoes="p")
    assert balance_on([*events, paid, back], days(402)) == before
