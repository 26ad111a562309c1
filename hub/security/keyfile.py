"""Where keys are kept: in instance/keys, or outside, in a file or variable that a vault fills.

The file of the installation is replaced in one step (written beside it, flushed to the disk,
renamed) and readable by its owner only, so that a crash leaves the old keys or the new ones. What
is kept outside is never written by the hub.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub import logs
from hub.clock import Clock
from hub.errors import ConfigError
from hub.security.ring import Key, Ring, dump_keys, dump_ring, fresh_ring, read_keys, read_ring
from hub.settings import resolve

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """Where the keys of an installation are: its own file, or a reference to what is outside."""

    instance: Path
    reference: Mapping[str, str] | None = None

    @property
    def own(self) -> bool:
        """Tell whether the hub itself writes these keys."""
        return not self.reference

    @property
    def file(self) -> Path:
        """Return the key file of the installation."""
        return self.instance / "keys"

    def stamp(self) -> Hashable:
        """Return what differs when the keys may have changed."""
        path = self.file if self.own else (self.reference or {}).get("$file")
        if path is None:
            return None  # the environment of a process stays as it is
        try:
            found = os.stat(path)
        except OSError:
            return None
        return (found.st_ino, found.st_mtime_ns, found.st_size)

    def read(self) -> Ring:
        """Read the keys; what is secret in them is masked in logs. Raises ConfigError."""
        text = _read(self.file) if self.own else resolve(self.reference)
        ring = read_ring(text)
        told = json.loads(text)
        for secret in (*told["aes"].values(), told["lookup"], told["session"]):
            logs.hide(secret)
        return ring

    def write(self, ring: Ring) -> None:
        """Put `ring` in the place of the keys, in one step. Only for keys of its own."""
        replace_file(self.file, dump_ring(ring))

    def make(self) -> None:
        """Make keys where there are none, also when two processes start at once."""
        self.instance.mkdir(parents=True, exist_ok=True)
        with alone(self.instance, wait=True):
            if not self.file.exists():
                self.write(fresh_ring(Clock().now()))

    @property
    def archive(self) -> Path:
        """Return the file with keys that are out of use: for backups of before."""
        return self.instance / "keys.retired"

    def retired(self) -> dict[str, Key]:
        """Return the keys that are out of use. Raises ConfigError when they are damaged."""
        return read_keys(_read(self.archive)) if self.archive.exists() else {}

    def put_by(self, key: Key) -> None:
        """Keep a key among those out of use."""
        replace_file(self.archive, json.dumps(dump_keys({**self.retired(), key.id: key}), indent=2))


def _read(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text()
    except OSError as error:
        raise ConfigError(
            f"Het bestand {path} is niet te lezen: {error.strerror}.", f"cannot read {path}"
        ) from error
    if mode & 0o077:
        log.warning("%s is open to others than its owner: chmod 600", path)
    return text


def replace_file(path: Path, text: str) -> None:
    """Write a file for the owner only, in one step: after a crash it is the old or the new one."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)  # of a process that died here
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def alone(instance: Path, *, wait: bool = False) -> Iterator[None]:
    """Be the only process that writes the keys; the system lets go when a process dies.

    Raises ConfigError when another one is at it, unless `wait`.
    """
    folder: Any = os.open(instance, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    except BlockingIOError:
        raise ConfigError(
            "Een ander proces is al bezig met de sleutels. Wacht tot het klaar is.",
            "the keys are locked by another process",
        ) from None
    finally:
        os.close(folder)
