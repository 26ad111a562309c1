"""The outbox: states, idempotency keys, receipts, and what happens when an answer is lost."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from book import BSNS, Book, add_source, book_plugin, facts_record, person, read_all, statement
from sqlalchemy import select, update

from hub.connector import Command, Fact, Receipt
from hub.core import Hub
from hub.errors import ConfigError, PermanentError, TransientError
from hub.reconcile import reconcile
from hub.store import command, finding, notice, resident, standing
from hub.sync.alive import at_work
from hub.sync.orders import lift_hold, put_hold, write_to_creditor
from hub.sync.outbound import deliver_due
from hub.sync.outbox import ENDED, TRANSITIONS, ask, move, resume, take_note


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def hub(make_hub: Any, book: Book) -> Hub:
    made: Hub = make_hub(book_plugin(book, modes={"claims": "snapshot", "holds": "snapshot"}))
    add_source(made)
    book.put("claims", statement("A1", 500, person=person(0, street="Dorpsstraat")))
    read_all(made)
    reconcile(made)
    return made


def only_resident(hub: Hub) -> str:
    with hub.reader.connect() as connection:
        return str(connection.execute(select(resident.c.id)).scalar_one())


def order_hold(hub: Hub) -> str:
    with hub.engine.begin() as connection:
        until = hub.clock.today().replace(year=2027)
        (id_,) = put_hold(connection, hub, only_resident(hub), until=until, ground="g", by="an")
    return id_


def state_of(hub: Hub, id_: str) -> Any:
    with hub.reader.connect() as connection:
        return connection.execute(select(command).where(command.c.id == id_)).one()


def test_a_command_reaches_the_register_with_person_and_key(hub: Hub, book: Book) -> None:
    book.answer = lambda command, key: Receipt("delivered", "P-1", "Bevestigd.")
    id_ = order_hold(hub)
    assert deliver_due(hub) == {"delivered": 1}
    ((sent, key),) = book.commands
    assert key == id_
    assert (sent.person["bsn"], sent.person["street"]) == (BSNS[0], "Dorpsstraat")
    row = state_of(hub, id_)
    assert (row.state, row.reference, row.message) == ("delivered", "P-1", "Bevestigd.")
    assert deliver_due(hub) == {}, "a delivered command is not sent again"


def test_a_refusal_keeps_the_registers_own_reason(hub: Hub, book: Book) -> None:
    book.answer = lambda command, key: Receipt("refused", message="Vordering is overgedragen.")
    id_ = order_hold(hub)
    deliver_due(hub)
    assert (state_of(hub, id_).state, state_of(hub, id_).message) == (
        "refused",
        "Vordering is overgedragen.",
    )


def raising(error: Exception) -> Callable[[Command, str], Receipt]:
    def answer(command: Command, key: str) -> Receipt:
        raise error

    return answer


def test_what_certainly_did_not_arrive_is_sent_again(hub: Hub, book: Book) -> None:
    book.answer = raising(TransientError("Dicht."))
    id_ = order_hold(hub)
    deliver_due(hub)
    assert state_of(hub, id_).state == "ready"
    assert deliver_due(hub) == {}, "not before its time"
    hub.clock.move(seconds=61)  # type: ignore[attr-defined]
    book.answer = lambda command, key: Receipt("delivered")
    assert deliver_due(hub) == {"delivered": 1}
    assert [key for _, key in book.commands] == [id_, id_]


@pytest.mark.parametrize("arrived", [True, False])
def test_an_unknown_outcome_is_asked_after_before_a_resend(
    hub: Hub, book: Book, arrived: bool
) -> None:
    book.answer = raising(TransientError("Geen antwoord.", may_have_arrived=True))
    id_ = order_hold(hub)
    assert deliver_due(hub) == {"unknown": 1}
    hub.clock.move(seconds=61)  # type: ignore[attr-defined]
    book.answer = lambda command, key: Receipt("delivered", "later")
    if arrived:
        book.known[id_] = Receipt("delivered", "first")
    deliver_due(hub)
    assert state_of(hub, id_).reference == ("first" if arrived else "later")
    assert len(book.commands) == (1 if arrived else 2)


def test_a_crash_while_sending_is_an_unknown_outcome(hub: Hub, book: Book) -> None:
    id_ = order_hold(hub)
    book.answer = raising(KeyboardInterrupt())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        deliver_due(hub)
    assert state_of(hub, id_).state == "sending"
    with at_work(hub, "outbox", 1):
        assert deliver_due(hub) == {}, "somebody else is at work on this outbox"
    book.known[id_] = Receipt("delivered", "it had arrived")
    assert deliver_due(hub) == {"delivered": 1}
    assert len(book.commands) == 1


def test_a_permanent_error_is_a_refusal_that_a_person_sees(hub: Hub, book: Book) -> None:
    book.answer = raising(PermanentError("Onbekend bericht."))
    id_ = order_hold(hub)
    assert deliver_due(hub) == {"refused": 1}
    assert state_of(hub, id_).message == "Onbekend bericht."


@pytest.mark.parametrize(("old", "new"), list(product(TRANSITIONS, TRANSITIONS)))
def test_every_pair_of_states(hub: Hub, old: str, new: str) -> None:
    id_ = order_hold(hub)
    with hub.engine.begin() as connection:
        connection.execute(update(command).values(state=old))
        if new in TRANSITIONS[old]:
            assert move(connection, hub, id_, old, new)
            assert not move(connection, hub, id_, old, new) or old == new, "only from where it is"
        else:
            with pytest.raises(ValueError, match="cannot go"):
                move(connection, hub, id_, old, new)
    assert state_of(hub, id_).state == (new if new in TRANSITIONS[old] else old)
    assert (state_of(hub, id_).ended_at is not None) == (new in ENDED and new in TRANSITIONS[old])


def test_a_sent_message_becomes_a_fact_about_the_resident(make_hub: Any, book: Book) -> None:
    modes = {"claims": "snapshot", "parties": "snapshot"}
    hub = make_hub(book_plugin(book, modes=modes))
    add_source(hub)
    book.put("claims", statement("A1", 500))
    party = {
        "code": "stad",
        "name": "Stad",
        "kind": "gemeente",
        "skp_id": "5c6",
        "signed_on": "2024-01-01",
        "valid_from": "2024-01-01",
    }
    book.put("parties", facts_record("stad", ("participant", "stad", party)))
    read_all(hub)
    reconcile(hub)

    def answer(message: Command, key: str) -> Receipt:
        told = {
            "person": dict(message.person),
            "conversation": key,
            "direction": "out",
            "party": message.data["party"],
            "sent_on": "2026-11-23",
        }
        return Receipt("delivered", key, facts=(Fact("notice", key, told),))

    book.answer = answer
    about = only_resident(hub)
    with hub.engine.begin() as connection:
        write_to_creditor(connection, hub, about, "notice", "stad", ground="g", by="an")
    deliver_due(hub)
    with hub.reader.connect() as connection:
        row = connection.execute(select(notice).where(standing(notice))).one()
    assert (row.resident_id, row.party) == (about, "stad")


def test_a_hold_that_is_gone_cannot_be_lifted(hub: Hub) -> None:
    with hub.engine.begin() as connection, pytest.raises(ConfigError, match="bestaat niet meer"):
        lift_hold(connection, hub, only_resident(hub), 99, ground="g", by="an")


def test_a_pause_cannot_end_in_the_past(hub: Hub) -> None:
    yesterday = hub.clock.today().replace(day=22)
    with hub.engine.begin() as connection, pytest.raises(ConfigError, match="voor vandaag"):
        put_hold(connection, hub, only_resident(hub), until=yesterday, ground="g", by="an")


@pytest.mark.parametrize(("what", "state"), [("pause", "paused"), ("cancel", "cancelled")])
def test_a_command_that_waits_is_stopped_at_once_and_over_a_restart(
    hub: Hub, book: Book, what: Any, state: str
) -> None:
    id_ = order_hold(hub)
    assert ask(hub, id_, what, "an") == state
    assert deliver_due(hub) == {}
    assert (state_of(hub, id_).state, state_of(hub, id_).asked_by) == (state, "an")
    assert book.commands == []


def test_a_paused_command_goes_on_when_asked(hub: Hub, book: Book) -> None:
    book.answer = lambda command, key: Receipt("delivered")
    id_ = order_hold(hub)
    ask(hub, id_, "pause", "an")
    resume(hub, id_, "an")
    assert deliver_due(hub) == {"delivered": 1}
    with pytest.raises(ConfigError, match="wacht niet op u"):
        resume(hub, id_, "an")
    with pytest.raises(ConfigError, match="al afgerond"):
        ask(hub, id_, "cancel", "an")


@pytest.mark.parametrize(("what", "state"), [("pause", "paused"), ("cancel", "cancelled")])
@pytest.mark.parametrize("arrived", [True, False])
def test_what_is_under_way_stops_only_when_it_certainly_did_not_arrive(
    hub: Hub, book: Book, what: Any, state: str, arrived: bool
) -> None:
    book.answer = raising(TransientError("Geen antwoord.", may_have_arrived=True))
    id_ = order_hold(hub)
    deliver_due(hub)
    ask(hub, id_, what, "an")
    assert state_of(hub, id_).state == "unknown", "first the register is asked"
    if arrived:
        book.known[id_] = Receipt("delivered", "it had arrived")
    hub.clock.move(minutes=2)  # type: ignore[attr-defined]
    deliver_due(hub)
    assert state_of(hub, id_).state == ("delivered" if arrived else state)
    assert len(book.commands) == 1, "it is not sent again"


def test_an_asked_pause_can_be_taken_back_before_it_took_effect(hub: Hub, book: Book) -> None:
    book.answer = raising(TransientError("Geen antwoord.", may_have_arrived=True))
    id_ = order_hold(hub)
    deliver_due(hub)
    ask(hub, id_, "pause", "an")
    resume(hub, id_, "an")
    book.answer = lambda command, key: Receipt("delivered")
    hub.clock.move(minutes=2)  # type: ignore[attr-defined]
    assert deliver_due(hub) == {"delivered": 1}


def spend_the_budget(hub: Hub, attempts: int = 24) -> None:
    for _ in range(attempts):
        hub.clock.move(hours=2)  # type: ignore[attr-defined]
        deliver_due(hub)


@pytest.mark.parametrize("arrived", [True, False])
def test_a_spent_budget_is_work_for_a_person_who_may_try_again(
    hub: Hub, book: Book, arrived: bool
) -> None:
    book.answer = raising(TransientError("Dicht.", may_have_arrived=arrived))
    id_ = order_hold(hub)
    spend_the_budget(hub)
    assert (state_of(hub, id_).state, state_of(hub, id_).attempts) == ("exhausted", 24)
    assert open_findings(hub) == ["opdracht_niet_bezorgd"]
    resume(hub, id_, "an")
    if arrived:
        book.known[id_] = Receipt("delivered", "it had arrived")
    sent = len(book.commands)
    book.answer = lambda command, key: Receipt("delivered", "now")
    hub.clock.move(hours=2)  # type: ignore[attr-defined]
    deliver_due(hub)
    assert state_of(hub, id_).reference == ("it had arrived" if arrived else "now")
    assert len(book.commands) == sent + (0 if arrived else 1), "the register was asked first"
    assert open_findings(hub) == []


def open_findings(hub: Hub) -> list[str]:
    reconcile(hub)
    query = select(finding.c.rule).where(
        finding.c.closed_at.is_(None), finding.c.resident_id.is_not(None)
    )
    with hub.reader.connect() as connection:
        return list(connection.execute(query).scalars())


def test_a_refusal_is_a_finding_until_somebody_dealt_with_it(hub: Hub, book: Book) -> None:
    book.answer = lambda command, key: Receipt("refused", message="Vordering is overgedragen.")
    first = order_hold(hub)
    deliver_due(hub)
    assert open_findings(hub) == ["opdracht_geweigerd"]
    take_note(hub, first, "an")
    assert open_findings(hub) == []


def test_a_refusal_is_dealt_with_by_a_newer_command(hub: Hub, book: Book) -> None:
    book.answer = lambda command, key: Receipt("refused", message="Nog niet.")
    order_hold(hub)
    deliver_due(hub)
    assert open_findings(hub) == ["opdracht_geweigerd"]
    book.answer = lambda command, key: Receipt("delivered")
    order_hold(hub)
    deliver_due(hub)
    assert open_findings(hub) == []


def test_commands_about_one_resident_keep_their_order(hub: Hub, book: Book) -> None:
    book.answer = raising(TransientError("Dicht."))
    first, second = order_hold(hub), order_hold(hub)
    deliver_due(hub)
    assert [key for _, key in book.commands] == [first], "the second waits for the first"
    book.answer = lambda command, key: Receipt("delivered")
    hub.clock.move(minutes=2)  # type: ignore[attr-defined]
    deliver_due(hub)
    assert [key for _, key in book.commands] == [first, first, second]


def test_a_paused_command_holds_up_the_ones_behind_it(hub: Hub, book: Book) -> None:
    book.answer = lambda command, key: Receipt("delivered")
    first, second = order_hold(hub), order_hold(hub)
    ask(hub, first, "pause", "an")
    assert deliver_due(hub) == {}
    ask(hub, first, "cancel", "an")
    assert deliver_due(hub) == {"delivered": 1}
    assert [key for _, key in book.commands] == [second]


def test_a_setting_that_is_wrong_is_no_refusal_by_the_register(hub: Hub, book: Book) -> None:
    book.answer = raising(ConfigError("Toegang geweigerd.", access_denied=True))
    id_ = order_hold(hub)
    deliver_due(hub)
    assert state_of(hub, id_).state == "ready"
    hub.clock.move(hours=5)  # type: ignore[attr-defined]
    assert deliver_due(hub) == {}, "refused credentials are never tried again by themselves"
    assert len(book.commands) == 1
