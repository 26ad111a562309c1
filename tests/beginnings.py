"""States of a hub that many tests begin with: made once in a session, copied after that.

What the code under test makes of them is real; it only is not made again for every test.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from book import Book
from databases import copy, drop, server

from hub.core import Hub


@dataclass(frozen=True)
class _Beginning:
    """A store (the bytes of a file, or the name of a database), when it was, and the books."""

    store: bytes | str
    moment: datetime
    books: list[dict[str, Any]]


_known: dict[tuple[Any, ...], _Beginning] = {}


def begin(hub: Hub, name: str, make: Callable[[], None], *books: Book) -> None:
    """Bring a hub that was just opened where `make` brings it, and its books as well.

    `make` is named by `name`, and is called the first time only. What it starts beside the store,
    the clock and the books is not remembered.
    """
    kind, mark = hub.engine.dialect.name, hub.keys.fingerprint("begin")
    key = (name, kind, mark, hub.municipality, hub.clock.now())
    if key in _known:
        _bring(hub, _known[key], books)
        return
    make()
    hub.engine.dispose()
    store = _copied(hub) if kind == "postgresql" else _file(hub).read_bytes()
    _known[key] = _Beginning(store, hub.clock.now(), [_shape(book) for book in books])


def _bring(hub: Hub, known: _Beginning, books: tuple[Book, ...]) -> None:
    hub.engine.dispose()
    if isinstance(known.store, str):
        name = str(hub.engine.url.database)
        with server(_url(hub)) as told:
            drop(told, name)
            copy(told, known.store, name)
    else:
        for end in ("", "-wal", "-shm"):
            Path(f"{_file(hub)}{end}").unlink(missing_ok=True)
        _file(hub).write_bytes(known.store)
    hub.clock.move(seconds=(known.moment - hub.clock.now()).total_seconds())  # type: ignore[attr-defined]
    for book, shape in zip(books, known.books, strict=True):
        vars(book).update({name: deepcopy(value) for name, value in shape.items()})


def _shape(book: Book) -> dict[str, Any]:
    return {name: deepcopy(value) for name, value in vars(book).items() if name != "answer"}


def _file(hub: Hub) -> Path:
    return Path(str(hub.engine.url.database))


def _copied(hub: Hub) -> str:
    name = f"b{uuid.uuid4().hex[:10]}"
    with server(_url(hub)) as told:
        copy(told, str(hub.engine.url.database), name)
    return name


def _url(hub: Hub) -> str:
    return hub.engine.url.render_as_string(hide_password=False)
