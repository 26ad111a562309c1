"""Journeys about trust: broken glass, permission, grounds; and every page of every role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from journeys import PASSWORD, accessible, served, watched
from playwright.sync_api import Browser, Page, expect

from hub.core import open_hub
from hub.demo.run import Demo, demo_settings, fill, start_demo
from hub.security.accounts import DEMO_ACCOUNTS, make_demo_accounts
from hub.testing.world import Dossier

pytestmark = pytest.mark.browser

#: Enough to open each kind of page once; a kind is an address without its numbers.
MOST_PAGES = 30


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("trust")
    hub = open_hub(home, overrides=demo_settings())
    with start_demo(home, seed=2, size=200, hub=hub) as made:
        list(fill(made))
        make_demo_accounts(hub, PASSWORD)
        yield made
    hub.engine.dispose()


@pytest.fixture(scope="module")
def address(demo: Demo) -> Iterator[str]:
    with served(demo.hub) as at:
        yield at


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with watched(browser, address) as made:
        yield made


def sign_in(page: Page, name: str) -> None:
    page.goto("/inloggen")
    page.get_by_label("Naam").fill(name)
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Inloggen").click()
    expect(page.get_by_role("button", name="Uitloggen")).to_be_visible()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Uitloggen").click()


def debtor(demo: Demo, *, helped: bool) -> Dossier:
    """Somebody with a municipal tax debt, with or without a running debt-help case."""
    main = demo.municipality.organisations[0].code
    cases = [one.case for one in demo.municipality.dossiers() if one.case]
    clients = {who.bsn for case in cases if not case.ended_on for who in case.clients}
    return next(
        one
        for one in demo.municipality.dossiers()
        if any(claim.creditor == main and claim.open for claim in one.claims)
        and (one.person.bsn in clients) is helped
    )


def search(page: Page, bsn: str) -> None:
    page.goto("/")
    page.get_by_label("BSN").fill(bsn)
    page.get_by_role("button", name="Zoeken").click()


def test_the_glass_is_broken_with_a_reason_and_reviewed(page: Page, demo: Demo) -> None:
    who = debtor(demo, helped=False).person
    sign_in(page, "hulpverlener")
    search(page, who.bsn)
    expect(page.locator("main")).not_to_contain_text(who.surname)
    page.locator("main a[href^='/inwoners/']").first.click()
    expect(page.locator("main")).to_contain_text("hoort niet bij uw caseload")
    expect(page.locator("main")).not_to_contain_text(who.surname)
    accessible(page)
    page.get_by_text("Noodtoegang: het kan niet wachten").click()
    page.get_by_label("Waarom kan het niet wachten?").fill("Morgen wordt het water afgesloten.")
    page.get_by_role("button", name="Open met noodtoegang").click()
    expect(page.locator("h1")).to_contain_text(who.surname)
    accessible(page)
    sign_out(page)

    sign_in(page, "privacy")
    page.goto("/privacy")
    expect(page.locator("main")).to_contain_text("Morgen wordt het water afgesloten.")
    page.get_by_role("button", name="Terecht", exact=True).click()
    expect(page.locator("main")).to_contain_text("terecht")
    expect(page.locator("main")).not_to_contain_text(who.surname)


def test_a_permission_opens_what_was_agreed_until_it_is_withdrawn(page: Page, demo: Demo) -> None:
    who = debtor(demo, helped=False).person
    sign_in(page, "hulpverlener")
    search(page, who.bsn)
    page.locator("main a[href^='/inwoners/']").first.click()
    home = re.sub(r"/toegang$", "", page.url)
    page.goto(f"{home}/toegang")
    page.get_by_label("Nummer van het dossier").fill("SHV-2026-1")
    page.get_by_role("button", name="Dossier vastleggen").click()
    page.goto(home)
    before = page.locator("details.claim").count()
    page.goto(f"{home}/toegang")
    for box in page.locator("input[name=groups]").all():
        box.check()
    for box in page.locator("input[name=roles]").all():
        box.check()
    page.get_by_label("Versie van de tekst").fill("2026-1")
    page.get_by_role("button", name="Toestemming vastleggen").click()
    page.goto(home)
    assert page.locator("details.claim").count() >= max(before, 1)
    accessible(page)
    page.goto(f"{home}/toegang")
    page.get_by_role("button", name="Trek toestemming in").click()
    page.goto(f"{home}/toegang")
    expect(page.get_by_role("button", name="Trek toestemming in")).to_have_count(0)


def test_a_ground_that_ends_closes_what_it_opened(page: Page, demo: Demo) -> None:
    today = demo.hub.clock.today()
    who = debtor(demo, helped=True).person
    sign_in(page, "hulpverlener")
    search(page, who.bsn)
    page.locator("main table a").click()
    home = page.url
    shut = page.get_by_text("Dit ziet u niet, omdat daar nu geen grondslag voor is:")
    expect(page.locator("details.claim").first).to_be_visible()
    expect(shut).to_have_count(0)
    sign_out(page)

    sign_in(page, "privacy")
    page.goto("/privacy/grondslagen")
    page.get_by_label("Situatie").select_option("A")
    page.get_by_label("Artikel of besluit, met datum").fill("Proef die gisteren eindigde")
    page.get_by_label("Geldt vanaf").fill((today - timedelta(days=30)).isoformat())
    page.get_by_label("Geldt niet meer vanaf").fill(today.isoformat())
    page.get_by_role("button", name="Vastleggen").click()
    accessible(page)
    sign_out(page)

    sign_in(page, "hulpverlener")
    page.goto(home)
    expect(shut).to_contain_text("belastingvordering")
    expect(shut).to_contain_text("kwijtschelding")


@pytest.mark.parametrize("name", [one[0] for one in DEMO_ACCOUNTS])
def test_every_page_of_every_role_is_accessible(page: Page, demo: Demo, name: str) -> None:
    sign_in(page, name)
    if page.get_by_label("BSN").count():
        search(page, debtor(demo, helped=True).person.bsn)
    waiting, seen = [page.url, *links(page)], set()
    while waiting and len(seen) < MOST_PAGES:
        url = waiting.pop(0)
        kind = re.sub(r"[0-9a-f]{32}|\d+", "…", url.partition("?")[0])
        if kind in seen:
            continue
        seen.add(kind)
        answer = page.goto(url)
        assert answer is not None
        assert answer.status == 200, url
        for summary in page.locator("main details > summary").all():
            if summary.is_visible():
                summary.click()
        accessible(page)
        waiting += links(page)
    assert len(seen) >= 4, seen


def links(page: Page) -> list[str]:
    """The addresses within the hub that lead to a page, no file and no way out."""
    found = page.eval_on_selector_all(
        "a[href]", "all => all.filter(a => !a.hasAttribute('download')).map(a => a.href)"
    )
    own = page.url.split("/", 3)[:3]
    return [one for one in found if one.split("/", 3)[:3] == own and "#" not in one]
