"""Facts follow their subject: whom it is linked to, they are about."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from hub.store import FACTS, subject
from hub.store.engine import chunks


def spread(connection: Connection, subject_ids: Sequence[int]) -> None:
    """Carry the resident of these subjects, or that they have none any more, to their facts."""
    for table in dict.fromkeys(FACTS.values()):
        who = (
            select(subject.c.resident_id)
            .where(subject.c.id == table.c.subject_id)
            .scalar_subquery()
        )
        for some in chunks(subject_ids):
            connection.execute(
                update(table)
                .where(table.c.subject_id.in_(some), table.c.resident_id.is_distinct_from(who))
                .values(resident_id=who)
            )
