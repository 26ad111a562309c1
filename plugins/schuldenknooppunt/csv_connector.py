"""The Schuldenknooppunt through files of its web portal, for a creditor without a system link.

A person saves what the portal offers in the folder `download`, and uploads what the hub puts in
`upload`. What is read goes to `verwerkt` after it is kept, as a download is confirmed in the
portal; a file that is downloaded again changes nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
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
from plugins.schuldenknooppunt.csv_facts import facts_of_rows, question_key
from plugins.schuldenknooppunt.csv_table import (
    COLUMNS,
    MOST_BYTES,
    Row,
    answer_rows,
    read_table,
    write_table,
)
from plugins.schuldenknooppunt.facts import NOT_KNOWN, is_not_known
from plugins.schuldenknooppunt.faults import faults_of

IN, OUT, DONE = "download", "upload", "verwerkt"

#: Where columns beyond V stand in a record.
MORE = "meer"

#: What a system leaves in a folder by itself, and how what it hides begins.
LEFT_BEHIND, HIDDEN = ("thumbs.db", "desktop.ini"), (".", "~$")

#: The longest key of a record; beyond it a digest stands for it.
MOST_KEY = 110

#: How long it is remembered when a question was first read; far longer than any term.
REMEMBERED_DAYS = 90

_READY = "Het bestand {name} staat klaar in de map upload. Zet het in het webportaal."


#: How many questions are committed at a time.
BATCH = 5000


class PortalConfig(ConfigSchema):
    """The folder that is shared with who works in the portal."""

    folder = setting(
        fields.String,
        "Map",
        "De map op deze server met daarin de mappen download, upload en verwerkt.",
        path=True,
    )
    balance_column = setting(
        fields.String,
        "Kolom van het saldo",
        "De naam van de kolom met het huidige saldo, zoals die in het bestand van het portaal "
        "staat. Zonder die naam kan de hub geen saldo terugmelden.",
        load_default="",
    )
    contact_name = setting(
        fields.String,
        "Contactpersoon",
        "Wie een schuldhulpverlener kan bellen.",
        group="Organisatie",
        load_default="",
    )
    contact_phone = setting(
        fields.String, "Telefoon", "Het nummer daarbij.", group="Organisatie", load_default=""
    )
    contact_email = setting(
        fields.String, "E-mail", "Het adres daarbij.", group="Organisatie", load_default=""
    )


class PortalConnector(Connector):
    """Reads questions from files of the portal, and writes files with answers."""

    name: ClassVar[str] = "schuldenknooppunt_csv"
    title: ClassVar[str] = "Schuldenknooppunt (bestanden van het portaal)"
    role: ClassVar[Role] = "exchange"
    register = "tax"
    config: ClassVar[type[ConfigSchema]] = PortalConfig
    streams: ClassVar[tuple[Stream, ...]] = (Stream("questions", "Saldoverzoeken", "queue"),)
    commands: ClassVar[tuple[str, ...]] = ("balance_answer", "consent_answer", "no_cooperation")
    fields = {"questions": frozenset({*COLUMNS, MORE, "rijen", "gelezen"})}

    def check(self) -> Iterator[CheckStep]:
        """Look whether the folders are there, may be written, and hold files that can be read."""
        try:
            for name in (IN, OUT, DONE):
                self._path(name)
            yield CheckStep("Map", True, "De mappen download, upload en verwerkt zijn er.")
            if not os.access(self._path(OUT), os.W_OK):
                text = "De hub mag niet schrijven in de map upload. Pas de rechten van de map aan."
                yield CheckStep("Schrijven", False, text)
                return
            yield CheckStep("Schrijven", True, "De hub mag schrijven in de map upload.")
            found = self._tables()
        except (TransientError, PermanentError) as error:
            yield CheckStep("Bestanden", False, error.user)
        else:
            yield CheckStep("Bestanden", True, f"Er staan {len(found)} bestanden klaar.")

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield every question. Raises PermanentError when one file is wrong: then none is read."""
        found, today = self._tables(), self.context.clock.today()
        before = dict((cursor or {}).get("gelezen", {}))
        oldest = (today - timedelta(days=REMEMBERED_DAYS)).isoformat()
        seen = {number: on for number, on in before.items() if on >= oldest}
        questions = _questions([(one.path, one.rows) for one in found])
        some = list(islice(questions, BATCH))
        while found:
            records = [
                _record(number, rows, seen.setdefault(number, today.isoformat()))
                for number, rows in some
            ]
            some = list(islice(questions, BATCH))
            done = None if some else self._put_away(found)
            yield Batch(records, cursor={"gelezen": dict(seen)}, confirm=done)
            if done:
                return

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the facts of one question. Raises RecordError with every problem in it."""
        told = read_json(raw, "De vraag", half_characters=True)
        rows = told.get("rijen") if isinstance(told, dict) else None
        first_seen = told.get("gelezen") if isinstance(told, dict) else None
        if not first_seen or not isinstance(rows, list) or not rows or not all(map(_is_row, rows)):
            raise RecordError("De vraag heeft geen rijen van het portaal")
        balance = self.settings["balance_column"]
        return facts_of_rows([_unpacked(row) for row in rows], str(first_seen), balance)

    def send(self, command: Command, key: str) -> Receipt:
        """Put a file with an answer in `upload`; a repeated key is the same file."""
        if command.kind not in self.commands:
            return super().send(command, key)
        path, rows = self._path(OUT) / _file_name(key), self._rows(command)
        # The question itself was told when it was read. What is wrong must be known before there
        # is a file: who finds one uploads it.
        facts = tuple(one for one in self._told(command, rows) if one.kind == "balance_answer")
        if not path.exists():
            _write(path, _table(rows))
        return Receipt("delivered", key, _READY.format(name=path.name), facts=facts)

    def inquire(self, key: str) -> Receipt | None:
        """Look whether the file was written; who uploads it may have taken it away since."""
        name = _file_name(key)
        there = (self._path(OUT) / name).exists()
        return Receipt("delivered", key, _READY.format(name=name)) if there else None

    def _rows(self, command: Command) -> list[Row]:
        """Return the rows of an answer. Raises PermanentError when it cannot be given."""
        data = command.data
        question = data.get("question") or data.get("details") or {}
        asked = (question.get("rijen") or [None])[0]
        if not asked:
            raise PermanentError(
                "Dit antwoord hoort bij geen vraag uit het portaal. Antwoord op een vraag die uit "
                "een bestand is gelezen."
            )
        told = {**data, "on": _day(command).isoformat(), **self._outcome(command)}
        told["contact"] = {
            name: self.settings[f"contact_{name}"] for name in ("name", "phone", "email")
        }
        return answer_rows(asked, told, self.settings["balance_column"])

    def _told(self, command: Command, rows: list[Row]) -> list[Fact]:
        """Return the facts of an answer. Raises PermanentError when we would not read it."""
        on = _day(command).isoformat()
        try:
            facts = facts_of_rows(rows, on, self.settings["balance_column"])
            # The answer alone: the question was judged when it was read.
            wrong = faults_of(one for one in facts if one.kind == "balance_answer")
        except RecordError as error:
            facts, wrong = [], error.problems
        if wrong:
            raise PermanentError(
                f"Het antwoord is niet geschreven: {'; '.join(wrong)}. Pas dit aan en geef de "
                "opdracht opnieuw.",
                f"{len(wrong)} faults in an answer",
            )
        return facts

    def _outcome(self, command: Command) -> dict[str, Any]:
        """Return what the answer says. Raises PermanentError for what the table cannot tell."""
        if command.kind == "no_cooperation":
            if not is_not_known(str(command.data.get("reason") or "")):
                raise PermanentError(
                    f"Met een bestand kunt u alleen '{NOT_KNOWN}' melden. Meld een andere reden "
                    "zelf in het webportaal."
                )
            return {"not_known": True, "claims": []}
        if not self.settings["balance_column"]:
            raise PermanentError(
                "De kolom van het saldo is niet ingevuld bij deze bron, dus er is geen saldo terug "
                "te melden. Vraag de beheerder de naam van die kolom in te vullen."
            )
        return {"agrees": command.kind == "consent_answer"}

    def _tables(self) -> list[_File]:
        """Return every file that waits. Raises PermanentError with all that is wrong with any."""
        found, faults = list[_File](), list[str]()
        for path in sorted(filter(_is_a_download, self._path(IN).iterdir())):
            try:
                content = _content(path)
                found.append(_File(path, read_table(path.name, content), _digest(content)))
            except PermanentError as error:
                faults.append(error.user)
        if faults:
            raise PermanentError(
                f"Deze bestanden zijn niet te gebruiken: {'; '.join(faults)}. Er is geen enkel "
                "bestand verwerkt. Download ze opnieuw en zet ze in de map download.",
                f"{len(faults)} portal files refused",
            )
        return found

    def _put_away(self, files: list[_File]) -> Callable[[], None]:
        """Return what is done after the commit: what was read leaves the folder."""

        def confirm() -> None:
            for one in files:
                _put_away(one, self._path(DONE))

        return confirm

    def _path(self, name: str) -> Path:
        path = Path(self.settings["folder"]) / name
        if not path.is_dir():
            raise TransientError(
                f"De map {name} is er niet, of is niet te bereiken. Controleer de map en de "
                "rechten.",
                f"folder {name} is not there",
            )
        return path


@dataclass(frozen=True)
class _File:
    """A file of the portal as it was read."""

    path: Path
    rows: list[Row]
    digest: bytes


def _is_a_download(path: Path) -> bool:
    name = path.name.lower()
    return path.is_file() and not name.startswith(HIDDEN) and name not in LEFT_BEHIND


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def _put_away(one: _File, folder: Path) -> None:
    """Move a file that was read; one that was downloaded anew since waits for the next time."""
    try:
        if _digest(one.path.read_bytes()) == one.digest:
            # The same download may come twice; the last one stays.
            one.path.replace(folder / one.path.name)
    except FileNotFoundError:
        return
    except OSError as error:
        raise TransientError(
            f"Het bestand {one.path.name} is gelezen, maar niet te verplaatsen naar de map "
            f"{DONE}. Controleer de rechten.",
            f"cannot move a portal file: {type(error).__name__}",
        ) from error


def _questions(tables: list[tuple[Path, list[Row]]]) -> Iterator[tuple[str, list[Row]]]:
    """Yield the rows of each question under its number; one question may stand in two files."""
    found: dict[str, list[Row]] = {}
    for path, rows in tables:
        for at, row in enumerate(rows, start=1):
            number = question_key(row)
            if number.startswith(":") or number.endswith(":"):
                number = f"{path.name}:{at}"
            if len(number) > MOST_KEY:
                number = hashlib.blake2b(number.encode(), digest_size=16).hexdigest()
            mine = found.setdefault(number, [])
            if row not in mine:
                mine.append(row)
    yield from found.items()


def _record(number: str, rows: list[Row], first_seen: str) -> Record:
    return Record.json(number, {"rijen": [_packed(row) for row in rows], "gelezen": first_seen})


def _packed(row: Row) -> dict[str, Any]:
    """Return a row with the columns beyond V apart: that they are there is no news."""
    known = {name: one for name, one in row.items() if name in COLUMNS}
    return known | {MORE: [[name, one] for name, one in row.items() if name not in COLUMNS]}


def _unpacked(row: Mapping[str, Any]) -> Row:
    return {name: one for name, one in row.items() if name in COLUMNS} | dict(row.get(MORE, []))


def _is_row(value: Any) -> bool:
    if not isinstance(value, Mapping) or not isinstance(value.get(MORE, []), list):
        return False
    pairs = [*value.get(MORE, []), *([k, v] for k, v in value.items() if k in COLUMNS)]
    return all(
        isinstance(one, list) and len(one) == 2 and all(isinstance(text, str) for text in one)
        for one in pairs
    )


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            # One byte more than is allowed: enough to see that it is too much.
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise TransientError(
            f"Het bestand {path.name} is niet te lezen. Controleer de rechten.",
            f"cannot read a portal file: {type(error).__name__}",
        ) from error


def _day(command: Command) -> date:
    return command.created_at.astimezone(AMSTERDAM).date()


def _table(rows: list[Row]) -> bytes:
    body = write_table([*COLUMNS, *(name for name in rows[0] if name not in COLUMNS)], rows)
    if len(body) > MOST_BYTES:
        raise PermanentError("Het antwoord is groter dan 4 MB; het portaal neemt het niet aan.")
    return body


def _file_name(key: str) -> str:
    return f"saldoverzoek-antwoord-{key}.csv"


def _write(path: Path, body: bytes) -> None:
    """Write a file whole or not at all: who looks in the folder never sees half of it."""
    part = path.with_suffix(".deel")
    try:
        part.write_bytes(body)
        part.replace(path)
    except OSError as error:
        raise TransientError(
            "De hub kan niet schrijven in de map upload. Controleer de rechten en de ruimte.",
            f"cannot write a portal file: {type(error).__name__}",
        ) from error
