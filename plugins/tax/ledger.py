"""What the books of the simulated tax office hold beyond the town: derived, the same every time.

The town knows amounts, steps, plans and requests. How a bill is made up, when it lapses, which term
was missed and on what data a request was decided follows here from the claim alone, so that two
deliveries of the same claim are the same to the byte. None of it changes what is owed.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from dateutil.relativedelta import relativedelta

from hub.testing.world import LedgerEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.testing.world import Person, Plan, RemissionRequest, TaxClaim

#: Steps that interrupt limitation: each claims payment in writing (Invorderingswet 27).
_INTERRUPTS = frozenset({"aanmaning", "dwangbevel", "vordering", "beslag"})

#: Kinds of levy that are about an object; then the line names the address.
_OBJECTS = frozenset(
    {"ozb", "afvalstoffenheffing", "rioolheffing", "watersysteemheffing", "zuiveringsheffing"}
)


@dataclass(frozen=True, slots=True)
class Extra:
    """What a claim tells beyond the town; groups go by canonical names, details by wire names.

    `methods` is how a payment came, by its key, where it was not by bank.
    """

    statement: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...]
    events: tuple[LedgerEvent, ...] = ()
    methods: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)
    installments: tuple[Mapping[str, Any], ...] = ()
    plan_details: Mapping[str, Any] = field(default_factory=dict)
    remission_details: Mapping[str, Any] = field(default_factory=dict)


def extra_of(person: Person, claim: TaxClaim) -> Extra:
    """Return what the books hold beyond the town of one claim."""
    debit = _lot(claim.number, 4) == 0 and claim.stage == "aanslag"
    reversal = _reversal(claim) if debit else ()
    return Extra(
        statement=_statement(claim, debit),
        lines=_lines(person, claim),
        events=reversal,
        methods={reversal[0].key: "incasso", reversal[1].key: "storno"} if reversal else {},
        details={
            "biljetnummer": f"B{claim.tax_year}-{_lot(claim.number, 10**6):06}",
            "subjectnummer": f"S{person.number:07}",
            "deurwaarder": "eigen invordering" if claim.stage == "beslag" else "",
        },
        plan={"direct_debit": debit, "missed": _missed(claim.plan)} if claim.plan else {},
        installments=_installments(claim.plan) if claim.plan else (),
        plan_details=_plan_details(claim.plan) if claim.plan else {},
        remission_details=_test(claim.remission) if claim.remission else {},
    )


def _lot(text: str, sides: int) -> int:
    """Return a number below `sides` that is always the same for a text."""
    return zlib.crc32(text.encode()) % sides


def _statement(claim: TaxClaim, debit: bool) -> dict[str, Any]:
    start = max([claim.due_on, *(one.on for one in claim.events if one.kind in _INTERRUPTS)])
    return {
        "description": f"{claim.kind.capitalize()} {claim.tax_year}",
        "payment_reference": claim.payment_reference,
        # Five years, by Algemene wet bestuursrecht 4:104, anew after each interruption.
        "limitation_on": start + relativedelta(years=5),
        "transferred_to": "deurwaarder" if claim.stage == "overgedragen" else None,
        "direct_debit": debit,
        "disputed": claim.stage == "aanslag" and _lot(claim.number, 29) == 0,
    }


def _lines(person: Person, claim: TaxClaim) -> tuple[dict[str, Any], ...]:
    about = f"{person.street} {person.house_number}" if claim.kind in _OBJECTS else ""
    if claim.kind == "afvalstoffenheffing" and claim.principal > 100:
        fixed = claim.principal * 2 // 3
        parts = {"vast deel": fixed, "deel naar gebruik": claim.principal - fixed}
    else:
        parts = {claim.kind: claim.principal}
    return tuple(
        {"description": name.capitalize(), "amount": amount, "object": about}
        for name, amount in parts.items()
    )


def _reversal(claim: TaxClaim) -> tuple[LedgerEvent, ...]:
    """Return a collection by direct debit that the bank took back: nothing was paid by it."""
    amount = min(claim.open, claim.principal // 2)
    on = claim.imposed_on + timedelta(days=14)
    # Nothing in the books may be later than what the town knows to have happened.
    if amount <= 0 or on + timedelta(days=3) > max(one.on for one in claim.events):
        return ()
    return (
        LedgerEvent(f"{claim.number}-i1", "betaling", on, -amount),
        LedgerEvent(f"{claim.number}-s1", "betaling", on + timedelta(days=3), amount),
    )


def _missed(plan: Plan | None) -> int:
    if plan is None:
        return 0
    return {"vervallen": 2, "lopend": plan.terms % 2, "nagekomen": 0}[plan.status]


def _installments(plan: Plan) -> tuple[dict[str, Any], ...]:
    """Return the terms: of a plan that was kept all are paid; the last ones told were missed."""
    paid = {"nagekomen": plan.terms, "lopend": plan.terms // 2, "vervallen": 1}[plan.status]
    return tuple(
        {"due_on": due, "amount": plan.term_amount}
        | ({"paid_on": due, "paid": plan.term_amount} if at < paid else {"paid": 0})
        for at, due in enumerate(_due_days(plan))
    )


def _due_days(plan: Plan) -> list[date]:
    return [plan.starts_on + relativedelta(months=at) for at in range(plan.terms)]


def _plan_details(plan: Plan) -> dict[str, Any]:
    return {
        "aangevraagdOp": plan.starts_on - timedelta(days=14),
        "wijzeAanvraag": "portaal" if plan.terms % 2 else "telefoon",
        "ondergrens": "beslagvrije voet",
        "betalingscapaciteit": plan.term_amount,
        "vervalreden": "termijnen niet betaald" if plan.status == "vervallen" else "",
    }


def _test(request: RemissionRequest) -> dict[str, Any]:
    """Return the data on which a request was decided: cents per month, and capital in cents.

    The norm is that of a single person, 1 January 2026 (Participatiewet 21a).
    """
    norm = 140150
    spare = {"toegekend": 0, "gedeeltelijk": 2500, "afgewezen": 30000}.get(request.outcome)
    if spare is None:
        return {"leefsituatie": "alleenstaand"}
    return {
        "leefsituatie": "alleenstaand",
        "nettoInkomen": norm + spare,
        "kostenVanBestaan": norm,
        "vermogen": 0,
        "betalingscapaciteit": 12 * spare,
        "bronnen": "verzoek van de inwoner",
        "afwijzingsgrond": "voldoende inkomen" if request.outcome == "afgewezen" else "",
    }
