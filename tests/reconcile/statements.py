"""Statements for tests of linking, without a store: who says what of which debt."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from hub.reconcile.linking.groups import Outcome, Verdicts, group
from hub.reconcile.linking.said import Said

_IDS = count(1)

#: The role and register of each source, as in chain.py; `ledger` and `bailiff` are creditors too.
SOURCES = {
    "tax": ("creditor", "tax"),
    "ledger": ("creditor", "tax"),
    "bailiff": ("creditor", "tax"),
    "skp": ("exchange", "help"),
    "file": ("debt_help", "help"),
    "other_file": ("debt_help", "help"),
}


def said(source: str, key: str, cents: int, **more: Any) -> Said:
    """A statement of a source; `key` is its number too, unless told otherwise."""
    role, register = SOURCES[source]
    values: dict[str, Any] = {
        "id": next(_IDS),
        "source_id": list(SOURCES).index(source) + 1,
        "source": source,
        "key": key,
        "record_id": hash((source, key)) if role == "creditor" else list(SOURCES).index(source),
        "role": role,
        "register": register,
        "resident_id": "jan",
        "creditor": "stad",
        "reference": key,
        "type": "overig",
        "year": None,
        "principal": None,
        "costs": 0,
        "open": cents,
        "unit": 100 if role == "debt_help" else 1,
        "imposed_on": None,
        "due_on": None,
        "as_of": date(2026, 11, 20),
        "payment_reference": "",
        "stage": "onbekend",
        "holder": "",
        "former": "",
        "former_number": "",
        "collective": False,
        **more,
    }
    values.setdefault("debtors", frozenset({values["resident_id"]}))
    return Said(**values)


def line(cents: int, key: str = "line", **more: Any) -> Said:
    """A line of a debt-help file without a number, in whole euros."""
    return said("file", key, cents, **{"reference": "", **more})


def claims(*some: Said, **verdicts: Verdicts) -> list[set[str]]:
    """Group statements; return which (as source:key) came together, without the totals."""
    found: dict[str, set[str]] = {}
    for one, outcome in placed(*some, **verdicts):
        if outcome.method != "total":
            found.setdefault(outcome.key, set()).add(one.own_key)
    return sorted(found.values(), key=sorted)


def placed(*some: Said, **verdicts: Verdicts) -> list[tuple[Said, Outcome]]:
    """Group statements; return each with what becomes of it. Verdicts go by the key."""
    told = {one.identity: verdicts[one.key] for one in some if one.key in verdicts}
    outcomes = group(some, told)
    return [(one, outcomes[one.id]) for one in some]


def outcome_of(one: Said, *others: Said, **verdicts: Verdicts) -> Outcome:
    """What becomes of one statement among others."""
    return placed(one, *others, **verdicts)[0][1]
