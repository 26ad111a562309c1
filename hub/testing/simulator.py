"""The base of simulators: the other side of a connector, as a real server on a real socket."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from hub.clock import Clock
from hub.testing.world import Municipality

RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A source to configure in the hub so that it talks to a simulator.

    `owner` is the code of the organisation whose data it is; `interval_minutes` is how often
    it is read; `max_age_hours` after how long it counts as silent.
    """

    name: str
    title: str
    connector: str
    owner: str
    config: dict[str, Any] = field(default_factory=dict)
    interval_minutes: int = 24 * 60
    max_age_hours: int = 36


@dataclass(frozen=True)
class PastOrder:
    """An order that the municipality gave a register before the demo begins, about a resident."""

    bsn: str
    kind: str
    data: Mapping[str, Any]
    on: date


class Index(Generic[RowT]):
    """Finds rows of a book by a text, so that a question costs the same in a book of any size.

    It is made again when the book is another list or has another length.
    """

    def __init__(self, texts: Callable[[RowT], Iterable[str]]) -> None:
        self._texts = texts
        self._book: tuple[int, int] = (0, 0)
        self._rows: dict[str, list[RowT]] = {}

    def of(self, book: Sequence[RowT], text: str) -> list[RowT]:
        """Return the rows of a book that have this text, in the order of the book."""
        if self._book != (id(book), len(book)):
            rows: dict[str, list[RowT]] = {}
            for row in book:
                for one in dict.fromkeys(self._texts(row)):
                    rows.setdefault(one, []).append(row)
            self._book, self._rows = (id(book), len(book)), rows
        return self._rows.get(text, [])


class Simulator:
    """One outside system. It is handed the municipality and keeps its own books.

    Subclasses set `name`, load their books in `__init__`, and implement `app` (a WSGI
    application) and `sources`. `port` is 0 until started, and kept over a stop and start, as a
    real system keeps its address.
    """

    name: ClassVar[str]
    #: Played only where the whole chain is asked for, not in the everyday demo.
    extra: ClassVar[bool] = False

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        self.municipality = municipality
        self.folder = folder
        self.clock = clock
        self.port = 0
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request (WSGI)."""
        raise NotImplementedError

    def tls(self) -> ssl.SSLContext | None:
        """Return the TLS context of the server, or None for plain HTTP."""
        return None

    def sources(self) -> list[SourceSpec]:
        """Return the sources with which the hub talks to this simulator; call after `start`."""
        raise NotImplementedError

    def prime(self) -> None:
        """See to it that every stream has something to read; needed where others fill it."""

    def past_orders(self) -> Iterable[PastOrder]:
        """Return what the municipality ordered before the demo begins, through its first source."""
        return ()

    def effects(self) -> Mapping[str, int]:
        """Return how often each command was carried out, by its key: what the books say."""
        return {}

    @property
    def url(self) -> str:
        """Return the address of the running server, without a slash at the end."""
        return f"{'https' if self.tls() else 'http'}://localhost:{self.port}"

    @property
    def running(self) -> bool:
        """Tell whether the server is up."""
        return self._server is not None

    def start(self) -> None:
        """Start serving on the loopback address."""
        if self.running:
            return
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = make_server(
            "localhost",
            self.port,
            self.app,
            threaded=True,
            ssl_context=self.tls(),
            request_handler=_Quiet,
        )
        self.port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.02},  # how long a stop may take
            name=f"simulator-{self.name}",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and free the port; the books stay."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)
        self._server = None


class _Quiet(WSGIRequestHandler):
    # Requests of a simulator are no log of ours, and their bodies hold BSNs.
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""
