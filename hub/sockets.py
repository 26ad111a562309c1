"""Connections that can be cut from another thread, so that work can end while it waits."""

from __future__ import annotations

import contextlib
import socket
import weakref
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from hub.bounds import PromptHead, PromptTlsHead


class CuttableAdapter(HTTPAdapter):
    """An adapter that knows its live connections; after `cut` it opens no new ones."""

    def __init__(self) -> None:
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


def _pool(pool: Any, connection: Any, adapter: CuttableAdapter) -> Any:
    class Registered(connection):
        def connect(self) -> None:
            super().connect()
            adapter.opened(self.sock)

    return type(f"Cuttable{pool.__name__}", (pool,), {"ConnectionCls": Registered})


def _shut(line: socket.socket) -> None:
    # The thread that waits still holds the socket: it is shut, not closed.
    with contextlib.suppress(OSError, ValueError):
        line.shutdown(socket.SHUT_RDWR)
