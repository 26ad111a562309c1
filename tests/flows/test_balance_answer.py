"""Answering a balance request as creditor, with the tax office and the exchange on sockets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from afternoon import TALK, Afternoon, afternoon
from sqlalchemy import select

from hub.errors import ConfigError, Outdated
from hub.flows import life
from hub.flows.declared import FLOWS
from hub.flows.plan import Plan
from hub.security.audit import Actor
from hub.store import balance_request, command, finding
from hub.sync.outbound import deliver_due
from hub.sync.sources import find_source, save_source
from hub.testing.world import Dossier
from plugins.schuldenknooppunt.faults import read_raw

FLOW = FLOWS["saldo-opgeven"]

ILSE = Actor("ilse", "collector")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Afternoon]:
    """The debt helper elsewhere names the twin in full, so the hub knows who it is."""
    with afternoon(tmp_path, "initials") as made:
        yield made


def asked(town: Afternoon, key: str = "k1") -> life.Asked:
    with town.hub.reader.connect() as connection:
        who = connection.execute(select(balance_request.c.resident_id)).scalar_one()
    assert who, "the hub knows who was asked about"
    return life.Asked(FLOW, who, key, seen=plan(town, who).digest)


def plan(town: Afternoon, who: str) -> Plan:
    with town.hub.reader.connect() as connection:
        return FLOW.plan(life.work_of(connection, town.hub, life.Asked(FLOW, who, "", "")))


def begin(town: Afternoon, form: life.Asked) -> int:
    with town.hub.engine.begin() as connection:
        return life.begin(connection, town.hub, ILSE, form)


def open_findings(town: Afternoon) -> set[str]:
    town.judge()
    query = select(finding.c.rule).where(finding.c.closed_at.is_(None))
    with town.hub.reader.connect() as connection:
        return set(connection.execute(query).scalars())


def sent(town: Afternoon) -> list[Any]:
    deliver_due(town.hub)
    return [read_raw(raw) for raw in town.exchange.received.values()]


def twin(town: Afternoon) -> Dossier:
    return list(town.exchange.municipality.dossiers())[2]


def test_the_answer_is_what_our_own_register_says_in_the_same_conversation(
    town: Afternoon,
) -> None:
    assert "saldo_te_geven" in open_findings(town)
    form = asked(town)
    (step,) = plan(town, form.resident_id).steps
    assert step.receiver == "Schuldhulp Elders"
    first = begin(town, form)
    assert begin(town, form) == first, "the same form twice is one run"
    with pytest.raises(ConfigError, match="al onderweg"):
        begin(town, replace(form, key="k2"))
    (answer,) = sent(town)
    assert answer.kind.root == "SaldoverzoekAntwoord"
    assert (answer.header.conversation, answer.header.receiver) == (TALK, town.exchange.helper)
    (claim,) = twin(town).claims
    (told,) = answer.told["claims"]
    assert answer.told["client_number"] == "E-7", "the asker finds its own client"
    assert (told["reference"], told["open"]) == (claim.number, claim.open)
    assert (told["principal"], told["paid"]) == (claim.principal, claim.paid)
    assert "saldo_te_geven" not in open_findings(town)
    assert not plan(town, form.resident_id).steps, "and nothing is left to answer"


def test_what_changed_since_it_was_shown_is_not_sent(town: Afternoon) -> None:
    form, one = asked(town), twin(town)
    (claim,) = one.claims
    less = replace(claim, events=(*claim.events, replace(claim.events[1], key="later")))
    town.tax.change(claim.number, (one.person, less))
    town.tax.publish()
    town.read("belastingen")
    with pytest.raises(Outdated):
        begin(town, form)
    with town.hub.reader.connect() as connection:
        assert connection.execute(select(command.c.id)).all() == []


def test_who_owes_nothing_any_more_is_answered_with_zero(town: Afternoon) -> None:
    (claim,) = twin(town).claims
    town.tax.change(claim.number, None)
    town.tax.publish()
    town.read("belastingen")
    begin(town, asked(town))
    (answer,) = sent(town)
    assert answer.told.get("claims", []) == []
    assert "saldo_te_geven" not in open_findings(town)


def test_an_inventory_is_answered_as_one(tmp_path: Path) -> None:
    with afternoon(tmp_path, "initials", kind="SaldoverzoekInventarisatie") as town:
        begin(town, asked(town))
        (answer,) = sent(town)
        assert answer.kind.root == "SaldoverzoekAntwoordInventarisatie"
        assert "saldo_te_geven" not in open_findings(town)


def test_an_answer_that_cannot_be_sent_is_for_a_person(town: Afternoon) -> None:
    one = find_source(town.hub, "schuldenknooppunt_creditor")
    kept = {name: getattr(one, name) for name in ("name", "title", "owner", "config")}
    save_source(town.hub, {**kept, "connector": one.connector.name, "enabled": False})
    form = asked(town)
    (step,) = plan(town, form.resident_id).steps
    assert (step.way, step.kind) == ("hand", "balance_answer")
    assert "webportaal" in step.note
