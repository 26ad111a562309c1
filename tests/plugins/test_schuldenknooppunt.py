"""The Schuldenknooppunt over real two-way TLS: collect, confirm, send, and what goes wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from marshmallow import ValidationError
from registers import STAD, TODAY, Town, claim, person

from hub.clock import FrozenClock
from hub.connector import Batch, Command, Connector, Context
from hub.errors import ConfigError, HubError, PermanentError, TransientError
from hub.http import HubSession
from hub.testing.certificates import Authority
from hub.testing.world import Dossier, Sent
from plugins.schuldenknooppunt import envelope
from plugins.schuldenknooppunt.connector import CreditorConnector, ExchangeConnector
from plugins.schuldenknooppunt.messages import Header
from plugins.schuldenknooppunt.played import answer, refusal
from plugins.schuldenknooppunt.simulator import Exchange, _soap
from schemas import KINDS

KEY = "0d5d1f5e-3a54-4b6e-9c79-7f6f0f5b8e11"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 11, 23, 9, tzinfo=UTC))


@pytest.fixture
def exchange(tmp_path: Path, clock: FrozenClock) -> Iterator[Exchange]:
    planned = (
        Sent("balance_request", "stad", TODAY, "saldo", date(2026, 11, 25), (claim(),)),
        Sent("balance_request", "stad", date(2026, 11, 2), None),
        Sent("balance_request", "stad", date(2026, 11, 3), "geen_medewerking", date(2026, 11, 9)),
    )
    dossier = Dossier(person(), claims=(claim(),), sent=planned)
    made = Exchange(Town((dossier,)), tmp_path, clock)
    made.start()
    yield made
    made.stop()


def connect(
    exchange: Exchange, kind: type[Connector] = ExchangeConnector, **changed: Any
) -> Connector:
    (spec,) = exchange.sources()
    settings = kind.config().load({**spec.config, **changed})
    return kind(settings, Context(clock=exchange.clock, http=HubSession()))


def read(connector: Connector) -> list[Batch]:
    return list(connector.read("messages", None))


def command(kind: str, on: date = TODAY, **data: Any) -> Command:
    who = {"bsn": "999990019", "surname": "Proef", "birth_date": date(1980, 5, 1)}
    told = {"party": "stad", "party_skp_id": STAD.skp_id, "client_number": "k1", **data}
    return Command(kind, who, told, datetime(on.year, on.month, on.day, 9, tzinfo=UTC))


def message(name: str, **fields: str) -> bytes:
    root = etree.Element(name)
    told = {"ConversatieReferentienummer": KEY, "Referentienummer": "r1", "Afzender": STAD.skp_id}
    told["Datum"] = "2026-11-20"
    for field, value in (told | fields).items():
        etree.SubElement(root, field).text = value
    return etree.tostring(root)


def test_a_request_is_answered_and_the_answer_read(exchange: Exchange) -> None:
    connector = connect(exchange)
    receipt = connector.send(command("balance_request", references=["2026-1"]), KEY)
    assert (receipt.outcome, receipt.reference) == ("delivered", KEY)
    sent = {fact.kind: fact for fact in receipt.facts}
    assert set(sent) == {"message", "balance_request"}
    assert KINDS["message"].load(sent["message"].data)["due_on"] == date(2026, 12, 7)
    loaded = KINDS["balance_request"].load(sent["balance_request"].data)
    assert (loaded["conversation"], loaded["direction"], loaded["sent_on"]) == (KEY, "out", TODAY)
    (batch,) = read(connector)
    facts = {fact.kind: fact for fact in connector.parse("messages", batch.records[0].raw)}
    told = KINDS["balance_answer"].load(facts["balance_answer"].data)
    assert (told["conversation"], told["outcome"], told["total"]) == (KEY, "saldo", 12345)
    assert told["answered_on"] == date(2026, 11, 25)
    claimed = KINDS["claim_statement"].load(facts["claim_statement"].data)
    assert (claimed["reference"], claimed["open"], claimed["conversation"]) == (
        "2026-1",
        12345,
        KEY,
    )


def test_silence_stays_silent_and_a_refusal_has_its_reason(exchange: Exchange) -> None:
    connector = connect(exchange)
    connector.send(command("balance_request", date(2026, 11, 2)), KEY)
    assert read(connector) == []
    connector.send(command("balance_request", date(2026, 11, 3)), KEY.replace("0d", "1d"))
    (batch,) = read(connector)
    facts = {one.kind: one for one in connector.parse("messages", batch.records[0].raw)}
    told = KINDS["balance_answer"].load(facts["balance_answer"].data)
    assert told["outcome"] == "geen_medewerking"


def test_a_message_comes_again_to_the_byte_until_it_is_confirmed(exchange: Exchange) -> None:
    exchange.offer(exchange.us, message("GeenMedewerking", Reden="klant onbekend"), "m1")
    connector = connect(exchange)
    first, second = read(connector), read(connector)
    assert [one.raw for one in first[0].records] == [one.raw for one in second[0].records]
    assert first[0].records[0].key == "m1"
    assert second[0].confirm is not None
    second[0].confirm()
    assert read(connector) == []
    assert exchange.confirmed == ["m1"]


def test_many_messages_come_in_portions(exchange: Exchange) -> None:
    for number in range(250):
        exchange.offer(exchange.us, message("GeenMedewerking"), f"m{number}")
    sizes = []
    for batch in connect(exchange).read("messages", None):
        sizes.append(len(batch.records))
        assert batch.confirm is not None
        batch.confirm()
    assert sizes == [100, 100, 50]
    assert len(exchange.confirmed) == 250


def test_a_message_nobody_confirms_is_gone_after_five_working_days(
    exchange: Exchange, clock: FrozenClock
) -> None:
    exchange.offer(exchange.us, message("GeenMedewerking"), "m1")
    clock.move(days=7)
    assert len(read(connect(exchange))) == 1, "Monday to Monday is five working days"
    clock.move(days=1)
    assert read(connect(exchange)) == []


@pytest.mark.parametrize(
    ("offered", "last_day"),
    [
        # A Friday evening, a Saturday and a Sunday: the term begins on Monday.
        (datetime(2026, 11, 20, 21, tzinfo=UTC), date(2026, 11, 27)),
        (datetime(2026, 11, 21, 9, tzinfo=UTC), date(2026, 11, 27)),
        (datetime(2026, 11, 22, 9, tzinfo=UTC), date(2026, 11, 27)),
        # Over Christmas and New Year, over Easter, over King's Day.
        (datetime(2026, 12, 24, 9, tzinfo=UTC), date(2027, 1, 4)),
        (datetime(2026, 4, 1, 9, tzinfo=UTC), date(2026, 4, 10)),
        (datetime(2026, 4, 24, 9, tzinfo=UTC), date(2026, 5, 4)),
    ],
)
def test_five_working_days_are_counted_by_the_dutch_calendar(
    exchange: Exchange, clock: FrozenClock, offered: datetime, last_day: date
) -> None:
    clock.move(seconds=(offered - clock.now()).total_seconds())
    exchange.offer(exchange.us, message("GeenMedewerking"), "m1")
    step = next(one for one in connect(exchange).check() if one.name == "Ophaaltermijn")
    assert f"na {last_day:%d-%m-%Y} weg" in step.message
    clock.move(days=(last_day - clock.today()).days)
    assert len(read(connect(exchange))) == 1
    clock.move(days=1)
    assert read(connect(exchange)) == []


def test_a_message_that_was_confirmed_may_be_confirmed_again(exchange: Exchange) -> None:
    exchange.offer(exchange.us, message("GeenMedewerking"), "m1")
    first, second = (read(connect(exchange))[0] for _ in range(2))
    for batch in (first, second):
        assert batch.confirm is not None
        batch.confirm()
    assert exchange.confirmed == ["m1"]


def test_a_repeated_number_is_the_same_message(exchange: Exchange) -> None:
    connector = connect(exchange)
    order = command("balance_request")
    assert connector.send(order, KEY) == connector.send(order, KEY)
    assert len(exchange.received) == 1
    assert len(exchange.waiting) == 1


def test_a_creditor_reads_what_is_addressed_to_it(exchange: Exchange) -> None:
    connect(exchange).send(command("notice"), KEY)
    creditor = connect(exchange, CreditorConnector, organisation_id=STAD.skp_id)
    facts = {one.kind: one for one in creditor.parse("messages", exchange.received[KEY])}
    loaded = KINDS["notice"].load(facts["notice"].data)
    assert (loaded["direction"], loaded["person"]["bsn"]) == ("in", "999990019")
    assert loaded["sent_on"] == TODAY


def test_an_unknown_receiver_is_a_refusal_in_the_exchanges_words(exchange: Exchange) -> None:
    receipt = connect(exchange).send(command("notice", party_skp_id=KEY), KEY)
    assert (receipt.outcome, receipt.message) == (
        "refused",
        "Het Schuldenknooppunt weigert: De ontvanger is niet bekend.",
    )


def test_a_participant_it_does_not_know_is_a_setting_to_mend(exchange: Exchange) -> None:
    with pytest.raises(ConfigError) as caught:
        read(connect(exchange, organisation_id=KEY))
    assert caught.value.user.startswith(
        "Het Schuldenknooppunt weigert: Deze deelnemer is niet bekend. Controleer ons nummer"
    )


def test_a_certificate_of_another_authority_is_refused(exchange: Exchange, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other", "Andere autoriteit").issue("stranger")
    files = {"certificate_file": str(other.certificate), "key_file": str(other.key)}
    # Under TLS 1.3 the refusal may reach us as an alert or as a broken connection.
    with pytest.raises(HubError) as caught:
        read(connect(exchange, **files))
    assert f"localhost:{exchange.port}" in caught.value.user
    assert isinstance(caught.value, ConfigError | TransientError)


def test_a_server_of_another_authority_is_not_trusted(exchange: Exchange, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")
    with pytest.raises(ConfigError) as caught:
        read(connect(exchange, ca_file=str(other.file)))
    assert "is niet vertrouwd: controleer het CA-bestand." in caught.value.user


def test_an_expired_server_certificate_is_told(exchange: Exchange) -> None:
    exchange.stop()
    exchange.server_pair = exchange.authority.issue("expired", days=-1)
    exchange.start()
    with pytest.raises(ConfigError) as caught:
        read(connect(exchange))
    assert "Het certificaat van de andere kant is verlopen." in caught.value.user
    assert next(step.name for step in connect(exchange).check() if not step.ok) == "TLS"


def test_a_missing_certificate_file_is_a_setting_to_mend(exchange: Exchange) -> None:
    with pytest.raises(ConfigError) as caught:
        read(connect(exchange, key_file="/nowhere/key.pem"))
    assert caught.value.user.startswith("Een certificaatbestand ontbreekt of is niet te lezen.")


def test_a_closed_port(exchange: Exchange) -> None:
    connector = connect(exchange)
    exchange.stop()
    with pytest.raises(TransientError) as caught:
        read(connector)
    assert caught.value.user.startswith(f"Er luistert niets op localhost:{exchange.port}")


@pytest.mark.parametrize(
    "body",
    [b"not xml", b"<x/>", b'<!DOCTYPE x [<!ENTITY e "e">]><x>&e;</x>', b""],
)
def test_an_answer_that_is_no_envelope_is_told(body: bytes) -> None:
    with pytest.raises(PermanentError) as caught:
        envelope.unwrap(body)
    assert "Schuldenknooppunt" in caught.value.user


def test_unknown_elements_stay_in_the_message(exchange: Exchange) -> None:
    raw = message("GeenMedewerking", Reden="x", NieuwElement="van later")
    exchange.offer(exchange.us, raw, "m1")
    (batch,) = read(connect(exchange))
    assert b"van later" in batch.records[0].raw
    facts = {one.kind: one for one in connect(exchange).parse("messages", batch.records[0].raw)}
    kept = KINDS["message"].load(facts["message"].data)["details"]["_overig"]
    assert kept == [{"naam": "NieuwElement", "tekst": "van later"}]


def test_the_check_names_its_steps_and_confirms_nothing(exchange: Exchange) -> None:
    exchange.offer(exchange.us, message("GeenMedewerking"), "m1")
    steps = list(connect(exchange).check())
    assert [(step.name, step.ok) for step in steps] == [
        ("Ons certificaat", True),
        ("Onze sleutel", True),
        ("DNS", True),
        ("Poort", True),
        ("TLS", True),
        ("Aanmelden", True),
        ("Ophaaltermijn", True),
    ]
    assert "sinds 23-11-2026" in steps[-1].message
    assert "na 30-11-2026 weg" in steps[-1].message
    assert "m1" in exchange.waiting


def test_a_key_that_others_can_read_is_told(exchange: Exchange) -> None:
    key = Path(connect(exchange).settings["key_file"])
    for mode, says in ((0o600, "Alleen de hub"), (0o640, "chmod 600"), (0o604, "chmod 600")):
        key.chmod(mode)
        step = next(one for one in connect(exchange).check() if one.name == "Onze sleutel")
        assert step.ok
        assert says in step.message
    key.unlink()
    step = next(one for one in connect(exchange).check() if one.name == "Onze sleutel")
    assert not step.ok


def failed(connector: Connector) -> str:
    """What the connection test ends with, when something is wrong."""
    try:
        return next(step.message for step in connector.check() if not step.ok)
    except HubError as error:
        return error.user


def test_the_check_tells_a_certificate_of_another_authority(
    exchange: Exchange, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other", "Andere autoriteit").issue("stranger")
    files = {"certificate_file": str(other.certificate), "key_file": str(other.key)}
    told = failed(connect(exchange, **files))
    # Under TLS 1.3 the refusal may reach us as an alert, or as a closed or broken connection.
    assert "ons certificaat" in told or "de verbinding werd verbroken" in told
    assert "CA-bestand" not in told


def test_the_check_tells_a_certificate_of_somebody_else(exchange: Exchange) -> None:
    pair = exchange.authority.issue("iemand-anders")
    files = {"certificate_file": str(pair.certificate), "key_file": str(pair.key)}
    assert failed(connect(exchange, **files)) == (
        "Het Schuldenknooppunt weigert: Dit certificaat is niet van deze deelnemer. Controleer "
        "ons nummer en of het certificaat daarbij hoort."
    )


def test_the_check_tells_our_own_expired_certificate(exchange: Exchange) -> None:
    pair = exchange.authority.issue("oud", days=-2)
    files = {"certificate_file": str(pair.certificate), "key_file": str(pair.key)}
    assert failed(connect(exchange, **files)).startswith("Ons certificaat is verlopen op ")


def test_the_check_tells_a_key_of_another_certificate(exchange: Exchange) -> None:
    pair = exchange.authority.issue("ander")
    assert failed(connect(exchange, key_file=str(pair.key))) == (
        "De sleutel hoort niet bij het certificaat. Kies de twee bestanden die samen zijn "
        "uitgegeven."
    )


def test_the_check_tells_a_wrong_number_and_a_wrong_address(exchange: Exchange) -> None:
    assert failed(connect(exchange, organisation_id=KEY)).startswith(
        "Het Schuldenknooppunt weigert: Deze deelnemer is niet bekend. Controleer ons nummer"
    )
    assert failed(connect(exchange, url=f"{exchange.url}/elders")).endswith(
        "kent dit adres niet (HTTP 404). Controleer het pad in de instellingen."
    )
    assert failed(connect(exchange, url="https://bestaat-niet.invalid/skp")) == (
        "De naam bestaat-niet.invalid is niet bekend. Controleer het adres."
    )


def test_an_address_without_tls_is_no_setting(exchange: Exchange) -> None:
    with pytest.raises(ValidationError) as caught:
        connect(exchange, url="http://localhost/skp")
    assert caught.value.messages == {"url": ["Vul een adres in dat begint met https://."]}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("Client", "Het Schuldenknooppunt weigert: Vandaag niet. Controleer ons nummer"),
        ("Server", "Het Schuldenknooppunt heeft een storing."),
        ("Server.Busy", "Het Schuldenknooppunt heeft een storing."),
    ],
)
def test_the_check_tells_a_soap_fault(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, code: str, told: str
) -> None:
    fault = _soap(envelope.fault(code, "Vandaag niet."), 500)
    monkeypatch.setattr(exchange, "_carry_out", lambda *parts: fault)
    assert failed(connect(exchange)).startswith(told)


def test_the_check_tells_a_time_out(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "_carry_out", lambda *parts: time.sleep(1.5) or _soap(b""))
    connector = connect(exchange)
    assert isinstance(connector.http, HubSession)
    connector.http.wait = (0.5, 0.3)
    assert failed(connector).endswith(
        "gaf geen antwoord binnen de tijd. De hub probeert het later opnieuw."
    )


@pytest.mark.parametrize("body", [b"<html>Internal Server Error</html>", b"", b"oops"])
def test_a_server_that_breaks_without_soap_is_tried_again(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    monkeypatch.setattr(exchange, "_carry_out", lambda *parts: _soap(body, 500))
    with pytest.raises(TransientError) as caught:
        connect(exchange).send(command("notice"), KEY)
    assert caught.value.may_have_arrived


def test_an_order_waits_while_our_number_is_wrong(exchange: Exchange) -> None:
    with pytest.raises(ConfigError, match="SOAP fault Client"):
        connect(exchange, organisation_id=KEY).send(command("notice"), KEY)


def test_the_writers_are_what_the_reader_reads() -> None:
    header = Header(STAD.skp_id, KEY, KEY, "r1", TODAY)
    for raw in (answer(header, "k1", [claim()]), refusal(header, "k1", "klant onbekend")):
        root = envelope.read_xml(raw)
        assert root.findtext("ConversatieReferentienummer") == KEY
        assert root.findtext("Datum") == "2026-11-23"


@pytest.mark.parametrize(("code", "error"), [("Server", TransientError), ("Client", ConfigError)])
def test_a_soap_fault_says_whether_to_try_again(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, code: str, error: type[Exception]
) -> None:
    fault = _soap(envelope.fault(code, "Vandaag niet."), 500)
    monkeypatch.setattr(exchange, "_carry_out", lambda *parts: fault)
    with pytest.raises(error):
        list(connect(exchange).read("messages", None))
