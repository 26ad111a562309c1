"""How an amount came about, as it reads on the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.overview.buildup import build_up
from schemas.claim import EVENTS


@dataclass
class Told:
    """A row of claim_event."""

    key: str
    on: date
    kind: str
    amount: int
    id: int = 0


IMPOSED = Told("A1-1", date(2026, 2, 1), "opgelegd", 100_00)
DUNNED = Told("A1-2", date(2026, 4, 1), "aanmaning", 22_00)
PAID = Told("A1-3", date(2026, 5, 1), "betaling", -30_00)
BACK = Told("A1-4", date(2026, 5, 4), "betaling", 30_00)


def test_steps_that_add_up_need_no_sentence() -> None:
    built = build_up([PAID, IMPOSED], 70_00, 1)
    assert built is not None
    assert [line.text for line in built.lines] == ["Aanslag opgelegd", "Betaling ontvangen"]
    assert (built.total, built.difference, built.by_now) == (70_00, "", None)


def test_a_difference_is_told_in_a_plain_sentence() -> None:
    built = build_up([IMPOSED, PAID], 75_50, 1)
    assert built is not None
    assert built.difference == "De stappen komen uit op € 70,00; de schuldeiser noemt € 75,50."


def test_less_than_a_rounded_euro_is_no_difference() -> None:
    built = build_up([IMPOSED], 100_99, 100)
    assert built is not None
    assert built.difference == ""


def test_costs_above_the_tariff_are_remarked() -> None:
    built = build_up([IMPOSED, DUNNED, PAID, BACK], 122_00, 1)
    assert built is not None
    assert [line.remark for line in built.lines] == [
        "",
        "Volgens de Kostenwet is dit € 10,00.",
        "",
        "",
    ]
    assert built.lines[-1].text == "Betaling teruggeboekt"


def test_part_of_the_events_is_not_added_up() -> None:
    assert build_up([PAID], 70_00, 1) is None


def test_what_is_known_now_of_a_day_in_the_past() -> None:
    built = build_up([IMPOSED], 100_00, 1, now=[IMPOSED, PAID, BACK], day=date(2026, 5, 2))
    assert built is not None
    assert (built.total, built.by_now) == (100_00, 70_00)


def test_one_key_for_two_things_counts_both() -> None:
    built = build_up([IMPOSED, Told("A1-1", date(2026, 5, 1), "betaling", -1_00, 2)], 99_00, 1)
    assert built is not None
    assert (built.total, built.difference) == (99_00, "")


HAPPENED = st.tuples(
    st.integers(0, 90),  # the day on which it happened
    st.integers(0, 90),  # and that on which the hub heard of it
    st.sampled_from([*EVENTS, "betaling"]),
    st.integers(-200_00, 200_00),
)


@given(st.lists(HAPPENED, max_size=12), st.integers(0, 90))
def test_any_day_shows_what_was_known_then_and_what_is_known_of_it_now(
    told: list[tuple[int, int, str, int]], ago: int
) -> None:
    def day(number: int) -> date:
        return IMPOSED.on + timedelta(days=number)

    rows = [
        (heard, Told(f"E{number}", day(on), kind, amount, number))
        for number, (on, heard, kind, amount) in enumerate(told)
    ]
    then = [IMPOSED, *(row for heard, row in rows if heard <= ago)]
    now = [IMPOSED, *(row for _, row in rows)]
    for known in (then, then[::-1]):
        built = build_up(known, 0, 1, now[::-1], day(ago))
        assert built is not None
        assert built.total == sum(row.amount for row in then)
        assert built.total == sum(line.step.change.balance for line in built.lines)
        assert built.by_now == sum(row.amount for row in now if row.on <= day(ago))
