"""Alerts: one at the start and one when solved, over real SMTP and a real webhook."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from book import Book, add_source, book_plugin, read_all, statement
from sqlalchemy import select
from werkzeug.serving import make_server

from hub.connector import CheckStep
from hub.core import Hub
from hub.errors import PermanentError
from hub.schedule.alerts import send_alerts
from hub.store import alert, expiry, incident
from hub.sync.expiry import note_expiries
from hub.sync.incidents import open_concern
from hub.sync.sources import find_source


class Postbox:
    """A mail server that keeps what it gets."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.port = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    box = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        box.port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


class Hook:
    """A webhook that keeps what it gets, or is down."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, Any], str]] = []
        self.status = "200 OK"
        self.server = make_server("127.0.0.1", 0, self.app)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def app(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        if self.status.startswith("2"):
            signature = environ.get("HTTP_X_HUB_SIGNATURE_256", "")
            assert signature == hmac.new(b"geheim", body, hashlib.sha256).hexdigest()
            self.got.append((json.loads(body), environ["HTTP_IDEMPOTENCY_KEY"]))
        start(self.status, [])
        return [b""]


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def book() -> Book:
    return Book(fail_after=0)


@pytest.fixture
def hub(make_hub: Any, book: Book, postbox: Any, hook: Hook) -> Hub:
    made: Hub = make_hub(
        book_plugin(book),
        alert_mail_to="beheer@gemeente.example",
        smtp_host="127.0.0.1",
        smtp_port=postbox.port,
        alert_webhook_url=f"http://127.0.0.1:{hook.server.server_port}/in",
        alert_webhook_secret="geheim",
    )
    add_source(made, title="Belastingen")
    book.put("claims", statement("A1", 100))
    return made


def test_an_incident_is_told_once_at_its_start_and_once_solved(
    hub: Hub, book: Book, postbox: Postbox, hook: Hook
) -> None:
    book.failure = PermanentError("De lijst heeft niet de afgesproken vorm.")
    for _ in range(5):
        read_all(hub)
        send_alerts(hub)
    assert [mail["Subject"] for mail in postbox.mails] == [
        "[Schuldenhub] Belastingen: Lezen lukt niet"
    ]
    assert "afgesproken vorm" in postbox.mails[0].get_content()
    book.failure = None
    hub.clock.move(hours=2)  # type: ignore[attr-defined]
    read_all(hub)
    assert send_alerts(hub) == 3, "log, mail and webhook"
    assert postbox.mails[1]["Subject"] == "[Schuldenhub] Opgelost: Belastingen: Lezen lukt niet"
    assert [(told["moment"], told["kind"]) for told, _ in hook.got] == [
        ("start", "read"),
        ("solved", "read"),
    ]
    assert send_alerts(hub) == 0


def test_a_channel_that_is_down_delays_no_other_and_is_tried_again(
    hub: Hub, book: Book, postbox: Postbox, hook: Hook
) -> None:
    hook.status = "503 Service Unavailable"
    book.failure = PermanentError("Stuk.")
    read_all(hub)
    assert send_alerts(hub) == 2
    assert (len(postbox.mails), send_alerts(hub)) == (1, 0)
    hook.status = "200 OK"
    hub.clock.move(seconds=61)  # type: ignore[attr-defined]
    assert send_alerts(hub) == 1
    assert (len(postbox.mails), len(hook.got)) == (1, 1)


def test_without_channels_set_up_only_the_log_hears(make_hub: Any, book: Book) -> None:
    hub = make_hub(book_plugin(book))
    add_source(hub)
    book.failure = PermanentError("Stuk.")
    read_all(hub)
    with hub.reader.connect() as connection:
        assert connection.execute(select(alert.c.channel)).scalars().all() == ["log"]


def test_a_concern_is_told_to_the_privacy_officer(
    make_hub: Any, book: Book, postbox: Postbox
) -> None:
    hub = make_hub(
        book_plugin(book),
        alert_mail_to="beheer@gemeente.example",
        privacy_mail_to="privacy@gemeente.example",
        smtp_host="127.0.0.1",
        smtp_port=postbox.port,
    )
    for _ in range(2):
        with hub.engine.begin() as connection:
            open_concern(connection, hub, "emergency_account", "wacht", "Iemand logde in.")
    assert send_alerts(hub) == 2, "log and mail, once"
    ((to, subject),) = [(mail["To"], mail["Subject"]) for mail in postbox.mails]
    assert to == "privacy@gemeente.example"
    assert subject == "[Schuldenhub] wacht: Noodaccount gebruikt"


@pytest.mark.parametrize(("days", "told"), [(31, []), (30, ["expiry"]), (1, ["expiry"])])
def test_a_certificate_is_counted_down(make_hub: Any, days: int, told: list[str]) -> None:
    hub = make_hub(book_plugin(Book()))
    add_source(hub)
    source = find_source(hub, "book")
    ends = hub.clock.now() + timedelta(days=days)
    note_expiries(hub, source, [CheckStep("TLS", True, "Geldig.", ends)])
    note_expiries(hub, source, [CheckStep("DNS", False, "Onbekend.")])
    with hub.reader.connect() as connection:
        assert connection.execute(select(expiry.c.what)).scalars().all() == ["TLS"]
        rows = connection.execute(select(incident)).all()
    assert [row.kind for row in rows] == told
    if told:
        assert f"TLS: nog {days} dagen" in rows[0].message
    renewed = hub.clock.now() + timedelta(days=400)
    note_expiries(hub, source, [CheckStep("TLS", True, "Geldig.", renewed)])
    with hub.reader.connect() as connection:
        assert all(row.solved_at for row in connection.execute(select(incident)))
