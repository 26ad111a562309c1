"""The collection file (pain.008) of terms of payment plans that the resident lets us collect.

What a mandate holds is our own: no register publishes it. A plan tells it under `mandaat` in its
details, with `kenmerk`, `getekend_op` (ISO day), `iban`, `naam` and, if known, `bic`. Without all
of these a term is left out and counted: a debit without a mandate can be reversed for 13 months.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sepaxml import SepaDD

from hub.connector import PermanentError

#: What a mandate must hold.
_NEEDED = ("kenmerk", "getekend_op", "iban", "naam")

#: Until the municipality says otherwise: the version that banks took up in the migration of 2023.
SCHEMA = "pain.008.001.08"


@dataclass(frozen=True)
class Term:
    """One term to collect: cents, by which mandate, first, recurring, last or only one."""

    amount: int
    mandate: Mapping[str, str]
    sequence: str  # FRST, RCUR, FNAL, OOFF
    claim: str


def on_hold(holds: Iterable[Mapping[str, Any]], on: date) -> set[str]:
    """Return the persons (BSN) about whom collection rests on a day, at whichever creditor."""
    return {
        str(one["person"]["bsn"])
        for one in holds
        if one.get("person", {}).get("bsn")
        and _as_day(one["starts_on"]) <= on
        and (not one.get("ends_on") or _as_day(one["ends_on"]) >= on)
    }


def due_terms(
    plans: Iterable[Mapping[str, Any]], held: set[str], on: date
) -> tuple[list[Term], Counter[str]]:
    """Return the terms due on a day, and how many are left out for what reason."""
    terms: list[Term] = []
    left: Counter[str] = Counter()
    for plan in plans:
        if not plan.get("direct_debit") or plan["status"] != "lopend":
            continue
        for number, one in enumerate(plan.get("installments") or []):
            amount = int(one["amount"]) - int(one.get("paid") or 0)
            if _as_day(one["due_on"]) != on or amount <= 0:
                continue
            mandate = (plan.get("details") or {}).get("mandaat") or {}
            if plan.get("person", {}).get("bsn") in held:
                left["Pauze"] += 1
            elif not all(isinstance(mandate.get(name), str) for name in _NEEDED):
                left["Machtiging"] += 1
            else:
                sequence = _sequence(number, len(plan["installments"]))
                terms.append(Term(amount, mandate, sequence, plan["claim"]))
    return terms, left


def _sequence(number: int, count: int) -> str:
    if count == 1:
        return "OOFF"
    return "FRST" if number == 0 else "FNAL" if number == count - 1 else "RCUR"


def _as_day(told: date | str) -> date:
    return told if isinstance(told, date) else date.fromisoformat(told)


class Collector:
    """Writes collection files for one creditor. Raises PermanentError for what no bank takes."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._config = {
            "name": settings["creditor_name"],
            "IBAN": settings["creditor_iban"],
            "creditor_id": settings["creditor_id"],
            "batch": True,
            "currency": "EUR",
        }

    def file(self, terms: Iterable[Term], on: date) -> bytes:
        """Return the pain.008 file of these terms, checked against its schema."""
        debits = SepaDD(self._config, schema=SCHEMA, clean=True)
        try:
            for one in terms:
                debits.add_payment(self._payment(one, on))
            made = debits.export(validate=True)
        except Exception as error:  # the library has no class of its own for this
            raise PermanentError(
                "Het incassobestand is niet te maken: een naam, rekening of incassant-id is zoals "
                "geen bank die aanneemt. Controleer de instellingen en de machtigingen.",
                f"pain.008 refused: {type(error).__name__}",
            ) from error
        return bytes(made)

    def _payment(self, one: Term, on: date) -> dict[str, Any]:
        told = {
            "name": one.mandate["naam"][:70],
            "IBAN": one.mandate["iban"].replace(" ", ""),
            "amount": one.amount,
            "type": one.sequence,
            "collection_date": on,
            "mandate_id": one.mandate["kenmerk"][:35],
            "mandate_date": date.fromisoformat(one.mandate["getekend_op"]),
            "description": f"Termijn betalingsregeling {one.claim}"[:140],
            "endtoend_id": f"{one.claim}-{on:%Y%m%d}"[:35],
        }
        return told | ({"BIC": one.mandate["bic"]} if one.mandate.get("bic") else {})
