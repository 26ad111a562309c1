"""What else a system speaks: a suite that offers several ways in says so when it is tested."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from registers import TODAY, Town, claim, person
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from hub.clock import Clock, FrozenClock
from hub.connector import CheckStep
from hub.core import Hub, open_hub
from hub.demo.run import demo_settings
from hub.sync.sources import check
from hub.testing.simulator import Simulator
from hub.testing.world import Dossier, Municipality
from plugins.brp.simulator import PopulationRegister
from plugins.ledger.connector import LedgerConnector
from plugins.ledger.simulator import LedgerSystem
from plugins.stuf_fin.connector import CollectionConnector
from plugins.stuf_fin.simulator import CollectionSystem
from plugins.tax.connector import TaxConnector
from plugins.tax.simulator import TaxOffice

OTHER_STEPS = ("Ook op dit adres", "Herkend")


class Suite(Simulator):
    """One system at one address with one account: StUF-FIN, a ledger, and a delivery."""

    name: ClassVar[str] = "suite"

    def __init__(self, municipality: Municipality, folder: Path, clock: Clock) -> None:
        super().__init__(municipality, folder, clock)
        self.collection = CollectionSystem(municipality, folder, clock)
        self.ledger = LedgerSystem(municipality, folder, clock)
        self.tax = TaxOffice(municipality, folder, clock)
        self.collection.username = self.ledger.username = self.tax.username
        self.collection.password = self.ledger.password = self.tax.password
        self.parts: dict[str, Any] = {}

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request."""
        return DispatcherMiddleware(self.collection.app, self.parts)(environ, start_response)

    def config(self) -> dict[str, Any]:
        """The settings of the StUF-FIN side, at the address of the suite."""
        (spec,) = self.collection.sources()
        return {**spec.config, "url": f"{self.url}/"}

    def offer(self, **parts: Simulator) -> None:
        """Offer a part at a path beside StUF-FIN."""
        for path, one in parts.items():
            self.parts[f"/{path}"] = _at(one, path)


def _at(one: Simulator, path: str) -> Callable[..., Any]:
    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        whole = {**environ, "SCRIPT_NAME": "", "PATH_INFO": f"/{path}{environ['PATH_INFO']}"}
        return one.app(whole, start_response)

    return serve


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    town = Town((Dossier(person(), claims=(claim(),)),))
    made = Suite(town, tmp_path, FrozenClock(TODAY))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return open_hub(tmp_path / "hub", overrides=demo_settings(), clock=FrozenClock(TODAY))


def others(steps: list[CheckStep]) -> list[str]:
    return [step.message for step in steps if step.name in OTHER_STEPS]


def test_a_suite_tells_everything_that_it_speaks(hub: Hub, suite: Suite) -> None:
    suite.offer(API=suite.ledger, levering=suite.tax)
    steps = check(hub, CollectionConnector, suite.config(), "stad")
    assert all(step.ok for step in steps)
    assert others(steps) == [
        "Dit adres spreekt ook: Debiteuren (grootboek) en Gemeentelijke belastingen. Wilt u die "
        "ook lezen, maak daarvoor een bron."
    ]


def test_a_suite_that_speaks_one_thing_tells_no_more(hub: Hub, suite: Suite) -> None:
    steps = check(hub, CollectionConnector, suite.config(), "stad")
    assert all(step.ok for step in steps)
    assert others(steps) == []


def test_who_chose_the_wrong_connector_hears_which_one_fits(hub: Hub, suite: Suite) -> None:
    config = {"url": suite.url, "username": suite.tax.username, "password": suite.tax.password}
    steps = check(hub, LedgerConnector, config, "stad")
    assert not all(step.ok for step in steps)
    assert others(steps) == [
        "Op dit adres antwoordt wel: Inningensysteem (StUF-FIN). Kies die koppeling als u deze "
        "bedoelt."
    ]
    steps = check(hub, TaxConnector, {"transport": "http", **config}, "stad")
    assert [text for text in others(steps) if "StUF-FIN" in text]


def test_a_ledger_is_recognised_as_a_ledger(hub: Hub, suite: Suite) -> None:
    suite.ledger.start()
    try:
        config = suite.config() | {"url": suite.ledger.url}
        steps = check(hub, CollectionConnector, config, "stad")
    finally:
        suite.ledger.stop()
    assert [text for text in others(steps) if "Debiteuren (grootboek)" in text]


def test_a_wrong_account_is_recognised_by_nobody(hub: Hub, suite: Suite) -> None:
    suite.offer(API=suite.ledger, levering=suite.tax)
    steps = check(hub, CollectionConnector, suite.config() | {"password": "mis"}, "stad")
    assert not all(step.ok for step in steps)
    assert others(steps) == []


def test_nobody_is_asked_about(hub: Hub, suite: Suite) -> None:
    suite.offer(API=suite.ledger)
    config = {"url": suite.url, "username": suite.tax.username, "password": suite.tax.password}
    check(hub, LedgerConnector, config, "stad")
    assert {one.bsn for one in suite.collection.asked} <= {""}


def test_a_register_of_another_kind_is_not_mistaken(hub: Hub, suite: Suite, tmp_path: Path) -> None:
    folder = tmp_path / "brp"
    folder.mkdir()
    register = PopulationRegister(suite.municipality, folder, suite.clock)
    register.start()
    try:
        config = suite.config() | {"url": f"{register.url}/"}
        steps = check(hub, CollectionConnector, config, "stad")
    finally:
        register.stop()
    assert not all(step.ok for step in steps)
    assert others(steps) == []
