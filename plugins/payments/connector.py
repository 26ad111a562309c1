"""The connector of bank files: payments in, and the collection file of payment plans out."""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from hub.connector import (
    Answer,
    Batch,
    CheckStep,
    ConfigSchema,
    Connector,
    Cursor,
    Fact,
    HubError,
    Incoming,
    PermanentError,
    Record,
    Role,
    Stream,
    TransientError,
)
from plugins.payments.camt import Numbered, records
from plugins.payments.collect import Collector, due_terms, on_hold
from plugins.payments.documents import is_bank_file
from plugins.payments.facts import parse_transaction
from plugins.payments.names import NAMES
from plugins.payments.numbers import add_numbers, gaps
from plugins.payments.settings import PaymentsConfig
from plugins.payments.target import is_open, next_open

BATCH = 2000

_DAY = re.compile(r"incasso/([0-9]{4}-[0-9]{2}-[0-9]{2})")


class PaymentsConnector(Connector):
    """Reads bank files of a folder, each once; makes a collection file for a day on request."""

    name: ClassVar[str] = "payments"
    title: ClassVar[str] = "Bankbestanden (camt) en incasso"
    role: ClassVar[Role] = "register"
    register = "tax"
    config: ClassVar[type[ConfigSchema]] = PaymentsConfig
    streams: ClassVar[tuple[Stream, ...]] = (
        Stream("payments", "Betalingen", "changes", version=2),
    )
    exports = ("payment_plan", "hold")
    fields = {"payments": NAMES}

    # --- reading -------------------------------------------------------------------------------

    def check(self) -> Iterator[CheckStep]:
        """Look whether the folder is there, and whether its newest file can be read."""
        try:
            files = self._files()
        except HubError as error:
            yield CheckStep("Map", False, error.user)
            return
        yield CheckStep("Map", True, f"In de map staan {len(files)} bankbestanden.")
        if not files:
            return
        newest = max(files, key=lambda path: path.stat().st_mtime_ns)
        try:
            found = sum(1 for _ in records(newest))
        except HubError as error:
            yield CheckStep("Proefbestand", False, error.user)
            return
        yield CheckStep("Proefbestand", True, f"{newest.name} telt {found} boekingen en klopt.")

    def read(self, stream: str, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield the transactions of every file that is new or changed.

        A wrong file costs itself alone: it is told after the others are read, and again at every
        next run. A statement that is missing between two others is warned of. Raises PermanentError
        for a wrong file, TransientError when the folder is not there.
        """
        told = dict((cursor or {}).get("numbers", {}))
        done: dict[str, list[int]] = dict((cursor or {}).get("files", {}))
        files, wrong, fresh = self._files(), [], False
        standing = {path.name for path in files}
        done = {name: mark for name, mark in done.items() if name in standing}
        for path in files:
            mark = [path.stat().st_mtime_ns, path.stat().st_size]
            if done.get(path.name) == mark:
                continue
            numbers: list[Numbered] = []
            try:
                for some in _portions(records(path, numbers)):
                    yield Batch(some, {"files": dict(done), "numbers": told})
            except PermanentError as error:
                wrong.append(error)
                continue
            done[path.name], fresh = mark, True
            told = add_numbers(told, numbers)
        for sentence in gaps(told):
            self.context.warn(sentence)
        # Only a new file says that the bank spoke; an empty folder is silence.
        yield Batch([], {"files": done, "numbers": told}, caught_up=fresh and not wrong)
        if wrong:
            raise PermanentError(
                " ".join(dict.fromkeys(one.user for one in wrong)), f"{len(wrong)} wrong bank files"
            )

    def parse(self, stream: str, raw: bytes) -> Iterable[Fact]:
        """Return the payment of one transaction. Raises RecordError with every problem in it."""
        return list(parse_transaction(raw))

    def _files(self) -> list[Path]:
        folder = Path(self.settings["folder"])
        if not folder.is_dir():
            raise TransientError(
                "De map met bankbestanden is er nu niet. Controleer het pad, en of de schijf is "
                "aangesloten.",
                "the folder of bank files is not there",
            )
        if not os.access(folder, os.R_OK | os.X_OK):
            raise PermanentError(
                "De hub mag de map met bankbestanden niet lezen. Pas de rechten van de map aan.",
                "the folder of bank files cannot be read",
            )
        return sorted(path for path in folder.iterdir() if is_bank_file(path))

    # --- collecting ----------------------------------------------------------------------------

    def receive(self, call: Incoming) -> Answer:
        """Answer `GET incasso/2026-12-01` with the pain.008 file of the terms due on that day.

        And of those due since the day before on which banks settled: on a Saturday nothing can be
        collected. Asked twice, the same terms make a file with the same numbers: a bank refuses
        one whose number it knows.
        """
        token = self.settings["token"]
        if not token:
            return _refused(404, "Incassobestanden staan uit bij deze koppeling.")
        scheme, _, given = call.headers.get("authorization", "").partition(" ")
        same = hmac.compare_digest(given.strip().encode(), token.encode())
        if scheme.lower() != "bearer" or not same:
            return _refused(401, "Het wachtwoord klopt niet.", {"WWW-Authenticate": "Bearer"})
        on = _day(call.path)
        if on is None or call.method != "GET":
            return _refused(404, "Vraag het bestand op met GET incasso/JJJJ-MM-DD.")
        if on <= self.context.clock.today():
            return _refused(422, "Kies een dag na vandaag: de bank heeft tijd nodig.")
        if not is_open(on):
            after = next_open(on)
            text = f"Op {on:%d-%m-%Y} verwerken banken geen incasso's. Vraag {after:%d-%m-%Y} op; "
            return _refused(422, f"{text}daarin staan ook de termijnen van de dagen ervoor.")
        held = on_hold(self.context.export("hold"), on)
        terms, left = due_terms(self.context.export("payment_plan"), held, on)
        for reason, count in left.items():
            self.context.log.warning("%d terms are left out: %s", count, reason)
        headers = {f"Niet-Opgenomen-{reason}": str(count) for reason, count in left.items()}
        if not terms:
            return Answer(204, b"", headers)
        body = Collector(self.settings).file(terms, on, self.context.clock.now())
        name = f'attachment; filename="incasso-{on.isoformat()}.xml"'
        told = {"Content-Type": "application/xml", "Content-Disposition": name}
        return Answer(200, body, told | headers)


def _portions(found: Iterator[Record]) -> Iterator[list[Record]]:
    while some := list(islice(found, BATCH)):
        yield some


def _day(path: str) -> date | None:
    found = _DAY.fullmatch(path.strip("/"))
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _refused(status: int, text: str, more: Mapping[str, str] = MappingProxyType({})) -> Answer:
    return Answer(status, text.encode(), {"Content-Type": "text/plain; charset=utf-8", **more})
