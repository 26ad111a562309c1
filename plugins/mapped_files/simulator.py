"""Folders in which other departments put their exports, one of each format.

The layouts are made up for the demo: no real suite writes them.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
from lxml import etree

from hub.clock import Clock
from hub.dutch import euro_text
from hub.testing.simulator import Simulator, SourceSpec
from hub.testing.world import Dossier, Municipality
from plugins.mapped_files.examples import MAPPINGS

Rows = list[list[str]]


class Exports(Simulator):
    """Writes a full set of each export at every start.

    For tests: `rows` by export is the book (call `publish` after changing it); `stop` takes the
    folders away, as a share that is not mounted.
    """

    name = "mapped_files"
    extra = True

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self._up = False
        dossiers = list(municipality.dossiers())
        self.rows: dict[str, Rows] = {
            "mapped_benefit": list(_reclaims(dossiers, municipality)),
            "mapped_claims": list(_burial_rights(dossiers, municipality)),
            "mapped_signals": list(_signals(dossiers, municipality)),
            "mapped_help": list(_cases(dossiers)),
        }

    @property
    def running(self) -> bool:
        """Tell whether the folders are there."""
        return self._up

    def start(self) -> None:
        """Put the folders there, with the exports of now."""
        for name in self.rows:
            away = self.folder / f"{name}-weg"
            if away.exists():
                away.rename(self.folder / name)
            (self.folder / name).mkdir(exist_ok=True)
        self._up = True
        self.publish()

    def stop(self) -> None:
        """Take the folders away."""
        if self._up:
            for name in self.rows:
                (self.folder / name).rename(self.folder / f"{name}-weg")
        self._up = False

    def publish(self) -> None:
        """Write every export, whole, under its name."""
        moment = self.clock.now().timestamp()
        for name, rows in self.rows.items():
            kind, write = _FORMATS[name]
            hidden, path = (self.folder / name / f"export.{part}" for part in ("tmp", kind))
            hidden.write_bytes(write(rows))
            os.utime(hidden, (moment, moment))
            hidden.rename(path)

    def sources(self) -> list[SourceSpec]:
        """Return a source for each export."""
        owner = self.municipality.organisations[0].code
        return [
            SourceSpec(
                name,
                _TITLES[name],
                name,
                owner,
                {
                    "folder": str(self.folder / name),
                    "pattern": f"*.{_FORMATS[name][0]}",
                    "mapping": MAPPINGS[name],
                },
            )
            for name in self.rows
        ]


_TITLES = {
    "mapped_benefit": "Terugvordering bijstand",
    "mapped_claims": "Begraafplaatsen",
    "mapped_signals": "Vroegsignalering",
    "mapped_help": "Schuldhulp buurgemeente",
}


def _reclaims(dossiers: list[Dossier], town: Municipality) -> Iterator[list[str]]:
    for one in (one for one in dossiers if one.case):
        open_, begun = 50_000 + one.person.number * 37, f"{town.today.year - 1}-04-01"
        named = [f"TV-{one.person.number:06}", one.person.bsn, one.person.surname]
        amounts = [euro_text(open_ + 10_000), euro_text(open_)]
        yield [*named, "A", begun, *amounts, f"{town.today:%d-%m-%Y}"]


def _burial_rights(dossiers: list[Dossier], town: Municipality) -> Iterator[list[str]]:
    for one in (one for one in dossiers if one.holds):
        amount = euro_text(12_550 + one.person.number)
        yield [f"GR-{one.person.number:06}", one.person.bsn, amount, f"{town.today:%d-%m-%Y}"]


def _signals(dossiers: list[Dossier], town: Municipality) -> Iterator[list[str]]:
    for one in (one for one in dossiers if one.sent):
        who = one.person
        address = [who.postcode, who.house_number, who.surname, f"{who.birth_date:%d-%m-%Y}"]
        amount = euro_text(30_000 + who.number * 11)
        yield [f"VS-{who.number:06}", "ENERGIE", amount, f"{town.today:%d-%m-%Y}", *address]


def _cases(dossiers: list[Dossier]) -> Iterator[list[str]]:
    for one in dossiers:
        if one.case and one.case.intake_on:
            begun, intake = one.case.registered_on, one.case.intake_on
            yield [f"SH-{one.person.number:06}", one.person.bsn, f"{begun}", f"{intake}"]


def _as_csv(rows: Rows) -> bytes:
    names = ["Nummer", "BSN", "Naam", "Fase", "Ontstaan", "Bedrag", "Saldo", "Peildatum"]
    text = io.StringIO(newline="")
    lines = csv.writer(text, delimiter=";")
    lines.writerows([names, *rows, ["AANTAL", len(rows), *[""] * 6]])
    return text.getvalue().encode()


def _as_xlsx(rows: Rows) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Openstaand")
    for line in (["Grafrecht", "BSN", "Open", "Datum"], *rows):
        sheet.append(line)
    found = io.BytesIO()
    book.save(found)
    return found.getvalue()


def _as_xml(rows: Rows) -> bytes:
    names = ["kenmerk", "soort", "bedrag", "datum", "postcode", "huisnummer", "naam", "geboren"]
    root = etree.Element("signalen", aantal=str(len(rows)))
    for row in rows:
        one = etree.SubElement(root, "signaal")
        for name, text in zip(names, row, strict=True):
            etree.SubElement(one, name).text = text
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _as_json(rows: Rows) -> bytes:
    made: list[dict[str, Any]] = [
        {"nummer": number, "klant": {"bsn": bsn}, "start": start, "intake": intake}
        for number, bsn, start, intake in rows
    ]
    return json.dumps({"aantal": len(made), "trajecten": made}).encode()


_FORMATS: dict[str, tuple[str, Callable[[Rows], bytes]]] = {
    "mapped_benefit": ("csv", _as_csv),
    "mapped_claims": ("xlsx", _as_xlsx),
    "mapped_signals": ("xml", _as_xml),
    "mapped_help": ("json", _as_json),
}
