"""What goes wrong is a problem (RFC 9457): its status, every fault at once, and no BSN back."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from book import BSNS
from flask import Flask
from programs import API, Program

from hub.api import MOST_BYTES
from hub.logs import Json

SEARCH = "/residents/_search"


def problem(answer: Any, status: int) -> dict[str, Any]:
    """Hold an answer to what every problem is, and return it."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.headers["API-Version"]
    assert answer.headers["Cache-Control"] == "no-store"
    told: dict[str, Any] = answer.json
    assert told["status"] == status
    assert told["title"]
    assert len(told["detail"]) > 20
    return told


def test_every_fault_of_a_request_is_told_at_once(helper: Program) -> None:
    body = {"bsn": "12345678", "surname": 5, "birthDate": "31-12-1980", "naam": "x"}
    errors = problem(helper.call("POST", SEARCH, body), 400)["errors"]
    assert {one["location"]["pointer"]: one["detail"] for one in errors} == {
        "/bsn": "bsn is geen BSN: verwacht negen cijfers",
        "/surname": "surname is geen tekst",
        "/birthDate": "birthDate is geen datum als 2026-11-23",
        "/naam": "naam is geen veld van dit verzoek",
    }
    assert {one["in"] for one in errors} == {"body"}
    errors = problem(helper.get("/findings?page=0&pageSize=x&wie=mij"), 400)["errors"]
    assert {one["location"]["name"] for one in errors} == {"page", "pageSize", "wie"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"surname": "Proef0"},
        {"bsn": BSNS[0], "surname": "Proef0", "birthDate": "1980-05-01"},
        {"bsn": "999990008"},
        {"bsn": None},
        [BSNS[0]],
        {BSNS[0]: "x"},
        {"surname": BSNS[0] * 30, "birthDate": "1980-05-01"},
        {"surname": "a\x00b", "birthDate": "1980-02-30"},
    ],
)
def test_a_search_that_cannot_be_is_refused_without_repeating_it(
    helper: Program, body: Any
) -> None:
    told = problem(helper.call("POST", SEARCH, body), 400)
    assert told["errors"]
    assert BSNS[0] not in json.dumps(told)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b'{"bsn": NaN}', "application/json", 400),
        (b"[" * 5000, "application/json", 400),
        (b'{"surname": "\\ud800", "birthDate": "1980-05-01"}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"bsn=999990007", "application/x-www-form-urlencoded", 415),
        (b"<a/>", "text/xml", 415),
        (b'{"surname": "' + b"x" * MOST_BYTES + b'"}', "application/json", 413),
    ],
)
def test_what_cannot_be_read(
    helper: Program, app: Flask, content: bytes, kind: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {helper.token}", "Content-Type": kind}
    problem(app.test_client().post(API + SEARCH, data=content, headers=headers), status)


def test_what_is_not_there_and_what_it_does_not_do(helper: Program) -> None:
    for path in ("/nergens", f"/residents/{'0' * 32}", "/findings/999", "/sources/", "/runs/x"):
        problem(helper.get(path), 404)
    wrong = helper.call("PUT", "/findings")
    problem(wrong, 405)
    assert "GET" in wrong.headers["Allow"]
    problem(helper.get("/findings", Accept="text/html"), 406)
    assert helper.get("/findings", Accept="application/*").status_code == 200
    assert helper.get("/findings", Accept="text/html, */*;q=0.1").status_code == 200


def test_what_cannot_be_done_as_things_stand(helper: Program, client_id: str) -> None:
    asked = {"kind": "notice", "party": "onbekend"}
    told = problem(helper.write("POST", f"/residents/{client_id}/commands", asked), 409)
    assert told["detail"] == "Deze schuldeiser is niet bekend bij het Schuldenknooppunt."
    problem(helper.get(f"/residents/{client_id}?asOf=2030-01-01"), 409)


@pytest.mark.parametrize("path", ["/residents/{}", "/findings?rule={}", "/sources/{}", "/x?{}=1"])
def test_a_bsn_in_an_address_is_refused(helper: Program, path: str) -> None:
    told = problem(helper.get(path.format(BSNS[0])), 400)
    assert BSNS[0] not in json.dumps(told)


def test_a_fault_of_ours_tells_nothing(
    helper: Program, client_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError(f"the store of {BSNS[0]} broke")

    monkeypatch.setattr("hub.overview.resident.details_of", broken)
    told = problem(helper.get(f"/residents/{client_id}"), 500)
    assert "store" not in json.dumps(told)


def test_no_log_address_or_version_holds_a_bsn(
    helper: Program, program: Callable[..., Program], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    found = helper.call("POST", SEARCH, {"bsn": BSNS[0]})
    (one,) = found.json["people"]
    links = json.dumps(one["_links"])
    headers = [str(found.headers)]
    for link in one["_links"].values():
        answer = helper.get(link["href"].removeprefix(API))
        assert answer.status_code == 200
        headers.append(str(answer.headers))
        links += json.dumps(answer.json.get("_links", {}))
    problem(helper.call("POST", SEARCH, {"bsn": BSNS[0], "x": BSNS[0]}), 400)
    written = "\n".join(Json().format(record) for record in caplog.records)
    for bsn in BSNS:
        assert bsn not in links + written + "".join(headers)
