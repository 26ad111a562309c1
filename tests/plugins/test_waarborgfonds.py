"""The guarantee fund for restructuring loans, spoken with over the exchange: its whole command set.

The commands, their elements and limits are published (registers.md, 1.7); that they go as messages
of the Schuldenknooppunt is too, under which root elements is inferred.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from registers import STAD, TODAY, Town, claim, person

from hub.clock import FrozenClock
from hub.connector import Command, Context, PermanentError
from hub.http import HubSession
from hub.testing.samples import AT_THE_EXCHANGE
from hub.testing.world import Dossier
from plugins.schuldenknooppunt.connector import ExchangeConnector
from plugins.schuldenknooppunt.kinds import BY_COMMAND
from plugins.schuldenknooppunt.messages import Header, compose, write_message
from plugins.schuldenknooppunt.simulator import Exchange

COMMANDS = sorted(one for one in BY_COMMAND if one.startswith("guarantee_"))
LOAN = AT_THE_EXCHANGE["guarantee_request"]


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    made = Exchange(Town((Dossier(person(), claims=(claim(),)),)), tmp_path, FrozenClock(TODAY))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def bank(exchange: Exchange) -> ExchangeConnector:
    (spec,) = exchange.sources()
    settings = ExchangeConnector.config().load(spec.config)
    return ExchangeConnector(settings, Context(clock=exchange.clock, http=HubSession()))


def order(kind: str, **change: Any) -> Command:
    told = {**LOAN, "party_skp_id": STAD.skp_id, **change}
    told = {name: value for name, value in told.items() if value is not None}
    return Command(kind, {"bsn": "999990019"}, told, datetime(2026, 11, 23, 11, tzinfo=UTC))


def test_the_six_commands_are_there() -> None:
    assert len(COMMANDS) == 6


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_command_arrives_with_its_key(
    exchange: Exchange, bank: ExchangeConnector, kind: str
) -> None:
    key = str(uuid.uuid4())
    receipt = bank.send(order(kind), key)
    assert receipt.outcome == "delivered"
    assert key in exchange.received
    assert {fact.data["direction"] for fact in receipt.facts} == {"out"}


#: What the fund does not take: the change, and what the person reads.
LIMITS: dict[str, tuple[dict[str, Any], str]] = {
    "61 months": ({"months": 61}, "Looptijd is '61'; verwacht 1 tot en met 60 maanden"),
    "no month": ({"months": 0}, "Looptijd is '0'; verwacht 1 tot en met 60 maanden"),
    "a whole postcode": ({"postcode_area": "9999AB"}, "PostcodeGebied is '9999AB'; verwacht vier"),
    "less than nothing": ({"gross_loan": -1}, "BrutoKredietsom is '-0.01'; verwacht een bedrag"),
    "no category": ({"category": None}, "ontbreekt nog: BorgstellingCategorie"),
    "no mail": ({"contact_email": None}, "ontbreekt nog: Contact"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_what_does_not_fit_is_not_sent(
    exchange: Exchange, bank: ExchangeConnector, name: str
) -> None:
    change, sentence = LIMITS[name]
    with pytest.raises(PermanentError) as told:
        bank.send(order("guarantee_assessment", **change), str(uuid.uuid4()))
    assert sentence in told.value.user
    assert exchange.received == {}


@pytest.mark.parametrize("months", [1, 60])
def test_the_limits_themselves_fit(
    exchange: Exchange, bank: ExchangeConnector, months: int
) -> None:
    receipt = bank.send(order("guarantee_assessment", months=months), str(uuid.uuid4()))
    assert receipt.outcome == "delivered"


def test_what_the_fund_decided_is_a_message_in_the_conversation(
    exchange: Exchange, bank: ExchangeConnector
) -> None:
    from plugins.schuldenknooppunt.kinds import KINDS

    talk, mark = str(uuid.uuid4()), str(uuid.uuid4())
    header = Header(STAD.skp_id, exchange.us, talk, mark, date(2026, 11, 23))
    links = {"details_url": "https://wsk.example/1", "document_url": "https://wsk.example/1.pdf"}
    told = {"name": "borgstelling afgegeven", "reference": "k-1", "links": links}
    raw = write_message(compose(KINDS["Gebeurtenis"], header, {}, told))
    exchange.offer(exchange.us, raw)
    found = [
        fact
        for batch in bank.read("messages", None)
        for record in batch.records
        for fact in bank.parse("messages", record.raw)
        if fact.kind == "message" and fact.data["conversation"] == talk
    ]
    (event,) = found
    assert event.data["direction"] == "in"
    assert event.data["details"]["Naam"] == "borgstelling afgegeven"
    assert event.data["details"]["Kenmerk"] == "k-1"
