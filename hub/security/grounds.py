"""Legal grounds: the sharing cases A to H, and in which of them data may flow on a given day.

A case rests on its default (grounds.toml) until the municipality records a ground of its own;
from then on only what it recorded counts. A ground holds from `starts_on` up to, and no longer
on, `ends_on`: the flow stops that day.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from hub.core import Hub
from hub.errors import ConfigError
from hub.security.audit import Actor, Deed, log_deed
from hub.store import legal_ground


@dataclass(frozen=True)
class Ground:
    """On what a case rests, and since when until when; `id` is empty for a default."""

    case: str
    title: str
    starts_on: date
    ends_on: date | None = None
    id: int | None = None

    def holds(self, day: date) -> bool:
        """Tell whether data may flow on that day."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


@dataclass(frozen=True)
class Case:
    """One of the sharing cases: what it is about, its default ground, and a remark."""

    letter: str
    title: str
    default: Ground | None
    note: str


@lru_cache(maxsize=1)
def cases() -> dict[str, Case]:
    """Return the sharing cases by their letter."""
    read = tomllib.loads((Path(__file__).parent / "grounds.toml").read_text())
    return {letter: _case(letter, values) for letter, values in read.items()}


def _case(letter: str, values: dict[str, object]) -> Case:
    on = values["default"]
    default = Ground(letter, values["ground"], values["starts_on"]) if on else None  # type: ignore[arg-type]
    return Case(letter, str(values["title"]), default, str(values["note"]))


def recorded(connection: Connection, hub: Hub) -> dict[str, list[Ground]]:
    """Return the grounds this municipality recorded, by case, oldest first."""
    query = (
        select(legal_ground)
        .where(legal_ground.c.municipality == hub.municipality)
        .order_by(legal_ground.c.starts_on, legal_ground.c.id)
    )
    found: dict[str, list[Ground]] = {}
    for row in connection.execute(query):
        ground = Ground(row.case, row.title, row.starts_on, row.ends_on, row.id)
        found.setdefault(row.case, []).append(ground)
    return found


def in_force(connection: Connection, hub: Hub, day: date | None = None) -> Mapping[str, Ground]:
    """Return the ground of each case in which data may flow on `day` (today)."""
    on, own = day or hub.clock.today(), recorded(connection, hub)
    found: dict[str, Ground] = {}
    for letter, case in cases().items():
        told = own.get(letter) or ([case.default] if case.default else [])
        holding = [one for one in told if one.holds(on)]
        if holding:
            found[letter] = holding[-1]
    return found


def require(connection: Connection, hub: Hub, letter: str) -> Ground:
    """Return the ground of a case. Raises ConfigError when data may not flow today."""
    found = in_force(connection, hub).get(letter)
    if found is None:
        raise ConfigError(
            f"Voor '{cases()[letter].title}' geldt vandaag geen grondslag, dus de hub verstuurt "
            "niets. Vraag de privacy officer of er een grondslag is.",
            f"no ground in force for case {letter}",
        )
    return found


def record_ground(
    connection: Connection,
    hub: Hub,
    actor: Actor,
    *,
    letter: str,
    title: str,
    starts_on: date,
    ends_on: date | None = None,
) -> int:
    """Record on what a case rests; return its id. Raises ConfigError for what cannot be."""
    if letter not in cases():
        raise ConfigError(f"Er is geen situatie {letter[:10]}. Kies een letter van A tot en met H.")
    if len(title.strip()) < 5:
        raise ConfigError("Vul in waarop de grondslag rust: het artikel of het besluit, met datum.")
    if ends_on is not None and ends_on <= starts_on:
        raise ConfigError("De einddatum ligt niet na de begindatum.")
    row = {
        "municipality": hub.municipality,
        "case": letter,
        "title": title.strip()[:300],
        "starts_on": starts_on,
        "ends_on": ends_on,
        "recorded_by": actor.name,
        "recorded_at": hub.clock.now(),
    }
    made = insert(legal_ground).values(**row).returning(legal_ground.c.id)
    id_ = connection.execute(made).scalar_one()
    log_deed(connection, hub, actor, Deed("ground_record", object=f"ground:{id_}", reason=letter))
    return id_


def end_ground(connection: Connection, hub: Hub, actor: Actor, id_: int, on: date) -> None:
    """End a recorded ground on a day. Raises ConfigError when it does not exist."""
    ended = connection.execute(
        update(legal_ground)
        .where(legal_ground.c.id == id_, legal_ground.c.municipality == hub.municipality)
        .values(ends_on=on)
    )
    if not ended.rowcount:
        raise ConfigError("Deze grondslag bestaat niet. Ververs de pagina.")
    log_deed(connection, hub, actor, Deed("ground_end", object=f"ground:{id_}"))
