"""Anchors: the ends of the logs, noted where an intruder of this machine cannot reach.

A file on another machine, a syslog, or both. With an anchor, a log that was cut off together
with everything that points to its end is still found.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
from pathlib import Path

from hub.core import Hub
from hub.errors import ConfigError
from hub.security.verify import Anchor, anchors, read_anchors


def note_anchors(hub: Hub) -> list[Anchor]:
    """Note where the logs end now, in the file and the syslog of the settings.

    Raises ConfigError when the file cannot be written or the syslog's name is wrong.
    """
    with hub.reader.connect() as connection:
        found = anchors(connection, hub)
    if hub.settings.audit_anchor_file:
        _to_file(Path(hub.settings.audit_anchor_file), found)
    if hub.settings.audit_syslog:
        _to_syslog(hub.settings.audit_syslog, found)
    return found


def kept_anchors(hub: Hub, file: Path | None = None) -> list[Anchor]:
    """Return the anchors in `file`, or in the file of the settings; none when there is no file.

    Raises ConfigError for a file that cannot be read or was tampered with.
    """
    own = hub.settings.audit_anchor_file
    if file is None and not (own and Path(own).exists()):
        return []
    path = file or Path(own)
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise ConfigError(f"Het ankerbestand {path} is niet te lezen.") from error
    return read_anchors(hub, lines)


def _to_file(path: Path, found: list[Anchor]) -> None:
    try:
        with path.open("a") as file:
            file.writelines(one.line() + "\n" for one in found)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ConfigError(f"Het ankerbestand {path} is niet te schrijven.") from error


def _to_syslog(address: str, found: list[Anchor]) -> None:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigError("De instelling audit_syslog is geen host:poort, als log.gemeente.nl:514.")
    try:
        handler = logging.handlers.SysLogHandler((host, int(port)))
    except OSError as error:
        raise ConfigError(f"De syslog {address} is niet te vinden.") from error
    try:
        for one in found:
            record = logging.LogRecord(
                "schuldenhub", logging.INFO, "", 0, f"schuldenhub: {one.line()}", None, None
            )
            handler.emit(record)
    finally:
        handler.close()
