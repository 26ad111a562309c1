"""The creditors in somebody's overview, and over which channels each can be told something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from hub.core import Hub
from hub.overview.words import organisation, organisation_names
from hub.store import claim, claim_statement, source, standing
from hub.sync.orders import letter
from hub.sync.sources import Source, all_sources


@dataclass(frozen=True)
class Creditor:
    """Somebody to whom something is owed.

    `public` is local government: it has a source of its own or is bound by the covenant.
    `channels` are its sources that set holds; `letter` is what a message over the exchange holds,
    None where the exchange does not know it.
    """

    code: str
    name: str
    public: bool
    channels: tuple[Source, ...]
    letter: Mapping[str, Any] | None


def creditors_of(connection: Connection, hub: Hub, resident_id: str) -> list[Creditor]:
    """Return whom this resident still owes something, by name."""
    query = (
        select(claim.c.creditor, claim_statement.c.creditor_name, source.c.role)
        .join(claim_statement, claim_statement.c.id == claim.c.statement_id)
        .join(source, source.c.id == claim_statement.c.source_id)
        .where(
            claim.c.resident_id == resident_id,
            standing(claim_statement),
            claim_statement.c.open > 0,
        )
        .distinct()
    )
    rows = connection.execute(query).all()
    said = {row.creditor: row.creditor_name for row in rows}
    owed = {row.creditor for row in rows if row.role == "creditor"}
    return named(connection, hub, resident_id, said, owed)


def named(
    connection: Connection,
    hub: Hub,
    resident_id: str,
    said: Mapping[str, str],
    public: Iterable[str] = (),
) -> list[Creditor]:
    """Return these creditors (code and the name a source gave), by name."""
    names, sources = organisation_names(connection, hub.municipality), all_sources(hub)
    theirs, found = set(public), []
    for code, name in said.items():
        text = letter(connection, hub, resident_id, code)
        found.append(
            Creditor(
                code=code,
                name=organisation(names, code, name),
                public=code in theirs or text is not None,
                channels=tuple(one for one in sources if _sets_holds(one, code)),
                letter=text,
            )
        )
    return sorted(found, key=lambda one: (one.name, one.code))


def _sets_holds(one: Source, code: str) -> bool:
    return (
        one.enabled
        and one.owner == code
        and one.role == "creditor"
        and "set_hold" in one.connector.commands
    )
