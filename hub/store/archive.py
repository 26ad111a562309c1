"""The file of a backup: a zip of a manifest, the dump of the database and, if asked, the keys.

Readable by the owner only. Nothing in the manifest is secret or about a person.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from marshmallow import EXCLUDE, Schema, fields, post_load

from hub.errors import ConfigError

DAMAGED = (
    "De reservekopie is beschadigd of is geen reservekopie van de hub. Er is niets gewijzigd. "
    "Neem een andere reservekopie."
)


@dataclass(frozen=True)
class Manifest:
    """What a backup is of: schema revision, database kind, moment (ISO, UTC), rows per table.

    `digest` is the SHA-256 of the dump. `seals` holds a known word, sealed with each key by its
    id, and `fingerprint` the same word by the lookup key: by these the right keys are known.
    """

    revision: str
    kind: str
    moment: str
    municipality: str
    rows: dict[str, int]
    digest: str
    seals: dict[str, str]
    fingerprint: str


class _ManifestSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    revision = fields.String(required=True)
    kind = fields.String(required=True)
    moment = fields.String(required=True)
    municipality = fields.String(required=True)
    rows = fields.Dict(fields.String(), fields.Integer(), required=True)
    digest = fields.String(required=True)
    seals = fields.Dict(fields.String(), fields.String(), required=True)
    fingerprint = fields.String(required=True)

    @post_load
    def _make(self, data: dict[str, object], **_: object) -> Manifest:
        return Manifest(**data)  # type: ignore[arg-type]


#: What unpacking a damaged file comes to, depending on which byte is wrong.
_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    KeyError,
    EOFError,
    ValueError,
    RuntimeError,
)


def digest(file: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def pack(file: Path, manifest: Manifest, dump: Path, keys: str | None) -> None:
    """Write a backup to `file`: whole or not at all.

    Raises ConfigError when the file exists already, or cannot be written.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        if file.exists():
            raise ConfigError(f"Het bestand {file} bestaat al. Kies een andere naam.")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            _write(stream, manifest, dump, keys)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    except OSError as error:
        raise ConfigError(f"Het bestand {file} is niet te schrijven: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)


def _write(stream: IO[bytes], manifest: Manifest, dump: Path, keys: str | None) -> None:
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as made:
        made.writestr("manifest.json", _ManifestSchema().dumps(manifest))
        made.write(dump, "dump")
        if keys is not None:
            made.writestr("keys", keys)


def unpack(file: Path, folder: Path) -> tuple[Manifest, Path, Path | None]:
    """Unpack a backup into `folder`; return the manifest, the dump and the keys if they are in it.

    Raises ConfigError when the file is damaged, by its checksums.
    """
    if not file.is_file():
        raise ConfigError(f"Het bestand {file} bestaat niet.")
    try:
        with zipfile.ZipFile(file) as stored:
            manifest: Manifest = _ManifestSchema().loads(stored.read("manifest.json").decode())
            dump = _extract(stored, "dump", folder)
            keys = _extract(stored, "keys", folder) if "keys" in stored.namelist() else None
    except OSError as error:
        raise ConfigError(f"Het bestand {file} is niet uit te pakken: {error.strerror}.") from error
    except _FAULTS as error:
        raise ConfigError(DAMAGED, f"cannot unpack: {type(error).__name__}") from error
    if digest(dump) != manifest.digest:
        raise ConfigError(DAMAGED, "the digest of the dump differs")
    return manifest, dump, keys


def _extract(stored: zipfile.ZipFile, name: str, folder: Path) -> Path:
    target = folder / name
    with stored.open(name) as origin, target.open("wb") as copy:
        shutil.copyfileobj(origin, copy, 1 << 20)
    return target
