"""Who may call: programs with a token of the hub, and who has one of the provider."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from programs import API, Program
from sqlalchemy import select
from visitors import PASSWORD, Person

from hub.cli import main
from hub.core import Hub
from hub.errors import ConfigError
from hub.security.accounts import (
    MOST_FROM_ORIGIN,
    make_demo_accounts,
    make_emergency_account,
    password_asked,
)
from hub.security.tokens import api_accounts, end_api_account, make_api_account
from hub.store import account, audit_log, processing_log

WHERE = "/findings"


def last_deed(hub: Hub) -> Any:
    with hub.reader.connect() as connection:
        return connection.execute(select(audit_log).order_by(audit_log.c.id.desc())).first()


def test_a_token_opens_the_api_until_it_ends(hub: Hub, app: Flask) -> None:
    token = make_api_account(hub, "zaaksysteem", "debt_counsellor", 30, "cli:test")
    one = Program(app.test_client(), token)
    assert one.get(WHERE).status_code == 200
    deed = last_deed(hub)
    assert (deed.actor, deed.machine, deed.attended) == ("zaaksysteem", True, False)
    hub.clock.move(days=30)  # type: ignore[attr-defined]
    late = one.get(WHERE)
    assert late.status_code == 401
    assert 'error="invalid_token"' in late.headers["WWW-Authenticate"]


def test_the_store_holds_no_token_and_a_new_one_replaces_the_old(hub: Hub, app: Flask) -> None:
    first, second = (make_api_account(hub, "een", "collector", 1, "x") for _ in range(2))
    with hub.reader.connect() as connection:
        kept = str(connection.execute(select(account)).all())
    assert first not in kept
    assert second not in kept
    assert Program(app.test_client(), first).get(WHERE).status_code == 401
    assert Program(app.test_client(), second).get(WHERE).status_code == 200
    assert end_api_account(hub, "een", "x")
    assert Program(app.test_client(), second).get(WHERE).status_code == 401
    assert not end_api_account(hub, "een", "x")
    assert api_accounts(hub) == []


@pytest.mark.parametrize(
    ("name", "role", "days"),
    [
        ("X", "collector", 1),
        ("goed", "baas", 1),
        ("goed", "collector", 0),
        ("nood", "collector", 1),
    ],
)
def test_an_account_that_cannot_be_is_refused(hub: Hub, name: str, role: str, days: int) -> None:
    make_emergency_account(hub, "nood", "collector", 1, "x")
    with pytest.raises(ConfigError):
        make_api_account(hub, name, role, days, "x")


def test_nobody_signs_in_at_a_page_with_a_token(hub: Hub, app: Flask) -> None:
    token = make_api_account(hub, "een", "collector", 1, "x")
    assert not password_asked(hub), "no form is offered for it"
    make_demo_accounts(hub, PASSWORD)
    assert Person(app.test_client()).sign_in("een", token).status_code == 401


def test_a_session_of_the_pages_opens_nothing_here(hub: Hub, app: Flask) -> None:
    app.extensions["hub"] = hub
    make_demo_accounts(hub, PASSWORD)
    person = Person(app.test_client())
    assert person.sign_in("hulpverlener").status_code == 200
    answer = person.client.get(API + WHERE)
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert "Set-Cookie" not in answer.headers


def test_answers_set_no_cookie_and_are_kept_by_nobody(helper: Program) -> None:
    answer = helper.get(WHERE)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("told", ["", "Basic eDp5", "Bearer", "Bearer  ", "Token x"])
def test_without_a_bearer_token_nothing_opens(app: Flask, told: str) -> None:
    answer = app.test_client().get(API + WHERE, headers={"Authorization": told})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_who_guesses_tokens_waits(hub: Hub, app: Flask, helper: Program) -> None:
    guesser = Program(app.test_client(), "hub_geraden")
    assert {guesser.get(WHERE).status_code for _ in range(MOST_FROM_ORIGIN)} == {401}
    stopped = guesser.get(WHERE)
    assert (stopped.status_code, stopped.headers["Retry-After"]) == (429, "300")
    assert helper.get(WHERE).status_code == 429, "from the same address a right one waits as well"
    hub.clock.move(minutes=6)  # type: ignore[attr-defined]
    assert helper.get(WHERE).status_code == 200


def test_the_trace_of_the_caller_goes_on(hub: Hub, helper: Program, client_id: str) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    helper.get(f"/residents/{client_id}", traceparent=f"00-{trace}-00f067aa0ba902b7-01")
    with hub.reader.connect() as connection:
        rows = connection.execute(
            select(processing_log).where(processing_log.c.trace_id == trace)
        ).all()
    assert [(one.activity, one.parent_span_id) for one in rows] == [
        ("overview", "00f067aa0ba902b7")
    ]


def test_a_look_outside_the_caseload_is_refused_and_logged(
    hub: Hub, program: Callable[..., Program], client_id: str
) -> None:
    other = program("benefit_collector")
    assert other.get(f"/residents/{client_id}").status_code == 403
    deed = last_deed(hub)
    assert (deed.action, deed.result, deed.role) == ("overview", "refused", "benefit_collector")
    closed = other.write("POST", f"/residents/{client_id}/holds", {"until": "2027-01-01"})
    assert closed.status_code == 403
    assert last_deed(hub).id == deed.id + 1, "logged although the write was undone"


def test_a_look_that_cannot_be_logged_is_not_answered(
    helper: Program, client_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr("hub.api.access.log_deed", broken)
    answer = helper.get(f"/residents/{client_id}")
    assert answer.status_code == 500
    assert "Proef" not in answer.text
    assert answer.json["status"] == 500


def test_another_role_than_ones_own_is_refused(helper: Program) -> None:
    assert helper.get(WHERE, Hub_Role="debt_counsellor").status_code == 200
    assert helper.get(WHERE, Hub_Role="administrator").status_code == 403


def test_at_the_prompt(tmp_path: Any) -> None:
    def run(*words: str) -> str:
        done = CliRunner().invoke(main, ["--instance", str(tmp_path / "i"), "accounts", *words])
        assert done.exit_code == 0, done.output
        return done.output

    told = run("api", "zaaksysteem", "--role", "collector", "--days", "10")
    assert re.search(r"Token: hub_[\w-]{43}\n", told)
    listed = run("list")
    assert "zaaksysteem" in listed
    assert "programma" in listed
    assert "werkt niet meer" in run("end", "zaaksysteem")
    assert "zaaksysteem" not in run("list")
