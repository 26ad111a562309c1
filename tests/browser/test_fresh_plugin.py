"""A plugin fresh from the scaffold: its first record stands in the browser, nothing else edited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from journeys import PASSWORD, served, watched
from playwright.sync_api import Browser, Page, expect

from hub.core import open_hub
from hub.demo.run import Demo, demo_settings, fill, start_demo
from hub.plugins import load_plugins
from hub.scaffold import write_plugin
from hub.security.accounts import make_demo_accounts

pytestmark = pytest.mark.browser


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    folder = tmp_path / "plugins"
    write_plugin("parkeren", "Parkeerboetes", folder)
    hub = open_hub(tmp_path, overrides=demo_settings(), plugins=load_plugins([folder]))
    with start_demo(tmp_path, seed=1, size=40, hub=hub) as made:
        list(fill(made))
        make_demo_accounts(hub, PASSWORD)
        yield made
    hub.engine.dispose()


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with served(demo.hub) as address, watched(browser, address) as made:
        yield made


def test_its_first_record_is_read_by_a_caseworker(page: Page, demo: Demo) -> None:
    who = next(one.person for one in demo.municipality.dossiers() if one.claims)
    page.goto("/")
    page.get_by_label("Naam").fill("invorderaar")
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Inloggen").click()
    page.get_by_label("BSN").fill(who.bsn)
    page.get_by_role("button", name="Zoeken").click()
    page.locator("main table a").click()
    claim = page.locator("details.claim").filter(
        has=page.locator(":scope > summary", has_text=f"PARK-{who.number}")
    )
    expect(claim).to_contain_text("€ 125,00")
    expect(claim).to_contain_text("Parkeerboetes")
