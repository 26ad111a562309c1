"""What became of messages: the list of NotifyNL by page, and its callbacks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, jsonify, request
from registers import TODAY, Town, person
from test_messages import LETTER, SMS, command, connect
from werkzeug.serving import make_server

from hub.clock import FrozenClock
from hub.connector import Answer, Batch, Incoming, Record
from hub.errors import PermanentError, RecordError
from hub.testing.world import Dossier
from plugins.messages.connector import MessageConnector
from plugins.messages.messages import FINAL, STATUSES, parse_status
from plugins.messages.simulator import PostOffice
from schemas import KINDS

BAD = Path(__file__).parent / "bad" / "messages"
TOKEN = "token-voor-notify"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    made = PostOffice(Town((Dossier(person()),)), tmp_path, FrozenClock(TODAY))
    made.start()
    yield made
    made.stop()


def read(connector: MessageConnector, cursor: Any = None) -> list[Batch]:
    return list(connector.read("statuses", cursor))


def told(connector: MessageConnector, cursor: Any = None) -> tuple[list[Record], Any]:
    """All records of a read, and where it stood after them."""
    batches = read(connector, cursor)
    return [one for batch in batches for one in batch.records], batches[-1].cursor


# --- what became of it -----------------------------------------------------------------------


def test_statuses_are_read_without_address_or_text(office: PostOffice) -> None:
    connector = connect(office)
    for channel, order in (("sms", SMS), ("brief", LETTER)):
        connector.send(command(**order), f"key-{channel}")
    office.become("key-brief", "received")
    assert [batch.caught_up for batch in read(connector)] == [False, True]
    found = {}
    for one in told(connector)[0]:
        assert not any(text in one.raw for text in (b"06123", b"betalen", b"Schijn"))
        (fact,) = connector.parse("statuses", one.raw)
        loaded = KINDS["message"].load(fact.data)
        found[loaded["conversation"]] = (loaded["type"], loaded["status"])
    assert found == {
        "key-sms": ("sms", "klaargezet"),
        "key-brief": ("brief", "gedrukt en op de post"),
    }


def test_a_read_goes_back_to_the_oldest_that_is_under_way(office: PostOffice) -> None:
    connector = connect(office)
    for number in range(3):
        connector.send(command(**SMS), f"key-{number}")
        office.clock.move(minutes=1)  # type: ignore[attr-defined]
    for number in (0, 2):
        office.become(f"key-{number}", "delivered")
    first, cursor = told(connector)
    assert len(first) == 3
    second, cursor = told(connector, cursor)
    facts = [fact for one in second for fact in connector.parse("statuses", one.raw)]
    assert [fact.data["conversation"] for fact in facts] == ["key-2", "key-1"]
    office.become("key-1", "delivered")
    third, cursor = told(connector, cursor)
    assert len(third) == 2
    assert told(connector, cursor)[0] == []


def test_pages_are_followed_to_the_end(office: PostOffice) -> None:
    for number in range(620):
        told = {"template_id": "x", "reference": f"r-{number}", "phone_number": "0612345678"}
        office._book("sms", told, "tekst")
    batches = read(connect(office))
    assert [len(batch.records) for batch in batches] == [250, 250, 120, 0]
    keys = [one.key for batch in batches for one in batch.records]
    assert len(set(keys)) == 620
    assert [bool(batch.cursor) for batch in batches] == [False, False, False, True]


def test_messages_of_others_are_left_alone(office: PostOffice) -> None:
    office._book("sms", {"template_id": "x", "phone_number": "0612345678"}, "tekst")
    assert told(connect(office))[0] == []


def test_a_new_status_is_shown_as_it_is_told(office: PostOffice) -> None:
    connector = connect(office)
    connector.send(command(**SMS), "key-1")
    office.become("key-1", "half-delivered")
    (one,) = told(connector)[0]
    (fact,) = connector.parse("statuses", one.raw)
    assert fact.data["status"] == "half-delivered"
    assert set(STATUSES) > FINAL


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("sms", "permanent-failure", "niet aangekomen: nummer klopt niet"),
        ("email", "permanent-failure", "niet aangekomen: adres klopt niet"),
        ("letter", "permanent-failure", "niet verstuurd: niet te drukken"),
        ("sms", "temporary-failure", "niet aangekomen: telefoon onbereikbaar"),
        ("email", "temporary-failure", "niet aangekomen: postvak vol of filter"),
        ("sms", "technical-failure", "niet verstuurd door een storing"),
        ("letter", "technical-failure", "niet verstuurd: storing bij de drukker"),
        ("letter", "cancelled", "ingetrokken"),
    ],
)
def test_a_failure_means_something_else_for_each_kind_of_message(
    kind: str, status: str, words: str
) -> None:
    told = {"id": "1", "reference": "r", "type": kind, "status": status}
    (fact,) = parse_status(told | {"created_at": "2026-11-23T08:00:00.000000Z"})
    assert KINDS["message"].load(fact.data)["status"] == words


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-23 15:58:38.342838", "2026-11-23"),
        ("2026-11-23T23:30:00.000000Z", "2026-11-24"),
        ("2026-11-23 23:30:00.000000", "2026-11-24"),
        ("2026-11-23T23:30:00+01:00", "2026-11-23"),
    ],
)
def test_a_moment_without_a_zone_is_in_utc(moment: str, day: str) -> None:
    told = {"id": "1", "reference": "r", "type": "sms", "status": "sending", "created_at": moment}
    (fact,) = parse_status(told)
    assert fact.data["sent_on"] == day


def test_a_list_with_moments_without_a_zone_is_read_back_as_far(office: PostOffice) -> None:
    connector = connect(office)
    office._now = lambda: office.clock.now().strftime("%Y-%m-%d %H:%M:%S.%f")  # type: ignore[method-assign]
    for number in range(3):
        connector.send(command(**SMS), f"key-{number}")
        office.clock.move(minutes=1)  # type: ignore[attr-defined]
    for number in (0, 2):
        office.become(f"key-{number}", "delivered")
    _, cursor = told(connector)
    keys = [
        fact.data["conversation"]
        for one in told(connector, cursor)[0]
        for fact in connector.parse("statuses", one.raw)
    ]
    assert keys == ["key-2", "key-1"]


#: A wrong message, and all that the administrator reads of it.
SENTENCES = {
    "geen-groep.json": ["bericht is geen groep velden"],
    "leeg.json": [
        "bericht.id ontbreekt",
        "bericht.reference ontbreekt",
        "bericht.type is onbekend; bekend zijn: sms, email, letter",
        "bericht.status ontbreekt",
        "bericht.created_at is geen tijdstip",
    ],
    "vreemd.json": [
        "bericht.type is onbekend; bekend zijn: sms, email, letter",
        "bericht.status ontbreekt",
        "bericht.created_at is geen tijdstip",
    ],
    "afgebroken.json": [
        "Het bericht is geen geldige JSON, of is afgebroken. Er is niets gewijzigd. Controleer het "
        "adres, of vraag de leverancier om het antwoord na te kijken."
    ],
}


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_a_wrong_message_is_told_with_every_fault(office: PostOffice, name: str) -> None:
    with pytest.raises(RecordError) as caught:
        list(connect(office).parse("statuses", (BAD / name).read_bytes()))
    assert caught.value.problems == SENTENCES[name]


def test_every_wrong_message_has_its_sentence() -> None:
    assert {path.name for path in BAD.iterdir()} == set(SENTENCES)


@pytest.mark.parametrize("body", ["<html>", "[]", "{}", '{"notifications": 3}'])
def test_another_form_of_list_is_told(office: PostOffice, body: str) -> None:
    office._web.view_functions["listed"] = lambda: Response(body, content_type="application/json")
    with pytest.raises(PermanentError):
        read(connect(office))


def test_a_list_that_goes_in_a_circle_is_left(office: PostOffice) -> None:
    one = {"id": "1", "reference": "r", "created_at": "2026-11-23T08:00:00Z", "status": "sending"}
    office._web.view_functions["listed"] = lambda: jsonify(notifications=[one])
    with pytest.raises(PermanentError, match="circle"):
        read(connect(office))


# --- callbacks -------------------------------------------------------------------------------


class Door:
    """A web server that hands each call to a connector, and keeps the answers."""

    def __init__(self, connector: MessageConnector) -> None:
        self.answers: list[Answer] = []
        web = Flask("door")

        @web.post("/")
        def take() -> Response:
            call = Incoming("POST", "", dict(request.headers), request.get_data())
            self.answers.append(connector.receive(call))
            return Response(b"", self.answers[-1].status)

        self.server = make_server("localhost", 0, web)
        self.url = f"http://localhost:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def door(office: PostOffice) -> Iterator[Door]:
    made = Door(connect(office, callback_token=TOKEN))
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_callback_tells_what_a_read_would(office: PostOffice, door: Door) -> None:
    connector = connect(office)
    connector.send(command(**SMS), "key-1")
    office.become("key-1", "delivered")
    for _ in range(2):
        assert office.call_back(door.url, TOKEN, "key-1") == 204
    records = [one.batch.records[0] for one in door.answers if one.batch]
    assert records == told(connector)[0] * 2
    assert door.answers[0].stream == "statuses"


@pytest.mark.parametrize("token", ["", "fout", f"{TOKEN} "])
def test_a_callback_without_the_token_is_refused(
    office: PostOffice, door: Door, token: str
) -> None:
    connect(office).send(command(**SMS), "key-1")
    wanted = 204 if token.strip() == TOKEN else 0
    assert office.call_back(door.url, token, "key-1") == wanted
    assert [one.status for one in door.answers] == [204 if wanted else 403]


def call(connector: MessageConnector, body: bytes, token: str = TOKEN) -> Answer:
    headers = {"Authorization": f"Bearer {token}"}
    return connector.receive(Incoming("POST", "", headers, body))


def test_a_letter_that_came_back_is_told(office: PostOffice) -> None:
    connector = connect(office, callback_token=TOKEN)
    back = b'{"notification_id":"n1","reference":"key-1","date_sent":"2026-11-01T12:00:00Z"}'
    answer = call(connector, back)
    assert answer.batch
    (fact,) = connector.parse("statuses", answer.batch.records[0].raw)
    told = KINDS["message"].load(fact.data)
    assert (told["type"], told["status"], told["reference"]) == ("brief", "teruggekomen", "n1")


def test_other_callbacks_are_taken_and_left(office: PostOffice) -> None:
    connector = connect(office, callback_token=TOKEN)
    text = b'{"id":"1","source_number":"31612345678","message":"Hallo"}'
    assert (call(connector, text).status, call(connector, text).batch) == (204, None)
    for body in (b"{", b"[]", b"{}"):
        assert call(connector, body).status == 400
    assert connector.receive(Incoming("GET", "", {}, b"")).status == 403


def test_without_a_token_of_our_own_no_callback_is_taken(office: PostOffice) -> None:
    assert call(connect(office), b"{}", token="").status == 403
