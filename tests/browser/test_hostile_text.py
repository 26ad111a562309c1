"""What a register sends, in a real browser: text, whatever it would like to be."""

from __future__ import annotations

import re
from typing import Any

import pytest
from book import BSNS, Book, add_source, book_plugin, read_all
from hostile_text import MARK, poison
from journeys import PASSWORD, served, watched
from playwright.sync_api import Browser, expect
from test_journeys import accessible, find, sign_in

from hub.core import Hub
from hub.reconcile import reconcile
from hub.security.accounts import make_demo_accounts

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_hostile_text_is_read_and_never_run(browser: Browser, make_hub: Any) -> None:
    book, file = Book(batch_size=100), Book()
    hub: Hub = make_hub(
        book_plugin(book),
        book_plugin(file, "file", "debt_help", {"all": "snapshot"}),
        secure_cookies=False,
    )
    poison(book, file)
    for name in ("book", "file"):
        add_source(hub, name, max_age_hours=10**5)
        (outcome,) = read_all(hub, name)
        assert outcome.applied, outcome
    reconcile(hub)
    make_demo_accounts(hub, PASSWORD)
    with served(hub) as address, watched(browser, address) as page:
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        sign_in(page, "hulpverlener")
        find(page, BSNS[0])
        expect(page.locator("body")).to_contain_text(re.compile(f"<{MARK}", re.IGNORECASE))
        assert page.locator(MARK).count() == 0
        asked = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
        assert [one for one in asked if not one.startswith((address, "data:"))] == []
        accessible(page)
