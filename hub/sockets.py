"""Connections that can be cut from another thread, so that work can end while it waits."""

from __future__ import annotations

import contextlib
import socket
import weakref
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from hub.bounds import PromptHead, PromptTlsHead


class CuttableAdapter(HTTPAdapter):
    """An adapter that knows its live connections; after `cut` it opens no new ones."""

    def __init__(self) -> None:
        self._live: weakref.WeakSet[HTTPConnection] = weakref.WeakSet()
        self._is_cut = False
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools with connections that register themselves here."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _pool(HTTPConnectionPool, PromptHead, self),
            "https": _pool(HTTPSConnectionPool, PromptTlsHead, self),
        }

    def opened(self, connection: Any) -> None:
        """Note a connection that was made; cut it at once when that was asked meanwhile."""
        self._live.add(connection)
        if self._is_cut:
            _shut(connection)

    def cut(self) -> None:
        """Shut every live connection; a thread that waits on one gets an error."""
        self._is_cut = True
        for connection in list(self._live):
            _shut(connection)


def _pool(pool: Any, connection: Any, adapter: CuttableAdapter) -> Any:
    class Registered(connection):
        def connect(self) -> None:
            super().connect()
            adapter.opened(self)

    return type(f"Cuttable{pool.__name__}", (pool,), {"ConnectionCls": Registered})


def _shut(connection: Any) -> None:
    # The connection is in use by the thread that waits: only the socket is shut, not closed.
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
