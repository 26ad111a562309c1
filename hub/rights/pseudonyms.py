"""Keyed hashes with keys of their own: nobody can join what they stand in with anything else."""

from __future__ import annotations

import hmac

from sqlalchemy import Connection, select

from hub.core import Hub
from hub.security.keys import Keys
from hub.store import resident


def keyed(keys: Keys, purpose: bytes, text: str) -> str:
    """Return the hash of `text` with a key that is derived from the lookup key for `purpose`."""
    own = hmac.digest(keys.ring.lookup, purpose, "sha256")
    return hmac.new(own, text.encode(), "sha256").hexdigest()


def pseudonym(keys: Keys, who: str) -> str:
    """Return under which name somebody stands in the indicators."""
    return keyed(keys, b"pseudonyms of the indicators", who)


def pseudonym_of(connection: Connection, hub: Hub, resident_id: str) -> str:
    """Return the pseudonym of a resident: by the BSN, so that it outlives the resident's row."""
    hashed = connection.execute(
        select(resident.c.bsn_hash).where(
            resident.c.id == resident_id, resident.c.municipality == hub.municipality
        )
    ).scalar()
    return pseudonym(hub.keys, hashed or resident_id)
