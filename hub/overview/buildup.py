"""How the amount of a claim came about, from the events that the source that counts tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hub.balance.checks import unexplained_costs
from hub.balance.steps import Event, Step, balance_on, name_reversals, steps_of
from hub.overview.timeline import EVENT_WORDS
from hub.overview.words import euro


@dataclass(frozen=True)
class Line:
    """One step: what happened in words, what it did, and what was left of each part, in cents."""

    step: Step
    text: str
    remark: str


@dataclass(frozen=True)
class BuildUp:
    """The steps of a claim and, when they do not add up, the sentence that says so."""

    lines: list[Line]
    total: int
    stated: int
    unit: int
    #: What was open on the day asked about by what is known now; None when asked about now.
    by_now: int | None

    @property
    def difference(self) -> str:
        """Return a sentence when the steps end elsewhere than the source says, else nothing.

        Less than the unit of a source that rounds is no difference.
        """
        if abs(self.total - self.stated) < self.unit:
            return ""
        return (
            f"De stappen komen uit op {euro(self.total)}; de schuldeiser noemt {euro(self.stated)}."
        )


def build_up(
    rows: Sequence[Any], stated: int, unit: int, now: Sequence[Any] = (), day: date | None = None
) -> BuildUp | None:
    """Return how a claim was built up from its rows of claim_event; None without its first sum.

    A source that does not tell that the claim was imposed tells only part of what happened:
    adding that up would say nothing. `stated` is what the source says is open, in cents.
    For a `day` in the past `rows` is what was known then, and `now` what is known of it today.
    """
    if not any(row.kind == "opgelegd" for row in rows):
        return None
    steps = steps_of(_events(rows))
    remarks = {
        one.step.event.key: "Volgens de Kostenwet is dit " + _either(one.lawful) + "."
        for one in unexplained_costs(steps)
    }
    lines = [Line(step, _words(step), remarks.get(step.event.key, "")) for step in steps]
    by_now = balance_on(_events(now), day).balance if day else None
    return BuildUp(lines, steps[-1].after.balance, stated, unit, by_now)


def _events(rows: Sequence[Any]) -> list[Event]:
    # Two records of a source may use one key for different things; both happened.
    return name_reversals(
        Event(f"{row.key} {row.id}", row.on, row.kind, row.amount) for row in rows
    )


def _words(step: Step) -> str:
    if step.event.kind == "betaling" and step.event.amount > 0:
        return "Betaling teruggeboekt"
    return EVENT_WORDS.get(step.event.kind, step.event.kind)


def _either(amounts: Sequence[int]) -> str:
    return " of ".join(euro(one) for one in amounts)
