"""Whether this process can do its work: the store answers, fits this hub, and can be opened."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from hub.core import Hub, keys_fit
from hub.store import schema


def unready(hub: Hub) -> str:
    """Return what keeps the hub from working: "store", "schema" or "keys"; empty when nothing.

    One word and no more, as everybody may ask.
    """
    try:
        with hub.reader.connect() as connection:
            if schema.current(connection) != schema.newest():
                return "schema"
            return "" if keys_fit(connection, hub.keys, hub.municipality) else "keys"
    except SQLAlchemyError:
        return "store"
