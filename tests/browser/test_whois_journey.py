"""Journeys about who somebody is: a message without BSN, and two residents who are one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from book import BSNS, Book, add_source, book_plugin, facts_record
from journeys import PASSWORD, accessible, served, watched
from playwright.sync_api import Browser, Page, expect
from strangers import JAN, PEOPLE, known, unknown

from hub.connector import Record
from hub.core import Hub, open_hub
from hub.plugins import load_plugins
from hub.reconcile import reconcile, rules
from hub.security.accounts import make_demo_accounts
from hub.sync.inbound import sync_source
from hub.sync.sources import find_source

pytestmark = pytest.mark.browser

TWIN = {name: value for name, value in JAN.items() if name not in ("initials", "gender")}


def helped(number: int, **more: str) -> Record:
    """A running case of debt help, of one of the family."""
    who = {"bsn": BSNS[number], **PEOPLE[number], **more}
    data = {"person": who, "phase": "stabilisatie", "starts_on": "2026-08-01"}
    return facts_record(f"case{number}", ("debt_case", f"case{number}", data))


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A family with twins, and in a debt-help file somebody who may be either twin."""
    tax, file = Book(), Book()
    plugins = load_plugins(
        extra=[
            rules,
            book_plugin(tax, "tax", "creditor", {"all": "snapshot"}),
            book_plugin(file, "file", "debt_help", {"all": "snapshot"}),
        ],
        discover=False,
    )
    home: Path = tmp_path_factory.mktemp("whois")
    settings = {"municipality": "9999", "demo": True, "secure_cookies": False}
    made = open_hub(home, overrides=settings, plugins=plugins)
    for name, title in (("tax", "Belastingen"), ("file", "Schuldhulpdossier")):
        add_source(made, name, title=title, max_age_hours=10**6)
    tax.put("all", known(0), known(1), known(2, birth_date=JAN["birth_date"]), known(3))
    nobody = {"surname": "Nergensman", "initials": "B.", "birth_date": "1970-01-01"}
    moved = {"surname": "Elders", "birth_date_text": "1971", "postcode": "1234 AB"}
    strangers = (unknown("V1", TWIN), unknown("V2", nobody), unknown("V3", moved))
    file.put("all", *strangers, helped(0), helped(2, birth_date=JAN["birth_date"]))
    for name in ("tax", "file"):
        (outcome,) = sync_source(made, find_source(made, name))
        assert outcome.status == "succeeded", outcome
    reconcile(made)
    make_demo_accounts(made, PASSWORD)
    yield made
    made.engine.dispose()


@pytest.fixture
def page(browser: Browser, hub: Hub) -> Iterator[Page]:
    with served(hub) as address, watched(browser, address) as made:
        yield made


def sign_in(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_label("Naam").fill(name)
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Inloggen").click()


def test_who_is_this_from_the_worklist_to_the_resident_and_back(page: Page) -> None:
    sign_in(page, "hulpverlener")
    page.get_by_role("link", name="Werklijst").click()
    page.get_by_role("link", name="Vergelijk en beslis wie dit is").first.click()
    expect(page.get_by_role("heading", name="Wie is dit?")).to_be_visible()
    accessible(page)
    twin = page.locator("section.card", has_text="S. van den Droomberg").first
    expect(twin.locator("tr", has_text="Adres")).to_contain_text("spreekt er sterk voor")
    twin.get_by_label("Reden").fill("Gebeld: dit is Sofie, zij vroeg zelf om hulp.")
    twin.get_by_role("button", name="koppel").click()
    expect(page.locator("main")).to_contain_text("Gekoppeld door hulpverlener")
    expect(page.locator("main")).not_to_contain_text("U weet het nog niet?")
    page.get_by_role("link", name="Naar het overzicht van S.").click()
    page.get_by_role("link", name="Bekijk of maak ongedaan").click()
    page.get_by_label("Reden").first.fill("Toch de andere helft van de tweeling.")
    page.get_by_role("button", name="Maak dit besluit ongedaan").click()
    expect(page.locator("main")).to_contain_text("Het besluit is ongedaan gemaakt.")
    page.get_by_label("Uitstellen tot").fill("2099-01-01")
    page.get_by_role("link", name="Niet gekoppeld").click()
    expect(page.locator("main")).to_contain_text("Nergensman")
    accessible(page)
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_an_administrator_sees_what_other_limits_would_do(page: Page) -> None:
    sign_in(page, "beheerder")
    page.get_by_role("link", name="Herkennen").click()
    page.get_by_label("Vragen vanaf (procent)").fill("60")
    page.get_by_role("button", name="Bekijk het gevolg").click()
    expect(page.locator("main")).to_contain_text("Er is nog niets opgeslagen.")
    expect(page.locator("tr", has_text="Vraag op de werklijst")).to_contain_text("-1")
    accessible(page)


def test_two_who_are_one(page: Page) -> None:
    sign_in(page, "hulpverlener")
    page.get_by_label("BSN").fill(BSNS[0])
    page.get_by_role("button", name="Zoeken").click()
    page.locator("main table a").click()
    page.get_by_role("link", name="Dubbel bekend?").click()
    page.get_by_label("BSN").fill(BSNS[2])
    page.get_by_role("button", name="Zoeken").click()
    accessible(page)
    page.get_by_label("Reden").first.fill("De bron heeft een verkeerd BSN hersteld.")
    page.get_by_role("button", name="voeg samen").click()
    expect(page.locator("main")).to_contain_text("Alles van beide inwoners staat nu hier.")
    page.get_by_role("link", name="Dubbel bekend?").click()
    page.get_by_text("Dit was niet juist: splits weer").click()
    accessible(page)
    page.get_by_label("Reden").last.fill("Het zijn toch een vader en een dochter.")
    page.get_by_role("button", name="Splits", exact=True).click()
    expect(page.locator("main")).to_contain_text("Gesplitst. Elke inwoner heeft weer")
