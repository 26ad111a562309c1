"""Journeys in a real browser, on the whole demo: what a caseworker and an administrator do."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from journeys import PASSWORD, accessible, served, watched
from playwright.sync_api import Browser, Page, expect

from hub.core import open_hub
from hub.demo.run import Demo, demo_settings, fill, start_demo
from hub.security.accounts import make_demo_accounts

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("demo")
    hub = open_hub(home, overrides=demo_settings())
    with start_demo(home, seed=1, size=400, hub=hub) as made:
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
    page.goto("/")
    page.get_by_label("Naam").fill(name)
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Inloggen").click()
    expect(page.get_by_role("button", name="Uitloggen")).to_be_visible()


def find(page: Page, bsn: str) -> None:
    page.get_by_label("BSN").fill(bsn)
    page.get_by_role("button", name="Zoeken").click()
    page.locator("main table a").click()


def most_troubled(demo: Demo) -> str:
    """The BSN about which most is wrong, with a claim at the municipality's own tax office."""
    counts = Counter(json.loads(line)["bsn"] for line in demo.truth.read_text().splitlines())
    main = demo.municipality.organisations[0].code
    with_claims = {
        dossier.person.bsn
        for dossier in demo.municipality.dossiers()
        if any(one.creditor == main and one.open for one in dossier.claims)
        and not dossier.holds
        and dossier.case
        and not dossier.case.ended_on
    }
    return next(bsn for bsn, _ in counts.most_common() if bsn in with_claims)


def test_a_caseworker_finds_reads_and_pauses(page: Page, demo: Demo) -> None:
    sign_in(page, "hulpverlener")
    bsn = most_troubled(demo)
    find(page, bsn)
    dossier = next(d for d in demo.municipality.dossiers() if d.person.bsn == bsn)
    expect(page.locator("h1")).to_contain_text(dossier.person.surname)
    total = sum(one.open for one in dossier.claims)
    euros = f"{total / 100:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")
    expect(page.locator("#totaal")).to_have_text(f"€ {euros}")

    claim = page.locator("details.claim").first
    claim.locator(":scope > summary").focus()
    page.keyboard.press("Enter")
    expect(claim.get_by_text("Wat elke bron zegt")).to_be_visible()
    assert bsn not in page.content() + page.url

    page.get_by_role("link", name="Incassopauze bij alle schuldeisers").click()
    expect(page.get_by_role("heading", name="Weet u het zeker?")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Ja, doe dit nu").click()
    order = page.locator("li.order").filter(has_text="Gemeentelijke belastingen").first
    expect(order).to_contain_text("aangekomen en bevestigd")
    expect(page.locator(".hold-line").first).to_contain_text(
        "Bevestigd door Gemeentelijke belastingen"
    )
    expect(page.locator(".tag.hold").first).to_contain_text("pauze")
    office: Any = demo.simulators["tax"]
    assert any(one.bsn == bsn for one in office.holds.values()), "the tax office has it in its book"


def test_the_worklist_leads_to_a_resident(page: Page, demo: Demo) -> None:
    sign_in(page, "hulpverlener")
    page.get_by_role("link", name="Werklijst").click()
    page.locator(".finding a").first.click()
    expect(page.get_by_role("heading", name="Wat aandacht vraagt")).to_be_visible()


def test_an_administrator_sees_a_source_fall_silent_and_come_back(page: Page, demo: Demo) -> None:
    sign_in(page, "beheerder")
    card = page.locator("section.card", has=page.get_by_role("link", name="VISH", exact=True))
    expect(card).to_contain_text("Werkt.")
    demo.simulators["vish"].stop()
    try:
        card.get_by_role("button", name="Nu synchroniseren").click()
        page.get_by_role("link", name="Bronnen").click()
        expect(card).to_contain_text("Zwijgt. Laatst gehoord:")
        card.get_by_role("button", name="Test verbinding").click()
        expect(page.locator("main")).to_contain_text("Er luistert niets op")
    finally:
        demo.simulators["vish"].start()
    page.get_by_role("link", name="Bronnen").click()
    card.get_by_role("button", name="Nu synchroniseren").click()
    page.get_by_role("link", name="Bronnen").click()
    expect(card).to_contain_text("Werkt.")


def test_every_page_is_accessible(page: Page, demo: Demo) -> None:
    page.goto("/inloggen")
    accessible(page)
    sign_in(page, "hulpverlener")
    accessible(page)
    find(page, most_troubled(demo))
    for summary in page.locator("details > summary").all():
        if summary.is_visible():
            summary.click()
    accessible(page)
    page.goto("/werklijst")
    accessible(page)
    page.get_by_role("button", name="Uitloggen").click()
    sign_in(page, "beheerder")
    for path in (
        "/beheer",
        "/beheer/bronnen/belastingen",
        "/beheer/bronnen/nieuw?koppeling=tax",
        "/beheer/runs/1",
        "/beheer/plugins",
    ):
        page.goto(path)
        accessible(page)


def test_a_small_screen_needs_no_sideways_scrolling(page: Page, demo: Demo) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    sign_in(page, "hulpverlener")
    find(page, most_troubled(demo))
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) <= 320
    # Whatever a register answers: also a word that is wider than the screen.
    add = "one => one.append(' ' + 'a1b2c3d4'.repeat(12))"
    for block in page.locator("main :is(p, li, dd, h2):visible").all()[:40]:
        block.evaluate(add)
    assert page.evaluate(width) <= 320


def test_an_administrator_decides_on_a_delivery_that_shrank(page: Page, demo: Demo) -> None:
    office: Any = demo.simulators["tax"]
    numbers = [
        claim.number
        for dossier in demo.municipality.dossiers()
        for claim in dossier.claims
        if claim.creditor == office.code
    ]
    for number in numbers[: len(numbers) // 2]:
        office.change(number, None)
    office.publish()
    sign_in(page, "beheerder")
    card = page.locator("section.card", has=page.get_by_role("link", name="Gemeentelijke"))
    card.get_by_role("button", name="Nu synchroniseren").click()
    # More than one stream of the delivery may have shrunk too far.
    page.get_by_role("link", name="Bekijk wat er ontbreekt en besluit").first.click()
    expect(page.get_by_role("heading", name="Wat er in deze levering ontbreekt")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Weigeren: niets verwijderen").click()
    expect(page.locator("main")).to_contain_text("er is niets verwijderd")
    expect(page.locator("main")).to_contain_text("Besluit van beheerder")


def test_an_administrator_sees_what_a_replay_would_do(page: Page, demo: Demo) -> None:
    vish: Any = demo.simulators["vish"]
    vish.entries["V-FOUT"] = {"vishReferentie": "V-FOUT", "bsn": "123456789", "nieuwVeld": "1"}
    sign_in(page, "beheerder")
    page.get_by_role("link", name="VISH", exact=True).click()
    page.get_by_role("button", name="Nu synchroniseren").click()
    expect(page.locator("#afgekeurd")).to_contain_text("voldoet niet aan de elfproef")
    page.get_by_label("Kies record V-FOUT").check()
    page.get_by_role("button", name="Bekijk wat ik koos").click()
    expect(page.locator("main")).to_contain_text("Er is nog niets gewijzigd.")
    accessible(page)
    page.get_by_role("button", name="Verwerk opnieuw").click()
    expect(page.locator("main")).to_contain_text("0 verwerkt, 1 nog steeds afgekeurd.")
    del vish.entries["V-FOUT"]
