"""A hub with one source in memory, its pages, and people who are signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from beginnings import begin
from book import Book, add_source, book_plugin, read_all
from chain import case, tax_claim
from flask import Flask
from visitors import PASSWORD, Person

from hub.connector import Receipt
from hub.core import Hub
from hub.reconcile import reconcile
from hub.security.accounts import make_demo_accounts
from hub.web import create_web


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def file() -> Book:
    return Book()


@pytest.fixture
def hub(make_hub: Any, book: Book, file: Book) -> Hub:
    """Two residents with claims; the first has a debt case that tells another amount."""
    made: Hub = make_hub(
        book_plugin(book, modes={"claims": "snapshot", "holds": "snapshot"}),
        book_plugin(file, "file", "debt_help", {"all": "snapshot"}),
        secure_cookies=False,
    )
    book.answer = lambda command, key: Receipt("delivered", "P-17", "Bevestigd door de bron.")
    begin(made, "pages", lambda: tell(made, book, file), book, file)
    return made


def tell(made: Hub, book: Book, file: Book) -> None:
    """Let the sources of the hub hold something, and read them."""
    add_source(made, title="Belastingen", max_age_hours=10**5)
    add_source(made, "file", title="Dossier", max_age_hours=10**5)
    book.put("claims", tax_claim("A1", 123456), tax_claim("A2", 100), tax_claim("B1", 5, who=1))
    file.put("all", case(0, ("A1", 1200, -1)))
    for name in ("book", "file"):
        read_all(made, name)
    reconcile(made)
    make_demo_accounts(made, PASSWORD)


@pytest.fixture
def app(hub: Hub) -> Flask:
    made = create_web(hub)
    made.testing = True
    return made


@pytest.fixture
def visitor(app: Flask) -> Person:
    return Person(app.test_client())


@pytest.fixture
def signed_in(app: Flask) -> Callable[[str], Person]:
    """A maker of people who are signed in."""

    def make(name: str) -> Person:
        person = Person(app.test_client())
        assert person.sign_in(name).status_code == 200
        return person

    return make


@pytest.fixture
def caseworker(signed_in: Callable[[str], Person]) -> Person:
    return signed_in("hulpverlener")


@pytest.fixture
def administrator(signed_in: Callable[[str], Person]) -> Person:
    return signed_in("beheerder")
