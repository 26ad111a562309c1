"""Logs: one JSON object per line (or a line of text), with everything masked that is not ours.

Masking stands in the formatter of the handler, the last thing a record passes: a filter on a
logger does not see the records of the loggers below it. What is masked: BSNs, secrets the hub
was configured with, values called password, token and the like, and the query of a URL.

The text of an exception may hold a person's data, so only that of the hub's own errors is
written (they promise to hold none); of others the type and the frames.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from traceback import walk_tb
from typing import Any
from urllib.parse import quote

from hub.errors import HubError
from schemas.fields import elfproef

MASK = "***"

_DIGITS = re.compile(r"[0-9]{9,}")
#: The two ways people group the digits of a BSN: 1234.56.789 and 123 456 789.
_GROUPED = re.compile(r"[0-9]{4}([ .-])[0-9]{2}\1[0-9]{3}|[0-9]{3}([ .-])[0-9]{3}\2[0-9]{3}")
_SECRET_NAME = re.compile(
    r"authorization|passw(or)?d|wachtwoord|secret|token|api[_-]?key|cookie|credential|^bsn$", re.I
)
_PAIR = re.compile(
    r"""(?P<name>[\w-]*(?:authorization|passw(?:or)?d|wachtwoord|secret|token|api[_-]?key|cookie"""
    r"""|credential)[\w-]*["']?\s*[:=]\s*)"""
    r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?:Bearer|Basic)\s+\S+|[^\s,;&}\])]+)""",
    re.I,
)
#: Headers of which the whole value is secret, whatever blanks and signs stand in it.
_HEADER = re.compile(r"((?:authorization|cookie)\s*[:=])[^\r\n\"']+", re.I)
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{8,}", re.I)
_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?#\"'<>]*)\?[^\s\"'<>]*", re.I)
_USER = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@\"'<>]*@", re.I)

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")

#: Shorter than this a secret is a word that stands everywhere, such as a port or a host.
_SHORTEST = 6

_secrets: set[str] = set()


def hide(secret: str) -> None:
    """Never write `secret` in a log, neither as it is nor escaped as in JSON, a repr or a URL."""
    if len(secret) >= _SHORTEST:
        forms = (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret, safe=""))
        _secrets.update(forms)


def without_secrets(text: str) -> str:
    """Return a sentence for a person without configured secrets, and URLs without user and query.

    Unlike `mask` it leaves the words alone: "Controleer het wachtwoord: ..." stays readable.
    """
    # The longest first: a secret may be part of another one.
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return _USER.sub(rf"\1{MASK}@", _QUERY.sub(rf"\1?{MASK}", text))


def mask(text: str) -> str:
    """Return `text` without BSNs, secrets and queries."""
    text = without_secrets(text)
    text = _PAIR.sub(rf"\g<name>{MASK}", _HEADER.sub(rf"\1 {MASK}", text))
    text = _BEARER.sub(rf"\1 {MASK}", text)
    return _GROUPED.sub(_without_bsn, _DIGITS.sub(_without_bsn, text))


def _without_bsn(found: re.Match[str]) -> str:
    digits = re.sub("[^0-9]", "", found[0])
    parts = (digits[at : at + 9] for at in range(len(digits) - 8))
    return MASK if any(map(elfproef, parts)) else found[0]


def _one_line(text: str) -> str:
    """Return `text` with what ends a line, moves a cursor or turns text around as JSON escapes.

    Otherwise a name with a line end in it could write a line of its own.
    """
    return _BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class Text(logging.Formatter):
    """A line for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return moment, level, logger, message and what else was told."""
        told = describe(record)
        rest = {key: told[key] for key in told if key not in _ALWAYS}
        line = " ".join(str(told[key]) for key in _ALWAYS)
        return _one_line(f"{line} {json.dumps(rest, ensure_ascii=False)}" if rest else line)


class Json(logging.Formatter):
    """One object per line, for whatever collects logs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        return _one_line(json.dumps(describe(record), ensure_ascii=False))


_ALWAYS = ("at", "level", "logger", "message")
_OWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


def describe(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a record tells, masked: at, level, logger, message, extras and error."""
    extras = {key: value for key, value in vars(record).items() if key not in _OWN}
    told = {"message": _message(record), **extras}
    if record.exc_info and record.exc_info[1]:
        told["error"] = list(_chain(record.exc_info[1]))
    return {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": mask(record.name),
        **{mask(key): _masked(value, key) for key, value in told.items()},
    }


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:
        # The arguments do not fit the text. logging's own complaint would print them unmasked.
        return str(record.msg)


def _masked(value: Any, name: str = "") -> Any:
    """Return `value` as JSON can hold it; numbers are looked at too, as a BSN may be one."""
    if _SECRET_NAME.search(name):
        return MASK
    if isinstance(value, Mapping):
        return {mask(str(key)): _masked(one, str(key)) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(one) for one in value]
    if isinstance(value, BaseException):
        return mask(_told(value))
    text = mask(str(value))
    return value if isinstance(value, bool | int | float | None) and text == str(value) else text


def _chain(error: BaseException | None) -> Iterator[dict[str, Any]]:
    """Yield an error and what led to it: type, text where it may be told, and frames."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = [_frame(*one) for one in walk_tb(error.__traceback__)]
        yield {"type": _type(error), "text": _told(error), "frames": frames}
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _type(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _told(error: BaseException) -> str:
    return error.log if isinstance(error, HubError) else MASK


def _frame(frame: Any, line: int) -> str:
    return f"{frame.f_code.co_filename}:{line} {frame.f_code.co_name}"


class _Stderr(logging.StreamHandler[Any]):
    """Writes to standard error as it is at that moment, also after somebody redirected it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return sys.stderr

    def handleError(self, record: logging.LogRecord) -> None:
        """Say that a record could not be written, and nothing of what stood in it."""
        sys.stderr.write(f"a log record of {mask(record.name)} could not be written\n")


def _uncaught(kind: type[BaseException], error: BaseException | None, frames: Any) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    told = (kind, error or kind(), frames)
    logging.getLogger("hub").critical("nobody caught an error", exc_info=told)


def configure(level: int = logging.INFO, *, as_json: bool = True) -> None:
    """Send what is logged from `level` on to standard error, masked; may be called again."""
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Stderr)]:
        root.removeHandler(old)
    handler = _Stderr()
    handler.setFormatter(Json() if as_json else Text())
    root.addHandler(handler)
    root.setLevel(level)
    # Python itself would print what nobody caught as it is, with all that its text holds.
    sys.excepthook = _uncaught
    threading.excepthook = lambda told: _uncaught(told.exc_type, told.exc_value, told.exc_traceback)
    # They tell on every start what nobody has a use for.
    for name in ("alembic", "apscheduler"):
        logging.getLogger(name).setLevel(logging.WARNING)
