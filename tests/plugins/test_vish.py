"""VISH over a real socket: reading, reporting, and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
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


def test_an_empty_list_is_complete(index: ReferralIndex) -> None:
    index.entries.clear()
    (only,) = read(connect(index))
    assert (only.records, only.complete) == ([], True)


def pages(index: ReferralIndex, *told: tuple[int, list[str]]) -> None:
    """Let the index give these pages: the count it names, and the numbers on it."""
    from flask import jsonify, request

    def listed() -> Any:
        number = request.args.get("pagina", 1, type=int)
        count, numbers = told[min(number, len(told)) - 1]
        return jsonify(aantal=count, registraties=[index.entries[one] for one in numbers])

    index._app.view_functions["_list"] = listed


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ([(3, ["V0000", "V0002"]), (3, [])], "VISH noemt 3 registraties en gaf er 2."),
        ([(2, ["V0000", "V0000"])], "VISH noemt 2 registraties en gaf er 1."),
        ([(3, ["V0000", "V0002"]), (2, [])], "VISH noemt 2 registraties en gaf er 2."),
        ([(1, ["V0000", "V0002"])], "VISH noemt 1 registraties en gaf er 2."),
    ],
)
def test_a_list_that_does_not_add_up_removes_nothing(
    index: ReferralIndex, told: list[tuple[int, list[str]]], said: str
) -> None:
    pages(index, *told)
    batches: list[Batch] = []
    with pytest.raises(TransientError) as caught:
        batches.extend(connect(index).read("entries", None))
    assert caught.value.user == (
        f"{said} De lijst veranderde tijdens het lezen, of is niet heel. Er is niets verwijderd; "
        "de hub leest later opnieuw."
    )
    assert not any(batch.complete for batch in batches)


def test_a_registration_without_a_number_may_be_any_other(index: ReferralIndex) -> None:
    index.entries["V0001"]["vishReferentie"] = ""
    connector = connect(index)
    said: list[str] = []
    connector.context.warn = said.append
    *_, last = read(connector)
    assert (last.complete, last.caught_up) == (False, True)
    assert said[0].startswith("VISH gaf een registratie zonder nummer.")


@pytest.mark.parametrize("body", ["<html>", "[]", '{"status": "ONBEKEND"}', ""])
def test_an_answer_that_is_not_understood_is_asked_after(index: ReferralIndex, body: str) -> None:
    from flask import Response

    right = index._app.view_functions["_report"]

    def answer() -> Any:
        right()
        return Response(body)

    index._app.view_functions["_report"] = answer
    order = command("register", phase="stabilisatie", starts_on="2026-11-23")
    with pytest.raises(TransientError) as caught:
        connect(index).send(order, "key-1")
    assert caught.value.may_have_arrived
    assert caught.value.user == (
        "VISH gaf een antwoord dat de hub niet kent. De hub vraagt later na of de melding is "
        "verwerkt, en stuurt haar niet nog eens."
    )
    found = connect(index).inquire("key-1")
    assert found is not None
    assert found.outcome == "delivered"


def test_a_deregistration_always_tells_its_day(index: ReferralIndex) -> None:
    order = command("deregister", reference="V0000", phase="stabilisatie")
    connect(index).send(order, "key-1")
    assert index.entries["V0000"]["datumEinde"] == "2026-11-23"


def test_nobody_is_reported_of_whom_too_little_is_known(index: ReferralIndex) -> None:
    order = command("register", phase="stabilisatie")
    with pytest.raises(PermanentError) as caught:
        connect(index).send(replace(order, person={"surname": "Proef"}), "key-1")
    assert caught.value.user == (
        "Van deze inwoner is geen BSN bekend, en ook geen achternaam met geboortedatum. Zo kan "
        "VISH niet weten om wie het gaat. Er is niets verstuurd."
    )
    assert index.answers == {}


def test_a_change_is_given_by_a_form(index: ReferralIndex) -> None:
    (form,) = VishConnector.order_forms
    data = form.schema().load({"reference": "V0000", "phase": "schuldregeling"})
    receipt = connect(index).send(command(form.command, **data), "key-1")
    assert receipt.message == "VISH heeft de inwoner bijgewerkt onder nummer V0000."
    assert index.entries["V0000"]["fase"] == "SCHULDREGELING"


def test_the_check_stops_at_the_first_step_that_fails(index: ReferralIndex) -> None:
    connector = connect(index)
    index.stop()
    assert [(one.name, one.ok) for one in connector.check()] == [("DNS", True), ("Poort", False)]


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
    asked = connector.inquire("key-1")
    assert asked is not None
    assert (asked.outcome, asked.reference) == (first.outcome, first.reference)
    assert asked.message.startswith("VISH heeft de melding verwerkt onder nummer")
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
