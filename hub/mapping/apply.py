"""From the texts of a row to facts, and to the page on which an administrator tries a mapping."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import IO, Any

from marshmallow import ValidationError

from hub.connector import Fact, Trial
from hub.errors import HubError, RecordError
from hub.mapping.convert import CONVERTERS, code
from hub.mapping.plan import FILE_DAY, Column, FactPlan, Plan
from hub.mapping.rows import Row, Tally, read_rows
from schemas import KINDS, elfproef, problems
from schemas.fields import shown

#: How many rows of a sample are shown, and after those how many that are wrong.
SHOWN = 20

#: The longest key of a record.
_LONGEST_KEY = 110

#: A BSN as files have it: with dots, and without the zero that a spreadsheet took away.
_BSN = re.compile(r"[0-9]{8,9}")


def key_of(plan: Plan, cells: Mapping[str, str], pseudonym: Callable[[str], str]) -> str:
    """Return the key of a row, empty when a part of it is. A BSN in it becomes a pseudonym."""
    parts = [_safe(plan, one, cells[one].strip(), pseudonym) for one in plan.key]
    return "/".join(parts)[:_LONGEST_KEY] if all(parts) else ""


def _safe(plan: Plan, name: str, text: str, pseudonym: Callable[[str], str]) -> str:
    bare = re.sub(r"[ .]", "", text)
    if name in plan.secrets and bare.isdigit():
        return pseudonym(bare.zfill(9))
    if _BSN.fullmatch(bare) and elfproef(bare.zfill(9)):
        return pseudonym(bare.zfill(9))
    return text


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
        if _is_told(one, cells)
    ]
    if faults:
        raise RecordError(faults)
    return facts


def _is_told(plan: FactPlan, cells: Mapping[str, str]) -> bool:
    if not plan.when:
        return True
    text = cells[plan.when].strip()
    return text in plan.values if plan.values else bool(text)


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
    # Amounts that were rounded by the source say so, or every cent would look like a difference.
    if "unit" in KINDS[plan.kind].fields and any(
        one.converter == "whole_euros" for one in plan.columns
    ):
        data.setdefault("unit", 100)
    return data


def converted(column: Column, cells: Mapping[str, str]) -> Any:
    """Return the value of a field, None for an empty text. Raises ValueError (Dutch)."""
    if not column.source:
        return column.value
    text = cells[column.source].strip()
    if column.converter == "code":
        return code(text, column.codes, column.otherwise) if text or "" in column.codes else None
    return CONVERTERS[column.converter].read(text) if text else None


def trial(plan: Plan, file: IO[bytes], today: date) -> Trial:
    """Return what a sample comes to: its first rows, and every later row that is wrong.

    `today` stands for the day on which the file was made, as a sample does not tell.
    """
    columns = ("rij", *(_heading(one) for fact in plan.facts for one in fact.columns))
    tally, shown_rows, wrong, more = Tally(), [], 0, 0
    try:
        for row in read_rows(plan, file, tally, is_sample=True):
            tried = _tried(plan, dated(plan, row, today))
            wrong += bool(tried[1])
            if tally.rows <= SHOWN or (tried[1] and more < SHOWN):
                more += tally.rows > SHOWN
                shown_rows.append(tried)
    except HubError as error:
        # What was read before it broke helps to find out why.
        return Trial(columns, tuple(shown_rows), problem=error.user)
    if not shown_rows:
        return Trial(columns, problem="Dit voorbeeld heeft geen rijen.")
    return Trial(columns, tuple(shown_rows), summary=tuple(_summary(plan, tally, wrong)))


def _heading(column: Column) -> str:
    source = "dag van het bestand" if column.source == FILE_DAY else column.source or "vast"
    return f"{column.target} ← {source}"


def _summary(plan: Plan, tally: Tally, wrong: int) -> Iterator[str]:
    good = tally.rows - wrong
    yield f"Van {tally.rows} rijen kloppen er {good}{tally.place}."
    if wrong:
        yield f"Van deze rijen klopt iets niet: {wrong}. De hub keurt ze af en toont waarom."
    if tally.skipped:
        yield f"Overgeslagen regels, zoals skip het zegt: {tally.skipped}."
    unused = [one for one in tally.names if one not in plan.sources]
    if unused:
        yield f"Deze kolommen gebruikt de vertaling niet: {', '.join(unused[:40])}."


def dated(plan: Plan, row: Row, day: date) -> Row:
    """Return a row with the day on which its file was made, where the mapping asks for that."""
    if not plan.asks_day:
        return row
    return Row(row.number, {**row.cells, FILE_DAY: day.isoformat()}, row.problem)


def _tried(plan: Plan, row: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
    texts = [_told(one, row.cells) for fact in plan.facts for one in fact.columns]
    return (str(row.number), *texts), tuple(faults_of(plan, row))


def _told(column: Column, cells: Mapping[str, str]) -> str:
    mask = _hidden if column.converter == "bsn" else _masked
    text = cells.get(column.source, "")
    try:
        value = converted(column, cells)
    except ValueError:
        return f"{mask(text)} → ?"
    told = "leeg" if value is None else mask(str(value))
    return f"{mask(text)} → {told}" if column.source else told


#: Digits that may be a BSN.
_RUN = re.compile(r"(?<![0-9])[0-9]{8,}(?![0-9])")


def _masked(text: str) -> str:
    """Return a text without the BSN in it: who tries a mapping need not see whose row it is."""
    return _RUN.sub(_without_bsn, text)[:60]


def _without_bsn(found: re.Match[str]) -> str:
    digits = found[0]
    # A day as 20261231 stays, unless it could be a BSN that lost its zero.
    if len(digits) == 8 and not elfproef(f"0{digits}"):
        return digits
    return f"{digits[:-9]}{'•' * (min(len(digits), 9) - 4)}{digits[-4:]}"


def _hidden(text: str) -> str:
    """Return a BSN of which only the last digits can be read, in whatever form it stands."""
    return f"{'•' * (len(text) - 4)}{text[-4:]}"[:60] if len(text) > 4 else text


def faults_of(plan: Plan, row: Row) -> list[str]:
    """Return everything that is wrong with a row, by conversion and by the canonical schemas."""
    if row.problem:
        return [f"rij {row.number} {row.problem}"]
    if not key_of(plan, row.cells, lambda bsn: "pseudoniem"):
        return [f"rij {row.number}: de sleutel is leeg ({', '.join(plan.key)})"]
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
