"""The collection file (pain.008) of terms of payment plans that the resident lets us collect.

What a mandate holds is our own: no register publishes it. A plan tells it under `mandaat` in its
details, with `kenmerk`, `getekend_op` (ISO day), `iban`, `naam` and, if known, `bic`; beside it
`betalingskenmerk`, by which a debit that bounces is known. A term without all of a mandate, or with
one that no bank takes, is left out and counted: one wrong mandate must not cost the file, and a
debit without a mandate can be reversed for 13 months.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lxml import etree
from sepaxml import SepaDD

from hub.clock import AMSTERDAM
from hub.connector import PermanentError, read_xml
from plugins.payments.settings import adds_up
from plugins.payments.target import open_before
from schemas.payment_reference import is_payment_reference

#: What a mandate must hold.
_NEEDED = ("kenmerk", "getekend_op", "iban", "naam")

#: The characters of SEPA; an identification neither begins nor ends with a slash, nor has two.
_MANDATE = re.compile(r"(?!/)(?!.*//)[A-Za-z0-9+?:().,' /-]{1,35}(?<!/)")
_OTHER = re.compile(r"[^A-Za-z0-9+?:().,' -]")

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")

#: Until the municipality says otherwise: the version that banks took up in the migration of 2023.
SCHEMA = "pain.008.001.08"


@dataclass(frozen=True)
class Term:
    """One term to collect: cents, by which mandate, first, recurring, last or only one.

    `due` is the day of the plan; `reference` the betalingskenmerk of the claim, if it is known.
    """

    amount: int
    mandate: Mapping[str, str]
    sequence: str  # FRST, RCUR, FNAL, OOFF
    claim: str
    due: date
    reference: str = ""

    @property
    def end_to_end(self) -> str:
        """Return by what the bank tells of this debit again: the same for the same term."""
        if self.reference:
            return self.reference
        name = _OTHER.sub("-", self.claim)
        if len(name) > 26:
            name = hashlib.sha256(self.claim.encode()).hexdigest()[:26]
        return f"{name}-{self.due:%Y%m%d}"


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
    """Return the terms to collect on a day, and how many are left out for what reason.

    Those are the terms due since the day before on which banks settled.
    """
    whole = [one for one in plans if one.get("direct_debit")]
    days = _days_by_mandate(whole, on)
    since = open_before(on)
    terms: list[Term] = []
    left: Counter[str] = Counter()
    for plan in whole:
        for one in (plan.get("installments") or []) if plan["status"] == "lopend" else []:
            amount, due = int(one["amount"]) - int(one.get("paid") or 0), _as_day(one["due_on"])
            if not since < due <= on or amount <= 0:
                continue
            mandate = _mandate(plan)
            if plan.get("person", {}).get("bsn") in held:
                left["Pauze"] += 1
            elif not _usable(mandate, on):
                left["Machtiging"] += 1
            else:
                sequence = _sequence(due, days[mandate["kenmerk"]])
                reference = str((plan.get("details") or {}).get("betalingskenmerk") or "")
                known = reference if is_payment_reference(reference) else ""
                terms.append(Term(amount, mandate, sequence, plan["claim"], due, known))
    return terms, left


def _mandate(plan: Mapping[str, Any]) -> dict[str, Any]:
    told = (plan.get("details") or {}).get("mandaat")
    return told if isinstance(told, dict) else {}


def _usable(mandate: Mapping[str, Any], on: date) -> bool:
    """Tell whether a bank takes a debit by this mandate."""
    if not all(isinstance(mandate.get(name), str) and mandate[name].strip() for name in _NEEDED):
        return False
    try:
        signed = date.fromisoformat(mandate["getekend_op"])
    except ValueError:
        return False
    iban, bic = mandate["iban"].replace(" ", ""), mandate.get("bic") or ""
    right = bool(_IBAN.fullmatch(iban)) and adds_up(iban)
    told = isinstance(bic, str) and (not bic or bool(_BIC.fullmatch(bic)))
    # A number that is cut short would be that of another mandate.
    return right and told and signed <= on and bool(_MANDATE.fullmatch(mandate["kenmerk"]))


def _days_by_mandate(plans: list[Mapping[str, Any]], on: date) -> dict[str, list[date]]:
    """Return the days on which each mandate was or will be used: more than one plan may use it.

    What is to come of a plan that lapsed does not count.
    """
    found: dict[str, list[date]] = {}
    for plan in plans:
        days = [_as_day(one["due_on"]) for one in plan.get("installments") or []]
        counted = [day for day in days if day <= on or plan["status"] == "lopend"]
        found.setdefault(str(_mandate(plan).get("kenmerk")), []).extend(counted)
    return found


def _sequence(due: date, days: list[date]) -> str:
    """Return which use of a mandate this is. After the last one a bank takes no other."""
    before, after = any(day < due for day in days), any(day > due for day in days)
    # Two on one day: only one can be the first or last.
    if days.count(due) > 1:
        return "RCUR"
    if before:
        return "RCUR" if after else "FNAL"
    return "FRST" if after else "OOFF"


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

    def file(self, terms: Iterable[Term], on: date, now: datetime) -> bytes:
        """Return the pain.008 file of these terms, checked against its schema.

        Its numbers follow from what is in it, so that a bank knows the same terms again.
        """
        debits = SepaDD(dict(self._config), schema=SCHEMA, clean=True)
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
        return _numbered(bytes(made), now)

    def _payment(self, one: Term, on: date) -> dict[str, Any]:
        told = {
            "name": one.mandate["naam"][:70],
            "IBAN": one.mandate["iban"].replace(" ", ""),
            "amount": one.amount,
            "type": one.sequence,
            "collection_date": on,
            "mandate_id": one.mandate["kenmerk"],
            "mandate_date": date.fromisoformat(one.mandate["getekend_op"]),
            "description": f"Termijn betalingsregeling {one.reference or one.claim}"[:140],
            "endtoend_id": one.end_to_end,
        }
        return told | ({"BIC": one.mandate["bic"]} if one.mandate.get("bic") else {})


def _numbered(made: bytes, now: datetime) -> bytes:
    """Return the file with numbers that follow from what is in it instead of chance."""
    root = read_xml(made, "Het incassobestand")
    groups = root.findall(".//{*}PmtInf")
    content = [_text(one, "PmtInfId") for one in groups]
    whole = hashlib.sha256("".join(sorted(content)).encode()).hexdigest()
    header = root.find(".//{*}GrpHdr")
    assert header is not None
    _set(header, "MsgId", f"INC-{whole[:30]}")
    _set(header, "CreDtTm", now.astimezone(AMSTERDAM).strftime("%Y-%m-%dT%H:%M:%S"))
    for group, told in zip(groups, content, strict=True):
        _set(group, "PmtInfId", f"INC-{hashlib.sha256(told.encode()).hexdigest()[:30]}")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _text(group: etree._Element, but: str) -> str:
    names = (one for one in group.iter() if etree.QName(one).localname != but)
    return "\x1f".join(f"{etree.QName(one).localname}={(one.text or '').strip()}" for one in names)


def _set(parent: etree._Element, name: str, text: str) -> None:
    found = parent.find(f"{{*}}{name}")
    assert found is not None
    found.text = text
