"""Rotation: a new key, and every sealed value sealed anew, while the hub works on.

Nothing but the key file and the values themselves says how far a rotation is: whoever starts it
again after a crash goes on with what is not yet under the current key.

1. A new key is written, first only known; once every process can have learnt it, it is current.
2. Values are sealed anew in batches, each in a short transaction. A value that somebody changed
   meanwhile is left to them, so nothing is overwritten.
3. This is repeated until nothing is left under another key, after everybody who may still have
   sealed with the old one is done.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, case, func, select, text, update
from sqlalchemy.exc import OperationalError

from hub.core import Hub
from hub.errors import ConfigError, TransientError
from hub.security.audit import Actor, Deed, log_deed
from hub.security.keyfile import alone, replace_file
from hub.security.keys import LOOK_AGAIN
from hub.security.ring import Key, Ring, dump_ring, fresh_session
from hub.store.engine import APPLICATION, among
from hub.store.sealed import Sealed, sealed_columns

#: Rows and characters in one transaction: short for whoever waits, and memory stays flat.
BATCH, BATCH_CHARACTERS = 1000, 8 << 20

#: Seconds in which every process has seen that the keys changed.
SETTLE = 2 * LOOK_AGAIN

#: Told after each batch: how many values were sealed anew, of how many.
Progress = Callable[[int, int], None]


class KeyLine(NamedTuple):
    """A key, how it stands (new, current, old or retired) and how many values are under it."""

    key: Key
    state: str
    values: int


class Rotated(NamedTuple):
    """What a rotation did: the key in use, the values sealed anew, and those no key opens."""

    key_id: str
    done: int
    broken: int


class _Value(NamedTuple):
    id: Any
    sealed: str


@dataclass
class _Work:
    """A rotation under way. `broken` holds place and id of what cannot be opened."""

    hub: Hub
    tell: Progress
    key_id: str
    total: int
    done: int = 0
    broken: set[tuple[str, Any]] = field(default_factory=set)


def list_keys(hub: Hub) -> list[KeyLine]:
    """Return every key of this installation, also those out of use, oldest first."""
    ring, place = hub.keys.reload(), hub.keys.place
    values = usage(hub)
    lines = [KeyLine(key, ring.state(key.id), values[key.id]) for key in ring.keys.values()]
    retired = place.retired() if place.own else {}
    gone = [key for key in retired.values() if key.id not in ring.keys]
    return [KeyLine(key, "retired", values[key.id]) for key in gone] + lines


def usage(hub: Hub) -> Counter[str]:
    """Return how many values of this municipality are under each key, by its id."""
    found: Counter[str] = Counter()
    with hub.reader.connect() as connection:
        for one in sealed_columns():
            key_id = one.key_id(connection)
            query = select(key_id, func.count()).where(one.of(hub.municipality)).group_by(key_id)
            for name, count in connection.execute(query):
                found[name] += count
    return found


def rotate(hub: Hub, actor: Actor, tell: Progress = lambda done, total: None) -> Rotated:
    """Seal everything anew under a new key, or go on with a rotation that was broken off.

    Keys outside the installation are left as they are: values go to the one that is current
    there. Raises ConfigError when another process rotates, TransientError when the database
    does not answer; start again then.
    """
    with alone(hub.settings.instance):
        hub.keys.reload()
        if hub.keys.place.own:
            _introduce(hub)
        try:
            return _rotate(hub, actor, tell)
        except OperationalError as error:
            raise TransientError(
                "De database antwoordt niet of is te lang bezet. Er is niets kwijt. Start "
                "hub keys rotate opnieuw: dat gaat verder waar het was.",
                f"rotation broke off: {type(error.orig).__name__}",
            ) from error


def _introduce(hub: Hub) -> None:
    ring, place = hub.keys.ring, hub.keys.place
    if not ring.rotating:
        place.write(ring.with_new(hub.clock.now()))
        ring = hub.keys.reload()
    if ring.waiting:
        time.sleep(SETTLE)
        place.write(ring.with_waiting_in_use(hub.clock.now()))
        hub.keys.reload()


def _rotate(hub: Hub, actor: Actor, tell: Progress) -> Rotated:
    key_id = hub.keys.ring.current
    work = _Work(hub, tell, key_id, _left(hub, key_id))
    _log(hub, actor, Deed("keys_rotate", object=key_id, reason=f"begin: {work.total}"))
    time.sleep(SETTLE)
    since = _database_time(hub)
    _seal_anew(work)
    _await_writers(hub, since)
    # Whoever began later sealed with the current key, so this ends.
    while _left(hub, key_id) > len(work.broken):
        _seal_anew(work)
    told = f"end: {work.done} sealed anew, {len(work.broken)} cannot be opened"
    ended = Deed("keys_rotate", object=key_id, reason=told)
    _log(hub, actor, replace(ended, result="failed") if work.broken else ended)
    if hub.keys.place.own:
        hub.keys.place.write(replace(hub.keys.reload(), rotating=False))
        hub.keys.reload()
    return Rotated(key_id, work.done, len(work.broken))


def _left(hub: Hub, key_id: str) -> int:
    values = usage(hub)
    return values.total() - values[key_id]


def _log(hub: Hub, actor: Actor, deed: Deed) -> None:
    with hub.engine.begin() as connection:
        log_deed(connection, hub, actor, deed)


def _seal_anew(work: _Work) -> None:
    """Go through every column once."""
    for one in sealed_columns():
        last: Any = None
        while values := _batch(work, one, last):
            _store(work, one, values)
            last = values[-1].id
            work.tell(work.done, work.total)


def _batch(work: _Work, one: Sealed, last: Any) -> list[_Value]:
    """Return the next values that are under another key."""
    found: list[_Value] = []
    characters = 0
    with work.hub.reader.connect() as connection:
        wanted = one.of(work.hub.municipality) & (one.key_id(connection) != work.key_id)
        # As a CASE, or SQLite goes by an index on the municipality and sorts all for each batch.
        query = select(one.id, one.column).where(case((wanted, 1), else_=0) == 1)
        if last is not None:
            query = query.where(one.id > last)
        query = query.order_by(one.id).limit(BATCH)
        for row in connection.execute(query, execution_options={"yield_per": 250}):
            found.append(_Value(*row))
            characters += len(found[-1].sealed)
            if characters >= BATCH_CHARACTERS:
                break
    return found


def _store(work: _Work, one: Sealed, values: Sequence[_Value]) -> None:
    """Write the values under the current key, but for those that changed since they were read."""
    fresh = [new for value in values if (new := _anew(work, one, value))]
    statement = (
        update(one.table)
        .where(one.id == bindparam("row"), one.column == bindparam("before"))
        .values({one.column: bindparam("after")})
    )
    with work.hub.engine.begin() as connection:
        free = _free(connection, one, [new["row"] for new in fresh])
        ready = [new for new in fresh if new["row"] in free]
        if ready:
            work.done += connection.execute(statement, ready).rowcount


def _anew(work: _Work, one: Sealed, value: _Value) -> dict[str, Any] | None:
    keys = work.hub.keys
    try:
        opened = keys.open(value.sealed, one.place)
    except ConfigError:
        work.broken.add((one.place, value.id))
        return None
    sealed = keys.ring.seal(opened, one.place, work.key_id)
    return {"row": value.id, "before": value.sealed, "after": sealed}


def _free(connection: Connection, one: Sealed, ids: Sequence[Any]) -> set[Any]:
    """Lock the rows that nobody else holds. Waiting for the others could end in a deadlock."""
    if connection.dialect.name != "postgresql":
        return set(ids)
    rows = select(one.id).where(among(connection, one.id, ids))
    locked = rows.with_for_update(key_share=True, skip_locked=True)
    return set(connection.execute(locked).scalars())


def _database_time(hub: Hub) -> Any:
    with hub.reader.connect() as connection:
        return connection.execute(select(func.current_timestamp())).scalar_one()


_OLDER = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name = :hub AND pid <> pg_backend_pid() AND xact_start < :since"
)


def _await_writers(hub: Hub, since: Any) -> None:
    """Wait until every transaction that began before `since` is over."""
    if hub.engine.dialect.name != "postgresql":
        with hub.engine.begin():
            return  # SQLite has one writer: whoever was before us is done
    while True:
        with hub.reader.connect() as connection:
            told = {"hub": APPLICATION, "since": since}
            if not connection.execute(_OLDER, told).scalar_one():
                return
        time.sleep(LOOK_AGAIN)


def retire(hub: Hub, key_id: str, actor: Actor) -> None:
    """Take a key out of use that nothing is under any more.

    Of keys in the installation it goes to instance/keys.retired, as older backups need it; keys
    outside are left to the vault. Raises ConfigError when something is under it.
    """
    with alone(hub.settings.instance):
        ring, place = hub.keys.reload(), hub.keys.place
        _require_idle(hub, ring, key_id)
        if place.own:
            place.put_by(replace(ring.keys[key_id], retired_at=hub.clock.now()))
            place.write(ring.without(key_id))
            hub.keys.reload()
            time.sleep(SETTLE)
            if usage(hub)[key_id]:
                place.write(ring)
                hub.keys.reload()
                raise _in_use(key_id)
        _log(hub, actor, Deed("keys_retire", object=key_id))


def _require_idle(hub: Hub, ring: Ring, key_id: str) -> None:
    if key_id not in ring.keys:
        raise ConfigError(
            f"De sleutel {key_id} is niet bekend. Wel bekend: {', '.join(ring.keys)}."
        )
    if ring.state(key_id) != "old" or ring.rotating:
        raise ConfigError(
            f"De sleutel {key_id} is in gebruik of wordt dat. Maak eerst met hub keys rotate een "
            "nieuwe, en maak dat af."
        )
    if usage(hub)[key_id]:
        raise _in_use(key_id)


def _in_use(key_id: str) -> ConfigError:
    return ConfigError(
        f"Er staan nog gegevens onder de sleutel {key_id}. Start eerst hub keys rotate."
    )


def prepare(hub: Hub, file: Path) -> Ring:
    """Write to `file` what a vault must hold next, and return it.

    First that is the keys with a new one beside them; once those are in force, the same keys
    with the new one in use. Raises ConfigError when the hub keeps its keys itself.
    """
    ring = hub.keys.reload()
    if hub.keys.place.own:
        raise ConfigError(
            "Deze hub bewaart zijn sleutels zelf. Gebruik hub keys rotate.",
            "the keys are not kept outside",
        )
    now = hub.clock.now()
    found = ring.with_waiting_in_use(now) if ring.waiting else ring.with_new(now)
    found = replace(found, rotating=False)
    replace_file(file, dump_ring(found))
    return found


def renew_session(hub: Hub, actor: Actor) -> None:
    """Make a new key for signing cookies; it is used once the pages start again.

    Who is signed in stands in the store, and stays so. Raises ConfigError for keys in a vault.
    """
    with alone(hub.settings.instance):
        ring, place = hub.keys.reload(), hub.keys.place
        if not place.own:
            raise ConfigError("De sleutels staan in een kluis. Vervang daar de waarde session.")
        place.write(replace(ring, session=fresh_session()))
        _log(hub, actor, Deed("keys_session", object="session"))
