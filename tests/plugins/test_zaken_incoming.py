"""What a case system tells us: webhooks, CloudEvents and notifications, over real sockets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask, Response, request
from registers import TODAY, Town, person
from test_zaken import connect, dossiers
from werkzeug.serving import make_server

from hub.clock import FrozenClock
from hub.connector import Answer, Incoming
from hub.errors import ConfigError, PermanentError
from hub.testing.world import Dossier
from plugins.zaken.connector import CaseConnector
from plugins.zaken.simulator import CaseOffice

TOKEN = "token-voor-meldingen"
SECRET = "geheim-voor-handtekeningen"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[CaseOffice]:
    people = (*dossiers(2), Dossier(person(50)))
    made = CaseOffice(Town(people), tmp_path, FrozenClock(TODAY))
    made.start()
    yield made
    made.stop()


class Door:
    """A web server that hands each call to a connector, and keeps the answers."""

    connector: CaseConnector

    def __init__(self, office: CaseOffice) -> None:
        self.answers: list[Answer] = []
        self.server = make_server("localhost", 0, self.app(), threaded=True)
        self.url = f"http://localhost:{self.server.server_port}/ontvangst/zaken/"
        self.config = {
            "notifications_url": f"{office.url}/notificaties/api/v1",
            "callback_url": self.url,
            "callback_token": TOKEN,
            "callback_secret": SECRET,
            "callback_origins": "zaken.example ander.example",
        }
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def app(self) -> Flask:
        web = Flask("door")

        @web.route("/ontvangst/zaken/", methods=["GET", "POST", "OPTIONS"])
        def take() -> Response:
            call = Incoming(request.method, "", dict(request.headers), request.get_data())
            answer = self.connector.receive(call)
            self.answers.append(answer)
            assert isinstance(answer.body, bytes)
            return Response(answer.body, answer.status, dict(answer.headers))

        return web

    @property
    def landed(self) -> list[tuple[str, bool]]:
        """Key and tombstone of every record that a call brought."""
        batches = [one.batch for one in self.answers if one.batch]
        return [(one.key, one.deleted) for batch in batches for one in batch.records]


@pytest.fixture
def door(office: CaseOffice) -> Iterator[Door]:
    made = Door(office)
    made.connector = connect(office, **made.config)
    yield made
    made.server.shutdown()
    made.server.server_close()


def number_of(office: CaseOffice, kind: str) -> str:
    return next(one["uuid"] for one in office.cases.values() if one["kind"] == kind)


def event(office: CaseOffice, **changed: Any) -> dict[str, Any]:
    about = {"zaak": office.case_url(number_of(office, "schuldhulp"))}
    told = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "urn:nld:oin:00000001234567890000:systeem:zaken",
        "type": "nl.zaken.zaak-gewijzigd.v1",
        "time": "2026-11-23T12:00:00Z",
        "datacontenttype": "application/json",
        "data": about,
    }
    return {name: value for name, value in (told | changed).items() if value is not ...}


def post(door: Door, body: Any, media: str = "application/cloudevents+json", **headers: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": media, "Authorization": f"Bearer {TOKEN}", **headers}
    return requests.post(door.url, data=raw, headers=sent, timeout=10)


# --- the subscription ------------------------------------------------------------------------


def test_the_first_read_takes_a_subscription_and_the_second_keeps_it(
    office: CaseOffice, door: Door
) -> None:
    before = [one for one in door.connector.check() if one.name == "Abonnement"]
    assert before[0].message.startswith("Er is nog geen abonnement")
    for _ in range(2):
        list(door.connector.read("cases", None))
    (kept,) = office.subscriptions
    assert kept["kanalen"] == [{"naam": "zaken", "filters": {}}]
    # The broker looked whether we refuse who sends no token, and take who does.
    assert [one.status for one in door.answers] == [403, 204]
    (after,) = [one for one in door.connector.check() if one.name == "Abonnement"]
    assert after.message == "Het zaaksysteem meldt ons wat er verandert."


def test_a_broker_that_cannot_reach_us_is_a_setting_to_mend(office: CaseOffice, door: Door) -> None:
    away = door.config | {"callback_url": "http://localhost:9/ontvangst/zaken/"}
    with pytest.raises(ConfigError) as caught:
        list(connect(office, **away).read("cases", None))
    assert caught.value.user.startswith("De Notificaties API weigert ons abonnement.")


def test_a_token_that_was_changed_is_told_to_the_broker_once(
    office: CaseOffice, door: Door
) -> None:
    cursor = list(door.connector.read("cases", None))[-1].cursor
    (before,) = office.subscriptions
    door.connector = connect(office, **door.config | {"callback_token": "een-ander-token"})
    for _ in range(2):
        cursor = list(door.connector.read("cases", cursor))[-1].cursor
    (after,) = office.subscriptions
    assert (after["url"], after["auth"]) == (before["url"], "Bearer een-ander-token")
    # Two trials for the first subscription and two for the change, and none for the last read.
    assert [one.status for one in door.answers] == [403, 204] * 2
    assert "een-ander-token" not in str(cursor)
    office.notify(number_of(office, "schuldhulp"))
    assert office.deliver() == [204]


def test_without_access_to_the_broker_cases_are_read_all_the_same(
    office: CaseOffice, door: Door
) -> None:
    office._web.view_functions["subscriptions"] = lambda: ("", 403)
    reading = door.connector.read("cases", None)
    seen = [next(reading) for _ in range(3)]
    with pytest.raises(ConfigError) as caught:
        next(reading)
    assert caught.value.user == (
        "De Notificaties API geeft ons geen toegang (HTTP 403). Vraag de beheerder om de scope "
        "notificaties.consumeren voor ons client-id."
    )
    assert seen[-1].caught_up
    assert sum(len(batch.records) for batch in seen) == 3
    with pytest.raises(ConfigError, match="HTTP 403"):
        list(door.connector.check())


@pytest.mark.parametrize("body", ["{}", '{"results": []}', "null"])
def test_another_version_of_the_broker_is_told(office: CaseOffice, door: Door, body: str) -> None:
    office._web.view_functions["subscriptions"] = lambda: Response(
        body, content_type="application/json"
    )
    with pytest.raises(PermanentError) as caught:
        list(door.connector.check())
    assert caught.value.user == (
        "De lijst van abonnementen heeft niet de vorm van de Notificaties API 1. Controleer het "
        "adres en de versie."
    )


# --- notifications ---------------------------------------------------------------------------


def test_a_notification_brings_the_case_as_a_read_would(office: CaseOffice, door: Door) -> None:
    batches = list(door.connector.read("cases", None))
    number = number_of(office, "schuldhulp")
    office.notify(number, "create", "status")
    assert office.deliver() == [204]
    assert office.waiting == []
    (told,) = [one.batch.records[0] for one in door.answers if one.batch]
    assert told in [one for batch in batches for one in batch.records]
    assert door.answers[-1].stream == "cases"
    assert not door.answers[-1].batch.complete  # type: ignore[union-attr]


def test_the_same_notification_twice_is_one_record(office: CaseOffice, door: Door) -> None:
    door.connector._system.keep_subscribed()
    office.waiting = [office.notify(number_of(office, "schuldhulp"))] * 2
    assert office.deliver() == [204, 204]
    first, second = [one.batch.records[0] for one in door.answers if one.batch]
    assert first == second


def test_a_destroyed_case_leaves_and_one_that_is_only_absent_stays(
    office: CaseOffice, door: Door
) -> None:
    door.connector._system.keep_subscribed()
    number = number_of(office, "schuldhulp")
    del office.cases[number]
    office.notify(number, "update")
    office.deliver()
    assert door.landed == []
    office.notify(number, "destroy")
    office.deliver()
    assert door.landed == [(number, True)]


def test_a_case_of_another_type_is_taken_and_left(office: CaseOffice, door: Door) -> None:
    door.connector._system.keep_subscribed()
    office.notify(number_of(office, "bouwvergunning"))
    assert office.deliver() == [204]
    assert door.landed == []


def test_a_case_system_that_is_down_is_told_again_later(office: CaseOffice, door: Door) -> None:
    door.connector._system.keep_subscribed()
    message = office.notify(number_of(office, "schuldhulp"))
    office._web.view_functions["case"] = lambda number: ("", 500)
    assert office.deliver() == [503]
    assert office.waiting == [message]
    assert door.answers[-1].headers["Retry-After"] == "120"


NOTIFIED = {
    "kanaal": "zaken",
    "hoofdObject": "https://elders.example/zaken/api/v1/zaken/1",
    "resource": "zaak",
    "resourceUrl": "https://elders.example/zaken/api/v1/zaken/1",
    "actie": "update",
    "aanmaakdatum": "2026-11-23T12:00:00Z",
    "kenmerken": {},
}


@pytest.mark.parametrize("address", ["https://elders.example/zaken/1", "{zaken}/../x", "{zaken}"])
def test_a_case_elsewhere_is_never_fetched(office: CaseOffice, door: Door, address: str) -> None:
    about = address.replace("{zaken}", f"{office.url}/zaken/api/v1/zaken")
    answer = post(door, NOTIFIED | {"hoofdObject": about}, "application/json")
    assert answer.status_code == 400
    assert answer.json()["invalidParams"][0]["code"] == "other-system"


def test_a_notification_is_refused_with_every_fault(door: Door) -> None:
    told = {"kanaal": "zaken", "actie": 1, "aanmaakdatum": "gisteren", "kenmerken": 3}
    answer = post(door, told, "application/json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert [(one["name"], one["reason"]) for one in answer.json()["invalidParams"]] == [
        ("hoofdObject", "ontbreekt"),
        ("resource", "ontbreekt"),
        ("resourceUrl", "ontbreekt"),
        ("actie", "is geen tekst, of leeg"),
        ("aanmaakdatum", "verwacht een tijdstip met zone, zoals 2026-11-23T12:00:00Z"),
        ("kenmerken", "is geen groep velden"),
    ]


# --- CloudEvents -----------------------------------------------------------------------------


def in_headers(told: dict[str, Any]) -> dict[str, str]:
    left = ("data", "datacontenttype")
    return {f"ce-{name}": str(value) for name, value in told.items() if name not in left}


def test_both_modes_and_both_media_types_bring_the_same_case(
    office: CaseOffice, door: Door
) -> None:
    told = event(office)
    raw = base64.b64encode(json.dumps(told["data"]).encode()).decode()
    assert post(door, told).status_code == 204
    assert post(door, told, "application/json").status_code == 204
    assert post(door, event(office, data=..., data_base64=raw)).status_code == 204
    assert post(door, event(office, data=..., dataref=told["data"]["zaak"])).status_code == 204
    binary = post(door, told["data"], "application/json", **in_headers(told))
    assert binary.status_code == 204
    assert door.landed == [(number_of(office, "schuldhulp"), False)] * 5
    raws = {one.batch.records[0].raw for one in door.answers if one.batch}
    assert len(raws) == 1, "whatever told it, the record is the case"


def test_an_event_in_the_body_goes_before_one_in_the_headers(
    office: CaseOffice, door: Door
) -> None:
    assert post(door, event(office), **{"ce-id": "x"}).status_code == 204
    assert len(door.landed) == 1


def test_an_event_that_names_no_case_is_taken_and_left(office: CaseOffice, door: Door) -> None:
    trial = event(office, type="nl.vng.test.status_gewijzigd", data={"foo": "bar"})
    assert post(door, trial, "application/json").status_code == 204
    assert door.landed == []


@pytest.mark.parametrize("place", ["https://elders.example/gegevens/1", "/gegevens/1"])
def test_an_event_whose_data_are_elsewhere_is_taken_and_left(
    office: CaseOffice, door: Door, place: str
) -> None:
    assert post(door, event(office, data=..., dataref=place)).status_code == 204
    assert door.landed == []


def test_events_that_come_late_twice_or_in_another_order_tell_what_is_true_now(
    office: CaseOffice, door: Door
) -> None:
    number = number_of(office, "schuldhulp")
    for id_, sequence, text in (("e-2", "2", "Nieuw"), ("e-1", "1", "Ouder"), ("e-2", "2", "Nog")):
        office.cases[number]["omschrijving"] = text
        told = event(office, id=id_, sequence=sequence, sequencetype="Integer")
        assert post(door, told).status_code == 204
    raws = [one.batch.records[0].raw for one in door.answers if one.batch]
    titles = [json.loads(raw)["omschrijving"] for raw in raws]
    assert titles == ["Nieuw", "Ouder", "Nog"], "each time what the case system says itself"


def test_an_event_that_says_the_case_is_destroyed(office: CaseOffice, door: Door) -> None:
    number = number_of(office, "schuldhulp")
    told = event(office, type="nl.zaken.zaak-vernietigd.v1")
    del office.cases[number]
    assert post(door, told).status_code == 204
    assert door.landed == [(number, True)]


FAULTS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    (
        {"id": ..., "source": ..., "type": ..., "specversion": ...},
        [(name, "ontbreekt") for name in ("specversion", "id", "source", "type")],
    ),
    ({"id": ""}, [("id", "is leeg")]),
    ({"id": 7}, [("id", "is geen tekst")]),
    (
        {"specversion": "0.3", "source": "geen adres"},
        [
            ("specversion", "is een andere versie; de hub kent alleen 1.0"),
            ("source", "is geen adres of URN"),
        ],
    ),
    (
        {"type": "gewijzigd", "time": "2026-11-23"},
        [
            ("type", "verwacht een soort met punten, zoals nl.zaken.zaak-gewijzigd"),
            ("time", "verwacht een tijdstip met zone, zoals 2026-11-23T12:00:00Z"),
        ],
    ),
    (
        {"Sequence": "1", "trace_id": "x"},
        [
            (name, "heeft een naam die niet mag: alleen kleine letters en cijfers")
            for name in ("Sequence", "trace_id")
        ],
    ),
    ({"extra": {"a": 1}}, [("extra", "is geen tekst")]),
    ({"data_base64": "e30="}, [("data_base64", "staat naast data; stuur een van beide")]),
    ({"data": ..., "data_base64": "?"}, [("data_base64", "is geen base64")]),
]


@pytest.mark.parametrize(("changed", "wanted"), FAULTS)
def test_an_event_is_refused_with_every_fault(
    office: CaseOffice, door: Door, changed: dict[str, Any], wanted: list[tuple[str, str]]
) -> None:
    answer = post(door, event(office, **changed))
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    told = answer.json()
    assert [(one["name"], one["reason"]) for one in told["invalidParams"]] == wanted
    count = "een fout" if len(wanted) == 1 else f"{len(wanted)} fouten"
    assert told["detail"] == f"De melding heeft {count}."


def test_extra_attributes_of_the_profile_are_no_fault(office: CaseOffice, door: Door) -> None:
    extra = {"sequence": "1", "sequencetype": "Integer", "dataschema": None, "domain": "nl.x"}
    assert post(door, event(office, subject="999990019", count=3, **extra)).status_code == 204


@pytest.mark.parametrize(
    ("media", "body", "status"),
    [
        ("text/xml", b"<a/>", 415),
        ("application/cloudevents-batch+json", b"[]", 415),
        ("application/cloudevents+json", b"[]", 400),
        ("application/cloudevents+json", b"{", 400),
        ("application/json", b"\xff", 400),
        ("application/json", b"[" * 5000, 400),
    ],
)
def test_what_is_no_event_is_refused_in_words(
    door: Door, media: str, body: bytes, status: int
) -> None:
    answer = post(door, body, media)
    assert answer.status_code == status
    assert len(answer.json()["detail"]) > 20


def test_a_refusal_repeats_nothing_of_what_was_received(office: CaseOffice, door: Door) -> None:
    told = event(office, subject=999990019, source="999990019 hier", type="999990019")
    answer = post(door, told)
    assert answer.status_code == 400
    assert "999990019" not in answer.text


# --- credentials and the handshake -----------------------------------------------------------


def test_a_signature_opens_the_door_and_a_wrong_one_does_not(
    office: CaseOffice, door: Door
) -> None:
    raw = json.dumps(event(office)).encode()
    signature = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    right = {"Authorization": "", "X-Hub-Signature-256": f"sha256={signature}"}
    assert post(door, raw, **right).status_code == 204
    assert post(door, raw + b" ", **right).status_code == 403


@pytest.mark.parametrize("told", ["", "Bearer", "Bearer fout", f"Basic {TOKEN}", TOKEN])
def test_without_the_token_nothing_is_looked_at(door: Door, told: str) -> None:
    answer = post(door, b"geen melding", Authorization=told)
    assert answer.status_code == 403
    assert answer.json()["title"] == "Geen toegang"


def test_a_source_without_token_or_secret_lets_nobody_in(office: CaseOffice, door: Door) -> None:
    door.connector = connect(office)
    signature = hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
    assert post(door, b"{}", Authorization="Bearer ").status_code == 403
    assert post(door, b"{}", **{"X-Hub-Signature-256": signature}).status_code == 403


def options(door: Door, **headers: str) -> dict[str, str]:
    answer = requests.options(door.url, headers=headers, timeout=10)
    assert answer.status_code == 200
    return {name: value for name, value in answer.headers.items() if name.startswith("WebHook-")}


def test_the_handshake_lets_known_senders_in_at_our_rate(door: Door) -> None:
    asked = {"WebHook-Request-Origin": "zaken.example"}
    known = {"WebHook-Allowed-Origin": "zaken.example", "WebHook-Allowed-Rate": "120"}
    assert options(door, **asked) == known
    slow = options(door, **asked, **{"WebHook-Request-Rate": "60"})
    assert slow["WebHook-Allowed-Rate"] == "60"
    fast = options(door, **asked, **{"WebHook-Request-Rate": "5000"})
    assert fast["WebHook-Allowed-Rate"] == "120"
    for strange in ("²", "0", "-3", "veel", ""):
        told = options(door, **asked, **{"WebHook-Request-Rate": strange})
        assert told["WebHook-Allowed-Rate"] in ("1", "120")
    assert options(door, **{"WebHook-Request-Origin": "boef.example"}) == {}
    assert options(door) == {}


def test_another_method_is_told_what_to_use(door: Door) -> None:
    answer = requests.get(door.url, timeout=10)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")
