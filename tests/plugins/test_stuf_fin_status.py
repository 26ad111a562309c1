"""Changes of status that the collection system sends: stored once, answered by the standard."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from lxml import etree
from registers import TODAY, Town, claim, person
from stuf_schema import faults
from test_stuf_fin import SameBooks, remitted

from hub.clock import FrozenClock
from hub.connector import Answer, Context, Incoming, Record, RecordError
from hub.http import HubSession
from hub.testing.world import Dossier
from plugins.stuf_fin.connector import CollectionConnector
from plugins.stuf_fin.envelope import Fault, Party, unwrap, wrap
from plugins.stuf_fin.question import Selection, question
from plugins.stuf_fin.settings import Settings
from plugins.stuf_fin.simulator import CollectionSystem
from schemas import KINDS

ON = date(2026, 11, 20)


@dataclass
class Hub:
    """A hub as far as reception needs one: it keeps what is landed, and then answers."""

    connector: CollectionConnector
    system: CollectionSystem
    kept: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connector.context.seen = self._seen

    def _seen(self, stream: str, record: Record) -> str:
        known = self.kept.get((stream, record.key))
        return "new" if known is None else "same" if known == record.raw else "other"

    def take(self, body: bytes, **headers: str) -> Answer:
        """Receive one call and land its batch, as the hub does."""
        told = {name.lower(): text for name, text in self.system.headers().items()} | headers
        answer = self.connector.receive(Incoming("POST", "", told, body))
        for one in answer.batch.records if answer.batch else ():
            assert (answer.stream, one.key) not in self.kept
            self.kept[answer.stream, one.key] = one.raw
        return answer


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    clock = FrozenClock(TODAY)
    claims = (remitted(), claim("2026-2", 5000))
    system = SameBooks(Town((Dossier(person(), claims=claims),)), tmp_path, clock)
    (spec,) = system.sources()
    context = Context(clock=clock, http=HubSession(), owner="stad")
    return Hub(CollectionConnector(Settings().load(spec.config), context), system)


def message_of(answer: Answer) -> etree._Element:
    """The StUF message inside an answer, also when it is the detail of a SOAP fault."""
    assert isinstance(answer.body, bytes)
    root = etree.fromstring(answer.body)
    return next(one for one in root.iter() if str(one.tag).endswith("Bericht"))


def code_of(answer: Answer) -> str:
    assert isinstance(answer.body, bytes)
    told = unwrap(answer.body, "Het antwoord")
    return told.code if isinstance(told, Fault) else "Bv03"


def test_a_change_becomes_an_event_and_a_payment_on_the_same_claim(hub: Hub) -> None:
    answer = hub.take(hub.system.change("2026-1", "dwangbevel", ON, part=500))
    assert (answer.status, answer.stream) == (200, "statuses")
    (raw,) = hub.kept.values()
    found = list(hub.connector.parse("statuses", raw))
    for one in found:
        KINDS[one.kind].load(one.data)
    assert [(f.kind, f.data["on"], f.data["amount"]) for f in found] == [
        ("payment", "2026-11-20", 500),
        ("claim_event", "2026-11-20", 0),
    ]
    assert found[1].data["kind"] == "dwangbevel"
    asked = hub.system.claims["999990019"][0]
    from plugins.stuf_fin.messages import claim_key
    from plugins.stuf_fin.values import Group

    assert found[1].data["claim"] == claim_key(Group(asked, "v"), hub.connector._reading)


@pytest.mark.parametrize(
    ("stage", "kind", "words"),
    [
        ("overgedragen", "overgedragen", "Status EXT: overgedragen"),
        ("oninbaar", "oninbaar", "Status ONI: oninbaar verklaard"),
        ("aanslag", "invorderingsstap", "Status VRS: verstuurd"),
        ("vooraankondiging", "vooraankondiging", "Status INV: stap in de invordering; het bericht "
         "zegt niet welke"),
    ],
)  # fmt: skip
def test_each_status_is_its_event(hub: Hub, stage: str, kind: str, words: str) -> None:
    hub.take(hub.system.change("2026-1", stage, ON))
    (fact,) = hub.connector.parse("statuses", *hub.kept.values())
    assert (fact.data["kind"], fact.data["description"]) == (kind, words)


def test_what_we_receive_and_answer_is_valid_to_the_published_schema(hub: Hub) -> None:
    body = hub.system.change("2026-1", "dwangbevel", ON, part=500)
    message = unwrap(body, "Het bericht")
    assert not isinstance(message, Fault)
    assert faults(message) == []
    assert faults(message_of(hub.take(body))) == []
    other = hub.system.change("2026-2", "dwangbevel", ON)
    assert faults(message_of(hub.take(other))) == []
    assert faults(message_of(hub.take(b"<x/>"))) == []


def test_the_same_message_gets_the_same_receipt_and_is_not_stored_again(hub: Hub) -> None:
    body = hub.system.change("2026-1", "dwangbevel", ON)
    first = hub.take(body)
    hub.connector.context.clock.move(days=2)  # type: ignore[attr-defined]
    second = hub.take(body)
    assert (second.body, second.status, second.batch) == (first.body, 200, None)
    assert len(hub.kept) == 1


def test_the_same_message_in_another_envelope_is_still_the_same(hub: Hub) -> None:
    body = hub.system.change("2026-1", "dwangbevel", ON)
    first = hub.take(body)
    second = hub.take(body.replace(b"SOAP-ENV", b"soap"))
    assert second.body == first.body


def test_another_content_under_the_same_number_is_refused(hub: Hub) -> None:
    hub.take(hub.system.change("2026-1", "dwangbevel", ON))
    answer = hub.take(hub.system.change("2026-1", "beslag", ON))
    assert (answer.status, answer.batch, code_of(answer)) == (500, None, "StUF016")
    assert faults(message_of(answer)) == []
    assert len(hub.kept) == 1


def test_the_same_number_of_another_sender_is_another_message(hub: Hub) -> None:
    body = hub.system.change("2026-1", "dwangbevel", ON)
    hub.take(body)
    told = b"<StUF:organisatie>9999</StUF:organisatie><StUF:applicatie>Inningen"
    assert told in body
    hub.take(body.replace(told, told.replace(b"9999", b"8888")))
    assert len(hub.kept) == 2


def test_the_misspelt_function_is_taken_and_so_is_the_right_spelling(hub: Hub) -> None:
    body = hub.system.change("2026-1", "dwangbevel", ON)
    assert b"verstrekVorderngStatusWijzigng" in body
    right = body.replace(b"verstrekVorderngStatusWijzigng", b"verstrekVorderingStatusWijziging")
    assert hub.take(right).status == 200


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (">Schuldenhub<", ">Ander<", "StUF010"),
        (">Inningen<", ">Ander<", "StUF013"),
        (">verstrekVorderngStatusWijzigng<", ">verstrekVordering<", "StUF028"),
        (">Di01<", ">Lv01<", "StUF022"),
        ("<FIN:tsa>BELASTINGEN</FIN:tsa>", "", "StUF055"),
        ("<StUF:referentienummer>r-1</StUF:referentienummer>", "", "StUF055"),
        (">INV<", ">XYZ<", "StUF055"),
        ("2026-11-20T", "20-11-2026T", "StUF055"),
        (">Di01<", ">Lk01<", "StUF022"),
        ('verwerkingssoort="W"', 'verwerkingssoort="V"', "StUF055"),
    ],
)
def test_a_wrong_message_is_refused_with_the_standards_code(
    hub: Hub, old: str, new: str, code: str
) -> None:
    body = hub.system.change("2026-1", "dwangbevel", ON).decode()
    assert old in body
    answer = hub.take(body.replace(old, new, 1).encode())
    assert (answer.status, code_of(answer)) == (500, code)
    assert hub.kept == {}


#: Pieces of the header that leave no valid asynchronous answer: then it is a Fo02.
UNANSWERABLE = {
    "no number": ("<StUF:referentienummer>r-1</StUF:referentienummer>", ""),
    "a number that is too long": (">r-1<", f">{'9' * 41}<"),
    "a name that is too short": (">Inningen<", ">X<"),
    "a name that is too long": (">Inningen<", f">{'x' * 51}<"),
    "an organisation that is too long": (">9999<", f">{'9' * 201}<"),
    "no receiver": ("ontvanger>", "elders>"),
}


@pytest.mark.parametrize("name", UNANSWERABLE)
def test_every_refusal_is_valid_to_the_published_schema(hub: Hub, name: str) -> None:
    old, new = UNANSWERABLE[name]
    body = hub.system.change("2026-1", "dwangbevel", ON).decode()
    assert old in body
    answer = hub.take(body.replace(old, new).encode())
    assert (answer.status, answer.batch) == (500, None)
    assert str(message_of(answer).tag).endswith("Fo02Bericht")
    assert faults(message_of(answer)) == []


@pytest.mark.parametrize("sent", ["20261120", "202611201530", "20261120153000123", "2026112", "nu"])
def test_a_moment_has_eight_to_seventeen_digits(hub: Hub, sent: str) -> None:
    body = hub.system.change("2026-1", "dwangbevel", ON).decode()
    old = body.partition("<StUF:tijdstipBericht>")[2].partition("<")[0]
    answer = hub.take(body.replace(f">{old}<", f">{sent}<").encode())
    assert code_of(answer) == ("Bv03" if len(sent) >= 8 else "StUF055")
    assert faults(message_of(answer)) == []


def test_the_same_refusal_comes_in_the_same_words(hub: Hub) -> None:
    body = hub.system.change("2026-1", "dwangbevel", ON).replace(b">INV<", b">XYZ<")
    first = hub.take(body)
    hub.connector.context.clock.move(days=2)  # type: ignore[attr-defined]
    assert hub.take(body).body == first.body
    assert faults(message_of(first)) == []


def test_a_scheme_is_written_in_any_case(hub: Hub) -> None:
    code = hub.system.headers()["Authorization"].replace("Basic", "basic")
    body = hub.system.change("2026-1", "beslag", ON)
    assert hub.take(body, authorization=code).status == 200


def test_a_question_to_us_and_rubbish_get_a_synchronous_fault(hub: Hub) -> None:
    asked = wrap(question(Selection("999990019"), Party("Inningen"), Party("Schuldenhub"), 1))
    for body in (asked, b"", b"<a>", b"\xff\xfe", b"<!DOCTYPE a><a/>"):
        answer = hub.take(body)
        assert (answer.status, answer.batch) == (500, None)
        assert str(message_of(answer).tag).endswith("Fo02Bericht")


@pytest.mark.parametrize(
    "code", ["", "Basic", "Basic zz", "Basic aW5uaW5nZW46Zm91dA==", "Bearer x"]
)
def test_who_does_not_sign_in_is_not_heard(hub: Hub, code: str) -> None:
    answer = hub.take(hub.system.change("2026-1", "beslag", ON), authorization=code)
    assert (answer.status, answer.body, hub.kept) == (401, b"", {})


def test_without_a_password_nobody_is_heard(hub: Hub) -> None:
    hub.connector.settings = {**hub.connector.settings, "receive_password": ""}
    code = "Basic aW5uaW5nZW46"
    assert hub.take(hub.system.change("2026-1", "beslag", ON), authorization=code).status == 401


def test_a_kept_message_that_is_none_is_refused_in_words(hub: Hub) -> None:
    for raw, text in (
        (b"<a/>", "Dit is geen statuswijziging van StUF-FIN"),
        (b"<a>", "Het record is geen leesbare XML"),
    ):
        with pytest.raises(RecordError) as caught:
            list(hub.connector.parse("statuses", raw))
        assert caught.value.user == text
