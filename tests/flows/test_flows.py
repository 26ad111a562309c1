"""Acting together, through the outbox: what goes out, who confirmed, and what stays undone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from chain import case, entry, party
from flows_town import AN, BEA, PIET, UNTIL, Town

from hub.connector import Receipt
from hub.errors import ConfigError, Outdated, TransientError
from hub.flows import life
from hub.flows.declared import FLOWS
from hub.flows.settings import set_flow, switches
from hub.flows.words import BY_HAND, CARRIES, DOES
from hub.security.fields import COMMANDS
from hub.security.grounds import record_ground
from hub.sync.orders import put_hold

#: One creditor that the exchange knows, and one that it does not.
NAMES = ("Stad", "Water")


def test_a_pause_goes_to_every_public_creditor_at_once(town: Town) -> None:
    id_ = town.begin("pauze")
    assert town.states(id_) == [("Schap", "set_hold", "ready"), ("Stad", "set_hold", "ready")]
    town.deliver()
    assert town.resting == {"tax": "2027-07-01", "water": "2027-07-01"}
    (run,) = town.runs()
    assert (run.confirmed, len(run.counted), run.open) == (2, 2, False)
    ((sent, _), *_) = town.chain.books["tax"].commands
    assert "schuldhulp" not in str(sent.data).lower(), "a hold tells nothing of the help"


def test_the_same_form_twice_and_a_second_flow_do_nothing_twice(town: Town) -> None:
    asked = town.asked("pauze")
    for _ in range(2):
        with town.hub.engine.begin() as connection:
            life.begin(connection, town.hub, AN, asked)
    assert len(town.runs()) == 1
    with pytest.raises(ConfigError, match="niets meer te doen"):
        town.begin("pauze")
    town.deliver()
    with pytest.raises(ConfigError, match="niets meer te doen"):
        town.begin("pauze")
    assert town.commands() == [("set_hold", "delivered")] * 2


def test_a_flow_that_breaks_off_leaves_nothing(town: Town) -> None:
    asked = town.asked("pauze")

    def killed(connection: Any, *told: Any) -> None:
        life.begin(connection, *told)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        town.act(killed, AN, asked)
    assert (town.runs(), town.commands()) == ([], [])


def test_what_changed_since_it_was_shown_is_not_sent(town: Town) -> None:
    asked = town.asked("pauze")
    town.begin("pauze", until=date(2027, 8, 1))
    with pytest.raises(Outdated, match="shown"), town.hub.engine.begin() as connection:
        life.begin(connection, town.hub, PIET, asked)
    assert len(town.commands()) == 2


def test_a_refusal_says_what_to_do_by_hand_and_may_be_tried_again(town: Town) -> None:
    town.fates["set_hold"] = lambda message, key: Receipt("refused", message="Onbekend.")
    id_ = town.begin("pauze")
    town.deliver()
    (run,) = town.runs()
    assert {one.by_hand for one in run.steps} == {BY_HAND["set_hold"]}
    assert {one.message for one in run.steps} == {"Onbekend."}
    assert run.waits_for_us
    assert len(town.chain.findings("opdracht_geweigerd")) == 2
    town.act(life.handle, AN, id_, run.steps[0].id)
    assert len(town.chain.findings("opdracht_geweigerd")) == 1, "done by hand is dealt with"
    with pytest.raises(ConfigError, match="wacht niet op u"):
        town.act(life.handle, AN, id_, run.steps[0].id)
    town.fates.clear()
    town.begin("pauze")
    town.deliver()
    assert town.resting == {"tax": "2027-07-01", "water": "2027-07-01"}


def test_stopping_cancels_what_was_not_sent_and_says_what_was(town: Town) -> None:
    def down(message: Any, key: str) -> Receipt:
        raise TransientError("Dicht.")

    id_ = town.begin("pauze")
    town.fates["set_hold"] = down
    town.deliver()
    town.fates.clear()
    town.hub.clock.move(minutes=2)  # type: ignore[attr-defined]
    water = town.water.answer
    town.water.answer = down
    town.deliver()
    town.water.answer = water
    town.act(life.stop, PIET, id_)
    assert town.states(id_) == [
        ("Schap", "set_hold", "cancelled"),
        ("Stad", "set_hold", "delivered"),
    ]
    town.hub.clock.move(hours=2)  # type: ignore[attr-defined]
    town.deliver()
    assert town.resting == {"tax": "2027-07-01"}
    (run,) = town.runs()
    assert (run.state, run.stopped_by, run.open) == ("stopped", "piet", False)
    assert town.reasons() == {("stad", "schuldhulp")}, "only who heard of it has a reason"
    with pytest.raises(ConfigError, match="loopt niet meer"):
        town.act(life.stop, PIET, id_)


def test_a_stopped_end_leaves_the_reasons_as_they_were(town: Town) -> None:
    town.four_eyes("einde-hulp", on=False)
    town.begin("pauze")
    town.deliver()
    id_ = town.begin("einde-hulp")
    assert town.reasons() == set()
    town.act(life.stop, AN, id_)
    assert town.reasons() == {("stad", "schuldhulp"), ("schap", "schuldhulp")}
    town.deliver()
    assert town.resting == {"tax": "2027-07-01", "water": "2027-07-01"}


def test_lifting_one_reason_leaves_the_other_and_the_last_lifts(town: Town) -> None:
    town.begin("pauze", reason="schuldhulp")
    town.deliver()
    town.begin("pauze", reason="kwijtschelding", until=date(2027, 3, 1))
    town.deliver()
    assert town.commands() == [("set_hold", "delivered")] * 2, "a second reason is no second hold"
    town.begin("reden-weg", reason="schuldhulp")
    town.deliver()
    assert town.resting == {"tax": "2027-03-01", "water": "2027-03-01"}, "as long as the other"
    town.begin("reden-weg", reason="kwijtschelding")
    town.deliver()
    assert town.resting == {}
    with pytest.raises(ConfigError, match="niets meer te doen"):
        town.begin("reden-weg", reason="kwijtschelding")


def test_a_hold_that_a_creditor_set_itself_is_never_lifted(town: Town) -> None:
    town.holds["tax", "EIGEN-1"] = "2028-01-01"
    town.begin("pauze")
    town.deliver()
    town.begin("reden-weg")
    town.deliver()
    assert town.resting == {"tax": "2028-01-01"}


def test_every_creditor_gets_both_letters_and_who_cannot_be_reached_is_for_a_person(
    town: Town,
) -> None:
    town.chain.tell("file", case(0, ("", 300, -5)))
    town.chain.tell("clo", party())
    id_ = town.begin("aanschrijven")
    town.deliver()
    letters = ("notice", "balance_request")
    told = {name: {state for who, _, state in town.states(id_) if who == name} for name in NAMES}
    assert told == {"Stad": {"delivered"}, "Water": {"hand"}}
    again = town.begin("aanschrijven")
    assert ("Stad", "notice", "none") in town.states(again), "nobody is written to twice"
    town.deliver()
    assert [one.kind for one in town.sent(*letters)] == list(letters)


def test_the_end_of_help_undoes_all_of_it_and_leaves_other_reasons(town: Town) -> None:
    town.four_eyes("einde-hulp", on=False)
    town.begin("pauze")
    town.begin("vish-aanmelden")
    town.begin("aanschrijven")
    town.begin("pauze", reason="bezwaar", until=date(2027, 2, 1))
    town.deliver()
    town.chain.tell("vish", entry())
    town.chain.findings()
    with pytest.raises(ConfigError, match="niets meer te doen"):
        town.begin("vish-aanmelden")
    id_ = town.begin("einde-hulp")
    town.deliver()
    assert sorted({(kind, state) for _, kind, state in town.states(id_)}) == [
        ("deregister", "delivered"),
        ("ended", "delivered"),
        ("set_hold", "delivered"),
    ]
    assert town.resting == {"tax": "2027-02-01", "water": "2027-02-01"}
    assert town.reasons() == {("stad", "bezwaar"), ("schap", "bezwaar")}


# Four eyes.


def test_nothing_goes_out_until_another_person_approves(town: Town) -> None:
    town.four_eyes("pauze")
    id_ = town.begin("pauze")
    town.deliver()
    assert (town.commands(), town.reasons()) == ([], set())
    (run,) = town.runs()
    with pytest.raises(ConfigError, match="U vroeg dit zelf"):
        town.act(life.approve, AN, id_, town.asked("pauze").seen)
    with pytest.raises(ConfigError, match="wacht op goedkeuring"):
        town.begin("pauze", PIET)
    assert town.commands() == []
    town.act(life.approve, PIET, id_, town.asked("pauze").seen)
    town.deliver()
    assert town.resting == {"tax": "2027-07-01", "water": "2027-07-01"}
    (run,) = town.runs()
    assert (run.asked_by, run.decided_by) == ("an", "piet")
    with pytest.raises(ConfigError):
        town.act(life.approve, PIET, id_, town.asked("pauze", until=date(2027, 9, 1)).seen)
    assert len(town.commands()) == 2


def test_a_refusal_or_withdrawal_is_seen_and_nothing_goes_out(town: Town) -> None:
    town.four_eyes("pauze")
    first = town.begin("pauze")
    with pytest.raises(ConfigError, match="ten minste 10 tekens"):
        town.act(life.refuse, PIET, first, "nee")
    with pytest.raises(ConfigError, match="U vroeg dit zelf"):
        town.act(life.refuse, AN, first, "Dit mag niet van mij.")
    town.act(life.refuse, PIET, first, "Deze inwoner wil geen pauze.")
    second = town.begin("pauze")
    with pytest.raises(ConfigError, match="Iemand anders"):
        town.act(life.withdraw, PIET, second)
    town.act(life.withdraw, AN, second)
    for does, told in ((life.withdraw, ()), (life.approve, ("x",))):
        with pytest.raises(ConfigError):
            town.act(does, AN if does is life.withdraw else PIET, second, *told)
    town.deliver()
    assert town.commands() == []
    told = [(one.state, one.decided_by, one.remark) for one in town.runs()]
    assert told == [
        ("withdrawn", "an", ""),
        ("refused", "piet", "Deze inwoner wil geen pauze."),
    ]


def test_an_approval_is_of_what_was_shown(town: Town) -> None:
    town.four_eyes("pauze")
    id_ = town.begin("pauze")
    seen = town.asked("pauze").seen
    with town.hub.engine.begin() as connection:
        put_hold(connection, town.hub, town.me, until=UNTIL, ground="g", by="bea")
    with pytest.raises((Outdated, ConfigError)):
        town.act(life.approve, PIET, id_, seen)
    (run,) = town.runs()
    assert run.state == "asked"


# The switches.


def test_without_a_ground_a_flow_is_off_and_cannot_be_put_on(town: Town) -> None:
    with town.hub.engine.begin() as connection:
        assert all(one.on for one in switches(connection, town.hub).values())
        record_ground(
            connection,
            town.hub,
            BEA,
            letter="A",
            title="Tijdelijk besluit",
            starts_on=date(2026, 1, 1),
            ends_on=date(2026, 11, 23),
        )
        found = switches(connection, town.hub)
        assert not any(one.on for one in found.values())
        assert found["pauze"].lacks == ("A",)
        with pytest.raises(ConfigError, match="geldt geen grondslag"):
            set_flow(connection, town.hub, BEA, FLOWS["pauze"], enabled=True, four_eyes=False)
    with pytest.raises(ConfigError, match="lacks a ground"):
        town.begin("pauze")
    assert town.commands() == []


def test_a_flow_that_is_off_cannot_be_started(town: Town) -> None:
    with town.hub.engine.begin() as connection:
        set_flow(connection, town.hub, BEA, FLOWS["pauze"], enabled=False, four_eyes=False)
    with pytest.raises(ConfigError, match="uitgezet"):
        town.begin("pauze")


def test_every_command_of_a_flow_has_a_ground_and_words() -> None:
    for flow in FLOWS.values():
        for kind in flow.commands:
            assert COMMANDS[kind][1], f"{flow.id}: {kind} rests on nothing"
            assert DOES[kind]
            assert BY_HAND[kind]
            assert CARRIES[kind]
