"""The connector of the table of covenant participants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import requests
from marshmallow import fields, validate

from hub.connector import (
    Batch,
    CheckStep,
    ConfigError,
    ConfigSchema,
    Connector,
    Cursor,
    Fact,
    HubError,
    PermanentError,
    RecordError,
    Stream,
    probe,
    setting,
)
from plugins.clo.messages import FIELDS, parse_row
from plugins.clo.tables import KEPT, TableRow, read_csv, read_json, read_xlsx, records

BATCH = 1000

#: The header in which a CSV table announces its number of rows.
COUNT_HEADER = "X-Aantal"

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_FORMATS = {"text/csv": "csv", "application/json": "json", _XLSX: "xlsx"}


class CovenantConfig(ConfigSchema):
    """The settings of a table of participants."""

    url = setting(
        fields.String,
        "Adres van de tabel",
        "Het volledige adres van de tabel, zoals https://intranet.example/clo/deelnemers.csv.",
        validate=validate.Regexp(
            r"https?://\S+\Z", error="Vul een adres in dat begint met https://."
        ),
    )
    format = setting(
        fields.String,
        "Vorm",
        "Kies csv, json of xlsx. Kies auto als de server de vorm zelf goed meldt (Content-Type).",
        load_default="auto",
        validate=validate.OneOf(
            ["auto", "csv", "json", "xlsx"], error="Kies auto, csv, json of xlsx."
        ),
    )
    delimiter = setting(
        fields.String,
        "Scheidingsteken",
        "Alleen bij csv: het teken tussen twee velden.",
        load_default=";",
        validate=validate.Regexp(r"[^\w\"\r\n]\Z", error="Vul een leesteken in, zoals ;."),
    )
    username = setting(
        fields.String,
        "Gebruikersnaam",
        "Alleen als de tabel is afgeschermd: de naam van het account.",
        group="Aanmelden",
        load_default="",
    )
    password = setting(
        fields.String,
        "Wachtwoord",
        "Alleen als de tabel is afgeschermd: het wachtwoord van het account.",
        group="Aanmelden",
        secret=True,
        load_default="",
    )


class CovenantConnector(Connector):
    """Reads which organisations are bound by the Convenant Lokale Overheid."""

    name = "clo"
    title = "Convenant Lokale Overheid (tabel)"
    role = "covenant"
    config = CovenantConfig
    streams = (Stream("participants", "Convenantpartijen", "snapshot", version=3),)
    fields = {"participants": FIELDS}

    def check(self) -> Iterator[CheckStep]:
        """Yield name, port and TLS, then whether the table can be fetched and read."""
        for found in probe(self.settings["url"]):
            step = CheckStep(*found)
            yield step
            if not step.ok:
                return
        name = "Ophalen"
        try:
            response = self._fetch()
            yield CheckStep(name, True, "De tabel is opgehaald.")
            name = "Tabel"
            rows = self._rows(response)
        except HubError as error:
            yield CheckStep(name, False, error.user)
        else:
            yield CheckStep(name, True, self._judged(rows))

    def _judged(self, rows: list[TableRow]) -> str:
        """Return a sentence about the rows; a wrong row is no reason to refuse the connection."""
        faults, unchecked = [], 0
        for record in records(rows):
            try:
                (fact,) = self.parse("participants", record.raw)
                unchecked += not fact.data.get("checked_on")
            except RecordError as error:
                faults.append(error.user)
        sentence = f"De tabel telt {len(rows)} deelnemers."
        if unchecked:
            sentence += f" Niet gecontroleerd met het eigen convenant: {unchecked}."
        return f"{sentence} Afgekeurd: {len(faults)}. {faults[0]}." if faults else sentence

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield the whole table. Raises PermanentError when it is not, or cannot be seen to be."""
        if stream != "participants":
            yield from super().read(stream, cursor)
            return
        found = list(records(self._rows(self._fetch())))
        for start in range(0, len(found), BATCH):
            yield Batch(found[start : start + BATCH])
        yield Batch([], complete=True)

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the fact of one row. Raises RecordError with every problem in it."""
        return parse_row(raw) if stream == "participants" else super().parse(stream, raw)

    def _fetch(self) -> requests.Response:
        username, password = self.settings["username"], self.settings["password"]
        options: dict[str, Any] = {"auth": (username, password)} if username else {}
        return self.http.get(self.settings["url"], **options)

    def _rows(self, response: requests.Response) -> list[TableRow]:
        """Return the rows. Raises PermanentError when they are not as many as announced."""
        found = self._format(response)
        if found == "json":
            rows, announced = read_json(response.content)
        elif found == "xlsx":
            # A spreadsheet that broke off cannot be read at all.
            rows = read_xlsx(response.content)
            announced = len(rows)
        else:
            rows = read_csv(response.content, self.settings["delimiter"])
            announced = _count(response, rows)
        if announced != len(rows):
            raise PermanentError(
                f"De tabel kondigt {announced} deelnemers aan en telt er {len(rows)}. {KEPT} "
                "Zet de hele tabel opnieuw klaar.",
                f"announced {announced} rows, got {len(rows)}",
            )
        return rows

    def _format(self, response: requests.Response) -> str:
        chosen: str = self.settings["format"]
        if chosen != "auto":
            return chosen
        told = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if told not in _FORMATS:
            raise ConfigError(
                f"De server noemt de vorm van de tabel '{told[:40]}'; verwacht text/csv, "
                "application/json of een Excel-bestand. Kies bij Vorm zelf csv, json of xlsx, of "
                "controleer het adres.",
                "unexpected content type of the table",
            )
        return _FORMATS[told]


def _count(response: requests.Response, rows: list[TableRow]) -> int:
    """Return how many rows a CSV table should have. Raises PermanentError when that is unknown.

    JSON has its count inside, but CSV just stops. It is known to be whole by a count in a header;
    or else by a transfer with an end mark (a Content-Length, or chunks), which the HTTP library
    has then checked, and a last row that has all its fields.
    """
    told = response.headers.get(COUNT_HEADER, "").strip()
    if told.isdecimal():
        return int(told)
    if rows and rows[-1].fault:
        raise PermanentError(
            f"De laatste regel van de tabel is niet volledig. {KEPT} Zet de hele tabel opnieuw "
            "klaar.",
            "last row of the table is incomplete",
        )
    if not any(name in response.headers for name in ("Content-Length", "Transfer-Encoding")):
        raise PermanentError(
            f"De server meldt niet hoe lang de tabel is. Er kan dus een stuk ontbreken. {KEPT} "
            f"Laat de server Content-Length of {COUNT_HEADER} meesturen.",
            "no way to see that the table is whole",
        )
    return len(rows)
