"""What is found when acting together gets stuck, and what looks alike and is not found."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from chain import case, hold, party
from flows_town import AN, Town

from hub.connector import Receipt
from hub.errors import TransientError
from hub.flows import life
from hub.sync.orders import put_hold
from hub.sync.outbox import Order, create_command
from hub.sync.sources import find_source


def down(message: Any, key: str) -> Receipt:
    raise TransientError("Dicht.")


def later(town: Town, **moved: float) -> None:
    town.hub.clock.move(**moved)  # type: ignore[attr-defined]


def found(town: Town, rule: str) -> int:
    return len(town.chain.findings(rule, full=True))


@pytest.mark.parametrize(("answers", "alarms"), [(False, 2), (True, 0)])
def test_a_hold_that_nobody_confirms_alarms_after_one_working_day(
    town: Town, answers: bool, alarms: int
) -> None:
    if not answers:
        town.fates["set_hold"] = down
    town.begin("pauze")
    town.deliver()
    later(town, days=1)  # Tuesday: the working day is not over
    assert found(town, "pauze_opdracht_open") == 0
    later(town, days=1)
    assert found(town, "pauze_opdracht_open") == alarms


def test_a_step_by_hand_waits_for_a_person_until_it_is_done(town: Town) -> None:
    town.chain.tell("clo", party())
    id_ = town.begin("aanschrijven")
    town.deliver()
    assert found(town, "stap_met_de_hand") == 0
    later(town, days=2)
    assert found(town, "stap_met_de_hand") == 2
    (run,) = town.runs()
    for step in run.steps:
        if step.by_hand:
            town.act(life.handle, AN, id_, step.id)
    assert found(town, "stap_met_de_hand") == 0
    assert not town.runs()[0].open


def test_a_request_that_nobody_decides_on_is_found(town: Town) -> None:
    town.four_eyes("pauze")
    id_ = town.begin("pauze")
    assert found(town, "goedkeuring_wacht") == 0
    later(town, days=2)
    assert found(town, "goedkeuring_wacht") == 1
    town.act(life.withdraw, AN, id_)
    assert found(town, "goedkeuring_wacht") == 0


def test_a_hold_without_a_reason_is_found_unless_the_creditor_set_it(town: Town) -> None:
    town.begin("pauze")
    town.deliver()
    (number,) = [ref for name, ref in town.holds if name == "tax"]
    lines = town.chain.books["tax"].records["all"]
    told = hold()
    again = told.raw.replace(b"P0", number.encode())
    town.chain.tell("tax", *lines, type(told)(number, again), hold(ends=100))
    assert found(town, "pauze_zonder_reden") == 0
    town.fates["lift_hold"] = lambda message, key: Receipt("refused", message="Nee.")
    town.begin("reden-weg")
    assert found(town, "pauze_zonder_reden") == 0, "the creditor was asked to end it"
    town.deliver()
    assert town.chain.findings("pauze_zonder_reden") == {("pauze_zonder_reden", f"stad:{number}")}


def test_a_hold_for_help_that_ended_is_found(town: Town) -> None:
    town.four_eyes("einde-hulp", on=False)
    town.begin("pauze")
    town.begin("pauze", reason="bezwaar", until=date(2027, 2, 1))
    town.deliver()
    assert found(town, "pauze_na_hulp") == 0
    town.chain.tell("file", case(phase="uitstroom", ends=-1))
    assert found(town, "pauze_na_hulp") == 1
    town.begin("einde-hulp")
    assert found(town, "pauze_na_hulp") == 0, "another reason is not of the help"


@pytest.mark.parametrize("rests", [True, False])
def test_a_letter_to_a_resident_says_whether_collection_rests(town: Town, rests: bool) -> None:
    """The channel holds back what is collection: tests/plugins/test_messages.py."""
    if rests:
        town.begin("pauze")
    one = find_source(town.hub, "skp")
    with town.hub.engine.begin() as connection:
        order = Order("skp", "send_message", town.me, {"template": "x"}, "g", "an")
        create_command(connection, town.hub, one, order)
    town.deliver()
    (sent,) = town.sent("send_message")
    assert sent.data["hold"] is rests


def test_a_hold_from_before_there_were_reasons_is_left_alone(town: Town) -> None:
    with town.hub.engine.begin() as connection:
        put_hold(connection, town.hub, town.me, until=date(2027, 7, 1), ground="g", by="an")
    town.deliver()
    assert found(town, "pauze_zonder_reden") == 0
