"""The documents in a file of a bank: one, also packed (.gz), or those of an archive (.zip).

Read in pieces: a file may be larger than memory, and one that unpacks without end is refused.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from hub.connector import PermanentError
from hub.wire import KEPT

#: How files of a bank end; others in the folder are left alone.
ENDINGS = (".xml", ".xml.gz", ".zip")

#: How many bytes of XML one file may hold, and how many documents.
MOST_BYTES, MOST_DOCUMENTS = 2 << 30, 1000

_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Document:
    """One XML document: its name for a sentence, and how to open it."""

    name: str
    open: Callable[[], IO[bytes]]

    def pieces(self) -> Iterator[bytes]:
        """Yield its bytes. Raises PermanentError when it cannot be unpacked."""
        seen = 0
        try:
            with self.open() as file:
                while piece := file.read(_PIECE):
                    seen += len(piece)
                    if seen > MOST_BYTES:
                        raise _refused(self.name, "is uitgepakt te groot", "unpacks without end")
                    yield piece
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
            raise _broken(self.name) from error
        except RuntimeError as error:  # what zipfile says of a password
            text = "is met een wachtwoord gesloten"
            raise _refused(self.name, text, "an archive with a password") from error


def is_bank_file(path: Path) -> bool:
    """Tell whether a file is one that may come from a bank, by how its name ends."""
    return path.name.lower().endswith(ENDINGS) and not path.name.startswith(".")


def documents(path: Path) -> list[Document]:
    """Return the documents in a file. Raises PermanentError when it is no archive that opens."""
    name = path.name.lower()
    if name.endswith(".gz"):
        return [Document(path.name, lambda: cast("IO[bytes]", gzip.open(path, "rb")))]
    if not name.endswith(".zip"):
        return [Document(path.name, lambda: path.open("rb"))]
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [one for one in archive.infolist() if _is_document(one)]
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise _broken(path.name) from error
    if not inside:
        raise _refused(path.name, "bevat geen XML-bestand", "an archive without documents")
    if len(inside) > MOST_DOCUMENTS or sum(one.file_size for one in inside) > MOST_BYTES:
        raise _refused(path.name, "is uitgepakt te groot", "an archive that is too large")
    return [_member(path, one) for one in inside]


def _is_document(member: zipfile.ZipInfo) -> bool:
    # What a Mac adds is no document of the bank.
    return member.filename.lower().endswith(".xml") and "__MACOSX" not in member.filename


def _member(path: Path, member: zipfile.ZipInfo) -> Document:
    def opened() -> IO[bytes]:
        return zipfile.ZipFile(path).open(member)

    return Document(f"{path.name} ({member.filename[-60:]})", opened)


def _broken(name: str) -> PermanentError:
    return _refused(name, "is niet uit te pakken; het is beschadigd of afgebroken", "a broken file")


def _refused(name: str, text: str, log: str) -> PermanentError:
    return PermanentError(
        f"Het bestand {name} {text}. {KEPT} Vraag de bank om een nieuw bestand.", log
    )
