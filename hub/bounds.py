"""The body of an HTTP answer, bounded: no more bytes and no more time than it may take.

The time limit of a socket is only about the next byte, so a server that drips could keep the hub
busy for ever; and a few kilobytes of gzip can hold gigabytes. Bytes are counted after
decompression, which goes in pieces, so that a bomb is never held as a whole.
"""

from __future__ import annotations

import socket
import threading
import weakref
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from requests.exceptions import RequestException
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import DecodeError, HTTPError

from hub.errors import HubError, PermanentError, TransientError

#: Bytes to read at once.
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many decompressed bytes, and seconds from the first to the last of them."""

    most_bytes: int
    most_seconds: float


class PromptHead(HTTPConnection):
    """A connection whose read timeout is that of the whole head of an answer, not of each byte."""

    def getresponse(self) -> Any:
        """Return the answer, its body unread. Raises TimeoutError when its head takes too long."""
        late, line = threading.Event(), self.sock
        timer = threading.Timer(float(self.timeout or 60), _cut, (line, late))
        timer.daemon = True
        timer.start()
        try:
            response: Any = super().getresponse()
        except Exception as error:
            raise _or_timeout(error, late) from error
        finally:
            timer.cancel()
        if late.is_set():  # a head that is cut off looks like one that is whole
            raise TimeoutError("the head of the answer came too slowly")
        response.shutdown = lambda: line.shutdown(socket.SHUT_RDWR)
        return response


def _or_timeout(error: Exception, late: threading.Event) -> Exception:
    return TimeoutError("the head of the answer came too slowly") if late.is_set() else error


class PromptTlsHead(PromptHead, HTTPSConnection):
    """The same over TLS."""


class BoundedBody:
    """Stands in for the `raw` of a response and reads it within bounds.

    Reading raises PermanentError when the body is too large or not compressed as it says, and
    TransientError when it takes too long or breaks off. `where` is what an error calls the other
    side. With `acted`, the request may have changed something there; every failure is then a
    TransientError, so that it is asked what became of it.
    """

    def __init__(self, raw: Any, bounds: Bounds, where: str, *, acted: bool = False) -> None:
        self._raw = raw
        self._bounds = bounds
        self._where = where
        self._acted = acted
        self._count = 0
        self._late = threading.Event()
        self._timer: threading.Timer | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(
        self, amt: int | None = CHUNK, decode_content: bool | None = None
    ) -> Iterator[bytes]:
        """Yield the body in pieces of at most `amt` bytes. Raises HubError."""
        self._start()
        try:
            for piece in self._raw.stream(amt or CHUNK, decode_content=decode_content):
                yield self._counted(piece)
            self._counted(b"")  # what was cut off by the clock ends like what is whole
        except (HTTPError, RequestException, OSError, ValueError) as error:
            raise self._broken(error) from error
        finally:
            self._stop()

    def read(self, amt: int | None = None, **options: Any) -> bytes:
        """Return `amt` bytes, or all that is left. Raises HubError."""
        if amt is None:
            return b"".join(self.stream(CHUNK, options.get("decode_content")))
        self._start()
        try:
            return self._counted(self._raw.read(amt, **options))
        except (HTTPError, RequestException, OSError, ValueError) as error:
            raise self._broken(error) from error

    def close(self) -> None:
        """Close the connection."""
        self._stop()
        self._raw.close()

    def _counted(self, piece: bytes) -> bytes:
        self._count += len(piece)
        if self._late.is_set():
            raise self._too_slow()
        if self._count > self._bounds.most_bytes:
            self.close()
            raise self._unreadable(
                f"is groter dan {_size(self._bounds.most_bytes)}, en meer leest de hub niet",
                f"body is larger than {self._bounds.most_bytes} bytes",
            )
        return piece

    def _start(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(self._bounds.most_seconds, _cut, (self._raw, self._late))
            self._timer.daemon = True
            self._timer.start()
            weakref.finalize(self, self._timer.cancel)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _broken(self, error: Exception) -> HubError:
        self.close()
        if self._late.is_set():
            return self._too_slow()
        if isinstance(error, DecodeError):
            return self._unreadable(
                "is niet uit te pakken: het is anders gecomprimeerd dan het zegt",
                "content encoding is not what it says",
            )
        return TransientError(
            f"Het lezen van {self._where} brak af.",
            f"body from {self._where} broke off: {type(error).__name__}",
            may_have_arrived=True,
        )

    def _too_slow(self) -> HubError:
        self.close()
        return TransientError(
            f"Het antwoord van {self._where} kwam te langzaam: het was na "
            f"{self._bounds.most_seconds:g} seconden niet binnen. De hub probeert het later "
            "opnieuw.",
            f"body from {self._where} took longer than {self._bounds.most_seconds:g} s",
            may_have_arrived=True,
        )

    def _unreadable(self, what: str, log: str) -> HubError:
        user = f"Het antwoord van {self._where} {what}. Er is niets gewijzigd. "
        log = f"{log}, from {self._where}"
        if self._acted:
            user = f"Het antwoord van {self._where} {what}. De hub vraagt na wat er is gebeurd."
            return TransientError(user, log, may_have_arrived=True)
        return PermanentError(f"{user}Vraag de leverancier om het antwoord na te kijken.", log)


def _cut(line: Any, late: threading.Event) -> None:
    """End whatever waits for a socket or body: closing would not wake it, a shutdown does."""
    late.set()
    # It may have ended by itself in the meantime, and the body of a test may have no socket.
    with suppress(AttributeError, OSError, RuntimeError, ValueError):
        line.shutdown(socket.SHUT_RDWR) if isinstance(line, socket.socket) else line.shutdown()


def _size(count: int) -> str:
    for unit, size in (("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)):
        if count >= size:
            return f"{count / size:.0f} {unit}"
    return f"{count} bytes"
