"""What an administrator repairs at the prompt: rejects, replays and held deliveries."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from book import Book, add_source, book_plugin, facts_record, person, read_all, statement
from click.testing import CliRunner
from sqlalchemy import select

from hub import cli
from hub.core import Hub
from hub.store import run


@pytest.fixture
def book() -> Book:
    return Book(batch_size=50)


@pytest.fixture
def hub(make_hub: Any, book: Book, monkeypatch: pytest.MonkeyPatch) -> Hub:
    made: Hub = make_hub(book_plugin(book))
    add_source(made)
    monkeypatch.setattr(cli, "open_hub", lambda instance: made)
    return made


def say(*words: str) -> str:
    result = CliRunner().invoke(cli.main, list(words), env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.output


def test_rejects_are_listed_previewed_and_replayed(hub: Hub, book: Book, tmp_path: Path) -> None:
    bad = facts_record("X1", ("claim_statement", "X1", {"person": person(), "open": "veel"}))
    book.put("claims", statement("A1", 100), bad)
    read_all(hub)
    assert "claim_statement.open is 'veel'" in say("rejects")
    assert "Niets gewijzigd" in say("replay", "book", "--preview")
    assert "0 verwerkt, 1 nog steeds afgekeurd" in say("replay", "book")


@pytest.mark.parametrize(
    ("choice", "says", "state"),
    [("--release", "30 records verwijderd", "released"), ("--refuse", "Geweigerd", "refused")],
)
def test_a_held_delivery_is_decided_upon(
    hub: Hub, book: Book, choice: str, says: str, state: str
) -> None:
    book.put("claims", *(statement(f"C{n}", 100) for n in range(40)))
    read_all(hub)
    book.put("claims", *(statement(f"C{n}", 100) for n in range(10)))
    assert "Er wacht geen levering" in say("held")
    (outcome,) = read_all(hub)
    assert re.search(rf"{outcome.run_id} +│ book +│ claims", say("held"))
    assert "mist 30 records" in say("held", str(outcome.run_id))
    assert says in say("held", str(outcome.run_id), choice)
    with hub.reader.connect() as connection:
        query = select(run.c.status).where(run.c.id == outcome.run_id)
        assert connection.execute(query).scalar_one() == state
    again = CliRunner().invoke(cli.main, ["held", str(outcome.run_id), choice])
    assert (again.exit_code, "wacht niet op een besluit" in again.output) == (1, True)
