"""What connectors over a mapping have in common: files in, records with the asked texts out."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate

from hub.clock import AMSTERDAM
from hub.connector import (
    Batch,
    CheckStep,
    ConfigSchema,
    Connector,
    Context,
    Cursor,
    Fact,
    HubError,
    PermanentError,
    Record,
    RecordError,
    Stream,
    Trial,
    read_json,
    setting,
)
from hub.entries import LongText
from hub.mapping.apply import dated, facts_of, faults_of, is_deleted, key_of, trial
from hub.mapping.convert import CONVERTERS
from hub.mapping.plan import Plan, PlanError, read_plan
from hub.mapping.rows import Row, Tally, read_rows
from hub.mapping.transport import Files, Folder, Found

#: How many records are handed over at once.
BATCH = 5000

#: How many rows a connection test looks at.
TESTED = 20

ROWS = "rows"


class MappingText(LongText):
    """The text of a mapping; every fault in it is told, each with its path."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        try:
            read_plan(text)
        except PlanError as error:
            raise ValidationError([f"{one};" for one in error.problems]) from error
        return text


def mapping_setting(example: str = "") -> Any:
    """Return the setting that holds the mapping, with a large field on the form.

    A new source begins with `example`, to be changed.
    """
    named = "; ".join(f"{name}: {one.title}" for name, one in CONVERTERS.items())
    made = setting(
        MappingText,
        "Vertaling",
        "Welke kolom of welk pad welk veld vult, als JSON. Probeer de vertaling hieronder uit op "
        "een voorbeeld voordat u opslaat: dan ziet u ook welke kolommen en velden er zijn. "
        f"Omzettingen (as): {named}; code: volgens de lijst bij codes. "
        "De uitleg staat in docs/connectors/mapped_files.md.",
        group="Vertaling",
    )
    made.metadata["example"] = example
    return made


#: What a name of a file may be: the pattern stays within its folder.
pattern_rule = validate.Regexp(
    r"[^/\\\x00]+\Z", error="Vul een bestandsnaam in zonder map, zoals *.csv."
)


class MappedConfig(ConfigSchema):
    """The settings of files in a folder."""

    folder = setting(
        fields.String, "Map", "De map op deze server waarin het andere systeem bestanden zet."
    )
    pattern = setting(
        fields.String,
        "Bestandsnaam",
        "Welke bestanden in die map meetellen, zoals *.csv of terugvordering-*.xlsx.",
        load_default="*",
        validate=pattern_rule,
    )
    mapping = mapping_setting()


class MappedConnector(Connector):
    """Reads files by a mapping. A subclass says its name, title, role and register.

    A full set replaces what stood when it is certain that no row is missing; of changes, and of a
    set without a count or an end, nothing is taken to be gone.
    """

    config: ClassVar[type[ConfigSchema]] = MappedConfig
    streams = (Stream(ROWS, "Rijen", "snapshot"),)

    def __init__(self, config: Mapping[str, Any], context: Context) -> None:
        super().__init__(config, context)
        self.plan: Plan = read_plan(config["mapping"])
        self.files: Files = self.open_files()

    def open_files(self) -> Files:
        """Return where the files come from."""
        return Folder(self.settings["folder"], self.settings["pattern"])

    def check(self) -> Iterator[CheckStep]:
        """Yield whether a file can be reached, and whether its first rows fit the mapping."""
        for step in self._reached():
            yield step
            if not step.ok:
                return
        try:
            yield self._tried()
        except HubError as error:
            yield CheckStep("Proefrijen", False, error.user)

    def _reached(self) -> Iterator[CheckStep]:
        try:
            yield from self.files.check()
        except HubError as error:
            yield CheckStep("Toegang", False, error.user)

    def _tried(self) -> CheckStep:
        waiting = self.files.waiting(self.plan.full, None)
        if not waiting:
            return CheckStep("Proefrijen", True, "Er is nog geen bestand om te proberen.")
        newest = waiting[-1]
        tally, wrong = Tally(), list[str]()
        for row in islice(self._rows(newest, tally), TESTED):
            faults = faults_of(self.plan, row)
            wrong += [f"Rij {row.number}: {'; '.join(faults[:5])}"] if faults else []
        # Of a bad export some rows fit; of a wrong mapping none do.
        if wrong and len(wrong) == tally.rows:
            return CheckStep("Proefrijen", False, f"{newest.name}: geen rij past. {wrong[0]}.")
        told = f"{newest.name}{tally.place}: van de eerste {tally.rows} rijen passen er "
        told += f"{tally.rows - len(wrong)}. "
        told += f"De andere worden afgekeurd. {wrong[0]}. " if wrong else ""
        return CheckStep("Proefrijen", True, told + self._what())

    def _rows(self, found: Found, tally: Tally) -> Iterator[Row]:
        """Yield the rows of a file. Raises PermanentError that names the file."""
        day = found.made_at.astimezone(AMSTERDAM).date()
        try:
            with found.open() as file:
                for row in read_rows(self.plan, file, tally):
                    yield dated(self.plan, row, day)
        except PermanentError as error:
            raise PermanentError(f"{found.name}: {error.user}", error.log) from error

    def _what(self) -> str:
        if not self.plan.full:
            return "Elk bestand bevat wijzigingen: wat er niet in staat, blijft staan."
        if self.plan.count or self.plan.format != "csv":
            return "Elk bestand is een volledige stand: wat er niet in staat, is vervallen."
        return (
            "Deze CSV noemt geen aantal rijen, dus een afgebroken bestand valt niet op. Daarom "
            "vervalt er niets vanzelf. Noem in de vertaling bij count de regel met het aantal."
        )

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield the rows of the newest full set, or of every file with changes since `cursor`."""
        if stream != ROWS:
            yield from super().read(stream, cursor)
            return
        waiting = self.files.waiting(self.plan.full, cursor)
        if not waiting:
            yield Batch([], caught_up=True)
        for number, found in enumerate(waiting, start=1):
            yield from self._file(found, last=number == len(waiting))

    def _file(self, found: Found, *, last: bool) -> Iterator[Batch]:
        tally, seen, nameless = Tally(), set[bytes](), 0
        batch: list[Record] = []
        for row in self._rows(found, tally):
            if len(batch) == BATCH:
                yield Batch(batch)
                batch = []
            batch.append(self._record(row, seen))
            nameless += bool(row.problem) or not batch[-1].key
        # A row of which nobody knows what it is called may be any of those that stood.
        whole = self.plan.full and tally.is_whole and not nameless
        if nameless and self.plan.full and tally.is_whole:
            self.context.warn(
                "Een rij heeft geen leesbare sleutel of een verkeerde vorm. Zolang dat zo is, "
                "vervalt er niets vanzelf. Herstel de rij in het andere systeem."
            )
        # Only here the file was read to its end; a cursor before it would skip the rest.
        yield Batch(batch, cursor=found.cursor(), complete=whole, caught_up=last)

    def _record(self, row: Row, seen: set[bytes]) -> Record:
        key = key_of(self.plan, row.cells, self.context.pseudonym)
        if is_deleted(self.plan, row.cells) and key and not row.problem:
            return Record(key, b"", deleted=True)
        problem = f"rij {row.problem}" if row.problem else ""
        mark = hashlib.blake2b(key.encode(), digest_size=8).digest()
        if key and mark in seen:
            # The first stays; two rows under one key are two things, or a mapping that is wrong.
            told = hashlib.blake2b(repr(sorted(row.cells.items())).encode(), digest_size=6)
            problem = "deze sleutel komt in het bestand vaker voor; kies meer kolommen als sleutel"
            key = f"{key[:90]}#{told.hexdigest()}"
        seen.add(mark)
        # With the digest of the mapping, as another mapping makes other facts of the same row.
        value = {"plan": self.plan.digest, "key": key, "problem": problem, "row": dict(row.cells)}
        return Record.json(key, value)

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the facts of a row. Raises RecordError with every problem in it."""
        cells, key = self._row(raw)
        return facts_of(self.plan, key, cells)

    def _row(self, raw: bytes) -> tuple[dict[str, str], str]:
        try:
            told = read_json(raw, "De rij")
        except HubError as error:
            raise RecordError(error.user) from error
        if not (isinstance(told, dict) and isinstance(told.get("row"), dict)):
            raise RecordError("is geen rij uit een bestand")
        if told.get("problem"):
            raise RecordError(str(told["problem"]))
        # A row that an older mapping read may lack what this one asks for.
        absent = [one for one in self.plan.sources if not isinstance(told["row"].get(one), str)]
        if absent or not isinstance(told.get("key"), str):
            names = ", ".join(absent) or "de sleutel"
            raise RecordError(f"deze rij is gelezen met een andere vertaling; het mist: {names}")
        return told["row"], told["key"]

    def trial(self, sample: bytes) -> Trial:
        """Return what the mapping makes of the first rows of a sample."""
        return trial(self.plan, io.BytesIO(sample), self.context.clock.today())
