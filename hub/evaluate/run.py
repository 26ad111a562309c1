"""An evaluation: a municipality, its registers and the hub between them, and then the truth."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from hub.clock import FrozenClock
from hub.connector import Role
from hub.core import Hub, open_hub
from hub.demo.run import demo_settings, fill, start_demo
from hub.errors import HubError
from hub.evaluate import measure
from hub.evaluate.books import Told, book
from hub.evaluate.report import Report
from hub.evaluate.statements import Stated, statements
from hub.evaluate.strangers import Stranger, registered, strangers
from hub.evaluate.town import LifelikeTown
from hub.plugins import load_plugins
from hub.reconcile import reconcile
from hub.reconcile.matching.model import train_model
from hub.reconcile.matching.people import look_again
from hub.security.audit import HUB
from hub.sync.sources import save_source

#: The day on which every evaluated municipality is looked at, so that a seed always is the same.
TODAY = date(2026, 11, 23)

#: The registers besides those of the demo: name, title, role.
_Book = tuple[str, str, Role]
_PEOPLE: _Book = ("eval_people", "Personen bekend bij de gemeente", "channel")
_SIGNALS: _Book = ("eval_signals", "Signalen zonder BSN", "channel")
_STATEMENTS: _Book = ("eval_statements", "Opgaven door anderen", "debt_help")


def evaluate(folder: Path, seed: int, size: int) -> Report:
    """Return how well a new hub in `folder` does with the municipality of this seed and size.

    Raises HubError when a register cannot be read, ValueError for a size that cannot be made.
    """
    town = LifelikeTown(seed, size, TODAY)
    told, stated = list(strangers(town)), list(statements(town))
    hub = _hub(folder, town, told, stated)
    try:
        with start_demo(folder, clock=hub.clock, hub=hub, municipality=town) as demo:
            for name, outcome in fill(demo):
                _require(name, outcome)
        with hub.reader.connect() as connection:
            untrained = measure.persons(connection, hub, told)
        _train(hub)
        with hub.reader.connect() as connection:
            return Report(
                seed,
                size,
                measure.persons(connection, hub, told),
                untrained,
                measure.claims(connection, _STATEMENTS[0], stated),
                measure.findings(connection, hub, town),
            )
    finally:
        hub.engine.dispose()


def _hub(folder: Path, town: LifelikeTown, told: list[Stranger], stated: list[Stated]) -> Hub:
    extra = [
        book(*_PEOPLE, lambda: registered(town)),
        book(*_SIGNALS, lambda: map(_signal, told)),
        book(*_STATEMENTS, lambda: (one.told() for one in stated)),
    ]
    plugins = load_plugins(extra=extra)
    clock = FrozenClock(TODAY)
    hub = open_hub(folder, overrides=demo_settings(), clock=clock, plugins=plugins)
    for name, title, _ in (_PEOPLE, _SIGNALS, _STATEMENTS):
        owner = town.organisations[0].code
        values = {"name": name, "title": title, "connector": name, "owner": owner, "config": {}}
        save_source(hub, values)
    return hub


def _signal(one: Stranger) -> Told:
    return "early_signal", one.key, {"person": one.told.person, "reference": one.key}


def _train(hub: Hub) -> None:
    """Learn from everybody who was told of, and compare the strangers anew."""
    with hub.engine.begin() as connection:
        train_model(connection, hub, HUB)
        look_again(connection, hub)
    reconcile(hub, full=True)


def _require(name: str, outcome: Any) -> None:
    # A signal that names nobody at all is rejected, like anywhere.
    if name != _SIGNALS[0] and (outcome.status != "succeeded" or outcome.rejected):
        raise HubError(
            f"Bron {name} eindigde met {outcome.status}, {outcome.rejected} records afgekeurd.",
            f"evaluate: {name} ended {outcome.status} with {outcome.rejected} rejected",
        )
