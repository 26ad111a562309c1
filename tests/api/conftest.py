"""A hub with one resident of each kind, its API, and programs with a token."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from book import resident_of
from chain import Chain, case, entry, hold, party, tax_claim
from flask import Flask
from programs import CLIENT, Program

from hub.connector import Receipt
from hub.core import Hub
from hub.reconcile import reconcile
from hub.security.tokens import make_api_account
from hub.site import create_site


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite, but where a test says otherwise: what the API does not decide is tested elsewhere."""
    if getattr(request, "param", "sqlite") != "sqlite":
        make: Callable[[], str] = request.getfixturevalue("postgres_cluster")
        return make()
    shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "hub.db")
    return f"sqlite:///{tmp_path / 'hub.db'}"


@pytest.fixture
def chain(make_hub: Any) -> Chain:
    made = Chain(make_hub, one_of_each)
    for book in made.books.values():
        book.answer = lambda command, key: Receipt("delivered", "P-17", "Bevestigd.")
    return made


def one_of_each(made: Chain) -> None:
    days = (date(2026, 1, 31), date(2026, 5, 1), date(2026, 6, 1))
    events = (("opgelegd", days[0], 60000), ("aanmaning", days[1], 900))
    events += (("betaling", days[2], -10900),)
    made.tell("clo", party())
    made.tell(
        "tax",
        tax_claim("A1", 50000, principal=49100, costs=900, interest=0, paid=0, events=events),
        tax_claim("B1", 700, who=1),
        hold(0),
    )
    made.tell("file", case(0, ("A1", 498, -1), ("Z9", 70, -1)))
    made.tell("vish", entry(2))
    reconcile(made.hub)


@pytest.fixture
def hub(chain: Chain) -> Hub:
    return chain.hub


@pytest.fixture
def app(hub: Hub) -> Flask:
    return create_site(hub, nudge=lambda: None)


@pytest.fixture
def program(hub: Hub, app: Flask) -> Callable[..., Program]:
    """A maker of programs in a role."""

    def make(role: str = "debt_counsellor", name: str = "") -> Program:
        token = make_api_account(hub, name or f"p-{uuid.uuid4().hex[:8]}", role, 30, "cli:test")
        return Program(app.test_client(), token)

    return make


@pytest.fixture
def helper(program: Callable[..., Program]) -> Program:
    """A program that works as a debt counsellor."""
    return program()


@pytest.fixture
def administrator(program: Callable[..., Program]) -> Program:
    return program("administrator")


@pytest.fixture
def client_id(hub: Hub) -> str:
    """The id of the client."""
    with hub.reader.connect() as connection:
        return str(resident_of(connection, hub, CLIENT))
