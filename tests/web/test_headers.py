"""Every answer of every route carries the headers, whatever went wrong, and tells nothing more."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import pytest
import waitress
from book import BSNS
from crawl import KINDS, Crawler, paths
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from hub.core import Hub
from hub.front.headers import HEADERS
from hub.store import audit_log
from hub.web import create_web
from hub.web.server import MOST_BYTES, OPTIONS

#: What an answer carries does not depend on the kind of store.
one_store = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


def hold(response: TestResponse, what: object) -> None:
    """Hold one answer to the headers."""
    headers = response.headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS, what
    assert "Server" not in headers, what
    assert not [name for name in headers if name[0].startswith("X-Powered")], what
    assert not [name for name in headers if name[0].startswith("Access-Control")], what
    if response.data and response.content_type != "application/json":
        assert "charset=utf-8" in response.content_type, what
    kept = headers.get("Cache-Control")
    assert kept == "no-store" or (response.status_code in (200, 304) and "/static/" in str(what))


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    policy = dict(
        one.split(" ", 1) for one in HEADERS["Content-Security-Policy"].split("; ") if " " in one
    )
    assert policy["default-src"] == policy["object-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    for value in policy.values():
        assert not re.search(r"unsafe|\*|https?:|blob:|nonce|strict-dynamic", value)


@one_store
@pytest.mark.parametrize("name", ["", *KINDS])
def test_every_answer_of_every_route_carries_them(app: Flask, visitor: Any, name: str) -> None:
    app.testing = False  # a fault becomes a page, as it does for people
    if name:
        visitor.sign_in(name)
    client = visitor.client
    found = [
        *(path for path, _ in paths(app)),
        "/nergens",
        "/static/nergens.css",
        "/static/../hub.toml",
        "/inwoners/" + "é" * 40,
        "/beheer/",
    ]
    seen: set[int] = set()
    for path in found:
        for method in METHODS:
            response = client.open(path, method=method)
            hold(response, (method, path, response.status))
            assert response.status_code < 500 or path == "/ready", (method, path)
            seen.add(response.status_code)
    # A post without a token is a 400, a method that is not there a 405.
    assert {400, 404, 405, 403 if name else 302} <= seen


@one_store
def test_a_fault_of_ours_carries_them_and_tells_nothing(hub: Hub) -> None:
    app = create_web(hub)

    def broken() -> str:
        raise RuntimeError(f"kapot bij {BSNS[0]}")

    broken.roles = frozenset({"everybody"})  # type: ignore[attr-defined]
    app.add_url_rule("/kapot", view_func=broken)
    response = app.test_client().get("/kapot")
    assert response.status_code == 500
    hold(response, "500")
    assert BSNS[0] not in response.text
    assert "RuntimeError" not in response.text
    assert "Er is niets gewijzigd" in response.text


@one_store
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_is_too_large_is_told_on_a_page(app: Flask, kind: str) -> None:
    body: Any = {"name": "x" * 1_200_000}
    response = app.test_client().post("/inloggen", data=body, content_type=kind)
    assert response.status_code == 413
    hold(response, "413")
    assert "Stuur hoogstens 1 MB" in response.text


@one_store
def test_a_setting_that_is_wrong_is_told_with_them(administrator: Any) -> None:
    response = administrator.get("/beheer/bronnen/nergens")
    assert response.status_code == 400
    hold(response, "400")


@one_store
def test_files_are_kept_and_pages_are_not(app: Flask) -> None:
    client = app.test_client()
    file = client.get("/static/hub.css")
    assert file.content_type == "text/css; charset=utf-8"
    assert "no-store" not in file.headers["Cache-Control"]
    assert client.get("/inloggen").headers["Cache-Control"] == "no-store"
    assert client.get("/static/nergens.css").headers["Cache-Control"] == "no-store"


@one_store
@pytest.mark.parametrize("name", KINDS)
def test_no_bsn_stands_in_an_address_or_a_title(visitor: Any, name: str) -> None:
    visitor.sign_in(name)
    crawled = Crawler(visitor)
    assert crawled.pages
    for path, response in crawled.pages.items():
        told = re.findall(r'(?:href|action|formaction|src)="([^"]*)"', response.text)
        told += re.findall(r"<title>(.*?)</title>", response.text, re.S)
        for text in (path, *told, *map(str, response.headers.values())):
            assert not re.search(r"(?<![0-9a-f])[0-9]{9}(?![0-9a-f])", text), (path, text)


@one_store
@pytest.mark.parametrize(
    "path", [f"/inwoners/{BSNS[0]}", f"/{BSNS[0]}", f"/werklijst?regel={BSNS[0]}"]
)
def test_a_bsn_that_somebody_put_in_an_address_is_not_repeated(
    caseworker: Any, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        response = caseworker.get(path)
    assert BSNS[0] not in response.text
    assert BSNS[0] not in caplog.text


# --- the server itself -------------------------------------------------------------------------


@pytest.fixture
def server(app: Flask) -> Iterator[tuple[str, int]]:
    """The application behind the real server, with the options of `hub serve`."""
    made = waitress.create_server(app, host="127.0.0.1", port=0, **OPTIONS)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    yield "127.0.0.1", int(made.effective_port)
    made.close()


@one_store
def test_the_server_does_not_say_what_it_is(server: tuple[str, int]) -> None:
    line = HTTPConnection(*server)
    line.request("GET", "/inloggen")
    answer = line.getresponse()
    answer.read()
    assert answer.getheader("Server") is None
    assert answer.getheader("Content-Security-Policy") == HEADERS["Content-Security-Policy"]
    assert "waitress" not in str(answer.getheaders())
    line.close()


@one_store
def test_the_server_takes_no_body_without_end(server: tuple[str, int]) -> None:
    line = HTTPConnection(*server)
    line.putrequest("POST", "/inloggen")
    line.putheader("Content-Length", str(MOST_BYTES + 1))
    line.endheaders()
    assert line.getresponse().status == 413
    line.close()


@one_store
def test_hub_serve_takes_these_options(monkeypatch: pytest.MonkeyPatch, hub: Hub) -> None:
    from hub.cli.serving import serve_all

    told: dict[str, Any] = {}
    hub.settings.values["port"] = 0  # type: ignore[index]  # any that is free
    monkeypatch.setattr(waitress, "serve", lambda app, **options: told.update(options))
    serve_all([hub])
    assert OPTIONS.items() <= told.items()


@one_store
@pytest.mark.parametrize(
    ("proxies", "origin"), [(0, "127.0.0.1"), (1, "198.51.100.7"), (2, "203.0.113.9")]
)
def test_who_called_is_told_by_as_many_proxies_as_there_are(
    hub: Hub, proxies: int, origin: str
) -> None:
    hub.settings.values["proxies"] = proxies  # type: ignore[index]
    made = waitress.create_server(create_web(hub), host="127.0.0.1", port=0, **OPTIONS)
    threading.Thread(target=made.run, daemon=True).start()
    line = HTTPConnection("127.0.0.1", made.effective_port)
    # The first is what the caller made up, or what a proxy further away added.
    told = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
    line.request("GET", "/inloggen", headers=told)
    answer = line.getresponse()
    token = re.search(r'name="csrf_token" value="([^"]+)"', answer.read().decode())
    assert token is not None
    told |= {"Cookie": answer.getheader("Set-Cookie", "").partition(";")[0]}
    told |= {"Content-Type": "application/x-www-form-urlencoded"}
    form = urlencode({"name": "hulpverlener", "password": "fout", "csrf_token": token[1]})
    line.request("POST", "/inloggen", form, told)
    answer = line.getresponse()
    answer.read()
    line.close()
    assert answer.status == 401
    with hub.reader.connect() as connection:
        query = select(audit_log.c.origin).order_by(audit_log.c.number.desc()).limit(1)
        assert connection.execute(query).scalar_one() == origin
    made.close()
