"""Where the hub may call: judged at the moment of connecting, however an address is written."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from book import Book, add_source, book_plugin, read_all, statement
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.serving import make_server

from hub import reach as module
from hub.connector import CheckStep, ConfigSchema, Connector, hookimpl
from hub.core import Hub
from hub.errors import ConfigError, PermanentError, TransientError
from hub.http import HubSession
from hub.probe import probe
from hub.reach import METADATA, Reach, kind_of, parse_reach, plain, within
from hub.schedule.alerts import send_alerts
from hub.settings import load_settings
from hub.sockets import GuardedSmtp
from hub.sync.sources import check
from hub.testing.certificates import Authority

PUBLIC = Reach()

#: Every way to write an address that no outside source has.
INSIDE = (
    "127.0.0.1",
    "127.9.9.9",
    "localhost",
    "2130706433",  # decimal
    "0x7f000001",  # hexadecimal
    "0177.0.0.1",  # octal
    "127.1",
    "0",
    "0.0.0.0",
    "10.0.0.8",
    "0xa000008",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "0xA9FEA9FE",
    "168.63.129.16",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "::127.0.0.1",
    "64:ff9b::10.0.0.8",
    "2002:7f00:1::",
    "fc00::1",
    "fd12:3456::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
)


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that a connection was tried to."""
    found: list[Any] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> Any:
        found.append(address)
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    return found


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A name server: what each name leads to; the first answer is given once when more follow."""
    told: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host not in told:
            return real(host, port, *args, **options)
        answers = told[host]
        return real(answers.pop(0) if len(answers) > 1 else answers[0], port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return told


@pytest.fixture
def server() -> Iterator[Callable[..., tuple[str, list[str]]]]:
    """A maker of servers on this machine: their address, and what was asked of them."""
    made = []

    def make(status: str = "200 OK", **headers: str) -> tuple[str, list[str]]:
        asked: list[str] = []

        def app(environ: dict[str, Any], start: Any) -> list[bytes]:
            asked.append(environ["PATH_INFO"])
            start(status, list(headers.items()))
            return [b"{}"]

        one = make_server("127.0.0.1", 0, app)
        made.append(one)
        threading.Thread(target=one.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{one.server_port}", asked

    yield make
    for one in made:
        one.shutdown()
        one.server_close()


def url_of(host: str) -> str:
    return f"http://[{host}]:81/x" if ":" in host else f"http://{host}:81/x"


@pytest.mark.parametrize("host", INSIDE)
def test_what_is_not_on_the_internet_is_never_called(host: str, reached: list[Any]) -> None:
    with pytest.raises(ConfigError, match="refused") as caught:
        HubSession(PUBLIC).get(url_of(host))
    assert host.lower() in caught.value.user
    assert "allowed_hosts" in caught.value.user
    assert reached == []


@pytest.mark.parametrize("host", INSIDE)
def test_the_test_of_a_connection_is_held_to_the_same(host: str, reached: list[Any]) -> None:
    with within(PUBLIC):
        (step,) = probe(url_of(host))
    assert (step.name, step.ok) == ("Toegestaan", False)
    assert "allowed_hosts" in step.message
    assert reached == []


@pytest.mark.parametrize("host", INSIDE)
def test_mail_is_held_to_the_same(host: str, reached: list[Any]) -> None:
    with pytest.raises(ConfigError, match="refused"):
        GuardedSmtp(PUBLIC, host, 25, 1)
    assert reached == []


def test_the_internet_is_called_by_default() -> None:
    assert PUBLIC.allows("register.example", "8.8.8.8")
    assert PUBLIC.allows("register.example", "2a00:1450:400e::1")


def test_a_name_that_leads_inside_is_refused(names: Any, reached: list[Any]) -> None:
    names["register.example"] = ["10.0.0.8"]
    with pytest.raises(ConfigError) as caught:
        HubSession(PUBLIC).get("https://register.example/")
    assert caught.value.user == (
        "De hub mag register.example (10.0.0.8) niet aanroepen: dat is een adres in een besloten "
        "netwerk. Controleer het adres. Klopt het? Laat dan de beheerder van de server "
        "'register.example' toevoegen aan de instelling allowed_hosts."
    )
    assert reached == []


def test_a_name_that_changes_after_it_was_judged_changes_nothing(
    names: Any, reached: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["rebind.example"] = ["8.8.8.8", "127.0.0.1"]
    called: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: called.append(address))
    PUBLIC.dial("rebind.example", 80).close()
    assert called == [("8.8.8.8", 80)], "the address that was judged"
    with pytest.raises(ConfigError):
        PUBLIC.dial("rebind.example", 80)
    assert len(called) == 1


def test_of_several_addresses_only_those_outside_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, 1, 6, "", (one, 80)) for one in ("10.0.0.8", "9.9.9.9")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: both)
    assert [found[4][0] for found in PUBLIC.find("mixed.example", 80)] == ["9.9.9.9"]


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/", "http://10.0.0.8/", "//0/"],
)
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Again", "308 Moved"])
def test_a_redirect_is_never_followed(
    server: Any, reached: list[Any], status: str, target: str
) -> None:
    address, asked = server(status, Location=target)
    with pytest.raises(ConfigError, match="30"):
        HubSession(PUBLIC.with_loopback()).post(f"{address}/a", data=b"x", allow_redirects=True)
    assert asked == ["/a"]
    assert {one[1] for one in reached} == {int(address.rpartition(":")[2])}


def test_what_stands_before_an_at_sign_is_no_host(reached: list[Any]) -> None:
    with pytest.raises(ConfigError, match=r"169\.254\.169\.254"):
        HubSession(parse_reach(["public", "register.example"])).get(
            "http://register.example@169.254.169.254/"
        )
    assert reached == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://register.example/", "gopher://x/"])
def test_only_http_is_spoken(url: str) -> None:
    with pytest.raises(ConfigError, match="invalid URL"):
        HubSession(PUBLIC).get(url)


# --- the list ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "host", "address", "allowed"),
    [
        (["10.1.0.0/16"], "a.nl", "10.1.2.3", True),
        (["10.1.0.0/16"], "a.nl", "10.2.0.1", False),
        (["10.1.0.0/16"], "a.nl", "::ffff:10.1.2.3", True),
        (["10.1.0.0/16"], "a.nl", "8.8.8.8", False),  # without "public" the list is all there is
        (["public", "10.1.0.0/16"], "a.nl", "8.8.8.8", True),
        (["register.stad.nl"], "register.stad.nl", "10.2.0.1", True),
        (["register.stad.nl"], "REGISTER.stad.nl.", "8.8.8.8", True),
        (["register.stad.nl"], "register.stad.nl.kwaad.nl", "8.8.8.8", False),
        (["*.stad.nl"], "register.stad.nl", "10.2.0.1", True),
        (["*.stad.nl"], "stad.nl", "10.2.0.1", False),
        (["*.stad.nl"], "kwaadstad.nl", "10.2.0.1", False),
        # The name server of a listed name does not choose these.
        (["*.stad.nl"], "register.stad.nl", "127.0.0.1", False),
        (["*.stad.nl"], "register.stad.nl", "169.254.1.1", False),
        (["*.stad.nl"], "register.stad.nl", "169.254.169.254", False),
        (["127.0.0.1"], "localhost", "127.0.0.1", True),
        (["127.0.0.1"], "localhost", "127.0.0.2", False),
        (["[::1]"], "localhost", "::1", True),
        # A wide range never holds the keys of a cloud; who needs them says so.
        (["0.0.0.0/0"], "a.nl", "169.254.169.254", False),
        (["fd00::/8"], "a.nl", "fd00:ec2::254", False),
        (["fd00::/8"], "a.nl", "fd00:1::1", True),
        (["169.254.169.254"], "a.nl", "169.254.169.254", True),
        ([], "a.nl", "8.8.8.8", False),
    ],
)
def test_the_list_decides(entries: list[str], host: str, address: str, allowed: bool) -> None:
    assert parse_reach(entries).allows(host, address) is allowed


@pytest.mark.parametrize(
    "entry", ["", "10.1.0.0/99", "300.1.1.1", "http://a.nl", "a b.nl", "a.nl/x", "*"]
)
def test_an_entry_that_is_none_of_these_stops_the_hub_at_its_start(
    entry: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="is geen naam, adres of reeks"):
        load_settings(tmp_path, {"allowed_hosts": [entry]})


def test_the_list_is_told_in_the_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(load_settings(tmp_path).allowed_hosts) == ["public"]
    (tmp_path / "hub.toml").write_text('allowed_hosts = ["public", "10.1.0.0/16"]')
    assert load_settings(tmp_path).allowed_hosts == ("public", "10.1.0.0/16")
    monkeypatch.setenv("HUB_ALLOWED_HOSTS", "public *.stad.nl")
    found = parse_reach(load_settings(tmp_path).allowed_hosts)
    assert found == Reach(public=True, names=("*.stad.nl",))


@given(st.ip_addresses())
def test_wrapping_an_address_never_opens_it(address: Any) -> None:
    kind = kind_of(plain(str(address)))
    assert PUBLIC.allows("x.example", str(address)) == (kind == "public")
    if address.version == 4:
        for wrapped in (f"::ffff:{address}", f"64:ff9b::{address}"):
            assert kind_of(plain(wrapped)) == kind


def test_every_place_of_keys_is_known_for_what_it_is() -> None:
    for network in METADATA:
        assert not PUBLIC.allows("x.example", str(network.network_address))


# --- in the hub --------------------------------------------------------------------------------


class Caller(Connector):
    """A connector that makes a session of its own, as one that means no good would."""

    name, title, role = "caller", "Beller", "creditor"
    config = ConfigSchema
    url = ""

    def check(self) -> Iterator[CheckStep]:
        """Call the address by both ways."""
        yield from (CheckStep(*step) for step in probe(self.url))
        HubSession().get(self.url)
        self.http.get(self.url)
        yield CheckStep("Gebeld", True, "Alles is gebeld.")


class CallerPlugin:
    """Announces the caller."""

    __name__ = "test_plugin_caller"
    __file__ = __file__

    @hookimpl
    def hub_connectors(self) -> list[type[Connector]]:
        return [Caller]


@pytest.mark.parametrize(
    ("settings", "names_of_steps"),
    [
        ({"demo": True}, ["DNS", "Poort", "Gebeld"]),
        ({"demo": False}, ["Toegestaan"]),
        ({"demo": False, "allowed_hosts": ["127.0.0.0/8"]}, ["DNS", "Poort", "Gebeld"]),
    ],
    ids=str,
)
def test_a_hub_lends_its_reach_to_a_test_of_a_connection(
    make_hub: Any, server: Any, settings: dict[str, Any], names_of_steps: list[str]
) -> None:
    hub: Hub = make_hub(CallerPlugin(), **settings)
    Caller.url, asked = server()
    steps = check(hub, Caller, {}, "stad")
    assert [step.name for step in steps] == names_of_steps
    assert len(asked) == (2 if len(steps) > 1 else 0)


def test_an_alert_goes_nowhere_it_may_not(
    make_hub: Any, server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    address, asked = server()
    book = Book(fail_after=0, failure=PermanentError("Onleesbaar."))
    hub: Hub = make_hub(
        book_plugin(book),
        demo=False,
        alert_mail_to="beheer@gemeente.example",
        smtp_host="127.0.0.1",
        alert_webhook_url=f"{address}/in",
    )
    add_source(hub)
    book.put("claims", statement("A1", 100))
    with caplog.at_level(logging.WARNING, "hub.alerts"):
        for _ in range(5):
            read_all(hub)
        send_alerts(hub)
    assert asked == []
    assert caplog.text.count("call to 127.0.0.1 refused: loopback address") == 2


@pytest.fixture
def tls_postbox(tmp_path: Path) -> Iterator[tuple[int, Path, list[str]]]:
    """A mail server with a certificate of an authority of ours; its port, that file, its mail."""
    authority = Authority(tmp_path / "ca")
    pair = authority.issue("mail")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    got: list[str] = []

    class Box:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            got.append(envelope.rcpt_tos[0])
            return "250 OK"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(
        Box(), hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True
    )
    controller.start()
    yield port, authority.file, got
    controller.stop()


def test_mail_over_tls_only_goes_to_a_certificate_that_is_trusted(
    make_hub: Any, tls_postbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, trusted, got = tls_postbox
    book = Book(fail_after=0, failure=PermanentError("Onleesbaar."))
    mail = {"alert_mail_to": "beheer@stad.example", "smtp_starttls": True}
    hub: Hub = make_hub(book_plugin(book), smtp_host="localhost", smtp_port=port, **mail)
    add_source(hub)
    book.put("claims", statement("A1", 100))
    for _ in range(5):
        read_all(hub)
    send_alerts(hub)
    assert got == [], "nobody vouches for this certificate"
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    hub.clock.move(hours=1)  # type: ignore[attr-defined]
    send_alerts(hub)
    assert got == ["beheer@stad.example"]


# --- behind a proxy ----------------------------------------------------------------------------


@pytest.fixture
def proxy(server: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A proxy of this machine; what was asked of it."""
    address, asked = server()
    monkeypatch.setenv("http_proxy", address)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    return asked


def test_a_proxy_is_not_a_way_around(proxy: list[str], names: Any) -> None:
    names["register.example"] = ["8.8.8.8"]
    names["inside.example"] = ["10.0.0.8"]
    assert HubSession(PUBLIC).get("http://register.example/a").status_code == 200
    for url in ("http://inside.example/b", "http://169.254.169.254/b"):
        with pytest.raises(ConfigError, match="refused"):
            HubSession(PUBLIC).get(url)
    assert len(proxy) == 1


def test_a_name_that_only_the_proxy_knows_must_stand_on_the_list(
    proxy: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def look_up(host: Any, *args: Any, **options: Any) -> Any:
        if str(host).endswith(".example"):
            raise socket.gaierror("unknown")
        return real(host, *args, **options)

    monkeypatch.setattr(module.socket, "getaddrinfo", look_up)
    with pytest.raises(TransientError):
        HubSession(PUBLIC).get("http://register.example/")
    listed = parse_reach(["register.example"])
    assert HubSession(listed).get("http://register.example/").status_code == 200
