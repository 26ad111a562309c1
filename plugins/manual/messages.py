"""A claim that somebody copied: from the form to a record, and from the record to a fact.

The format is our own, as the other side is a person:
{"id", "origin", "creditor", "number", "type", "former", "former_number", "amount" (cents),
"as_of" (ISO), "note", "person"}. A file with several of them is {"id", "list", "claims": [...]}.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.connector import Fact, HubError, RecordError, read_json
from schemas.person import Person

#: Where a claim can be seen that no system tells (registers of bailiffs, letters).
ORIGINS = ("papier", "Schuldenwijzer", "DBR")

#: Every field that may stand in a record, with those of the person.
FIELDS = frozenset(
    {
        *("id", "origin", "creditor", "number", "type", "former", "former_number"),
        *("amount", "as_of", "note", "person"),
        *Person().fields,
    }
)

#: Every field of a file with claims.
LIST_FIELDS = FIELDS | {"list", "claims"}

#: What each field must be, and what is said of one that is not.
_TEXTS = {
    "id": "het kenmerk",
    "creditor": "de schuldeiser",
    "as_of": "de datum",
}


def record_of(values: Mapping[str, Any], person: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the record of a form that was filled in; see connector.PaperClaim for its fields."""
    return {
        "id": key,
        "origin": values["origin"],
        "creditor": values["creditor"],
        "number": values["number"],
        "type": values["type"],
        "former": values["former"],
        "former_number": values["former_number"],
        "amount": values["amount"],
        "as_of": values["as_of"].isoformat(),
        "note": values["note"],
        "person": {name: _plain(value) for name, value in person.items()},
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def parse(raw: bytes) -> list[Fact]:
    """Return the fact of a record. Raises RecordError with every problem and its path."""
    return [_fact(_told(_group(raw)))]


def parse_list(raw: bytes) -> list[Fact]:
    """Return the facts of a file with claims. Raises RecordError with every problem."""
    told = _group(raw)
    claims = told.get("claims")
    if not isinstance(claims, list) or not claims:
        raise RecordError("claims: de lijst met schulden ontbreekt of is leeg")
    facts, problems = [], []
    for number, one in enumerate(claims, start=1):
        try:
            fact = _fact(_told(one if isinstance(one, dict) else {}))
        except RecordError as error:
            problems += [f"{number}. {text}" for text in error.problems]
            continue
        fact.data["details"]["list"] = str(told.get("list", ""))
        facts.append(fact)
    if problems:
        raise RecordError(problems)
    return facts


def _fact(told: dict[str, Any]) -> Fact:
    data = {
        "person": told["person"],
        "creditor_name": told["creditor"],
        "reference": told.get("number", ""),
        "type": told.get("type") or "overig",
        "original_creditor": told.get("former", ""),
        "original_reference": told.get("former_number", ""),
        "open": told["amount"],
        "as_of": told["as_of"],
        "description": told.get("note", ""),
        "details": {"origin": told["origin"]},
    }
    return Fact("claim_statement", told["id"], data)


def form_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form held for a claim statement."""
    return {
        "origin": (data.get("details") or {}).get("origin", ORIGINS[0]),
        "creditor": data["creditor_name"],
        "number": data["reference"],
        "type": data["type"],
        "former": data["original_creditor"],
        "former_number": data["original_reference"],
        "amount": data["open"],
        "as_of": data["as_of"],
        "note": data["description"],
    }


def _group(raw: bytes) -> dict[str, Any]:
    try:
        told = read_json(raw, "De opgave")
    except HubError as error:
        raise RecordError(error.user) from error
    if not isinstance(told, dict):
        raise RecordError("de opgave is geen groep velden")
    return told


def _told(told: dict[str, Any]) -> dict[str, Any]:
    """Return a claim that was told whole. Raises RecordError with every problem."""
    problems = [
        f"{name}: {what} ontbreekt"
        for name, what in _TEXTS.items()
        if not (isinstance(told.get(name), str) and told[name].strip())
    ]
    if told.get("origin") not in ORIGINS:
        problems.append(f"origin: de herkomst is onbekend; bekend zijn {', '.join(ORIGINS)}")
    if isinstance(told.get("amount"), bool) or not isinstance(told.get("amount"), int):
        problems.append("amount: het bedrag is geen geheel aantal centen")
    if not isinstance(told.get("person"), dict):
        problems.append("person: van wie de schuld is, ontbreekt")
    if problems:
        raise RecordError(problems)
    return told
