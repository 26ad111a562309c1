"""Both of us at the Schuldenknooppunt, over real two-way TLS: a whole conversation, and faults."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from registers import STAD, TODAY, Town, claim, person
from sqlalchemy import select

from hub.clock import FrozenClock
from hub.connector import (
    Batch,
    Command,
    ConfigError,
    Connector,
    Context,
    ContractError,
    Fact,
    PermanentError,
)
from hub.http import HubSession
from hub.store import message, standing, subject
from hub.testing.bench import Bench
from hub.testing.world import Dossier, Sent
from plugins.schuldenknooppunt.connector import CreditorConnector, ExchangeConnector
from plugins.schuldenknooppunt.faults import read_raw
from plugins.schuldenknooppunt.simulator import CreditorExchange, Exchange

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    sent = (Sent("notice", "stad", TODAY),)
    dossier = Dossier(person(), claims=(claim(),), sent=sent)
    made = Exchange(Town((dossier,)), tmp_path, FrozenClock(TODAY))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def as_creditor(tmp_path: Path) -> Iterator[CreditorExchange]:
    sent = (Sent("notice", "stad", TODAY),)
    dossier = Dossier(person(), claims=(claim(),), sent=sent)
    made = CreditorExchange(Town((dossier,)), tmp_path, FrozenClock(TODAY))
    made.start()
    yield made
    made.stop()


def connect(exchange: Exchange, kind: type[Connector], **changed: Any) -> Connector:
    (spec,) = exchange.sources()
    settings = kind.config().load({**spec.config, **changed})
    return kind(settings, Context(clock=exchange.clock, http=HubSession()))


def order(what: str, **data: Any) -> Command:
    who = {"bsn": "999990019", "surname": "Proef", "birth_date": "1980-05-01"}
    told = {"party": "stad", "party_skp_id": STAD.skp_id, "client_number": "k1", **data}
    return Command(what, who, told, NOON)


def key() -> str:
    return str(uuid.uuid4())


def collect(connector: Connector) -> dict[str, Fact]:
    """Collect, parse and confirm what waits; the facts by kind."""
    found: dict[str, Fact] = {}
    for batch in connector.read("messages", None):
        for record in batch.records:
            found |= {one.kind: one for one in connector.parse("messages", record.raw)}
        assert batch.confirm is not None
        batch.confirm()
    return found


# --- debt help ---------------------------------------------------------------------------------


def test_an_arrangement_from_the_question_to_the_end(exchange: Exchange) -> None:
    ours, talk = connect(exchange, ExchangeConnector), key()
    ours.send(order("inventory_request", conversation=talk, references=["2026-1"]), key())
    asked = collect(ours)
    assert asked["balance_answer"].data["total"] == 12_345
    low = [{"reference": "2026-1", "percentage": 400, "amount": 494, "claim_amount": 12_345}]
    ours.send(order("payment_proposal", conversation=talk, kind="SB", claims=low), key())
    first = collect(ours)["arrangement"].data
    assert (first["status"], first["reason"]) == ("geweigerd", "het percentage is te laag")
    ours.send(order("reconsideration", conversation=talk, kind="SB", claims=low), key())
    assert collect(ours)["arrangement"].data["status"] == "akkoord"
    full = [{**low[0], "claim_type": "concurrent", "payment_reference": "1234567890123456"}]
    agreed = {"creditor_number": "d1", "kind": "SB", "on": TODAY, "claims": full}
    receipt = ours.send(order("agreed", conversation=talk, **agreed), key())
    assert receipt.outcome == "delivered"
    (told,) = [fact for fact in receipt.facts if fact.kind == "arrangement"]
    assert (told.data["status"], told.data["amount"], told.data["direction"]) == (
        "akkoord",
        494,
        "out",
    )
    ended = ours.send(order("ended", conversation=talk, reason="plan mislukt"), key())
    assert {one.data["conversation"] for one in ended.facts} == {talk}


def test_a_message_with_a_gap_is_not_sent(exchange: Exchange) -> None:
    ours = connect(exchange, ExchangeConnector)
    with pytest.raises(PermanentError) as caught:
        ours.send(order("agreed", claims=[{"reference": "1"}]), key())
    assert caught.value.user == (
        "Voor het bericht Schuldregeling akkoord ontbreekt nog: KlantnummerSE, TypeSchuldregeling, "
        "Vorderingen[1].Afkooppercentage, Vorderingen[1].PrognoseEindbedrag, "
        "Vorderingen[1].ActueelVorderingsbedrag, Vorderingen[1].VorderingsType, "
        "Vorderingen[1].Betaalreferentie. Vul dit aan en geef de opdracht opnieuw."
    )
    assert exchange.received == {}


def test_what_we_would_not_take_ourselves_is_not_sent(exchange: Exchange) -> None:
    ours = connect(exchange, ExchangeConnector)
    full = {
        "reference": "1",
        "percentage": "veel",
        "amount": 1,
        "claim_amount": 1,
        "claim_type": "concurrent",
        "payment_reference": "1",
    }
    with pytest.raises(PermanentError) as caught:
        ours.send(order("agreed", creditor_number="d1", kind="BR", claims=[full]), key())
    assert caught.value.user == (
        "Het bericht Schuldregeling akkoord is niet verstuurd: "
        "SchuldregelingAkkoord.TypeSchuldregeling is 'BR'; bekend zijn: SK, SB, SA; "
        "SchuldregelingAkkoord.Vorderingen[1].Afkooppercentage is 'veel'; verwacht een percentage "
        "als 12.34. Pas dit aan en geef de opdracht opnieuw."
    )
    with pytest.raises(PermanentError, match="do not fit"):
        ours.send(order("notice", conversation="gesprek-1"), key())
    # What the hub could not keep of it would be known too late.
    with pytest.raises(PermanentError, match="do not fit"):
        ours.send(order("notice", party="x" * 41), key())
    assert exchange.received == {}


def test_each_of_us_has_a_certificate_of_its_own(exchange: Exchange) -> None:
    theirs = exchange.join(STAD.skp_id)
    creditor = connect(exchange, CreditorConnector, **theirs)
    connect(exchange, ExchangeConnector).send(order("notice"), key())
    assert set(collect(creditor)) == {"message", "notice"}
    with pytest.raises(ConfigError, match="SOAP fault Client"):
        collect(connect(exchange, CreditorConnector, organisation_id=STAD.skp_id))
    with pytest.raises(ConfigError, match="SOAP fault Client"):
        collect(connect(exchange, ExchangeConnector, **{**theirs, "organisation_id": exchange.us}))


def test_a_creditor_without_a_number_at_the_exchange_is_told(exchange: Exchange) -> None:
    ours = connect(exchange, ExchangeConnector)
    with pytest.raises(PermanentError) as caught:
        ours.send(order("notice", party_skp_id=""), key())
    assert "ontbreekt nog: Ontvanger." in caught.value.user


# --- a creditor --------------------------------------------------------------------------------


def test_a_creditor_is_asked_and_answers_in_the_same_conversation(
    as_creditor: CreditorExchange,
) -> None:
    as_creditor.prime()
    ours = connect(as_creditor, CreditorConnector)
    asked = collect(ours)
    assert asked["notice"].data["person"]["bsn"] == "999990019"
    assert asked["balance_request"].data["person"]["surname"] == "Proef"
    talk = asked["balance_request"].data["conversation"]
    to = {"party_skp_id": asked["balance_request"].data["party"], "conversation": talk}
    claims = [{"sort": "openstaande schuld", "reference": "2026-1", "open": 12_345}]
    number = key()
    receipt = ours.send(order("consent_answer", claims=claims, **to), number)
    assert (receipt.outcome, receipt.reference) == ("delivered", number)
    assert {one.kind for one in receipt.facts} == {"message", "balance_answer", "arrangement"}
    sent = read_raw(as_creditor.received[number])
    assert (sent.header.conversation, sent.header.receiver) == (talk, as_creditor.helper)
    assert sent.told["contact"]["name"] == "Belastingen Gemeente Stad"


def test_each_of_us_has_orders_of_its_own(exchange: Exchange) -> None:
    with pytest.raises(ContractError):
        connect(exchange, ExchangeConnector).send(order("balance_answer"), key())
    with pytest.raises(ContractError):
        connect(exchange, CreditorConnector).send(order("notice"), key())


# --- what cannot be used -----------------------------------------------------------------------


def bad(sender: str = STAD.skp_id) -> bytes:
    root = etree.Element("GeenMedewerking")
    told = {"Referentienummer": "r9", "Afzender": sender, "Datum": "gisteren"}
    for name, value in told.items():
        etree.SubElement(root, name).text = value
    return etree.tostring(root)


def confirm(batch: Batch) -> None:
    assert batch.confirm is not None
    batch.confirm()


def test_a_bad_message_is_confirmed_and_answered_with_a_fault(exchange: Exchange) -> None:
    exchange.offer(exchange.us, bad(), "m1")
    ours = connect(exchange, ExchangeConnector)
    (batch,) = list(ours.read("messages", None))
    assert batch.records[0].key == "m1"
    assert exchange.received == {}, "nothing is said before the hub has it"
    confirm(batch)
    assert exchange.confirmed == ["m1"]
    ((number, raw),) = exchange.received.items()
    sent = read_raw(raw)
    assert (sent.kind.root, sent.told["answers"]) == ("Foutbericht", "r9")
    assert sent.told["problems"] == [
        "GeenMedewerking.Datum is 'gisteren'; verwacht een datum als 2026-11-23",
        "GeenMedewerking.ConversatieReferentienummer ontbreekt",
    ]
    # The hub keeps what was said, as a message that went out.
    assert batch.records[1].key == number
    (fact,) = ours.parse("messages", batch.records[1].raw)
    assert (fact.data["direction"], fact.data["type"]) == ("out", "Foutbericht")


def test_a_bad_message_that_comes_again_is_answered_once(exchange: Exchange) -> None:
    exchange.offer(exchange.us, bad(), "m1")
    ours = connect(exchange, ExchangeConnector)
    first, second = (next(iter(ours.read("messages", None))) for _ in range(2))
    confirm(first)
    confirm(second)
    assert list(exchange.passed_on.values()) == [1]


def test_a_fault_that_nobody_takes_keeps_no_message_waiting(exchange: Exchange) -> None:
    exchange.offer(exchange.us, bad(sender=key()), "m1")
    (batch,) = list(connect(exchange, ExchangeConnector).read("messages", None))
    confirm(batch)
    assert exchange.confirmed == ["m1"]
    assert exchange.received == {}


# --- in the hub --------------------------------------------------------------------------------


def test_the_hub_keeps_a_bad_message_and_what_it_said_of_it(tmp_path: Path) -> None:
    bench = Bench(ExchangeConnector, tmp_path, simulator=Exchange)
    try:
        world = bench.open(residents=0)
        side = world.side
        assert isinstance(side, Exchange)
        sender = next(iter(side._others))
        side.offer(side.us, bad(sender), "m1")
        (outcome,) = world.read().values()
        assert (outcome.status, outcome.rejected, outcome.applied) == ("partly", 1, 1)
        assert side.confirmed == ["m1"]
        query = select(message.c.type, message.c.direction).where(standing(message))
        with world.hub.reader.connect() as connection:
            assert connection.execute(query).all() == [("Foutbericht", "out")]
    finally:
        bench.close()


def test_an_answer_without_a_person_finds_its_resident_by_the_conversation(tmp_path: Path) -> None:
    bench = Bench(CreditorConnector, tmp_path, simulator=CreditorExchange)
    try:
        world = bench.open(residents=2)
        side = world.side
        assert isinstance(side, CreditorExchange)
        world.read()
        with world.hub.reader.connect() as connection:
            asked = connection.execute(
                select(message.c.conversation, message.c.subject_id).where(
                    message.c.type == "Kennisgeving Publiek"
                )
            ).first()
        assert asked is not None
        root = etree.Element("Statusverzoek")
        heads = {
            "ConversatieReferentienummer": asked.conversation,
            "Referentienummer": "s1",
            "Afzender": side.helper,
            "Datum": "2026-11-23",
        }
        for name, value in heads.items():
            etree.SubElement(root, name).text = value
        side.offer(side.us, etree.tostring(root), "s1")
        world.read()
        with world.hub.reader.connect() as connection:
            found = connection.execute(
                select(message.c.subject_id, subject.c.bsn_hash)
                .join(subject, subject.c.id == message.c.subject_id)
                .where(message.c.reference == "s1")
            ).one()
        assert found.subject_id == asked.subject_id
        assert found.bsn_hash
    finally:
        bench.close()
