"""What an administrator sees when the other side is not as the settings say: for connection tests.

`Side` answers every request the same way; `outcome` is what a connection test ends with.
"""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path
from types import TracebackType

from hub.connector import Connector, HubError
from hub.http import HubSession
from hub.testing.certificates import Authority

#: What many a wrong address answers: a page for people.
PAGE = b"<html><head><title>Welkom</title></head><body>Meld u aan</body></html>"

#: The step under which the hub shows an error that a check raises.
RAISED = "fout"

#: Seconds that a test waits for whoever says nothing.
PATIENCE = 0.3


class Side:
    """A server on a real socket with one answer; without a status it never says anything."""

    def __init__(
        self, status: str = "", body: bytes = b"", kind: str = "text/html", tls: Path | None = None
    ) -> None:
        self._answer = (
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        ).encode() + body
        self._silent = not status
        self._listener = socket.create_server(("localhost", 0))
        self._open: list[socket.socket] = []
        self._tls: ssl.SSLContext | None = None
        if tls:
            pair = Authority(tls).issue("register")
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(pair.certificate, pair.key)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://localhost:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Side:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        for one in self._open:
            one.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._speak, args=(connection,), daemon=True).start()

    def _speak(self, connection: socket.socket) -> None:
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            if self._silent or not _asked(connection):
                return
            connection.sendall(self._answer)
            connection.close()
        except OSError:
            return


def _asked(connection: socket.socket) -> bool:
    """Read one whole request; tell whether there was one."""
    told = b""
    while b"\r\n\r\n" not in told:
        piece = connection.recv(65536)
        if not piece:
            return False
        told += piece
    head, _, body = told.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    size = next((int(one[15:]) for one in lines if one.startswith(b"content-length:")), 0)
    while len(body) < size:
        body += connection.recv(65536)
    return True


def nobody() -> str:
    """An address on which nobody listens."""
    with socket.create_server(("localhost", 0)) as listener:
        port = listener.getsockname()[1]
    return f"http://localhost:{port}"


def outcome(connector: Connector) -> tuple[str, str]:
    """Return the step that fails and its sentence, as the page of a source shows it."""
    if isinstance(connector.http, HubSession):
        connector.http.wait = (PATIENCE, PATIENCE)
    last = ("", "")
    try:
        for step in connector.check():
            last = (step.name, step.message)
            if not step.ok:
                return last
    except HubError as error:
        return RAISED, error.user
    raise AssertionError(f"the check did not fail, but ended with {last}")
