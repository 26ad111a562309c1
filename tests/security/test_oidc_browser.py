"""Sign-in and sign-out in a real browser: our own policy for pages stands in the way of neither."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "hub.db")
    return f"sqlite:///{tmp_path / 'hub.db'}"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    made = browser.new_page(locale="nl-NL")
    yield made
    made.close()


def test_from_the_button_to_the_work_and_out_again(
    serve: Callable[..., Any], provider: Any, page: Page
) -> None:
    served = serve()
    provider.tell(claims={"name": "Sanne Voorbeeld", "roles": ["schuldhulp", "inning"]})
    page.goto(f"{served.address}/werklijst")
    page.get_by_role("link", name="Inloggen met mijn gemeenteaccount").click()
    page.locator("input[name=login]").fill("u-17")
    page.get_by_role("button", name="Inloggen").click()
    expect(page).to_have_url(f"{served.address}/werklijst")
    page.get_by_label("Ik werk als").select_option(label="invorderaar")
    page.get_by_role("button", name="Kies").click()
    page.get_by_role("link", name="Sanne Voorbeeld (invorderaar)").click()
    expect(page.get_by_role("heading", name="Mijn sessies")).to_be_visible()
    page.get_by_role("button", name="Uitloggen").click()
    page.wait_for_url(f"{provider.issuer}/session/end**")
    page.locator("button[name=logout]").click()
    expect(page).to_have_url(f"{served.address}/inloggen")
    page.goto(f"{served.address}/werklijst")
    expect(page).to_have_url(f"{served.address}/inloggen")
