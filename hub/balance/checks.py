"""Holds the costs that a creditor charged against the Kostenwet of the year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub.balance.parts import Parts
from hub.balance.steps import Step
from hub.rates.kostenwet import (
    aanmaning_cost,
    beslag_cost,
    dwangbevel_cost,
    renewed_order_cost,
    sale_cost,
)


@dataclass(frozen=True, slots=True)
class Charged:
    """Costs of a step that the tariff does not explain; `lawful` are the amounts it allows."""

    step: Step
    lawful: tuple[int, ...]


def unexplained_costs(steps: Iterable[Step]) -> list[Charged]:
    """Return the charged costs that differ from the tariff of their day, in cents.

    Whether the sum claimed includes earlier costs and interest differs per municipality, so
    both readings are allowed. Steps without costs and days before the first known tariff are
    left out.
    """
    found, before = [], Parts()
    for step in steps:
        lawful = _lawful(step, before) if step.event.amount > 0 else ()
        if lawful and step.event.amount not in lawful:
            found.append(Charged(step, lawful))
        before = step.after
    return found


def _lawful(step: Step, before: Parts) -> tuple[int, ...]:
    kind, on = step.event.kind, step.event.on
    claims = (before.principal, before.costs + before.interest + before.principal)
    try:
        if kind == "aanmaning":
            return tuple(sorted({aanmaning_cost(one, on) for one in claims}))
        if kind == "dwangbevel":
            # A second one is a hernieuwd bevel, which has a price of its own.
            again = {renewed_order_cost(on)} if before.costs >= dwangbevel_cost(0, on) else set()
            return tuple(sorted({dwangbevel_cost(one, on) for one in claims} | again))
        return (beslag_cost(on), sale_cost(on)) if kind == "beslag" else ()
    except LookupError:
        return ()
