"""One journey in a real browser, on the demo: ask, approve by another person, see it run, stop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from journeys import PASSWORD, accessible, served, watched
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import insert, select

from hub.core import open_hub
from hub.demo.run import Demo, demo_settings, fill, start_demo
from hub.security.accounts import make_demo_accounts
from hub.store import account

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("demo")
    hub = open_hub(home, overrides=demo_settings())
    with start_demo(home, seed=1, size=300, hub=hub) as made:
        list(fill(made))
        make_demo_accounts(hub, PASSWORD)
        with hub.engine.begin() as connection:
            # A second debt counsellor, with the password of the first.
            row = connection.execute(select(account).filter_by(name="hulpverlener")).one()
            values = {**row._mapping, "name": "collega", "title": "Cas de Collega"}
            del values["id"]
            connection.execute(insert(account).values(**values))
        yield made
    hub.engine.dispose()


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with served(demo.hub) as address, watched(browser, address) as made:
        yield made


def sign_in(page: Page, name: str) -> None:
    page.goto("/")
    if page.get_by_role("button", name="Uitloggen").count():
        page.get_by_role("button", name="Uitloggen").click()
        page.goto("/")
    page.get_by_label("Naam").fill(name)
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Inloggen").click()
    expect(page.get_by_role("button", name="Uitloggen")).to_be_visible()


def somebody(demo: Demo) -> str:
    """The BSN of somebody in debt help who owes the municipality and more."""
    main = demo.municipality.organisations[0].code
    return next(
        dossier.person.bsn
        for dossier in demo.municipality.dossiers()
        if dossier.case
        and not dossier.case.ended_on
        and not dossier.holds
        and any(one.creditor == main and one.open for one in dossier.claims)
    )


def test_two_people_act_together_for_one_resident(page: Page, demo: Demo) -> None:
    sign_in(page, "beheerder")
    page.get_by_role("link", name="Werkstromen").click()
    page.locator("#vier-pauze").select_option("ja")
    page.locator("#pauze").get_by_role("button", name="Opslaan").click()
    expect(page.locator("#pauze")).to_contain_text("vier ogen")
    accessible(page)

    sign_in(page, "hulpverlener")
    page.get_by_label("BSN").fill(somebody(demo))
    page.get_by_role("button", name="Zoeken").click()
    page.locator("main table a").click()
    page.get_by_role("link", name="Incassopauze bij alle schuldeisers").click()
    expect(page.get_by_role("heading", name="Weet u het zeker?")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Ja, vraag goedkeuring").click()
    expect(page.locator("#samen ~ ul").first).to_contain_text("Wacht op een collega")
    page.get_by_role("link", name="Goedkeuren").click()
    expect(page.locator("main")).to_contain_text("U vroeg dit zelf")
    office: Any = demo.simulators["tax"]
    before = len(office.received)

    sign_in(page, "collega")
    page.get_by_role("link", name="Goedkeuren").click()
    accessible(page)
    assert len(office.received) == before, "nothing went out before the second person said yes"
    page.get_by_role("button", name="Goedkeuren en versturen").click()
    expect(page.locator("#samen ~ ul, #samen ~ details").first).to_contain_text("Bevestigd")
    assert len(office.received) > before
    page.get_by_role("link", name="Alle schuldeisers aanschrijven").click()
    page.get_by_role("button", name="Ja, doe dit nu").click()
    expect(page.locator("main")).to_contain_text("Alle schuldeisers aanschrijven")
    accessible(page)
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
