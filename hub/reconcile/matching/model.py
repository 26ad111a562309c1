"""The model of a municipality: settings learned from its own people, with a version, in the store.

What the hub makes of a stranger follows from the model and from who is known, and from nothing
else: how common a surname is and how large the municipality is stand still until the next
training. So the order in which people arrive does not matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from hub.core import Hub
from hub.reconcile.matching import people
from hub.reconcile.matching.features import as_table, bare_surname, features
from hub.reconcile.matching.settings import fresh_settings
from hub.reconcile.matching.splinked import train
from hub.security.audit import Actor, Deed, log_deed
from hub.store import match_model

#: The size that is taken for a municipality before its first training: a middling one.
UNTRAINED_POPULATION = 50_000

#: Residents that training looks at, and surnames whose frequency is kept: enough for any town.
SAMPLE, SURNAMES = 50_000, 20_000


@dataclass(frozen=True)
class Model:
    """Splink settings with the shares of the commonest surnames. Version 0 was never trained."""

    version: int = 0
    settings: dict[str, Any] = field(default_factory=lambda: fresh_settings(UNTRAINED_POPULATION))
    frequencies: Mapping[str, float] = field(default_factory=dict)


def load_model(connection: Connection, hub: Hub) -> Model:
    """Return the newest model of the municipality."""
    query = (
        select(match_model)
        .where(match_model.c.municipality == hub.municipality)
        .order_by(match_model.c.version.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return Model(row.version, row.settings, row.frequencies) if row else Model()


def models(connection: Connection, hub: Hub, most: int = 10) -> list[Row[Any]]:
    """Return the newest models of the municipality: version, population, trained_by, trained_at."""
    columns = (
        match_model.c.version,
        match_model.c.population,
        match_model.c.trained_by,
        match_model.c.trained_at,
    )
    query = select(*columns).where(match_model.c.municipality == hub.municipality)
    return list(connection.execute(query.order_by(match_model.c.version.desc()).limit(most)))


def train_model(connection: Connection, hub: Hub, actor: Actor) -> Model:
    """Learn from the municipality's own people and store the outcome as the next version.

    Learned is from residents whom several sources describe, and from strangers; a BSN is used to
    leave out pairs that no stranger could be in, and never as the answer. Every stranger is
    compared anew with it at the next reconciliation.
    """
    size = people.population(connection, hub)
    counted = Counter(map(bare_surname, people.surnames(connection, hub)))
    total = max(counted.total(), 1)
    shares = {name: count / total for name, count in counted.most_common(SURNAMES)}
    known, others = _tables(connection, hub)
    settings = fresh_settings(size)
    if known and others:
        settings = train(settings, as_table(known, shares), as_table(others, shares))
    model = Model(_newest(connection, hub) + 1, settings, shares)
    row = {
        "municipality": hub.municipality,
        "version": model.version,
        "settings": settings,
        "frequencies": shares,
        "population": size,
        "trained_by": actor.name,
        "trained_at": hub.clock.now(),
    }
    # A rare surname says something of who bears it: a model that is not in use needs no names.
    before = update(match_model).where(match_model.c.municipality == hub.municipality)
    connection.execute(before.values(frequencies={}))
    connection.execute(insert(match_model), row)
    told = f"version {model.version}, {size} residents, {len(others)} descriptions"
    log_deed(connection, hub, actor, Deed("match_train", object="match_model", reason=told))
    people.look_again(connection, hub)
    return model


def _tables(connection: Connection, hub: Hub) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return one description of each resident, and every other one with the strangers'."""
    known, others = [], []
    told = people.sample(connection, hub, SAMPLE)
    for _, rows in groupby(told, key=lambda row: row.resident_id):
        first, *rest = (_features(row) for row in rows)
        known.append(first)
        others += rest
    unknown = people.all_strangers(connection, hub)[:SAMPLE]
    others += [_features(row) for row in people.strangers(connection, hub, unknown)]
    return known, others


def _features(row: Row[Any]) -> dict[str, Any]:
    return features(str(row.id), dict(row._mapping))


def _newest(connection: Connection, hub: Hub) -> int:
    query = select(func.max(match_model.c.version)).where(
        match_model.c.municipality == hub.municipality
    )
    return connection.execute(query).scalar() or 0
