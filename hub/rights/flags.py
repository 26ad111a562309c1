"""What a resident says of the data: correction, objection, restriction (AVG 16, 21 and 18).

A flag stays until an employee decided on it; it travels with the overview, so that whoever acts
on a figure knows that the resident disputes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from hub.core import Hub
from hub.errors import ConfigError
from hub.logs import mask
from hub.security.audit import Actor, Deed, Trace, log_deed
from hub.security.cases import plain
from hub.store import flag, resident
from hub.store.engine import chunks


@dataclass(frozen=True)
class Kind:
    """One right: its Dutch name, the article, and what it asks of whoever sees the flag."""

    name: str
    title: str
    article: str
    advice: str


KINDS = {
    one.name: one
    for one in (
        Kind(
            "correction",
            "Correctie gevraagd",
            "AVG artikel 16",
            "De inwoner zegt dat dit niet klopt. Controleer het bij de bron voordat u handelt.",
        ),
        Kind(
            "objection",
            "Bezwaar gemaakt",
            "AVG artikel 21",
            "De inwoner is het niet eens met dit gebruik. Gebruik het pas weer na het besluit.",
        ),
        Kind(
            "restriction",
            "Gebruik beperkt",
            "AVG artikel 18",
            "Gebruik deze gegevens niet, behalve met toestemming of voor een rechtszaak. Ze "
            "worden ook niet vernietigd.",
        ),
    )
}

#: The shortest text that says something.
SHORTEST = 10


@dataclass(frozen=True)
class FlagView:
    """A flag, ready to show; an open one has no `ended_at`."""

    id: int
    resident_id: str
    kind: str
    title: str
    article: str
    advice: str
    about: str
    text: str
    recorded_by: str
    recorded_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    outcome: str

    @property
    def is_open(self) -> bool:
        """Tell whether nobody decided on it yet."""
        return self.ended_at is None


def record_flag(
    connection: Connection,
    hub: Hub,
    actor: Actor,
    resident_id: str,
    *,
    kind: str,
    about: str,
    text: str,
    trace: Trace | None = None,
) -> int:
    """Record what a resident says of the data; return the flag's id.

    `about` says of which data, empty for all. Raises ConfigError for an unknown kind or resident,
    a text that says too little, or one that holds a BSN.
    """
    if kind not in KINDS:
        raise ConfigError("Kies wat de inwoner vraagt: correctie, bezwaar of beperking.")
    _require_resident(connection, hub, resident_id)
    row = {
        "municipality": hub.municipality,
        "resident_id": resident_id,
        "kind": kind,
        "about": _safe(about, 0)[:200],
        "text": _safe(text, SHORTEST),
        "recorded_by": actor.name,
        "recorded_at": hub.clock.now(),
    }
    made = insert(flag).values(row).returning(flag.c.id)
    id_ = int(connection.execute(made).scalar_one())
    _log(connection, hub, actor, resident_id, "flag_record", f"flag:{kind}:{id_}", trace)
    return id_


def end_flag(
    connection: Connection,
    hub: Hub,
    actor: Actor,
    resident_id: str,
    id_: int,
    *,
    outcome: str,
    trace: Trace | None = None,
) -> None:
    """End a flag with what was decided. Raises ConfigError when it ended, or says too little."""
    ended = connection.execute(
        update(flag)
        .where(
            flag.c.id == id_,
            flag.c.municipality == hub.municipality,
            flag.c.resident_id == resident_id,
            flag.c.ended_at.is_(None),
        )
        .values(ended_by=actor.name, ended_at=hub.clock.now(), outcome=_safe(outcome, SHORTEST))
    )
    if not ended.rowcount:
        raise ConfigError("Over deze melding is al beslist. Ververs de pagina.")
    _log(connection, hub, actor, resident_id, "flag_end", f"flag:{id_}", trace)


def flags_of(
    connection: Connection, hub: Hub, resident_ids: Iterable[str], *, ended: bool = False
) -> dict[str, list[FlagView]]:
    """Return the open flags of these residents, newest first; with `ended` those of the past too.

    Whoever is missing in the answer has none.
    """
    found: dict[str, list[FlagView]] = {}
    for some in chunks(dict.fromkeys(resident_ids)):
        query = (
            select(flag)
            .where(flag.c.municipality == hub.municipality, flag.c.resident_id.in_(some))
            .order_by(flag.c.ended_at.is_not(None), flag.c.id.desc())
        )
        if not ended:
            query = query.where(flag.c.ended_at.is_(None))
        for row in connection.execute(query):
            found.setdefault(row.resident_id, []).append(_view(row))
    return found


def _view(row: Row[Any]) -> FlagView:
    kind = KINDS[row.kind]
    values = {name: value for name, value in row._mapping.items() if name != "municipality"}
    return FlagView(**values, title=kind.title, article=kind.article, advice=kind.advice)


def _safe(text: str, least: int) -> str:
    """Return a text that a person typed. Raises ConfigError when it holds a BSN, in any form."""
    told = plain(text, least)
    if mask(told) != told:
        raise ConfigError("Zet geen BSN of wachtwoord in de tekst. De hub weet om wie het gaat.")
    return told


def _require_resident(connection: Connection, hub: Hub, resident_id: str) -> None:
    query = select(resident.c.id).where(
        resident.c.id == resident_id, resident.c.municipality == hub.municipality
    )
    if connection.execute(query).scalar() is None:
        raise ConfigError("De hub kent deze inwoner niet.")


def _log(
    connection: Connection,
    hub: Hub,
    actor: Actor,
    resident_id: str,
    action: str,
    thing: str,
    trace: Trace | None,
) -> None:
    ground = "Rechten van de inwoner (AVG artikel 16, 18 en 21)"
    deed = Deed(action, "rights", [resident_id], object=thing, ground=ground)
    log_deed(connection, hub, actor, deed, trace)
