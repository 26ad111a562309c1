"""Link: statements of the same debt become one claim.

By the creditor's number where it is told; else by creditor, type, year, amounts and days, with a
score: the hub links what is sure, asks a person where it is not, and leaves the rest as claims of
their own, visible as such. hub.reconcile.linking has the parts. The outcome depends on what
stands and on what people said, not on the order in which it arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from hub.core import Hub
from hub.reconcile.linking.groups import group
from hub.reconcile.linking.keep import choose_authority, keep
from hub.reconcile.linking.load import family, load, load_verdicts
from hub.reconcile.linking.said import AUTHORITY, Creditors, load_creditors
from hub.store.engine import chunks

__all__ = ["AUTHORITY", "link"]


def link(connection: Connection, hub: Hub, resident_ids: Iterable[str]) -> set[str]:
    """Link all standing statements about these residents; return every resident it touches.

    That is more than were asked: clients of the same case, and the debtors of linked claims.
    """
    creditors = load_creditors(connection, hub)
    touched: set[str] = set()
    for some in chunks(sorted(resident_ids)):
        together = family(connection, set(some) - touched)
        touched |= together
        touched |= _link_families(connection, hub, creditors, sorted(together))
    return touched


def _link_families(
    connection: Connection, hub: Hub, creditors: Creditors, resident_ids: Sequence[str]
) -> set[str]:
    """Link the statements of whole families: of each resident all whom a case joins them to."""
    said = load(connection, hub, creditors, resident_ids)
    outcomes = group(said, load_verdicts(connection, hub, said))
    return choose_authority(connection, keep(connection, hub, said, outcomes), resident_ids)
