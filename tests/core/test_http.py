"""Every failure of a connection becomes the error that says what to do, without the path."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from werkzeug.serving import make_server

from hub.errors import ConfigError, HubError, PermanentError, TransientError
from hub.http import HubSession, explain, retry_after
from hub.outcomes import OUTCOMES, action_for, error_for
from hub.testing.hostile import HostileServer

Handler = Callable[[dict[str, Any]], tuple[str, dict[str, str], bytes]]


@pytest.fixture
def serve() -> Iterator[Callable[[str, dict[str, str]], str]]:
    """A maker of real servers that give one fixed answer; returns their address."""
    servers = []

    def make(status: str, headers: dict[str, str]) -> str:
        def app(environ: dict[str, Any], start: Any) -> list[bytes]:
            start(status, list(headers.items()))
            return [b"secret body"]

        server = make_server("localhost", 0, app)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://localhost:{server.server_port}/path/999990019"

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "headers", "kind", "says"),
    [
        ("401 Unauthorized", {}, ConfigError, "weigert de toegang (HTTP 401)"),
        ("403 Forbidden", {}, ConfigError, "Controleer de inloggegevens"),
        ("404 Not Found", {}, ConfigError, "kent dit adres niet"),
        ("302 Found", {"Location": "http://elsewhere/"}, ConfigError, "volgt geen verwijzingen"),
        ("429 Too Many Requests", {"Retry-After": "7"}, TransientError, "tijdelijk niet"),
        ("503 Unavailable", {}, TransientError, "HTTP 503"),
        ("418 Teapot", {}, PermanentError, "weigert het verzoek (HTTP 418)"),
    ],
)
def test_a_status_becomes_the_error_that_says_what_to_do(
    serve: Any, status: str, headers: dict[str, str], kind: type[HubError], says: str
) -> None:
    with pytest.raises(kind) as caught:
        HubSession().get(serve(status, headers))
    assert says in caught.value.user
    for text in (caught.value.user, caught.value.log, str(caught.value)):
        assert "999990019" not in text
        assert "secret" not in text
    if "Retry-After" in headers:
        assert caught.value.retry_after == 7.0  # type: ignore[attr-defined]


def test_a_status_may_be_allowed(serve: Any) -> None:
    url = serve("404 Not Found", {})
    assert HubSession().get(url, allow_status={404}).status_code == 404


def test_a_closed_port_is_told_as_such_and_nothing_arrived() -> None:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    with pytest.raises(TransientError) as caught:
        HubSession().get(f"http://localhost:{port}/")
    assert caught.value.user.startswith(f"Er luistert niets op localhost:{port}")
    assert caught.value.may_have_arrived is False


def test_no_answer_in_time_may_have_arrived() -> None:
    with socket.create_server(("localhost", 0)) as silent:
        url = f"http://localhost:{silent.getsockname()[1]}/"
        with pytest.raises(TransientError, match=r"timeout") as caught:
            HubSession().get(url, timeout=0.2)
    assert caught.value.may_have_arrived is True
    assert "geen antwoord binnen de tijd" in caught.value.user


def test_an_address_that_is_none_is_a_setting_to_mend() -> None:
    with pytest.raises(ConfigError, match=r"invalid URL"):
        HubSession().get("belastingdienst")


def test_a_connection_that_is_closed_in_the_handshake_is_about_our_certificate() -> None:
    closed = requests.exceptions.SSLError("EOF occurred in violation of protocol (_ssl.c:2427)")
    told = explain(closed, "https://localhost/skp").user
    assert told.endswith(
        "De andere kant verbrak de verbinding, meestal omdat ons certificaat wordt geweigerd: "
        "kies het certificaat dat bij ons past."
    )


# --- bounds ------------------------------------------------------------------------------------


@pytest.fixture
def hostile() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


def short() -> HubSession:
    """A session that takes 1 MB and half a second, streamed or not."""
    session = HubSession()
    session.max_bytes = session.stream_max_bytes = 1 << 20
    session.max_seconds = session.stream_max_seconds = 0.5
    return session


@pytest.mark.parametrize(
    ("case", "kind", "says"),
    [
        ("body_of_2_gb", PermanentError, "is groter dan 1 MB"),
        ("body_without_end", PermanentError, "is groter dan 1 MB"),
        ("gzip_bomb", PermanentError, "is groter dan 1 MB"),
        ("gzip_that_is_none", PermanentError, "niet uit te pakken"),
        ("slow_body", TransientError, "na 0.5 seconden niet binnen"),
        ("endless_trailers", TransientError, "na 0.5 seconden niet binnen"),
        ("drop_mid_chunk", TransientError, "brak af"),
    ],
)
def test_a_streamed_body_is_bounded_like_any_other(
    hostile: HostileServer, case: str, kind: type[HubError], says: str
) -> None:
    hostile.case = case
    url = f"{hostile.url}/claims.json"
    with pytest.raises(kind) as at_once:
        short().get(url)
    with short().get(url, stream=True) as response, pytest.raises(kind) as in_pieces:
        list(response.iter_content(1000))
    with short().get(url, stream=True) as response, pytest.raises(kind) as raw:
        response.raw.read(decode_content=True)
    for caught in (at_once, in_pieces, raw):
        assert says in caught.value.user
        assert getattr(caught.value, "may_have_arrived", True)


def test_an_unreadable_answer_to_an_order_is_no_refusal(hostile: HostileServer) -> None:
    hostile.case = "body_of_2_gb"
    with pytest.raises(TransientError) as caught:
        short().post(f"{hostile.url}/claims.json", data=b"{}")
    assert caught.value.may_have_arrived


def test_a_streamed_body_within_its_bounds_is_read(hostile: HostileServer) -> None:
    hostile.case = "gzip"
    with short().get(f"{hostile.url}/claims.json", stream=True) as response:
        assert json.loads(b"".join(response.iter_content(7)))["count"] == 5
    with short().get(f"{hostile.url}/claims.json", stream=True) as response:
        assert response.json()["count"] == 5


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "²"}, None),
        ({"Retry-After": " 7 "}, 7),
        ({"Retry-After": "-3"}, 0),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": "9" * 40}, 86400),
        ({"Retry-After": "Mon, 23 Nov 2026 09:01:00 GMT"}, 60),
        ({"Retry-After": "Mon, 23 Nov 2026 08:00:00 GMT"}, 0),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, 86400),
        ({"Retry-After": "Mon, 99 Nov 2026 09:01:00 GMT"}, None),
    ],
    ids=str,
)
def test_how_long_to_wait_is_read_by_the_clock_of_who_asks(
    told: dict[str, str], seconds: float | None
) -> None:
    response = requests.Response()
    response.headers.update({"Date": "Mon, 23 Nov 2026 09:00:00 GMT", **told})
    assert retry_after(response) == seconds


@pytest.mark.parametrize("outcome", OUTCOMES, ids=str)
def test_every_outcome_of_the_table_has_its_branch(outcome: int | str) -> None:
    branches = {
        "retry": TransientError,
        "wait": TransientError,
        "stop": PermanentError,
        "config": ConfigError,
        "access": ConfigError,
    }
    action = action_for(outcome)
    error = error_for(action, "register.example", f"HTTP {outcome}")
    assert type(error) is branches[action]
    assert "register.example" in error.user
    denied = isinstance(error, ConfigError) and error.access_denied
    assert denied == (outcome in (401, 403, 407)), "only refused credentials block a source"


@pytest.mark.parametrize(
    ("status", "action"), [(399, "config"), (499, "stop"), (599, "retry"), ("Onbekend", "stop")]
)
def test_what_stands_in_no_table_goes_by_its_hundreds(status: int | str, action: str) -> None:
    assert action_for(status) == action


def test_a_connector_may_mean_something_else_by_a_status(serve: Any) -> None:
    session = HubSession()
    session.outcomes = {409: "retry", 404: "stop"}
    with pytest.raises(TransientError):
        session.get(serve("409 Conflict", {}))
    with pytest.raises(PermanentError):
        session.get(serve("404 Not Found", {}))


@pytest.mark.parametrize("last", [b"keep-alive", b"close"])
@pytest.mark.parametrize("streamed", [True, False])
def test_who_waits_for_the_rest_of_a_body_is_cut_off_as_well(last: bytes, streamed: bool) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: " + last + b"\r\n\r\nbegin"
    session = HubSession()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def half() -> None:
            line, _ = server.accept()
            line.recv(65536)
            line.sendall(head)
            time.sleep(0.3)
            session.abort()
            time.sleep(3)
            line.close()

        thread = threading.Thread(target=half, daemon=True)
        thread.start()
        began = time.monotonic()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with pytest.raises(TransientError):
            bytes(session.get(url, stream=streamed).content)
        assert time.monotonic() - began < 2.5, "it did not wait for the server"
        thread.join()
