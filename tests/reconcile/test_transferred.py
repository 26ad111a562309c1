"""A claim handed over inside one organisation: told by two of its systems, owed once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from book import Book, add_source, book_plugin, read_all, statement
from sqlalchemy import select

from hub.core import Hub
from hub.reconcile import reconcile
from hub.store import claim, claim_statement

GONE = {"stage": "overgedragen", "transferred_to": "belastingen", "principal": 5000}


@pytest.fixture
def systems(make_hub: Callable[..., Hub]) -> tuple[Hub, Book, Book]:
    """A tax system and a ledger of one municipality."""
    tax, ledger = Book(), Book()
    hub = make_hub(book_plugin(tax, "belastingen"), book_plugin(ledger, "grootboek"))
    for name in ("belastingen", "grootboek"):
        add_source(hub, name)
    return hub, tax, ledger


def balances(hub: Hub) -> list[tuple[Any, ...]]:
    """Read both systems; return the stage and balance of each claim."""
    for name in ("belastingen", "grootboek"):
        read_all(hub, name)
    reconcile(hub)
    query = select(claim_statement.c.stage, claim_statement.c.open).join(
        claim, claim.c.statement_id == claim_statement.c.id
    )
    with hub.reader.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


@pytest.mark.parametrize("as_of", ["2026-01-01", "2026-11-01"])
def test_a_claim_that_both_tell_is_one_and_counts_where_it_lives_on(
    systems: tuple[Hub, Book, Book], as_of: str
) -> None:
    hub, tax, ledger = systems
    tax.put("claims", statement("F1", 5600, as_of="2026-06-01", stage="dwangbevel"))
    ledger.put("claims", statement("F1", 0, as_of=as_of, **GONE))
    assert balances(hub) == [("dwangbevel", 5600)]


def test_a_claim_that_only_the_ledger_tells_is_not_lost(systems: tuple[Hub, Book, Book]) -> None:
    hub, tax, ledger = systems
    tax.put("claims")
    ledger.put("claims", statement("F1", 0, as_of="2026-06-01", **GONE))
    assert balances(hub) == [("overgedragen", 0)]
