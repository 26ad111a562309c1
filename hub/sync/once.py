"""A request that comes twice takes effect once: its key is kept in the transaction of the effect.

Who sends a request and hears nothing cannot know whether it arrived, and sends it again with the
same key. Then it gets the answer of the first time. What is kept tells nothing of a person: key
and request are keyed hashes, and the answers to writes hold ids and states alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from hub.core import Hub
from hub.errors import PermanentError
from hub.store import once
from hub.store.engine import insert_new

#: How long a request is known as one that came before.
KEPT = timedelta(hours=24)


class KeyReused(PermanentError):
    """A key that came before, now with another request."""

    title = "Sleutel al gebruikt"


@dataclass(frozen=True)
class Request:
    """A request: by whom, under which key, and everything that makes it this request."""

    by: str
    key: str
    content: str


def before(connection: Connection, hub: Hub, request: Request) -> Any | None:
    """Return the answer that this request got before; None when it never came, and is now kept.

    Of two that come at once the second waits until the first is over. Raises KeyReused when the
    key came with another request.
    """
    _forget(connection, hub)
    place = {"municipality": hub.municipality, "key": _key(hub, request)}
    content = hub.keys.fingerprint(f"once:{request.content}")
    # A second one finds the row of the first, or waits for its transaction and finds it then.
    insert_new(connection, once, [place | {"request": content, "at": hub.clock.now()}])
    row = connection.execute(select(once).filter_by(**place)).one()
    if row.request != content:
        raise KeyReused(
            "Deze Idempotency-Key hoort bij een ander verzoek. Er is niets gewijzigd. Geef elk "
            "nieuw verzoek een eigen sleutel, zoals een UUID.",
            "an idempotency key came with another request",
        )
    return row.answer


def keep(connection: Connection, hub: Hub, request: Request, answer: Any) -> None:
    """Keep the answer to a request, in the transaction of its effect."""
    connection.execute(
        update(once)
        .where(once.c.municipality == hub.municipality, once.c.key == _key(hub, request))
        .values(answer=answer)
    )


def forget(hub: Hub) -> int:
    """Remove what is kept longer than needed; return how many."""
    with hub.engine.begin() as connection:
        return _forget(connection, hub)


def _forget(connection: Connection, hub: Hub) -> int:
    old = once.c.at < hub.clock.now() - KEPT
    mine = delete(once).where(once.c.municipality == hub.municipality, old)
    return connection.execute(mine).rowcount


def _key(hub: Hub, request: Request) -> str:
    return hub.keys.fingerprint(f"once:{request.by}:{request.key}")
