"""Destruction lists: what may go is proposed, a privacy officer decides, and only then it goes.

One list per class of record at a time. What was kept back, or stood on a list that was refused,
is not proposed again for a while: somebody decided about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from hub.core import Hub
from hub.errors import ConfigError
from hub.rights.delivered import still_delivered
from hub.rights.due import FINDERS, Due, due
from hub.rights.retention import RecordClass, classes
from hub.security.audit import HUB, Actor, Deed, log_deed
from hub.security.cases import SHORTEST, plain
from hub.store import destruction, destruction_item
from hub.store.engine import chunks

#: What was kept back or refused is proposed again after this time.
AGAIN = timedelta(days=90)

#: A list that a person has to read must end; what is left over comes on the next one.
MOST_ITEMS = 50_000

#: The states in which a list still has to be decided on or carried out.
OPEN = ("proposed", "approved")

#: What is counted beside tables: things that were no longer due, or are delivered again.
LEFT = "overgeslagen"

#: On what destruction rests.
GROUND = "AVG artikel 5(1)(e); Archiefwet; Selectielijst gemeenten 2020"


@dataclass(frozen=True)
class ListView:
    """A list, ready to show. `waiting` things will go, `kept` ones were kept back.

    `counts` are the rows that went, by table.
    """

    id: int
    record_class: RecordClass
    status: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    done_at: datetime | None
    counts: dict[str, int]
    waiting: int
    kept: int

    @property
    def destroyed(self) -> int:
        """Return how many rows went."""
        return sum(count for name, count in self.counts.items() if name != LEFT)


def propose(hub: Hub) -> list[int]:
    """Make a list for each class that has something due and no open list; return their ids."""
    made = []
    for name in FINDERS:
        with hub.engine.begin() as connection:
            if not _has_open(connection, hub, name) and (
                found := _proposable(connection, hub, name)
            ):
                made.append(_make(connection, hub, name, found))
    return made


def _has_open(connection: Connection, hub: Hub, name: str) -> bool:
    query = select(destruction.c.id).where(
        destruction.c.municipality == hub.municipality,
        destruction.c.record_class == name,
        destruction.c.status.in_(OPEN),
    )
    return connection.execute(query.limit(1)).first() is not None


def _proposable(connection: Connection, hub: Hub, name: str) -> list[Due]:
    thing, _ = FINDERS[name]
    decided = _decided_lately(connection, hub, thing)
    found: list[Due] = []
    waiting = (one for one in due(connection, hub, name) if one.thing_id not in decided)
    for some in chunks({one.thing_id: one for one in waiting}.values()):
        stays = still_delivered(connection, hub, thing, [one.thing_id for one in some])
        found += [one for one in some if one.thing_id not in stays]
        if len(found) >= MOST_ITEMS:
            break
    return found[:MOST_ITEMS]


def _decided_lately(connection: Connection, hub: Hub, thing: str) -> set[str]:
    """Return the things that somebody kept back or refused to destroy not long ago."""
    query = (
        select(destruction_item.c.thing_id)
        .join(destruction, destruction.c.id == destruction_item.c.destruction_id)
        .where(
            destruction.c.municipality == hub.municipality,
            destruction_item.c.thing == thing,
            destruction.c.decided_at > hub.clock.now() - AGAIN,
            or_(destruction_item.c.kept, destruction.c.status == "refused"),
        )
    )
    return set(connection.execute(query).scalars())


def _make(connection: Connection, hub: Hub, name: str, found: list[Due]) -> int:
    values = {
        "municipality": hub.municipality,
        "record_class": name,
        "status": "proposed",
        "proposed_at": hub.clock.now(),
        "counts": {},
    }
    made = insert(destruction).values(values).returning(destruction.c.id)
    id_ = int(connection.execute(made).scalar_one())
    rows = [{"destruction_id": id_, **vars(one)} for one in found]
    for some in chunks(rows, 5000):
        connection.execute(insert(destruction_item), some)
    deed = Deed("destruction_propose", object=f"destruction:{id_}", ground=GROUND)
    log_deed(connection, hub, HUB, deed)
    return id_


def approve(connection: Connection, hub: Hub, actor: Actor, id_: int) -> None:
    """Approve a list: the hub may carry it out. Raises ConfigError when it is not proposed."""
    _decide(connection, hub, actor, id_, "approved", ("proposed",))


def refuse(connection: Connection, hub: Hub, actor: Actor, id_: int, reason: str) -> None:
    """Refuse a list, also one that was approved and did not start; nothing of it goes.

    Raises ConfigError when that is too late, or without a reason that says something.
    """
    _decide(connection, hub, actor, id_, "refused", OPEN, plain(reason, SHORTEST))


def _decide(
    connection: Connection,
    hub: Hub,
    actor: Actor,
    id_: int,
    status: str,
    before: tuple[str, ...],
    reason: str = "",
) -> None:
    decided = connection.execute(
        update(destruction)
        .where(
            destruction.c.id == id_,
            destruction.c.municipality == hub.municipality,
            destruction.c.status.in_(before),
        )
        .values(status=status, decided_by=actor.name, decided_at=hub.clock.now())
    )
    if not decided.rowcount:
        raise ConfigError("Deze lijst wacht niet meer op dit besluit. Ververs de pagina.")
    action = {"approved": "destruction_approve", "refused": "destruction_refuse"}[status]
    deed = Deed(action, object=f"destruction:{id_}", ground=GROUND, reason=reason)
    log_deed(connection, hub, actor, deed)


def keep(connection: Connection, hub: Hub, actor: Actor, item_id: int, reason: str) -> int:
    """Keep one thing back from its list; return the list's id. The reason stands in the log.

    Raises ConfigError when the list was carried out, or without a reason that says something.
    """
    told = plain(reason, SHORTEST)
    row = connection.execute(
        select(destruction_item)
        .join(destruction, destruction.c.id == destruction_item.c.destruction_id)
        .where(
            destruction_item.c.id == item_id,
            destruction.c.municipality == hub.municipality,
            destruction.c.status.in_(OPEN),
            ~destruction_item.c.kept,
        )
    ).one_or_none()
    if row is None:
        raise ConfigError("Dit staat niet meer op een lijst die wacht. Ververs de pagina.")
    kept = update(destruction_item).where(destruction_item.c.id == item_id)
    connection.execute(kept.values(kept=True))
    about = [row.resident_id] if row.resident_id else []
    thing = f"destruction:{row.destruction_id} {row.thing}:{row.thing_id}"
    deed = Deed("destruction_keep", "destruction", about, thing, ground=GROUND, reason=told)
    log_deed(connection, hub, actor, deed)
    return int(row.destruction_id)


def lists(connection: Connection, hub: Hub, limit: int = 100) -> list[ListView]:
    """Return the lists, those that wait for somebody first, then the newest."""
    query = (
        select(destruction)
        .where(destruction.c.municipality == hub.municipality)
        .order_by(destruction.c.status.in_(OPEN).desc(), destruction.c.id.desc())
        .limit(limit)
    )
    return list(_views(connection, hub, connection.execute(query).all()))


def one_list(connection: Connection, hub: Hub, id_: int) -> ListView:
    """Return one list. Raises ConfigError when it does not exist."""
    query = select(destruction).where(
        destruction.c.id == id_, destruction.c.municipality == hub.municipality
    )
    found = list(_views(connection, hub, connection.execute(query).all()))
    if not found:
        raise ConfigError(f"Er is geen lijst met nummer {id_}.")
    return found[0]


def _views(connection: Connection, hub: Hub, rows: Any) -> Iterator[ListView]:
    known = classes(hub)
    sums = _sums(connection, [row.id for row in rows])
    for row in rows:
        values = {name: value for name, value in row._mapping.items() if name != "municipality"}
        waiting, kept = sums.get(row.id, (0, 0))
        yield ListView(
            **(values | {"record_class": known[row.record_class]}), waiting=waiting, kept=kept
        )


def _sums(connection: Connection, ids: list[int]) -> dict[int, tuple[int, int]]:
    items = destruction_item
    query = (
        select(items.c.destruction_id, items.c.kept, func.count())
        .where(items.c.destruction_id.in_(ids))
        .group_by(items.c.destruction_id, items.c.kept)
    )
    found: dict[int, tuple[int, int]] = {}
    for id_, kept, count in connection.execute(query):
        waiting, held = found.get(id_, (0, 0))
        found[id_] = (waiting, held + count) if kept else (waiting + count, held)
    return found


def items_of(
    connection: Connection, hub: Hub, id_: int, page: int = 1, size: int = 100
) -> list[Row[Any]]:
    """Return one page of the things on a list, the longest due first."""
    query = (
        select(destruction_item)
        .join(destruction, destruction.c.id == destruction_item.c.destruction_id)
        .where(destruction.c.id == id_, destruction.c.municipality == hub.municipality)
        .order_by(destruction_item.c.due_on, destruction_item.c.id)
        .limit(size)
        .offset((page - 1) * size)
    )
    return list(connection.execute(query))


def exceptions(connection: Connection, hub: Hub, name: str) -> list[Due]:
    """Return what is due in a class but stays, as its source still delivers it."""
    thing, _ = FINDERS[name]
    found: list[Due] = []
    for some in chunks(due(connection, hub, name)):
        stays = still_delivered(connection, hub, thing, [one.thing_id for one in some])
        found += [one for one in some if one.thing_id in stays]
    return found
