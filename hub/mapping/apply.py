"""From the texts of a row to facts, and to the page on which an administrator tries a mapping."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import IO, Any

from marshmallow import ValidationError

from hub.connector import Fact, Trial
from hub.errors import HubError, RecordError
from hub.mapping.convert import CONVERTERS, code
from hub.mapping.plan import Column, FactPlan, Plan
from hub.mapping.rows import Row, Tally, read_rows
from schemas import KINDS, elfproef, problems
from schemas.fields import shown

#: How many rows of a sample are shown.
SHOWN = 20

#: The longest key of a record.
_LONGEST_KEY = 110

_BSN = re.compile(r"[0-9]{9}")


def key_of(plan: Plan, cells: Mapping[str, str], pseudonym: Callable[[str], str]) -> str:
    """Return the key of a row, empty when a part of it is. A BSN in it becomes a pseudonym."""
    parts = [cells[one].strip() for one in plan.key]
    if not all(parts):
        return ""
    safe = [pseudonym(one) if _BSN.fullmatch(one) and elfproef(one) else one for one in parts]
    return "/".join(safe)[:_LONGEST_KEY]


def is_deleted(plan: Plan, cells: Mapping[str, str]) -> bool:
    """Tell whether a row says that its record is gone."""
    told = plan.deleted
    return bool(told) and cells[told["source"]].strip() in told["values"]


def facts_of(plan: Plan, key: str, cells: Mapping[str, str]) -> list[Fact]:
    """Return the facts of a row. Raises RecordError with every text that cannot be converted."""
    faults: list[str] = []
    facts = [
        Fact(one.kind, key if number == 0 else f"{key}/{number}", _filled(one, cells, faults))
        for number, one in enumerate(plan.facts)
        if not one.when or cells[one.when]
    ]
    if faults:
        raise RecordError(faults)
    return facts


def _filled(plan: FactPlan, cells: Mapping[str, str], faults: list[str]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for column in plan.columns:
        try:
            value = converted(column, cells)
        except ValueError as error:
            text = cells[column.source]
            said = "de waarde" if column.converter == "bsn" else shown(text)
            faults.append(f"{plan.kind}.{column.target} ({column.source}): {said} {error}")
            continue
        if value is not None:
            *groups, name = column.target.split(".", 1)
            (data.setdefault(groups[0], {}) if groups else data)[name] = value
    return data


def converted(column: Column, cells: Mapping[str, str]) -> Any:
    """Return the value of a field, None for an empty text. Raises ValueError (Dutch)."""
    if not column.source:
        return column.value
    text = cells[column.source].strip()
    if column.converter == "code":
        return code(text, column.codes, column.otherwise) if text or "" in column.codes else None
    return CONVERTERS[column.converter].read(text) if text else None


def trial(plan: Plan, file: IO[bytes]) -> Trial:
    """Return what the first rows of a sample come to: each text, its value, and the problems."""
    columns = tuple(
        f"{one.target} ← {one.source or 'vast'}" for fact in plan.facts for one in fact.columns
    )
    try:
        rows = list(islice(read_rows(plan, file, Tally(), is_sample=True), SHOWN))
    except HubError as error:
        return Trial(columns, problem=error.user)
    if not rows:
        return Trial(columns, problem="Dit voorbeeld heeft geen rijen.")
    return Trial(columns, tuple(_tried(plan, row) for row in rows))


def _tried(plan: Plan, row: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
    texts = tuple(_told(one, row.cells) for fact in plan.facts for one in fact.columns)
    return texts, tuple(faults_of(plan, row))


def _told(column: Column, cells: Mapping[str, str]) -> str:
    text = cells.get(column.source, "")
    try:
        value = converted(column, cells)
    except ValueError:
        return f"{_masked(text)} → ?"
    told = "leeg" if value is None else _masked(str(value))
    return f"{_masked(text)} → {told}" if column.source else told


def _masked(text: str) -> str:
    """Return a text without the BSN in it: who tries a mapping need not see whose row it is."""
    return re.sub(r"[0-9]{5}(?=[0-9]{4}(?![0-9]))", "•••••", text)[:60]


def faults_of(plan: Plan, row: Row) -> list[str]:
    """Return everything that is wrong with a row, by conversion and by the canonical schemas."""
    if row.problem:
        return [f"rij {row.number} {row.problem}"]
    if not key_of(plan, row.cells, lambda bsn: "pseudoniem"):
        return [f"rij {row.number}: de sleutel is leeg"]
    if is_deleted(plan, row.cells):
        return []
    try:
        facts = facts_of(plan, "proef", row.cells)
    except RecordError as error:
        return error.problems
    found: list[str] = []
    for fact in facts:
        try:
            KINDS[fact.kind].load(fact.data)
        except ValidationError as error:
            found += problems(error, fact.kind)
    return found
