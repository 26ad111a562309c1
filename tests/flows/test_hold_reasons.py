"""The law of reasons: collection rests as long as any reason does, and lifting one lifts no other.

The laws are of `moves` alone: what is told to a channel follows from what the reasons want.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.sync.holds import REASONS, Held, moves, wanted_until

TODAY = date(2026, 11, 23)

Steps = list[tuple[str, str, int, str]]

#: Add or lift a reason until so many days from today; then how the creditor's answer comes out.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("add", "lift")),
        st.sampled_from(sorted(REASONS)),
        st.integers(0, 5),
        st.sampled_from(("delivered", "refused", "waits")),
    ),
    max_size=12,
)


class Channel:
    """A creditor's channel: what it was told, what waits, and what its own book says."""

    def __init__(self) -> None:
        self.book: dict[str, date] = {"EIGEN": TODAY + timedelta(days=99)}
        self.waiting: list[tuple[str, dict[str, Any]]] = []
        self.told: list[Held] = []
        self.made = 0

    def level(self, wanted: date | None, fate: str) -> None:
        for one in moves(wanted, self.held(), TODAY, "grond"):
            if one.kind == "cancel":
                self.waiting = [(id_, data) for id_, data in self.waiting if id_ != one.command_id]
            elif one.kind == "lift_hold":
                del self.book[str(one.data["reference"])]
            else:
                self.made += 1
                self.waiting.append((f"c{self.made}", dict(one.data)))
        if fate != "waits":
            self.answer(fate == "delivered")

    def answer(self, yes: bool) -> None:
        for id_, data in self.waiting if yes else ():
            self.book[str(data.get("reference") or f"P-{id_}")] = date.fromisoformat(
                data["ends_on"]
            )
        self.waiting = []

    def held(self) -> list[Held]:
        ours = {ref: day for ref, day in self.book.items() if ref != "EIGEN"}
        found = {ref: Held(day, "delivered", "", ref) for ref, day in ours.items()}
        for id_, data in self.waiting:
            reference, day = str(data.get("reference", "")), date.fromisoformat(data["ends_on"])
            found[reference or id_] = Held(day, "ready", id_, reference)
        return list(found.values())

    @property
    def rests_until(self) -> date | None:
        return max((day for ref, day in self.book.items() if ref != "EIGEN"), default=None)


@settings(max_examples=300, deadline=None, database=None)
@given(STEPS)
def test_collection_rests_as_long_as_any_reason_does(steps: Steps) -> None:
    channel, reasons = Channel(), dict[str, date]()
    for what, reason, days, fate in steps:
        others = {name: day for name, day in reasons.items() if name != reason}
        reasons = others | ({reason: TODAY + timedelta(days=days)} if what == "add" else {})
        wanted = wanted_until(reasons.values(), TODAY)
        channel.level(wanted, fate)
        if fate == "delivered":
            assert channel.rests_until == wanted
            assert all(day <= (channel.rests_until or TODAY) for day in others.values())
        assert "EIGEN" in channel.book, "what the creditor set itself is never touched"
    # Whatever was refused or waited: once everything arrives, it is as the reasons want.
    wanted = wanted_until(reasons.values(), TODAY)
    channel.answer(True)
    channel.level(wanted, "delivered")
    assert channel.rests_until == wanted
    assert moves(wanted, channel.held(), TODAY, "grond") == [], "and then there is nothing to do"


def test_a_reason_of_which_the_day_is_past_holds_nothing() -> None:
    assert wanted_until([TODAY - timedelta(days=1)], TODAY) is None
    assert wanted_until([TODAY, TODAY - timedelta(days=1)], TODAY) == TODAY
