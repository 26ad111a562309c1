"""What machines ask: does it live, can it work, how is it going."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from book import Book, read_all
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import delete, insert, select, update

from hub.core import Hub
from hub.overview.metrics import METRICS
from hub.security.keys import load_keys
from hub.store import command, expiry, incident, patience, resident, run, source
from hub.store.engine import open_store
from hub.store.schema import newest
from hub.web import create_web

TOKEN = "een-lang-teken-voor-de-bewaking"


def ask(hub: Hub, path: str, **headers: str) -> Any:
    return create_web(hub).test_client().get(path, headers=headers)


def watched(hub: Hub, **settings: Any) -> Hub:
    values = {**hub.settings.values, "metrics_token": TOKEN, **settings}
    return replace(hub, settings=replace(hub.settings, values=values))


def measured(hub: Hub) -> dict[tuple[str, ...], float]:
    """Every sample of /metrics: its name and the values of its labels as declared, its number."""
    labels = {one.name: one.labels for one in METRICS}
    text = ask(watched(hub), "/metrics", Authorization=f"Bearer {TOKEN}").text
    return {
        (one.name, *map(one.labels.get, labels[family.name])): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def elsewhere(hub: Hub, url: str) -> Hub:
    return replace(hub, engine=open_store(url))


def test_health_answers_although_the_store_is_gone(hub: Hub, tmp_path: Path) -> None:
    lost = elsewhere(hub, f"sqlite:///{tmp_path}/no/such/folder/hub.db")
    client: FlaskClient = create_web(lost).test_client()
    with client.session_transaction() as session:
        session["account"] = "beheerder"
    answer = client.get("/health")
    assert (answer.status_code, answer.json) == (200, {"alive": True})
    assert client.get("/ready").status_code == 503
    assert client.get("/ready").json == {"ready": False, "reason": "store"}


def test_a_hub_that_can_work_is_ready(hub: Hub) -> None:
    answer = ask(hub, "/ready")
    assert (answer.status_code, answer.json) == (200, {"ready": True})


def test_an_old_schema_is_not_ready(hub: Hub) -> None:
    with hub.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    answer = ask(hub, "/ready")
    assert (answer.status_code, answer.json) == (503, {"ready": False, "reason": "schema"})


def test_keys_of_another_installation_are_not_ready(hub: Hub, tmp_path: Path) -> None:
    strange = replace(hub, keys=load_keys(tmp_path / "elsewhere"))
    answer = ask(strange, "/ready")
    assert (answer.status_code, answer.json) == (503, {"ready": False, "reason": "keys"})


def test_metrics_do_not_exist_without_a_token(app: Flask) -> None:
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}"}):
        assert app.test_client().get("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize("told", ["", "Bearer", "Bearer fout", f"Basic {TOKEN}", TOKEN, "Béarer é"])
def test_metrics_are_refused_without_the_right_token(hub: Hub, told: str) -> None:
    answer = ask(watched(hub), "/metrics", Authorization=told)
    assert (answer.status_code, answer.text) == (401, "")


def test_runs_and_rows_are_measured(hub: Hub, book: Book) -> None:
    book.put("claims", *book.records["claims"][:2])
    read_all(hub)
    found = measured(hub)
    assert found["hub_runs", "book", "claims", "succeeded"] == 2
    assert found["hub_rows_total", "book", "claims", "read"] == 5
    assert found["hub_rows_total", "book", "claims", "applied"] == 3
    assert found["hub_rows_total", "book", "claims", "unchanged"] == 2
    assert found["hub_rows_total", "book", "claims", "removed"] == 1
    assert found["hub_rows_total", "book", "claims", "rejected"] == 0
    assert found["hub_schema_info", newest(), newest()] == 1


def test_a_reject_is_counted_until_it_is_solved(hub: Hub, book: Book) -> None:
    good = book.records["claims"][0]
    book.put("claims", replace(good, raw=b"geen JSON"), *book.records["claims"][1:])
    read_all(hub)
    assert measured(hub)["hub_rejects_open", "book", "claims"] == 1
    book.put("claims", good, *book.records["claims"][1:])
    read_all(hub)
    assert ("hub_rejects_open", "book", "claims") not in measured(hub)


def test_lag_counts_from_the_last_word(hub: Hub, book: Book) -> None:
    before = measured(hub)["hub_lag_seconds", "book", "claims"]
    hub.clock.move(hours=2)  # type: ignore[attr-defined]
    found = measured(hub)
    assert found["hub_lag_seconds", "book", "claims"] == before + 7200
    assert found["hub_unheard_seconds", "book", "claims"] == before + 7200
    assert found["hub_stream_silent", "book", "claims"] == 0


def test_a_source_that_never_spoke_lags_without_end(hub: Hub) -> None:
    with hub.engine.begin() as connection:
        known = connection.execute(select(source).where(source.c.name == "book")).one()._asdict()
        connection.execute(insert(source), {**known, "id": 99, "name": "nieuw"})
    found = measured(hub)
    assert found["hub_lag_seconds", "nieuw", ""] == float("inf")
    assert found["hub_stream_silent", "nieuw", ""] == 1


def test_the_breaker_shows_its_state(hub: Hub) -> None:
    assert measured(hub)["hub_breaker_state", "book", "closed"] == 1
    until = hub.clock.now() + timedelta(minutes=5)
    with hub.engine.begin() as connection:
        connection.execute(delete(patience))
        values = {"source_id": 1, "failures": 4, "state": "open", "until": until}
        connection.execute(insert(patience), values)
    found = measured(hub)
    assert found["hub_breaker_state", "book", "open"] == 1
    assert found["hub_breaker_state", "book", "closed"] == 0
    assert found["hub_breaker_failures", "book"] == 4
    assert found["hub_breaker_wait_seconds", "book"] == 300
    assert found["hub_breaker_wait_seconds", "file"] == 0


def test_the_outbox_tells_how_long_the_oldest_waits(hub: Hub) -> None:
    now = hub.clock.now()
    with hub.engine.begin() as connection:
        person = connection.execute(select(resident.c.id).limit(1)).scalar_one()
        for number, (state, hours) in enumerate((("ready", 3), ("ready", 1), ("delivered", 9))):
            values = {
                "id": f"c{number}",
                "source_id": 1,
                "resident_id": person,
                "kind": "set_hold",
                "data": {},
                "ground": "wgs",
                "created_by": "x",
                "created_at": now - timedelta(hours=hours),
                "state": state,
                "next_at": now,
            }
            connection.execute(insert(command), values)
    found = measured(hub)
    assert found["hub_outbox_commands", "book", "ready"] == 2
    assert found["hub_outbox_commands", "book", "delivered"] == 1
    assert found["hub_outbox_oldest_seconds", "book", "ready"] == 3 * 3600
    assert ("hub_outbox_oldest_seconds", "book", "delivered") not in found


def test_incidents_expiry_and_findings_are_measured(hub: Hub) -> None:
    now = hub.clock.now()
    about = {
        "source_id": 1,
        "municipality": "9999",
        "kind": "down",
        "message": "",
        "opened_at": now,
    }
    ends = {"source_id": 1, "seen_at": now}
    with hub.engine.begin() as connection:
        connection.execute(delete(incident))
        connection.execute(delete(expiry))
        connection.execute(insert(incident), about)
        connection.execute(insert(incident), {**about, "solved_at": now})
        for what, days in (("certificaat", -1), ("token", 30)):
            values = {**ends, "what": what, "ends_at": now + timedelta(days=days)}
            connection.execute(insert(expiry), values)
        connection.execute(insert(incident), {**about, "source_id": None, "kind": "drift"})
    found = measured(hub)
    assert found["hub_incidents_open", "", "drift"] == 1
    assert found["hub_incidents_open", "book", "down"] == 1
    assert found["hub_expiry_seconds", "book"] == -86400
    assert sum(value for (name, *_), value in found.items() if name == "hub_findings_open") > 0


def test_every_metric_reads_with_help_and_labels(hub: Hub) -> None:
    answer = ask(watched(hub), "/metrics", Authorization=f"Bearer {TOKEN}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    families = {one.name: one for one in text_string_to_metric_families(answer.text)}
    for metric in METRICS:
        assert families[metric.name].documentation == metric.help


def test_another_municipality_is_not_measured(hub: Hub) -> None:
    with hub.engine.begin() as connection:
        connection.execute(update(source).values(municipality="0001"))
        assert connection.execute(select(run.c.id).limit(1)).first()
    assert not [labels for labels in measured(hub) if "book" in labels]
