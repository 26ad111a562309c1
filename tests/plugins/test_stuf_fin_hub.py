"""StUF-FIN through the whole hub: who is asked about, and what is stored of a message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from book import Book, add_source, book_plugin, read_all, row_counts, statement
from flask.testing import FlaskClient
from registers import Town, person
from sqlalchemy import select
from test_stuf_fin import MINE, SameBooks, remitted

import plugins.stuf_fin
from hub.clock import FrozenClock
from hub.core import Hub
from hub.reconcile import reconcile
from hub.store import claim_event, claim_statement, standing
from hub.sync.received import address_key
from hub.sync.sources import find_source, save_source
from hub.testing.world import Dossier
from hub.web import create_web
from plugins.stuf_fin.simulator import CollectionSystem

ON = date(2026, 11, 20)


@dataclass
class Stage:
    """A hub that knows one debtor, and the collection system it asks."""

    hub: Hub
    system: CollectionSystem
    client: FlaskClient

    def send(self, body: bytes) -> tuple[int, bytes]:
        """Send a message to the address of the source."""
        key = address_key(self.hub, find_source(self.hub, "inningen"))
        answer = self.client.post(f"/ontvangst/{key}/", data=body, headers=self.system.headers())
        return answer.status_code, answer.data


@pytest.fixture
def stage(make_hub: Callable[..., Hub], tmp_path: Path, clock: FrozenClock) -> Iterator[Stage]:
    system = SameBooks(Town((Dossier(person(), claims=(remitted(),)),)), tmp_path, clock)
    system.start()
    book = Book()
    hub = make_hub(book_plugin(book), plugins.stuf_fin, secure_cookies=False)
    add_source(hub, "book")
    book.put("claims", statement("Z-1", 100, who=1))
    assert statement("Z-1", 100, who=1).raw.decode().count(MINE) == 1
    (spec,) = system.sources()
    values = {"name": "inningen", "title": "Inningen", "connector": "stuf_fin", "owner": "stad"}
    save_source(hub, {**values, "config": spec.config})
    read_all(hub, "book")
    reconcile(hub)
    yield Stage(hub, system, create_web(hub).test_client())
    system.stop()


def standing_of(hub: Hub, table: Any) -> list[Any]:
    with hub.reader.connect() as connection:
        return list(connection.execute(select(table).where(standing(table))))


def test_a_known_debtor_is_asked_about_and_the_answer_stands(stage: Stage) -> None:
    (outcome,) = read_all(stage.hub, "inningen")
    assert (outcome.status, outcome.applied) == ("succeeded", 1), outcome.message
    (told,) = (one for one in standing_of(stage.hub, claim_statement) if one.reference == "2026-1")
    assert (told.open, told.paid, told.stage) == (6000, 2345, "aanmaning")
    assert read_all(stage.hub, "inningen")[0].unchanged == 1


def test_who_owes_nothing_any_more_is_told_so(stage: Stage) -> None:
    read_all(stage.hub, "inningen")
    stage.system.claims.clear()
    (outcome,) = read_all(stage.hub, "inningen")
    assert (outcome.status, outcome.applied) == ("succeeded", 1), outcome.message
    assert {one.reference for one in standing_of(stage.hub, claim_statement)} == {"Z-1"}


def test_a_message_is_stored_once_and_answered_the_same_each_time(stage: Stage) -> None:
    read_all(stage.hub, "inningen")
    body = stage.system.change("2026-1", "dwangbevel", ON, part=500)
    first = stage.send(body)
    assert first[0] == 200
    before = row_counts(stage.hub)
    stage.hub.clock.move(days=1)  # type: ignore[attr-defined]
    assert stage.send(body) == first
    assert row_counts(stage.hub) == before
    told = next(one for one in standing_of(stage.hub, claim_statement) if one.reference == "2026-1")
    (step,) = (one for one in standing_of(stage.hub, claim_event) if one.kind == "dwangbevel")
    (paid,) = (one for one in standing_of(stage.hub, claim_event) if one.kind == "betaling")
    assert (step.claim, paid.claim, paid.amount) == (told.key, told.key, -500)


def test_another_message_under_the_same_number_changes_nothing(stage: Stage) -> None:
    assert stage.send(stage.system.change("2026-1", "dwangbevel", ON))[0] == 200
    before = row_counts(stage.hub)
    status, answer = stage.send(stage.system.change("2026-1", "beslag", ON))
    assert (status, b"StUF016" in answer) == (500, True)
    assert row_counts(stage.hub) == before


def test_an_answer_about_others_is_a_failed_run_and_nothing_changes(stage: Stage) -> None:
    read_all(stage.hub, "inningen")
    before = standing_of(stage.hub, claim_statement)
    stage.system.ignore_selection = True
    stage.system.claims["999990020"] = stage.system.claims[MINE]
    (outcome,) = read_all(stage.hub, "inningen")
    assert outcome.status == "failed"
    assert (outcome.message or "").startswith("Het inningensysteem lette niet op de vraag")
    assert standing_of(stage.hub, claim_statement) == before
