"""How a file reaches us: out of a folder where another system puts it, or over HTTPS."""

from __future__ import annotations

import fnmatch
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol

from hub.clock import AMSTERDAM
from hub.connector import (
    CheckStep,
    ConfigError,
    Context,
    Cursor,
    PermanentError,
    TransientError,
    probe,
)

#: The largest file that is read, in bytes.
MOST_BYTES = 500_000_000

#: Up to this many bytes an answer stays in memory; a larger one goes to a file without a name.
IN_MEMORY = 5_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read: its name, when it was made (UTC), and how to open it."""

    name: str
    made_at: datetime
    open: Callable[[], AbstractContextManager[IO[bytes]]]

    def cursor(self) -> Cursor:
        """Return where the stream stands after this file."""
        return {"delivered_at": self.made_at.isoformat(), "name": self.name}


class Files(Protocol):
    """Where files come from."""

    def check(self) -> Iterator[CheckStep]:
        """Yield the steps that look whether a file can be reached."""
        ...

    def waiting(self, full: bool, cursor: Cursor | None) -> list[Found]:
        """Return what to read: the newest full set, or all changes since `cursor`, in order."""
        ...


class Folder:
    """A folder in which another system puts its files, each under a name of its own.

    A file must appear under its name in one step, when it is whole. Files that were read stay: who
    puts them there cleans up.
    """

    def __init__(self, folder: str, pattern: str) -> None:
        self._folder = Path(folder)
        self._pattern = pattern

    def check(self) -> Iterator[CheckStep]:
        """Yield whether the folder is there and holds a file."""
        found = self._all()
        yield CheckStep("Map", True, f"De map is leesbaar en bevat {len(found)} bestanden.")
        if found:
            told = f"Het nieuwste bestand is {found[-1].name}, van {_when(found[-1].made_at)}."
        else:
            told = f"In de map staat nog geen bestand dat past bij {self._pattern}."
        yield CheckStep("Bestand", bool(found), told)

    def waiting(self, full: bool, cursor: Cursor | None) -> list[Found]:
        """Return the newest file, or those made after the last one read."""
        found = self._all()
        if full:
            if not found:
                raise TransientError(
                    f"In de map staat geen bestand dat past bij {self._pattern}. Er is niets "
                    "afgesloten of verwijderd. Vraag de afdeling om een nieuwe export."
                )
            _require_newer(found[-1], cursor)
            return found[-1:]
        if not cursor:
            return found
        last = (datetime.fromisoformat(cursor["delivered_at"]), cursor["name"])
        return [one for one in found if (one.made_at, one.name) > last]

    def _all(self) -> list[Found]:
        if not self._folder.is_dir():
            raise ConfigError(
                "De map met bestanden bestaat niet of is niet te lezen. Controleer de map in de "
                "instellingen."
            )
        try:
            paths = [one for one in self._folder.iterdir() if self._fits(one.name)]
            found = [_found(one) for one in paths if one.is_file()]
        except OSError as error:
            raise ConfigError(
                "De map met bestanden is niet te lezen. Controleer de rechten op de map.",
                f"cannot list folder: {type(error).__name__}",
            ) from error
        return sorted(found, key=lambda one: (one.made_at, one.name))

    def _fits(self, name: str) -> bool:
        # Windows does not tell EXPORT.CSV from export.csv, so neither do those who fill in *.csv.
        if name.startswith((".", "~$")):
            return False
        return fnmatch.fnmatchcase(name.lower(), self._pattern.lower())


def _require_newer(found: Found, cursor: Cursor | None) -> None:
    """Raise PermanentError for a full set that is older than the one that was read last."""
    last = datetime.fromisoformat(cursor["delivered_at"]) if cursor else None
    if last and found.made_at < last:
        raise PermanentError(
            f"Het nieuwste bestand in de map is {found.name}, en dat is ouder dan het bestand dat "
            "al is gelezen. Er is niets gewijzigd. Laat het andere systeem een nieuwe export "
            "neerzetten.",
            "newest file is older than the last one read",
        )


def _found(path: Path) -> Found:
    told = path.stat()
    if told.st_size > MOST_BYTES:
        raise ConfigError(
            f"Het bestand {path.name} is groter dan {MOST_BYTES // 1_000_000} MB. Controleer of "
            "de export klopt.",
            "file is too large",
        )
    return Found(path.name, datetime.fromtimestamp(told.st_mtime, UTC), lambda: _opened(path))


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise ConfigError(
            f"Het bestand {path.name} is niet te lezen. Controleer de rechten op de map.",
            f"cannot read file: {type(error).__name__}",
        ) from error


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(AMSTERDAM):%d-%m-%Y %H:%M} uur"


class Rest:
    """An address that answers a GET with one file, to who shows a token."""

    def __init__(self, url: str, token: str, context: Context) -> None:
        self._url = url
        self._context = context
        self._options: dict[str, Any] = {"stream": True}
        if token:
            self._options["headers"] = {"Authorization": f"Bearer {token}"}

    def check(self) -> Iterator[CheckStep]:
        """Yield name, port, TLS and sign-in."""
        for found in probe(self._url):
            step = CheckStep(*found)
            yield step
            if not step.ok:
                return
        with self._context.http.get(self._url, **self._options):
            yield CheckStep("Aanmelden", True, "Het adres geeft antwoord en het token werkt.")

    def waiting(self, full: bool, cursor: Cursor | None) -> list[Found]:
        """Return the answer of this moment."""
        return [Found("antwoord", self._context.clock.now(), self._fetched)]

    @contextmanager
    def _fetched(self) -> Iterator[IO[bytes]]:
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as kept:
            with self._context.http.get(self._url, **self._options) as response:
                for chunk in response.iter_content(65_536):
                    if kept.tell() + len(chunk) > MOST_BYTES:
                        raise ConfigError("Het antwoord is te groot. Controleer het adres.")
                    kept.write(chunk)
            kept.seek(0)
            yield kept
