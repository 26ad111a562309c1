"""A caseworker's afternoon: two people work their worklists from top to bottom.

The debt counsellor acts on a broken hold and closes it, solves a difference, and links a question
without BSN to a person. What is asked of the municipality as creditor is then for the collector to
answer. The registers are the simulators, on sockets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from afternoon import TALK, Afternoon, afternoon
from journeys import PASSWORD, accessible, served, watched
from playwright.sync_api import Browser, Page, expect

from hub.testing.town import test_bsns
from plugins.schuldenknooppunt.faults import read_raw

pytestmark = pytest.mark.browser

#: Milliseconds that a page may take on a machine that does other things too.
PATIENT = 30_000

Handle = Callable[[Page, Afternoon], None]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Afternoon]:
    with afternoon(tmp_path) as made:
        yield made


@pytest.fixture
def page(browser: Browser, town: Afternoon) -> Iterator[Page]:
    with served(town.hub) as address, watched(browser, address) as made:
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


def take_step(page: Page, step: str, reason: str = "") -> None:
    page.get_by_label(step, exact=True).check()
    if reason:
        page.get_by_label("Reden").fill(reason)
    page.get_by_role("button", name="Vastleggen").click()


def solve_the_difference(page: Page, town: Afternoon) -> None:
    """Take it up, correct the debt-help file in its own system; the hub sees that it agrees."""
    page.get_by_role("link", name="Oppakken, uitstellen of afhandelen").first.click()
    expect(page.locator("main")).to_contain_text("€ 75,00")
    take_step(page, "Ik pak dit op")
    expect(page.locator("main")).to_contain_text("In behandeling bij u.")
    accessible(page)
    for at, case in enumerate(town.file.cases):
        if case.clients[0].bsn == test_bsns(1)[0]:
            debts = tuple(replace(one, euros=75) for one in case.debts)
            town.file.cases[at] = replace(case, debts=debts)
    town.read("schuldhulp")


def act_on_the_broken_hold(page: Page, town: Afternoon) -> None:
    """Have the creditor hold still for longer, and close it once it took back its step."""
    page.get_by_role("link", name="Oppakken, uitstellen of afhandelen").first.click()
    page.get_by_role("link", name="Incassopauze bij alle schuldeisers").click()
    page.get_by_label("Pauze tot en met").fill("2027-07-01")
    page.get_by_role("button", name="Bekijk opnieuw").click()
    expect(page.get_by_role("heading", name="Weet u het zeker?")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Ja, doe dit nu").click()
    expect(page.locator("main")).to_contain_text("1 van 1 gedaan of bevestigd", timeout=PATIENT)
    accessible(page)
    town.judge()
    page.get_by_role("link", name="Werklijst", exact=True).click()
    page.get_by_role("link", name="Oppakken, uitstellen of afhandelen").first.click()
    expect(page.locator("main")).to_contain_text("Vanuit deze bevinding geregeld")
    take_step(page, "Afgehandeld", "Gebeld: het dwangbevel en de kosten zijn ingetrokken.")
    expect(page.locator("main")).to_contain_text("Afgehandeld.")
    accessible(page)


def link_the_person(page: Page, town: Afternoon) -> None:
    page.get_by_role("link", name="Vergelijk en beslis wie dit is").first.click()
    expect(page.get_by_role("heading", name="Wie is dit?")).to_be_visible()
    accessible(page)
    twin = page.locator("section.card", has_text="S. Droomberg").first
    twin.get_by_label("Reden").fill("Gebeld met de schuldhulp: het gaat om Sofie.")
    twin.get_by_role("button", name="koppel").click()
    expect(page.locator("main")).to_contain_text("Gekoppeld door hulpverlener", timeout=PATIENT)
    town.judge()


def answer_the_request(page: Page, town: Afternoon) -> None:
    """Look at the person first: there the answer is offered too."""
    page.get_by_role("link", name="S. Droomberg").click()
    expect(page.get_by_role("link", name="Saldo opgeven")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Werklijst", exact=True).click()
    page.get_by_role("link", name="Oppakken, uitstellen of afhandelen").first.click()
    page.get_by_role("link", name="Saldo opgeven").click()
    told = page.get_by_role("region", name="Vorderingen in het antwoord aan Schuldhulp Elders")
    expect(told).to_contain_text("2026-00002")
    expect(told.locator("tfoot")).to_contain_text("€ 75,02")
    accessible(page)
    page.get_by_role("button", name="Ja, doe dit nu").click()
    expect(page.locator("main")).to_contain_text("1 van 1 gedaan of bevestigd", timeout=PATIENT)
    accessible(page)
    town.judge()


#: What a caseworker does with each kind of work, by its title on the worklist.
WORK: dict[str, Handle] = {
    "Bedragen verschillen": solve_the_difference,
    "Dwang tijdens hulp of pauze": act_on_the_broken_hold,
    "Wie is dit?": link_the_person,
    "Saldoverzoek aan ons niet beantwoord": answer_the_request,
}


def work_to_the_end(page: Page, town: Afternoon) -> list[str]:
    """Do what is on top of the worklist until nothing is; return the titles of what was done."""
    done: list[str] = []
    while len(done) < 2 * len(WORK):
        page.get_by_role("link", name="Werklijst", exact=True).click()
        accessible(page)
        card = page.locator("li.finding h3")
        if not card.count():
            expect(page.locator("main")).to_contain_text("Er zijn hier geen bevindingen.")
            return done
        (title,) = (one for one in WORK if card.first.inner_text().startswith(one))
        WORK[title](page, town)
        done.append(title)
    raise AssertionError(f"the worklist does not get empty: {done}")


def test_an_afternoon_from_the_top_of_the_worklist_to_the_bottom(
    page: Page, town: Afternoon
) -> None:
    sign_in(page, "hulpverlener")
    assert work_to_the_end(page, town) == [
        "Dwang tijdens hulp of pauze",
        "Bedragen verschillen",
        "Wie is dit?",
    ]
    sign_in(page, "invorderaar")
    assert work_to_the_end(page, town) == ["Saldoverzoek aan ons niet beantwoord"]

    broken, asked = test_bsns(3)[1:]
    until = {str(one.ends_on) for one in town.tax.holds.values() if one.bsn == broken}
    assert "2027-07-01" in until, "the tax office has the hold in its own book"
    (raw,) = town.exchange.received.values()
    answer = read_raw(raw)
    assert answer.header.conversation == TALK
    assert [one["open"] for one in answer.told["claims"]] == [7_502]
    assert asked.encode() not in raw, "the answer goes without the BSN"
