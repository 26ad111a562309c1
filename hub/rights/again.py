"""Destroying again what an older backup brought back."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from hub.core import Hub
from hub.rights.journal import THINGS, known_again
from hub.rights.remove import erase, remove
from hub.security.audit import HUB, Deed, log_deed
from hub.store.engine import chunks

#: Things in one transaction.
PORTION = 500


def destroy_again(hub: Hub, since: datetime) -> dict[str, int]:
    """Destroy whatever this store holds that was destroyed at or after `since`.

    Of a resident who was destroyed nothing is left, of whatever age. Returns the rows that went,
    by table; empty when there was nothing.
    """
    counts: Counter[str] = Counter()
    for thing in THINGS:
        with hub.reader.connect() as connection:
            found = known_again(connection, hub, thing, since)
        for some in chunks(found, PORTION):
            with hub.engine.begin() as connection:
                if thing == "resident":
                    counts += erase(connection, hub, some).counts
                else:
                    counts += remove(connection, hub, thing, some).counts
    if counts:
        with hub.engine.begin() as connection:
            rows = ", ".join(f"{count} × {name}" for name, count in sorted(counts.items()))
            log_deed(connection, hub, HUB, Deed("destroy_again", reason=rows[:2000]))
    return dict(counts)
