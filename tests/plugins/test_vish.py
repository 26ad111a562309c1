"""VISH over a real socket: reading, reporting, and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from registers import TODAY, Town, person

from hub.clock import FrozenClock
from hub.connector import Batch, Command, Connector, Context
from hub.errors import ConfigError, PermanentError, TransientError
from hub.http import HubSession
from hub.testing.world import Dossier, VishEntry
from plugins.vish.connector import VishConnector
from plugins.vish.messages import PHASES
from plugins.vish.simulator import ReferralIndex
from schemas import KINDS, ValidationError


@pytest.fixture
def index(tmp_path: Path) -> Iterator[ReferralIndex]:
    ended = {1: date(2026, 9, 1)}
    entries = tuple(
        VishEntry(f"V{number:04d}", "stabilisatie", date(2026, 5, 1), ended.get(number))
        for number in range(1201)
    )
    made = ReferralIndex(Town((Dossier(person(), vish=entries),)), tmp_path, FrozenClock(TODAY))
    made.start()
    yield made
    made.stop()


def connect(index: ReferralIndex, **changed: Any) -> Connector:
    (spec,) = index.sources()
    settings = VishConnector.config().load({**spec.config, **changed})
    return VishConnector(settings, Context(clock=index.clock, http=HubSession()))


def read(connector: Connector) -> list[Batch]:
    return list(connector.read("entries", None))


def command(kind: str, **data: Any) -> Command:
    who = {"bsn": "999990019", "surname": "Proef", "birth_date": date(1980, 5, 1)}
    return Command(kind, who, data, datetime(2026, 11, 23, 9, tzinfo=UTC))


def test_all_pages_are_read_and_the_last_is_complete(index: ReferralIndex) -> None:
    batches = read(connect(index))
    assert [len(batch.records) for batch in batches] == [500, 500, 201]
    assert [batch.complete for batch in batches] == [False, False, True]


def test_an_entry_becomes_a_valid_fact_and_its_key_is_no_bsn(index: ReferralIndex) -> None:
    connector = connect(index)
    record = read(connector)[0].records[1]
    assert record.key == "V0001"
    (fact,) = connector.parse("entries", record.raw)
    loaded = KINDS[fact.kind].load(fact.data)
    assert loaded["person"]["bsn"] == "999990019"
    assert (loaded["phase"], loaded["ends_on"]) == ("stabilisatie", date(2026, 9, 1))


def test_a_second_read_is_the_same_to_the_byte(index: ReferralIndex) -> None:
    first, second = (
        [one.raw for batch in read(connect(index)) for one in batch.records] for _ in range(2)
    )
    assert first == second


def test_an_empty_list_is_complete_and_a_wrong_count_is_not(index: ReferralIndex) -> None:
    index.entries.clear()
    (only,) = read(connect(index))
    assert (only.records, only.complete) == ([], True)


@pytest.mark.parametrize("phase", sorted(PHASES))
def test_registering_gives_a_number_that_the_next_read_shows(
    index: ReferralIndex, phase: str
) -> None:
    connector = connect(index)
    receipt = connector.send(command("register", phase=phase, starts_on="2026-11-23"), "key-1")
    assert (receipt.outcome, receipt.refresh) == ("delivered", ("entries",))
    assert receipt.message.startswith("VISH heeft de inwoner geregistreerd onder nummer")
    keys = {one.key for batch in read(connector) for one in batch.records}
    assert receipt.reference in keys


def test_a_repeated_key_has_no_second_effect(index: ReferralIndex) -> None:
    connector = connect(index)
    order = command("register", phase="stabilisatie", starts_on="2026-11-23")
    first, second = connector.send(order, "key-1"), connector.send(order, "key-1")
    assert first == second
    assert len(index.entries) == 1202
    assert connector.inquire("key-1") == first
    assert connector.inquire("key-2") is None


def test_deregistering_ends_the_entry(index: ReferralIndex) -> None:
    connector = connect(index)
    order = command("deregister", reference="V0000", ends_on="2026-11-23", phase="stabilisatie")
    assert connector.send(order, "key-1").outcome == "delivered"
    assert index.entries["V0000"]["datumEinde"] == "2026-11-23"


def test_a_refusal_carries_the_registers_own_reason(index: ReferralIndex) -> None:
    order = command("change", reference="V9999", phase="stabilisatie")
    receipt = connect(index).send(order, "key-1")
    assert (receipt.outcome, receipt.message) == (
        "refused",
        "VISH weigert: deze registratie is niet bekend (code VISH-404).",
    )


def test_an_unknown_phase_is_told_before_anything_is_sent(index: ReferralIndex) -> None:
    with pytest.raises(PermanentError) as caught:
        connect(index).send(command("register", phase="wachtlijst"), "key-1")
    assert caught.value.user.startswith("VISH kent de fase 'wachtlijst' niet. Bekend zijn: aanm")
    assert index.answers == {}


def test_a_wrong_code_is_a_setting_to_mend(index: ReferralIndex) -> None:
    with pytest.raises(ConfigError, match="403"):
        read(connect(index, aansluitcode="fout"))


def test_a_closed_port(index: ReferralIndex) -> None:
    connector = connect(index)
    index.stop()
    with pytest.raises(TransientError) as caught:
        read(connector)
    assert caught.value.user.startswith(f"Er luistert niets op localhost:{index.port}")
    assert next(step.name for step in connector.check() if not step.ok) == "Poort"


@pytest.mark.parametrize(
    "body", ["<html>", '{"aantal": 2}', "[]", '{"aantal":"x","registraties":[]}']
)
def test_another_form_of_answer_is_told(index: ReferralIndex, body: str) -> None:
    from flask import Response

    index._app.view_functions["_list"] = lambda: Response(body, content_type="application/json")
    with pytest.raises(PermanentError) as caught:
        read(connect(index))
    assert "VISH" in caught.value.user
    assert "Er is niets" in caught.value.user


def test_a_bad_entry_costs_itself_only(index: ReferralIndex) -> None:
    index.entries["V0000"]["datumStart"] = "gisteren"
    connector = connect(index)
    records = [one for batch in read(connector) for one in batch.records]
    assert len(records) == 1201
    (fact,) = connector.parse("entries", records[0].raw)
    with pytest.raises(ValidationError, match="verwacht een datum als 2026-11-23"):
        KINDS[fact.kind].load(fact.data)


def test_the_check_names_its_steps(index: ReferralIndex) -> None:
    steps = list(connect(index).check())
    assert [step.name for step in steps] == ["DNS", "Poort", "Aanmelden"]
    assert steps[-1].message == "VISH kent de aansluitcode; 1201 registraties."
