"""Registers that are asked per person, that call us, and to which the hub itself delivers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from book import BSNS, Book, add_source, book_plugin, facts_record, read_all, statement
from flask.testing import FlaskClient
from sqlalchemy import select

from hub.connector import (
    Answer,
    Batch,
    Connector,
    ContractError,
    Fact,
    Incoming,
    Record,
    Stream,
    TransientError,
    hookimpl,
)
from hub.core import Hub
from hub.reconcile import reconcile
from hub.store import audit_log, claim_statement, processing_log, reject, run, standing
from hub.sync.health import silent_streams
from hub.sync.received import address_key
from hub.sync.sources import connect, find_source
from hub.web import create_web


class Caller(Connector):
    """A register that calls us, asks about people, and takes what stands."""

    name = "caller"
    title = "Beller"
    role = "creditor"
    streams = (Stream("events", "Gebeurtenissen", "received"),)
    exports = ("claim_statement",)
    asks = "claims"
    down: ClassVar[bool] = False

    def receive(self, call: Incoming) -> Answer:
        if call.headers.get("authorization") != "Bearer goed":
            return Answer(401)
        if self.down:
            raise TransientError("Even niet.")
        told = json.loads(call.body)
        records = [Record.json(key, facts) for key, facts in told.items()]
        stream = "else" if call.path == "elders" else "events"
        return Answer(202, b"stored", {"Digest": "x", "Set-Cookie": "a=b"}, Batch(records), stream)

    def parse(self, stream: str, raw: bytes) -> Iterator[Fact]:
        for kind, key, data in json.loads(raw):
            yield Fact(kind, key, data)


def caller_plugin() -> Any:
    @hookimpl
    def hub_connectors() -> list[type[Connector]]:
        return [Caller]

    return SimpleNamespace(
        __name__="test_plugin_caller", __file__=__file__, hub_connectors=hub_connectors
    )


@pytest.fixture
def hub(make_hub: Any) -> Hub:
    book, file = Book(), Book()
    made: Hub = make_hub(
        book_plugin(book),
        book_plugin(file, "file", "debt_help", {"all": "snapshot"}),
        caller_plugin(),
        secure_cookies=False,
    )
    for name in ("book", "file", "caller"):
        add_source(made, name)
    book.put("claims", statement("A1", 100), statement("B1", 0, who=1), statement("C1", 5, who=2))
    started = {"person": {"bsn": BSNS[3], "surname": "Vier"}, "phase": "intake"}
    file.put(
        "all",
        facts_record("runs", ("debt_case", "runs", {**started, "starts_on": "2026-01-01"})),
        facts_record(
            "ended",
            (
                "debt_case",
                "ended",
                {**started, "person": {"bsn": BSNS[4]}, "starts_on": "2025-01-01"}
                | {"ends_on": "2026-01-01"},
            ),
        ),
    )
    for name in ("book", "file"):
        read_all(made, name)
    reconcile(made)
    return made


@pytest.fixture
def caller(hub: Hub) -> FlaskClient:
    return create_web(hub).test_client()


def address(hub: Hub, path: str = "") -> str:
    return f"/ontvangst/{address_key(hub, find_source(hub, 'caller'))}/{path}"


GOOD = {"Authorization": "Bearer goed"}


def event(open_: int, who: int = 0) -> str:
    data = {"person": {"bsn": BSNS[who]}, "type": "ozb", "open": open_, "as_of": "2026-11-01"}
    return json.dumps({"E1": [["claim_statement", "E1", data]]})


def standing_open(hub: Hub, key: str) -> list[int]:
    query = select(claim_statement.c.open).where(
        claim_statement.c.key == key, standing(claim_statement)
    )
    with hub.reader.connect() as connection:
        return list(connection.execute(query).scalars())


def test_what_a_call_brings_stands_before_the_answer(hub: Hub, caller: FlaskClient) -> None:
    answer = caller.post(address(hub), data=event(700), headers=GOOD)
    assert (answer.status_code, answer.data, answer.headers["Digest"]) == (202, b"stored", "x")
    assert "a=b" not in str(answer.headers.getlist("Set-Cookie"))
    assert standing_open(hub, "E1") == [700]
    again = caller.post(address(hub), data=event(700), headers=GOOD)
    assert again.status_code == 202
    assert caller.post(address(hub), data=event(650), headers=GOOD).status_code == 202
    assert standing_open(hub, "E1") == [650]
    with hub.reader.connect() as connection:
        runs = connection.execute(
            select(run.c.applied, run.c.unchanged, run.c.status).where(run.c.kind == "received")
        ).all()
    assert [tuple(one) for one in runs] == [
        (1, 0, "succeeded"),
        (0, 1, "succeeded"),
        (1, 0, "succeeded"),
    ]


def test_a_form_reaches_the_connector_as_it_came(hub: Hub, caller: FlaskClient) -> None:
    kind = "application/x-www-form-urlencoded"
    answer = caller.post(address(hub), data=event(700), headers=GOOD, content_type=kind)
    assert (answer.status_code, standing_open(hub, "E1")) == (202, [700])


def test_who_is_not_known_changes_nothing(hub: Hub, caller: FlaskClient) -> None:
    assert caller.post(address(hub), data=event(700)).status_code == 401
    assert caller.post("/ontvangst/" + "0" * 32 + "/", data="{}", headers=GOOD).status_code == 404
    add_source(hub, "caller", enabled=False)
    assert caller.post(address(hub), data=event(700), headers=GOOD).status_code == 404
    assert standing_open(hub, "E1") == []


def test_what_cannot_be_kept_is_not_answered_as_if_it_were(
    hub: Hub, caller: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = caller.post(address(hub, "elders"), data=event(700), headers=GOOD)
    assert answer.status_code == 400
    monkeypatch.setattr(Caller, "down", True)
    answer = caller.post(address(hub), data=event(700), headers=GOOD)
    assert (answer.status_code, answer.text) == (503, "Even niet.")
    assert standing_open(hub, "E1") == []


def test_a_bad_record_is_kept_for_a_person(hub: Hub, caller: FlaskClient) -> None:
    told = event(700).replace('"ozb"', '"onzin"')
    assert caller.post(address(hub), data=told, headers=GOOD).status_code == 202
    with hub.reader.connect() as connection:
        (row,) = connection.execute(select(reject)).all()
    assert "onzin" in str(row.reasons)


def test_a_source_that_only_calls_is_never_read_and_never_silent(hub: Hub) -> None:
    assert find_source(hub, "caller").stream_names() == []
    assert read_all(hub, "caller") == []
    hub.clock.move(days=30)  # type: ignore[attr-defined]
    with hub.reader.connect() as connection:
        silent = {
            row.source for row in silent_streams(connection, hub.municipality, hub.clock.now())
        }
    assert silent == {"book", "file"}


def asked(hub: Hub) -> dict[str, Any]:
    context = connect(hub, find_source(hub, "caller")).context
    return {one["bsn"]: one for one in context.people()}


def test_only_who_has_a_case_or_an_open_claim_is_asked_about(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(asked(hub)) == {BSNS[0], BSNS[2], BSNS[3]}
    monkeypatch.setattr(Caller, "asks", "help")
    found = asked(hub)
    assert set(found) == {BSNS[3]}
    assert found[BSNS[3]]["surname"] == "Vier"
    assert len(found[BSNS[3]]["id"]) == 32
    monkeypatch.setattr(Caller, "asks", "")
    assert asked(hub) == {}


def test_each_question_about_somebody_is_logged(hub: Hub) -> None:
    asked(hub)
    with hub.reader.connect() as connection:
        (deed,) = connection.execute(select(audit_log).where(audit_log.c.action == "ask")).all()
        rows = connection.execute(
            select(processing_log).where(processing_log.c.activity == "ask")
        ).all()
    assert (deed.object, deed.machine, deed.attended) == ("caller", True, False)
    # One for the question as a whole, and one for each whom it was about.
    assert len(rows) == 1 + 3


def test_what_stands_is_handed_out_and_logged(hub: Hub) -> None:
    context = connect(hub, find_source(hub, "caller")).context
    found = {one["key"]: one for one in context.export("claim_statement")}
    assert set(found) == {"A1", "B1", "C1"}
    assert found["A1"]["open"] == 100
    assert found["A1"]["person"]["bsn"] == BSNS[0]
    assert found["A1"]["source"] == "book"
    assert "resident_id" not in found["A1"]
    with pytest.raises(ContractError):
        list(context.export("debt_case"))
    with hub.reader.connect() as connection:
        deed = connection.execute(select(audit_log).where(audit_log.c.action == "export")).one()
        rows = connection.execute(
            select(processing_log).where(processing_log.c.activity == "export")
        ).all()
    assert deed.object == "caller: claim_statement"
    assert len(rows) == 1 + 3
