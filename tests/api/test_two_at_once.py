"""Two act at once on one thing: the second hears what changed, and overwrites nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from chain import Chain
from flask import Flask
from programs import Program
from sqlalchemy import select

from hub.core import Hub
from hub.errors import Outdated
from hub.reconcile.engine import Tuning, load_tuning
from hub.reconcile.tuning import set_rule
from hub.security.audit import Actor
from hub.store import command, finding
from hub.sync.sources import find_source, save_source

pytestmark = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


def together(*acts: Callable[[], Any]) -> list[Any]:
    """What each act came to, all begun at the same moment."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        gate.wait(30)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def pair(app: Flask, program: Callable[..., Program]) -> Callable[[str], list[Program]]:
    """A maker of two programs in a role, each with a client of its own."""

    def make(role: str) -> list[Program]:
        return [Program(app.test_client(), program(role, name).token) for name in ("een", "twee")]

    return make


def statuses(answers: list[Any]) -> list[int]:
    return sorted(one.status_code for one in answers)


def test_on_a_finding(hub: Hub, pair: Any) -> None:
    one, two = pair("debt_counsellor")
    seen = one.get("/findings").json["items"][0]
    path, etag = f"/findings/{seen['id']}", one.get(f"/findings/{seen['id']}").headers["ETag"]
    settle = {"step": "settle", "reason": "De schuldeiser heeft het hersteld."}
    answers = together(
        lambda: one.write("POST", f"{path}/steps", {"step": "take"}, seen=etag),
        lambda: two.write("POST", f"{path}/steps", settle, seen=etag),
    )
    assert statuses(answers) == [200, 412]
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    winner = "een" if won is answers[0] else "twee"
    assert lost.content_type == "application/problem+json"
    assert f"door {winner}" in lost.json["detail"]
    assert lost.headers["ETag"] == won.headers["ETag"] == '"2"'
    with hub.reader.connect() as connection:
        row = connection.execute(select(finding).where(finding.c.id == seen["id"])).one()
    assert (row.version, [entry["by"] for entry in row.history]) == (2, [winner])
    assert one.get(path).headers["ETag"] == '"2"'


def test_on_the_settings_of_a_source(hub: Hub, pair: Any) -> None:
    one, two = pair("administrator")
    etag = one.get("/sources/tax").headers["ETag"]
    answers = together(
        lambda: one.write("PATCH", "/sources/tax", {"title": "Van een"}, seen=etag),
        lambda: two.write("PATCH", "/sources/tax", {"title": "Van twee"}, seen=etag),
    )
    assert statuses(answers) == [200, 412]
    winner = "een" if answers[0].status_code == 200 else "twee"
    lost = answers[1] if winner == "een" else answers[0]
    other = "twee" if winner == "een" else "een"
    assert lost.json["changes"] == [
        f"Naam op het scherm: nu 'Van {winner}', u vulde in 'Van {other}'."
    ]
    found = find_source(hub, "tax")
    assert (found.title, found.version) == (f"Van {winner}", 2)
    assert found.changes[-1]["by"] == winner
    assert found.changes[-1]["set"] == ["title"]


def test_on_a_new_source(hub: Hub) -> None:
    values = {"name": "nieuw", "connector": "tax", "owner": "stad", "config": {}}

    def make(title: str) -> str:
        try:
            return save_source(hub, {**values, "title": title}, 0).title
        except Outdated as late:
            return late.title

    made = together(lambda: make("een"), lambda: make("twee"))
    assert Outdated.title in made
    assert find_source(hub, "nieuw").title in made


def test_on_a_hold(hub: Hub, pair: Any, client_id: str) -> None:
    one, two = pair("debt_counsellor")
    (held,) = one.get(f"/residents/{client_id}/holds").json["items"]
    path = f"/residents/{client_id}/holds/{held['id']}"
    etag = one.get(path).headers["ETag"]
    answers = together(*(lambda p=p: p.write("DELETE", path, seen=etag) for p in (one, two)))
    assert statuses(answers) == [202, 412]
    with hub.reader.connect() as connection:
        (given,) = connection.execute(select(command)).all()
    assert given.kind == "lift_hold"
    lost = next(answer for answer in answers if answer.status_code == 412)
    assert given.created_by in lost.json["detail"]
    assert one.get(path).headers["ETag"] != etag


@pytest.mark.parametrize("version", [0, 1])
def test_on_a_rule(chain: Chain, version: int) -> None:
    hub = chain.hub
    rule = next(one for one in hub.plugins.rules() if one.id == "kosten_hoog")

    def tune(by: str, share: int, seen: int = version) -> str:
        try:
            with hub.engine.begin() as connection:
                actor, tuning = Actor(by, "administrator"), Tuning(True, {"procent": share})
                set_rule(connection, hub, actor, rule, tuning, seen)
        except Outdated as late:
            return f"{late.user} {' '.join(late.changes)}"
        return by

    if version:
        tune("eerder", 30, 0)
    told = together(lambda: tune("een", 40), lambda: tune("twee", 50))
    with hub.reader.connect() as connection:
        stands = load_tuning(connection, hub.municipality)["kosten_hoog"]
    assert stands.version == version + 1
    assert stands.changed_by in told
    lost = next(one for one in told if one != stands.changed_by)
    assert lost.startswith(f"{stands.changed_by} stelde de regel")
    assert f"nu {stands.knobs['procent']}, u koos" in lost


def test_a_version_must_be_told_and_any_will_not_do(pair: Any) -> None:
    one, _ = pair("debt_counsellor")
    path = f"/findings/{one.get('/findings').json['items'][0]['id']}/steps"
    for seen in ("", "*", '"1", "2"'):
        assert one.write("POST", path, {"step": "take"}, seen=seen).status_code == 428, seen
    for seen in ('"0"', '"x"', '"1-0"', '"99999999999"'):
        assert one.write("POST", path, {"step": "take"}, seen=seen).status_code == 412, seen
    assert one.write("POST", path, {"step": "take"}, seen='"1"').status_code == 200
