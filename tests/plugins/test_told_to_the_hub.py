"""Cases and messages through a whole hub: webhooks land before they are answered, orders once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from registers import Town, person
from sqlalchemy import select
from werkzeug.serving import make_server

from hub.core import Hub
from hub.reconcile import reconcile
from hub.store import command, linked_case, message, resident, run, standing
from hub.sync.inbound import sync_source
from hub.sync.outbound import Order, create_command, deliver_due
from hub.sync.received import address_key
from hub.sync.sources import find_source, save_source
from hub.testing.simulator import Simulator
from hub.testing.world import Case, Dossier
from hub.web import create_web
from plugins import messages, zaken
from plugins.messages.simulator import PostOffice
from plugins.zaken.simulator import CaseOffice

TOKEN = "token-voor-meldingen"


@pytest.fixture
def hub(make_hub: Any) -> Hub:
    made: Hub = make_hub(messages, zaken, secure_cookies=False, demo=True)
    return made


@pytest.fixture
def town() -> Town:
    who = person()
    return Town((Dossier(who, case=Case((who,), date(2026, 3, 1))),))


def started(side: Simulator) -> Iterator[Any]:
    side.start()
    yield side
    side.stop()


@pytest.fixture
def office(hub: Hub, town: Town, tmp_path: Path) -> Iterator[CaseOffice]:
    yield from started(CaseOffice(town, tmp_path, hub.clock))


@pytest.fixture
def post(hub: Hub, town: Town, tmp_path: Path) -> Iterator[PostOffice]:
    made = PostOffice(town, tmp_path, hub.clock)
    made.sent.clear()
    yield from started(made)


@pytest.fixture
def door(hub: Hub) -> Iterator[str]:
    """The hub's own pages, on a socket."""
    server = make_server("localhost", 0, create_web(hub), threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


def save(hub: Hub, side: Simulator, door: str, **more: Any) -> str:
    """Save a side's source and return the address under which it may call us."""
    (spec,) = side.sources()
    values = {"name": spec.name, "title": spec.title, "connector": spec.connector, "owner": "stad"}
    save_source(hub, values | {"config": spec.config | more})
    return f"{door}/ontvangst/{address_key(hub, find_source(hub, spec.name))}/"


def cases(hub: Hub) -> list[tuple[str, str, bool]]:
    query = select(
        linked_case.c.number, linked_case.c.status, linked_case.c.resident_id.is_not(None)
    ).where(standing(linked_case))
    with hub.reader.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]  # type: ignore[misc]


def read(hub: Hub, name: str) -> None:
    for outcome in sync_source(hub, find_source(hub, name)):
        assert outcome.status == "succeeded", outcome.message
    reconcile(hub)


def test_a_change_of_a_case_stands_before_the_broker_has_its_answer(
    hub: Hub, office: CaseOffice, door: str
) -> None:
    address = save(hub, office, door)
    told = {"callback_url": address, "callback_token": TOKEN}
    save(hub, office, door, notifications_url=f"{office.url}/notificaties/api/v1", **told)
    read(hub, "zaken")
    assert cases(hub) == [("SHV-000000", "Ontvangen", True)]
    (number,) = [one["uuid"] for one in office.cases.values() if one["kind"] == "schuldhulp"]
    status = office.cases[number]["_expand"]["status"]
    status["_expand"]["statustype"]["omschrijving"] = "In behandeling"
    for _ in range(2):
        office.notify(number)
    assert office.deliver() == [204, 204]
    assert cases(hub) == [("SHV-000000", "In behandeling", True)]
    with hub.reader.connect() as connection:
        received = connection.execute(
            select(run.c.applied, run.c.unchanged)
            .where(run.c.kind == "received")
            .order_by(run.c.id)
        ).all()
    assert [tuple(row) for row in received] == [(1, 0), (0, 1)], "it landed once"
    del office.cases[number]
    office.notify(number, "destroy")
    assert office.deliver() == [204]
    assert cases(hub) == []


def order(hub: Hub, source: str, kind: str, /, **data: Any) -> str:
    with hub.engine.begin() as connection:
        (id_,) = connection.execute(select(resident.c.id)).scalars()
        made = Order(source, kind, id_, data, "toets", "tester")
        return create_command(connection, hub, find_source(hub, source), made)


def state(hub: Hub, id_: str) -> tuple[str, str]:
    with hub.reader.connect() as connection:
        row = connection.execute(select(command).where(command.c.id == id_)).one()
    return row.state, row.message


def test_a_message_goes_out_once_and_its_status_finds_its_resident(
    hub: Hub, office: CaseOffice, post: PostOffice, door: str
) -> None:
    save(hub, office, door)
    read(hub, "zaken")
    address = save(hub, post, door, callback_token=TOKEN)
    id_ = order(
        hub, "berichten", "send_message", channel="sms", to="0612345678", template="uitnodiging"
    )
    assert deliver_due(hub) == {"delivered": 1}
    assert post.effects() == {id_: 1}
    post.become(id_, "delivered")
    assert post.call_back(address, TOKEN, id_) == 204
    read(hub, "berichten")
    query = select(message.c.status, message.c.conversation, message.c.resident_id.is_not(None))
    with hub.reader.connect() as connection:
        rows = connection.execute(query.where(standing(message)).order_by(message.c.id)).all()
    assert [tuple(row) for row in rows] == [("klaargezet", id_, True), ("afgeleverd", id_, True)]


def test_a_collection_letter_is_refused_during_a_pause_and_says_why(
    hub: Hub, office: CaseOffice, post: PostOffice, door: str
) -> None:
    for side in (office, post):
        save(hub, side, door)
    read(hub, "zaken")
    to = ["A.B. van Proef", "Schijnstraat 1", "9999 XX Voorbeeldstad"]
    letter = {"channel": "brief", "to": to, "template": "aanmaning"}
    id_ = order(hub, "berichten", "send_message", **letter, hold=True)
    assert deliver_due(hub) == {"refused": 1}
    assert state(hub, id_)[1].startswith("Niet verstuurd: dit is een incassobericht")
    assert post.effects() == {}


def test_events_and_contacts_go_out_once_each(hub: Hub, office: CaseOffice, door: str) -> None:
    save(hub, office, door)
    read(hub, "zaken")
    event = order(hub, "zaken", "publish_event", kind="hold_set", hold="h-1")
    contact = order(hub, "zaken", "contact_moment", channel="telefoon", subject="Gebeld")
    assert deliver_due(hub) == {"delivered": 2}
    assert office.effects() == {event: 1, contact: 1}
