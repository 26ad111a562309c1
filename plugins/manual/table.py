"""A list of claims in a file, as a caseworker keeps one beside the conversation: CSV or XLSX.

The columns are those of the form, by their labels. Of a file everything that is wrong is told at
once, and nothing of it is kept until all of it is right.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError

from hub.connector import PermanentError, RecordError
from hub.mapping import read_sheet
from hub.mapping.convert import CONVERTERS

#: More claims than this has nobody who still reads letters.
MOST = 500

_ZIP = b"PK\x03\x04"


def read_table(body: bytes, schema: Schema) -> list[tuple[int, dict[str, Any]]]:
    """Return the claims in a file, each with its line. Raises RecordError with every problem."""
    try:
        lines = list(_lines(body))
    except PermanentError as error:
        raise RecordError([error.user]) from error
    except csv.Error as error:
        raise RecordError(
            ["Het bestand is geen leesbare CSV: sluit elk aanhalingsteken"]
        ) from error
    columns = {field.metadata["label"].lower(): name for name, field in schema.fields.items()}
    found, problems = _rows(lines, columns, schema)
    if not found and not problems:
        problems = ["Het bestand heeft geen rijen onder de kopregel"]
    if len(found) > MOST:
        problems = [f"Het bestand heeft {len(found)} rijen; hoogstens {MOST} is mogelijk"]
    if problems:
        raise RecordError(problems)
    return found


def _rows(
    lines: list[tuple[int, list[str]]], columns: Mapping[str, str], schema: Schema
) -> tuple[list[tuple[int, dict[str, Any]]], list[str]]:
    _, header = lines[0] if lines else (1, [])
    names = [columns.get(" ".join(cell.lower().split())) for cell in header]
    problems = _header_faults(header, names, columns, schema)
    if problems:
        return [], problems
    found = []
    for number, line in lines[1:]:
        told = {name: cell for name, cell in zip(names, line, strict=False) if name and cell}
        if len(line) > len(header) and any(line[len(header) :]):
            problems.append(f"Rij {number}: heeft meer velden dan de kopregel")
        try:
            found.append((number, dict(schema.load(_typed(told)))))
        except ValidationError as error:
            problems += [f"Rij {number}: {text}" for text in _faults(schema, error)]
    return found, problems


def _header_faults(
    header: list[str], names: list[str | None], columns: Mapping[str, str], schema: Schema
) -> list[str]:
    labels = {name: schema.fields[name].metadata["label"] for name in columns.values()}
    absent = [labels[name] for name in labels if schema.fields[name].required and name not in names]
    if absent:
        present = ", ".join(one for one in header if one)[:200] or "niets"
        return [
            f"Het bestand mist deze kolommen: {', '.join(absent)}. In de kopregel staat: {present}"
        ]
    twice = [labels[name] for name in labels if names.count(name) > 1]
    return [f"Deze kolommen staan twee keer in het bestand: {', '.join(twice)}"] if twice else []


def _typed(told: dict[str, str]) -> dict[str, str]:
    """Return a row with its day as a form tells it; what is none is told by the form."""
    try:
        return told | {"as_of": CONVERTERS["date"].read(told["as_of"])} if "as_of" in told else told
    except ValueError:
        return told


def _faults(schema: Schema, error: ValidationError) -> Iterator[str]:
    messages: dict[str, list[str]] = error.normalized_messages()
    for name, texts in messages.items():
        label = schema.fields[name].metadata["label"] if name in schema.fields else name
        yield from (f"{label}: {text}" for text in texts)


def _lines(body: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that hold something, with their number in the file."""
    table = read_sheet(io.BytesIO(body)) if body.startswith(_ZIP) else _csv(body)
    for number, line in enumerate(table, start=1):
        cells = [cell.strip() for cell in line]
        if any(cells):
            yield number, cells


def _csv(body: bytes) -> Iterator[list[str]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Excel on Windows saves it so.
        text = body.decode("cp1252", "replace")
    if "\0" in text:
        raise RecordError(["Het bestand is geen CSV en geen Excel-bestand (.xlsx)"])
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
