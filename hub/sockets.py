"""Connections that only go where the hub may call, and that can be cut from another thread.

Every connection that leaves the hub is made by `Reach.dial`: those of a session here, mail by
`GuardedSmtp`, and the test of a connection in hub.probe.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import weakref
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from hub.bounds import PromptHead, PromptTlsHead
from hub.reach import Reach


class CuttableAdapter(HTTPAdapter):
    """An adapter that knows its live connections; after `cut` it opens no new ones.

    It connects to what `reach` allows and raises ConfigError for anything else.
    """

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        # Sockets, not connections: a body that ends its connection has parted from it already.
        self._live: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._is_cut = False
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools with connections that register themselves here."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _pool(HTTPConnectionPool, PromptHead, self),
            "https": _pool(HTTPSConnectionPool, PromptTlsHead, self),
        }

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        """Send a request; where a proxy of this machine makes the connection, judge it here."""
        if select_proxy(str(request.url), options.get("proxies")):
            self._judge_by_name(request)
        return super().send(request, *args, **options)

    def _judge_by_name(self, request: requests.PreparedRequest) -> None:
        parts = urlsplit(str(request.url))
        host = parts.hostname or ""
        try:
            self.reach.find(host, parts.port or 443)
        except OSError as error:
            # Known to the proxy alone: then it must stand on the list by name.
            if not self.reach.names_host(host):
                raise requests.ConnectionError("unknown name behind a proxy") from error

    def opened(self, line: socket.socket) -> None:
        """Note a connection that was made; cut it at once when that was asked meanwhile."""
        self._live.add(line)
        if self._is_cut:
            _shut(line)

    def cut(self) -> None:
        """Shut every live connection; a thread that waits on one gets an error."""
        self._is_cut = True
        for line in list(self._live):
            _shut(line)


class GuardedSmtp(smtplib.SMTP):
    """A mail client that connects to what `reach` allows. Raises ConfigError for anything else.

    With `tls` the connection is secured from its first byte; otherwise `starttls` can do so later.
    """

    def __init__(
        self,
        reach: Reach,
        host: str,
        port: int,
        timeout: float,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._reach = reach
        self._tls = tls
        super().__init__(host, port, timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        line = self._reach.dial(host, port, timeout)
        return self._tls.wrap_socket(line, server_hostname=host) if self._tls else line


def _pool(pool: Any, connection: Any, adapter: CuttableAdapter) -> Any:
    class Registered(connection):
        _handle: socket.socket | None = None

        def _new_conn(self) -> socket.socket:
            try:
                line = adapter.reach.dial(
                    self._dns_host.strip("[]"),
                    self.port,
                    self.timeout,
                    self.source_address,
                    self.socket_options or (),
                )
            except TimeoutError as error:
                raise ConnectTimeoutError(self, "connecting took too long") from error
            except OSError as error:
                raise NewConnectionError(self, f"cannot connect: {error}") from error
            # Another handle: TLS takes the socket itself over before it shakes hands, and the
            # other side may be silent then as well.
            self._handle = line.dup()
            adapter.opened(self._handle)
            return line

        def connect(self) -> None:
            try:
                super().connect()
            finally:
                if self._handle is not None:
                    self._handle.close()
            adapter.opened(self.sock)

    return type(f"Cuttable{pool.__name__}", (pool,), {"ConnectionCls": Registered})


def _shut(line: socket.socket) -> None:
    # The thread that waits still holds the socket: it is shut, not closed.
    with contextlib.suppress(OSError, ValueError):
        line.shutdown(socket.SHUT_RDWR)
