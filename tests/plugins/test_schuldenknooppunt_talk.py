"""Conversations at the Schuldenknooppunt in a hub of both roles: out of order, twice, with nobody.

Two sources, each with a number and a certificate of its own, at one exchange.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import plugins.schuldenknooppunt as both
from hub.clock import FrozenClock
from hub.core import Hub, open_hub
from hub.errors import TransientError
from hub.plugins import load_plugins
from hub.reconcile import reconcile
from hub.reconcile.merging import merge
from hub.security.audit import Actor
from hub.store import balance_answer, balance_request, claim, claim_statement, message, standing
from hub.store import resident as resident_table
from hub.sync.inbound import Outcome, sync_source
from hub.sync.outbound import deliver_due
from hub.sync.outbox import Order, create_command
from hub.sync.patience import look_again
from hub.sync.sources import find_source, save_source
from hub.testing.bench import NOON
from hub.testing.residents import let_know, residents_plugin
from hub.testing.town import Town, test_bsns
from plugins.schuldenknooppunt.faults import read_raw
from plugins.schuldenknooppunt.kinds import KINDS
from plugins.schuldenknooppunt.messages import Header, compose, write_message
from plugins.schuldenknooppunt.simulator import Exchange

DAY, LATER = date(2026, 11, 20), date(2026, 11, 23)
WHO = {"bsn": test_bsns(1)[0], "surname": "Proef0", "birth_date": "1960-05-01"}


@dataclass
class Talk:
    """A hub that is debt helper ("hulp") and creditor ("eiser") at one exchange."""

    hub: Hub
    clock: FrozenClock
    exchange: Exchange
    creditor: str

    def read(self, name: str) -> Outcome:
        self.clock.move(minutes=1)
        with self.hub.engine.begin() as connection:
            look_again(connection, find_source(self.hub, name).id)
        (outcome,) = sync_source(self.hub, find_source(self.hub, name))
        return outcome

    def give(self, name: str, kind: str, **data: Any) -> str:
        """Give an order about the one resident and deliver it; return its number."""
        with self.hub.engine.begin() as connection:
            who = connection.execute(select(resident_table.c.id)).scalars().first()
            order = Order(name, kind, str(who), data, "schuldhulp", "ans")
            id_ = create_command(connection, self.hub, find_source(self.hub, name), order)
        deliver_due(self.hub)
        return id_

    def rows(self, table: Any, *names: str) -> list[tuple[Any, ...]]:
        columns = [table.c[name] for name in names]
        query = select(*columns).where(standing(table)).order_by(table.c.id)
        with self.hub.reader.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def offer(self, kind: str, head: Header, told: Mapping[str, Any], **who: Any) -> None:
        raw = write_message(compose(KINDS[kind], head, who, told))
        self.exchange.offer(head.receiver, raw, str(uuid.uuid4()))

    def head(self, reference: str, talk: str = "", sender: str = "", on: date = DAY) -> Header:
        """The head of a message to us as debt helper."""
        sender = sender or self.creditor
        return Header(sender, self.exchange.us, talk or str(uuid.uuid4()), reference, on)


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    clock = FrozenClock(NOON)
    plugins = load_plugins(extra=[both, residents_plugin()], discover=False)
    values = {"municipality": "9999", "demo": True}
    hub = open_hub(tmp_path / "hub", overrides=values, clock=clock, plugins=plugins)
    let_know(hub, [WHO["bsn"]])
    exchange = Exchange(Town(0), tmp_path, clock)
    exchange.start()
    (spec,) = exchange.sources()
    creditor = exchange.municipality.organisations[0].skp_id
    for name, connector, config in (
        ("hulp", "schuldenknooppunt", {}),
        ("eiser", "schuldenknooppunt_creditor", exchange.join(creditor)),
    ):
        source = {"name": name, "title": name, "connector": connector, "owner": "stad"}
        save_source(hub, {**source, "config": {**spec.config, **config}})
    yield Talk(hub, clock, exchange, creditor)
    exchange.stop()
    hub.engine.dispose()


def a_claim(euros: int = 5, reference: str = "2026-1") -> dict[str, Any]:
    return {"sort": "openstaande schuld", "reference": reference, "open": euros * 100}


def test_both_of_us_have_a_conversation_in_one_hub(talk: Talk) -> None:
    to = {"party": "stad", "party_skp_id": talk.creditor}
    asked = talk.give("hulp", "balance_request", client_number="k1", **to)
    assert talk.read("eiser").applied == 1
    (question,) = [one for one in talk.rows(message, "direction", "details", "conversation")][-1:]
    assert (question[0], question[2]) == ("in", asked)
    back = {"party_skp_id": talk.exchange.us, "conversation": asked, "question": question[1]}
    answered = talk.give("eiser", "balance_answer", claims=[a_claim()], **back)
    assert read_raw(talk.exchange.received[answered]).told["client_number"] == "k1"
    assert talk.read("hulp").applied == 1
    assert talk.rows(balance_request, "direction", "conversation") == [
        ("out", asked),
        ("in", asked),
    ]
    assert talk.rows(balance_answer, "direction", "total") == [("out", 500), ("in", 500)]
    reconcile(talk.hub)
    assert claims(talk) == [500]


def claims(talk: Talk) -> list[int]:
    """What the hub says that residents owe, claim by claim, in cents."""
    query = (
        select(claim_statement.c.open)
        .join(claim, claim.c.statement_id == claim_statement.c.id)
        .where(claim.c.resident_id.is_not(None))
    )
    with talk.hub.reader.connect() as connection:
        return list(connection.execute(query).scalars())


def test_an_answer_before_its_question_is_about_the_same_resident(talk: Talk) -> None:
    conversation = str(uuid.uuid4())
    talk.offer("SaldoverzoekAntwoord", talk.head("a1", conversation), {"claims": [a_claim()]})
    talk.read("hulp")
    assert talk.rows(claim_statement, "subject_id") == [(None,)]
    # Our own question is kept when the exchange has it, which may be later than the answer.
    to = {"party": "stad", "party_skp_id": talk.creditor, "conversation": conversation}
    talk.give("hulp", "balance_request", **to)
    tables = (message, claim_statement, balance_answer)
    found = {row for table in tables for row in talk.rows(table, "subject_id")}
    assert len(found) == 1
    assert None not in found.pop()
    reconcile(talk.hub)
    assert claims(talk) == [500]


def test_a_question_and_what_follows_may_come_in_one_portion(talk: Talk) -> None:
    conversation = str(uuid.uuid4())
    head = Header(talk.exchange.us, talk.creditor, conversation, "s1", DAY)
    talk.offer("StatusberichtSHV", head, {"status": "intake"})
    named = Header(talk.exchange.us, talk.creditor, conversation, "n1", DAY)
    talk.offer("KennisgevingPubliek", named, {}, **WHO)
    talk.read("eiser")
    assert len(set(talk.rows(message, "subject_id", "resident_id"))) == 1
    assert None not in talk.rows(message, "subject_id")[0]


def test_a_conversation_that_is_not_ours_is_kept_and_is_about_nobody(talk: Talk) -> None:
    talk.offer("SaldoverzoekAntwoord", talk.head("a1"), {"claims": [a_claim()]})
    assert talk.read("hulp").applied == 1
    assert talk.rows(message, "type", "subject_id") == [("Saldoverzoek antwoord", None)]
    reconcile(talk.hub)
    assert claims(talk) == []


def test_a_question_about_somebody_unknown_is_kept_with_the_name(talk: Talk) -> None:
    head = Header(talk.exchange.us, talk.creditor, str(uuid.uuid4()), "v1", DAY)
    stranger = {"surname": "Onbekend", "birth_date": "1951-01-02"}
    talk.offer("Saldoverzoek", head, {"references": ["1"]}, **stranger)
    assert talk.read("eiser").applied == 1
    ((subject, who),) = talk.rows(balance_request, "subject_id", "resident_id")
    assert subject
    assert who is None
    reconcile(talk.hub)


def test_two_conversations_with_one_creditor_are_two_questions_and_one_claim(talk: Talk) -> None:
    to = {"party": "stad", "party_skp_id": talk.creditor}
    first, second = (talk.give("hulp", "balance_request", **to) for _ in range(2))
    for conversation, euros, on in ((first, 5, DAY), (second, 3, LATER)):
        head = talk.head("a", conversation, on=on)
        talk.offer("SaldoverzoekAntwoord", head, {"claims": [a_claim(euros)]})
    assert talk.read("hulp").applied == 2
    assert talk.rows(balance_answer, "conversation", "total") == [(first, 500), (second, 300)]
    reconcile(talk.hub)
    assert claims(talk) == [300]


def test_an_answer_about_a_resident_who_was_merged_is_about_whom_they_became(talk: Talk) -> None:
    talk.clock.move(minutes=1)
    let_know(talk.hub, test_bsns(2))
    asked = talk.give("hulp", "balance_request", party="stad", party_skp_id=talk.creditor)
    reconcile(talk.hub)
    ((old,),) = talk.rows(balance_request, "resident_id")
    with talk.hub.engine.begin() as connection:
        others = connection.execute(select(resident_table.c.id)).scalars()
        new = next(one for one in others if one != old)
        merge(connection, talk.hub, Actor("ans", "administrator"), old, new, "dezelfde persoon")
    talk.offer("SaldoverzoekAntwoord", talk.head("a1", asked), {"claims": [a_claim()]})
    talk.read("hulp")
    reconcile(talk.hub)
    assert talk.rows(claim_statement, "resident_id") == [(new,)]


def test_two_creditors_may_give_their_messages_the_same_number(talk: Talk) -> None:
    other = talk.exchange.municipality.organisations[1].skp_id
    for sender in (talk.creditor, other):
        talk.offer("SaldoverzoekAntwoord", talk.head("1", sender=sender), {"claims": [a_claim()]})
    assert talk.read("hulp").applied == 2
    keys = talk.rows(balance_answer, "key")
    assert len(set(keys)) == 2


def test_a_second_answer_in_a_conversation_stands_beside_the_first(talk: Talk) -> None:
    to = {"party": "stad", "party_skp_id": talk.creditor}
    asked = talk.give("hulp", "balance_request", **to)
    for reference, euros, on in (("a1", 5, DAY), ("a2", 3, LATER)):
        head = talk.head(reference, asked, on=on)
        talk.offer("SaldoverzoekAntwoord", head, {"claims": [a_claim(euros)]})
        assert talk.read("hulp").applied == 1
    reconcile(talk.hub)
    assert claims(talk) == [300]


def test_another_message_under_a_number_that_was_used_replaces_it(talk: Talk) -> None:
    head = talk.head("a1")
    for euros in (5, 3):
        raw = write_message(
            compose(KINDS["SaldoverzoekAntwoord"], head, {}, {"claims": [a_claim(euros)]})
        )
        talk.exchange.offer(talk.exchange.us, raw, "een-nummer")
        assert talk.read("hulp").applied == 1
    assert talk.rows(balance_answer, "total") == [(300,)]
    assert talk.rows(claim_statement, "open") == [(300,)]


def test_a_crash_between_commit_and_confirmation_changes_nothing(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.offer("SaldoverzoekAntwoord", talk.head("a1"), {"claims": [a_claim()]})
    carry_out = talk.exchange._carry_out

    def cut(name: str, *rest: Any) -> Any:
        if name == "bevestigOntvangst":
            raise TransientError("weg")
        return carry_out(name, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(talk.exchange, "_carry_out", cut)
        outcome = talk.read("hulp")
        assert (outcome.status, outcome.applied) == ("failed", 1)
    outcome = talk.read("hulp")
    assert (outcome.status, outcome.unchanged, outcome.applied) == ("succeeded", 1, 0)
    assert len(talk.rows(balance_answer, "total")) == 1
    assert len(talk.exchange.confirmed) == 1


def test_a_message_for_somebody_else_is_not_kept(talk: Talk) -> None:
    elsewhere = talk.exchange.municipality.organisations[1].skp_id
    head = Header(talk.creditor, elsewhere, str(uuid.uuid4()), "a1", DAY)
    raw = write_message(compose(KINDS["SaldoverzoekAntwoord"], head, {}, {"claims": [a_claim()]}))
    talk.exchange.offer(talk.exchange.us, raw, "m1")
    outcome = talk.read("hulp")
    assert (outcome.rejected, talk.rows(claim_statement, "open")) == (1, [])
    assert talk.exchange.confirmed == ["m1"]


def test_a_message_of_our_own_role_is_told_once(talk: Talk) -> None:
    head = Header(talk.creditor, talk.exchange.us, str(uuid.uuid4()), "v1", DAY)
    talk.offer("KennisgevingPubliek", head, {}, **WHO)
    outcome = talk.read("hulp")
    assert outcome.applied == 1
    assert (outcome.message or "").startswith(
        "Er kwam een bericht binnen dat wij in deze rol zelf versturen (Kennisgeving Publiek). "
        "Controleer of ons nummer bij deze rol hoort."
    )
