"""VISH through Excel files in a folder, for who delivers to SNG without a web service.

The hub puts one file per delivery in `aanleveren`; who sends it on puts what comes back in
`ontvangst`, under the same name. A list of all our registrations, as SNG can give it, stands in
`stand`: with it the hub compares what VISH holds with what it knows itself.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from marshmallow import fields

from hub.clock import AMSTERDAM
from hub.connector import (
    Batch,
    CheckStep,
    Command,
    ConfigSchema,
    Connector,
    Cursor,
    Fact,
    HubError,
    OrderForm,
    PermanentError,
    Receipt,
    Record,
    RecordError,
    Role,
    Stream,
    TransientError,
    read_json,
    setting,
)
from plugins.vish.connector import CHANGE, OrganisationSettings, entry_key, organisation_of
from plugins.vish.messages import FIELDS, KINDS, parse_entry, refusal, report
from plugins.vish.sheet import read_messages, write_sheet

OUT, RECEIPTS, STATE, DONE = "aanleveren", "ontvangst", "stand", "verwerkt"

BATCH = 1000

#: What every file of ours is called before its number.
PREFIX = "vish-"

#: The columns of a receipt, one row in CSV.
RECEIPT = ("bestand", "status", "vishReferentie", "foutcode", "melding")

STATUSES = {"GEACCEPTEERD": "geaccepteerd", "AFGEKEURD": "afgekeurd"}


class FileSettings(OrganisationSettings):
    """The folder that is shared with who delivers."""

    folder = setting(
        fields.String,
        "Map",
        "De map op deze server met daarin aanleveren, ontvangst, stand en verwerkt.",
        path=True,
    )


class VishFiles(Connector):
    """Writes a spreadsheet per report, reads receipts and the list of our registrations."""

    name: ClassVar[str] = "vish_xlsx"
    title: ClassVar[str] = "VISH (Excel-bestanden)"
    role: ClassVar[Role] = "register"
    config: ClassVar[type[ConfigSchema]] = FileSettings
    streams: ClassVar[tuple[Stream, ...]] = (
        Stream("entries", "Eigen registraties", "snapshot"),
        Stream("receipts", "Ontvangstbevestigingen", "queue"),
    )
    commands: ClassVar[tuple[str, ...]] = tuple(KINDS)
    order_forms: ClassVar[tuple[OrderForm, ...]] = (CHANGE,)
    fields = {"entries": FIELDS, "receipts": frozenset({*RECEIPT, "gelezen"})}

    def check(self) -> Iterator[CheckStep]:
        """Look whether the folders are there, may be written, and hold a list that can be read."""
        try:
            for name in (OUT, RECEIPTS, STATE, DONE):
                self._path(name)
            yield CheckStep("Map", True, "De mappen zijn er.")
            if not os.access(self._path(OUT), os.W_OK):
                text = "De hub mag niet schrijven in de map aanleveren. Pas de rechten aan."
                yield CheckStep("Schrijven", False, text)
                return
            yield CheckStep("Schrijven", True, "De hub mag schrijven in de map aanleveren.")
            path = self._newest()
            count = sum(1 for _ in self._messages(path))
        except HubError as error:
            yield CheckStep("Bestanden", False, error.user)
        else:
            made = _made_at(path).astimezone(AMSTERDAM)
            text = f"Het nieuwste overzicht is {path.name} van {made:%d-%m-%Y}; "
            text += f"{count} registraties."
            yield CheckStep("Bestanden", True, text)

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield the newest list of our registrations, or the receipts that came back."""
        yield from self._entries(cursor) if stream == "entries" else self._receipts()

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the entry of one registration, or the message of one receipt."""
        told = read_json(raw, "De registratie" if stream == "entries" else "De bevestiging")
        if stream == "entries":
            data = parse_entry(told)
            return [Fact("register_entry", str(data["reference"]), data)]
        return [_receipt_fact(told)]

    def send(self, command: Command, key: str) -> Receipt:
        """Put a file with the report in `aanleveren`; a repeated key is the same file."""
        if command.kind not in KINDS:
            return super().send(command, key)
        told, name = report(command, organisation_of(self.settings)), _file_name(key)
        found = self.inquire(key)
        if found is None:
            _write(self._path(OUT) / name, write_sheet([told], self.settings["aansluitcode"]))
        receipt = found or Receipt("delivered", key, _ready(name))
        on = command.created_at.date().isoformat()
        sent = {
            "person": dict(command.person),
            "conversation": key,
            "direction": "out",
            "party": "vish",
            "type": f"VISH: {KINDS[command.kind].lower()}",
            "reference": name[:64],
            "sent_on": on,
        }
        return Receipt(
            receipt.outcome, receipt.reference, receipt.message, (Fact("message", key, sent),)
        )

    def inquire(self, key: str) -> Receipt | None:
        """Look for a receipt of this file, or else for the file itself."""
        name = _file_name(key)
        for folder in (RECEIPTS, DONE):
            path = self._path(folder) / f"{name}.csv"
            if path.exists():
                return _outcome(key, _read_receipt(path), name)
        there = (self._path(OUT) / name).exists()
        return Receipt("delivered", key, _ready(name)) if there else None

    def _entries(self, cursor: Cursor | None) -> Iterator[Batch]:
        path = self._newest()
        made = _made_at(path)
        last = (cursor or {}).get("delivered_at")
        if last and made < datetime.fromisoformat(last):
            raise PermanentError(
                f"Het overzicht {path.name} in de map stand is ouder dan het overzicht dat al is "
                "gelezen. Er is niets gewijzigd. Zet het nieuwste overzicht van VISH terug.",
                "list is older than the last one read",
            )
        held: list[Record] = []
        seen: set[str] = set()
        nameless = 0
        for at, one in enumerate(self._messages(path)):
            key = entry_key(one, 1, at)
            if key in seen:
                raise PermanentError(
                    f"Registratie {key} staat meer dan een keer in {path.name}. Er is niets "
                    "gewijzigd. Vraag SNG om een nieuw overzicht.",
                    "a registration stands twice in the list",
                )
            seen.add(key)
            nameless += not one.get("vishReferentie")
            held.append(Record.json(key, one))
            if len(held) == BATCH:
                yield Batch(held)
                held = []
        # A spreadsheet that broke off cannot be read at all: what was read is whole. A row
        # without a number may be any registration. The day of the file is how old all this is.
        cursor = {"delivered_at": made.isoformat(), "name": path.name}
        yield Batch(held, cursor=cursor, complete=not nameless, caught_up=bool(nameless))

    def _messages(self, path: Path) -> Iterator[dict[str, Any]]:
        return read_messages(_content(path), self.settings["aansluitcode"])

    def _receipts(self) -> Iterator[Batch]:
        today = self.context.clock.today().isoformat()
        paths = sorted(one for one in self._path(RECEIPTS).glob("*.csv") if one.is_file())
        records = []
        for path in paths:
            told = _read_receipt(path)
            records.append(Record.json(path.name[:64], {**told, "gelezen": today}))
        if records:
            yield Batch(records, confirm=self._put_away(paths))

    def _put_away(self, paths: list[Path]) -> Callable[[], None]:
        def confirm() -> None:
            for path in paths:
                path.replace(self._path(DONE) / path.name)

        return confirm

    def _newest(self) -> Path:
        found = list(self._path(STATE).glob("*.xlsx"))
        if not found:
            raise TransientError(
                "In de map stand staat geen overzicht van VISH, dus er is niets te vergelijken. "
                "Er is niets verwijderd. Vraag SNG om een overzicht van uw registraties.",
                "no list of registrations",
            )
        return max(found, key=lambda path: (path.stat().st_mtime_ns, path.name))

    def _path(self, name: str) -> Path:
        path = Path(self.settings["folder"]) / name
        if not path.is_dir():
            raise TransientError(
                f"De map {name} is er niet, of is niet te bereiken. Controleer de map en de "
                "rechten.",
                f"folder {name} is not there",
            )
        return path


def _receipt_fact(told: Any) -> Fact:
    """Return the message in a receipt. Raises RecordError with every problem in it."""
    if not isinstance(told, dict):
        raise RecordError("De bevestiging is geen groep velden")
    problems = [f"{name} ontbreekt" for name in ("bestand", "status") if not told.get(name)]
    status = STATUSES.get(str(told.get("status")))
    if status is None and told.get("status"):
        problems.append(f"status is onbekend; bekend zijn: {', '.join(STATUSES)}")
    if problems:
        raise RecordError(problems)
    key = str(told["bestand"]).removeprefix(PREFIX).removesuffix(".xlsx")
    said = " ".join(str(told.get(name) or "") for name in ("foutcode", "melding")).strip()
    data = {
        "conversation": key,
        "direction": "in",
        "party": "vish",
        "type": "VISH: ontvangstbevestiging",
        "reference": str(told.get("vishReferentie") or ""),
        "answers": key,
        "sent_on": told.get("gelezen"),
        "status": status,
        "text": said,
        "details": {name: told[name] for name in RECEIPT if told.get(name)},
    }
    return Fact("message", f"{key}-ontvangst", data)


def _outcome(key: str, told: dict[str, str], name: str) -> Receipt:
    """Return what a receipt says. Raises TransientError for one that says neither yes nor no."""
    if told["status"] == "GEACCEPTEERD":
        number = told["vishReferentie"]
        under = f"onder nummer {number}" if number else "zonder een nummer te geven"
        return Receipt("delivered", number or key, f"VISH heeft het bestand aangenomen {under}.")
    if told["status"] == "AFGEKEURD":
        return Receipt("refused", message=refusal(told["melding"], told["foutcode"]))
    raise TransientError(
        f"Van de bevestiging {name}.csv begrijpt de hub de status niet; bekend zijn: "
        f"{', '.join(STATUSES)}. Verwacht wordt CSV met de kolommen {', '.join(RECEIPT)}. Zet het "
        "bestand zo terug; de hub kijkt later opnieuw.",
        "receipt of VISH not understood",
        may_have_arrived=True,
    )


def _read_receipt(path: Path) -> dict[str, str]:
    """Return what a receipt says; a file that is none gives what there is, to be refused."""
    text = _content(path).decode("utf-8-sig", "replace").replace("\0", "")
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") >= first.count(",") else ","
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        rows = []
    row = rows[0] if rows else {}
    return {name: (row.get(name) or "").strip() for name in RECEIPT}


def _made_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _file_name(key: str) -> str:
    return f"{PREFIX}{key}.xlsx"


def _ready(name: str) -> str:
    return f"Het bestand {name} staat klaar in de map aanleveren. Stuur het naar SNG."


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TransientError(
            f"Het bestand {path.name} is niet te lezen. Controleer de rechten.",
            f"cannot read a file of VISH: {type(error).__name__}",
        ) from error


def _write(path: Path, body: bytes) -> None:
    """Write a file whole or not at all: who looks in the folder never sees half of it."""
    part = path.with_suffix(".deel")
    try:
        part.write_bytes(body)
        part.replace(path)
    except OSError as error:
        raise TransientError(
            "De hub kan niet schrijven in de map aanleveren. Controleer de rechten en de ruimte.",
            f"cannot write a file of VISH: {type(error).__name__}",
        ) from error
