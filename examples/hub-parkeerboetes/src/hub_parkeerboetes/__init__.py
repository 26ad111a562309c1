"""Parking fines from a CSV export in a folder. The format is an example, not a real system's.

The export has one line per fine and ends with a line "EINDE;<number of fines>", by which the
hub knows that it is whole.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from marshmallow import fields

from hub.connector import (
    Batch,
    CheckStep,
    ConfigError,
    ConfigSchema,
    Connector,
    Cursor,
    Fact,
    PermanentError,
    Record,
    RecordError,
    Stream,
    hookimpl,
    read_json,
    setting,
)

HEADINGS = ("nummer", "bsn", "naam", "centen", "datum")


class Settings(ConfigSchema):
    """Where the export stands."""

    file = setting(fields.String, "Bestand", "Het pad van de export, zoals /data/boetes.csv.")


class FinesConnector(Connector):
    """Reads the export as a whole, every time."""

    name, title, role = "parkeerboetes", "Parkeerboetes (CSV)", "creditor"
    config = Settings
    streams = (Stream("fines", "Boetes", "snapshot"),)
    fields = {"fines": frozenset(HEADINGS)}

    def check(self) -> Iterator[CheckStep]:
        """Look whether the export is there and whole."""
        rows = self._rows()
        yield CheckStep("Bestand", True, f"De export is volledig en telt {len(rows)} boetes.")

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield every fine."""
        records = [Record.json(row["nummer"] or f"regel-{at}", row) for at, row in self._rows()]
        yield Batch(records, complete=True)

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the claim of one fine. Raises RecordError."""
        row = read_json(raw, "De boete")
        if not isinstance(row, dict):
            raise RecordError("boete is geen regel van de export")
        cents = str(row.get("centen", ""))
        data = {
            "person": {"bsn": row.get("bsn"), "surname": row.get("naam")},
            "creditor": self.context.owner,
            "reference": row.get("nummer"),
            "type": "parkeerbelasting",
            # What is no number is left as it came, so that the hub can say what is wrong with it.
            "open": int(cents) if cents.isdigit() else row.get("centen"),
            "as_of": row.get("datum"),
        }
        return [Fact("claim_statement", str(row.get("nummer")), data)]

    def _rows(self) -> list[tuple[int, dict[str, str]]]:
        try:
            text = Path(self.settings["file"]).read_text("utf-8-sig")
        except FileNotFoundError as error:
            raise ConfigError("De export staat er niet. Controleer het pad.") from error
        except (OSError, UnicodeDecodeError) as error:
            raise PermanentError("De export is niet te lezen als tekst (UTF-8).") from error
        *lines, end = text.splitlines() or [""]
        mark, _, count = end.partition(";")
        if mark != "EINDE" or count != str(len(lines)):
            raise PermanentError(
                "De export is niet volledig: de laatste regel hoort EINDE en het aantal boetes te "
                "zijn. Er is niets gewijzigd.",
                "export without a right end line",
            )
        found = csv.DictReader(lines, fieldnames=HEADINGS, delimiter=";")
        return [(at, json.loads(json.dumps(row))) for at, row in enumerate(found, start=1)]


@hookimpl
def hub_connectors() -> list[type[Connector]]:
    """Return the connector."""
    return [FinesConnector]
