"""A request that comes twice takes effect once, whatever comes in which order."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from programs import Program
from sqlalchemy import func, select

from hub.core import Hub
from hub.store import command, once
from hub.sync.once import KEPT, forget

both = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)

#: Days until which a pause is asked; the first lies in the past and cannot be.
DAYS = ("2026-01-01", "2027-01-01", "2027-02-02")


def commands(hub: Hub) -> int:
    with hub.reader.connect() as connection:
        return connection.execute(select(func.count()).select_from(command)).scalar_one()


def kept(hub: Hub) -> list[Any]:
    with hub.reader.connect() as connection:
        return list(connection.execute(select(once)))


@settings(
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(DAYS)), min_size=1, max_size=6))
def test_each_key_is_one_request_and_one_effect(
    hub: Hub, helper: Program, client_id: str, requests: list[tuple[int, str]]
) -> None:
    keys, first = [uuid.uuid4().hex for _ in range(2)], dict[int, tuple[str, str]]()
    for number, until in requests:
        before, known = commands(hub), len(kept(hub))
        answer = helper.write(
            "POST",
            f"/residents/{client_id}/holds",
            {"until": until},
            Idempotency_Key=keys[number],
        )
        if number in first and first[number][0] != until:
            assert answer.status_code == 422
        elif number in first:
            assert (answer.status_code, answer.text) == (202, first[number][1])
            assert answer.headers["Idempotent-Replayed"] == "true"
        elif until == DAYS[0]:
            assert answer.status_code == 409
            assert len(kept(hub)) == known, "what failed may be tried again"
        elif answer.status_code == 409:
            assert before, "only what is under way already leaves nothing to do"
            assert "alles is al gedaan of al onderweg" in answer.text
            assert len(kept(hub)) == known
        else:
            assert answer.status_code == 202
            first[number] = until, answer.text
            assert commands(hub) == before + len(answer.json["commands"])
            continue
        assert commands(hub) == before


@both
def test_the_same_request_twice_at_once(
    hub: Hub, app: Flask, helper: Program, client_id: str
) -> None:
    def send(_: int) -> Any:
        mine = Program(app.test_client(), helper.token)
        path = f"/residents/{client_id}/holds"
        return mine.write("POST", path, {"until": DAYS[1]}, Idempotency_Key="the-same-one")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert {one.status_code for one in answers} == {202}
    assert len({one.text for one in answers}) == 1
    assert sum("Idempotent-Replayed" in one.headers for one in answers) == 3
    assert commands(hub) == len(answers[0].json["commands"])


def test_one_key_of_two_programs_is_two_requests(
    hub: Hub, program: Any, client_id: str, helper: Program
) -> None:
    for one, until in ((helper, DAYS[1]), (program(), DAYS[2])):
        path = f"/residents/{client_id}/holds"
        answer = one.write("POST", path, {"until": until}, Idempotency_Key="the-same-one")
        assert answer.status_code == 202
    assert commands(hub) == 2


def test_what_is_kept_names_nobody_and_goes_after_a_day(
    hub: Hub, helper: Program, client_id: str
) -> None:
    one = helper.get("/findings").json["items"][0]
    path = f"/findings/{one['id']}/steps"
    body = {"step": "settle", "reason": "Opgelost met de Proef0 aan de balie"}
    assert helper.write("POST", path, body, seen='"1"', Idempotency_Key="a-key-of-mine").json
    (row,) = kept(hub)
    told = str(row)
    for secret in ("a-key-of-mine", "Proef", "balie", client_id):
        assert secret not in told
    assert forget(hub) == 0
    hub.clock.move(seconds=(KEPT + timedelta(seconds=1)).total_seconds())  # type: ignore[attr-defined]
    assert forget(hub) == 1


@pytest.mark.parametrize("key", ["", "kort", "a" * 201, "met een spatie"])
def test_a_write_without_a_key_does_nothing(
    hub: Hub, helper: Program, client_id: str, key: str
) -> None:
    path = f"/residents/{client_id}/holds"
    answer = helper.call("POST", path, {"until": DAYS[1]}, Idempotency_Key=key)
    assert answer.status_code == 400
    assert answer.json["errors"][0]["location"] == {"name": "Idempotency-Key"}
    assert commands(hub) == 0
