"""Entering by hand: what a person fills in stands, is logged, and can be changed and taken back."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from book import BSNS, Book, add_source, book_plugin, read_all, resident_of
from chain import case, tax_claim
from flask import Flask
from forms import HandConnector, hand_plugin
from sqlalchemy import select
from visitors import PASSWORD, Person

from hub.core import Hub
from hub.reconcile import reconcile
from hub.security.accounts import make_demo_accounts
from hub.store import audit_log, claim_statement, participant, run, standing
from hub.sync.entered import enter, forms_of
from hub.sync.sources import find_source
from hub.testing import connector_suite
from hub.web import create_web

TestHand = connector_suite(HandConnector, {})


@pytest.fixture
def hub(make_hub: Any) -> Hub:
    """One resident with a claim and a debt case, another with a claim and none."""
    book, file = Book(), Book()
    made: Hub = make_hub(
        book_plugin(book, modes={"claims": "snapshot"}),
        book_plugin(file, "file", "debt_help", {"all": "snapshot"}),
        hand_plugin(),
        secure_cookies=False,
    )
    for name in ("book", "file", "hand"):
        add_source(made, name, max_age_hours=10**5)
    book.put("claims", tax_claim("A1", 123456), tax_claim("B1", 5, who=1))
    file.put("all", case(0))
    for name in ("book", "file"):
        read_all(made, name)
    reconcile(made)
    make_demo_accounts(made, PASSWORD)
    return made


@pytest.fixture
def page(hub: Hub) -> str:
    with hub.reader.connect() as connection:
        return f"/inwoners/{resident_of(connection, hub, BSNS[0])}/opgave/hand"


GOOD = {
    "entry": "claim",
    "config.creditor_name": "Energie BV",
    "config.open": "12345",
    "config.as_of": "2026-11-20",
}


def key_in(text: str) -> str:
    """The key that the form to add something holds."""
    return re.findall(r'name="key" value="([^"]+)"', text)[-1]


def told(hub: Hub) -> list[Any]:
    with hub.reader.connect() as connection:
        source_id = find_source(hub, "hand").id
        query = select(claim_statement).where(
            claim_statement.c.source_id == source_id, standing(claim_statement)
        )
        return list(connection.execute(query))


def test_what_is_filled_in_stands_and_is_counted_as_a_run(
    hub: Hub, caseworker: Person, page: str
) -> None:
    key = key_in(caseworker.get(page).text)
    for _ in range(2):  # the form sent twice is one entry
        answer = caseworker.post(page, page, **GOOD, key=key)
        assert "Energie BV" in answer.text
        assert "2026-11-20" in answer.text
    (row,) = told(hub)
    assert (row.open, row.resident_id) == (12345, page.split("/")[2])
    with hub.reader.connect() as connection:
        runs = connection.execute(
            select(run.c.applied, run.c.unchanged, run.c.status).where(run.c.kind == "entered")
        ).all()
    assert [tuple(one) for one in runs] == [(1, 0, "succeeded"), (0, 1, "succeeded")]


def test_it_can_be_changed_and_taken_back(hub: Hub, caseworker: Person, page: str) -> None:
    key = key_in(caseworker.get(page).text)
    caseworker.post(page, page, **GOOD, key=key)
    form = caseworker.get(f"{page}?wijzig={key}").text
    assert 'value="Energie BV"' in form
    assert key_in(form) == key
    caseworker.post(page, page, **{**GOOD, "config.open": "900"}, key=key, doe="change")
    assert [row.open for row in told(hub)] == [900]
    caseworker.post(page, page, entry="claim", key=key, doe="remove")
    assert told(hub) == []
    assert "nog niets vastgelegd" in caseworker.get(page).text


def test_every_fault_is_told_at_once_and_nothing_is_kept(
    hub: Hub, caseworker: Person, page: str
) -> None:
    key = key_in(caseworker.get(page).text)
    bad = {"entry": "claim", "config.creditor_name": "Zorg NV", "config.open": "veel"}
    answer = caseworker.post(page, page, **bad, key=key)
    assert answer.status_code == 400
    assert "Bedrag in centen: is &#39;veel&#39;; verwacht een geheel getal" in answer.text
    assert "Datum: ontbreekt" in answer.text
    assert 'value="Zorg NV"' in answer.text
    answer = caseworker.post(page, page, **{**GOOD, "config.creditor_name": "Niemand"}, key=key)
    assert "niemand bestaat niet" in answer.text
    assert told(hub) == []


def test_a_form_tells_about_nobody_else(hub: Hub, caseworker: Person, page: str) -> None:
    key = key_in(caseworker.get(page).text)
    answer = caseworker.post(page, page, **{**GOOD, "config.creditor_name": "Ander"}, key=key)
    assert answer.status_code == 400
    assert "iemand anders" in answer.text
    assert told(hub) == []


def test_the_record_of_somebody_else_cannot_be_changed(
    hub: Hub, caseworker: Person, page: str
) -> None:
    one = find_source(hub, "hand")
    (entry,) = forms_of(one, "resident")
    values = {"creditor_name": "Vreemd", "open": 1, "as_of": "2026-11-01"}
    enter(hub, one, entry, values, {"bsn": BSNS[1]}, "van-een-ander")
    reconcile(hub)
    for doe in ("change", "remove", "add"):
        answer = caseworker.post(page, page, **GOOD, key="van-een-ander", doe=doe)
        assert answer.status_code == 404
    assert [row.open for row in told(hub)] == [1]
    assert "Vreemd" not in caseworker.get(page).text


def test_only_who_writes_the_field_group_comes_in(
    hub: Hub, signed_in: Any, caseworker: Person, page: str
) -> None:
    overview = page.rsplit("/", 2)[0]
    assert "zelf iets vastleggen" in caseworker.get(overview).text
    collector = signed_in("invorderaar")
    assert "zelf iets vastleggen" not in collector.get(overview).text
    assert collector.get(page).status_code == 403
    assert caseworker.get(page.replace("/hand", "/book")).status_code == 404
    with hub.reader.connect() as connection:
        other = resident_of(connection, hub, BSNS[1])
    assert caseworker.get(f"/inwoners/{other}/opgave/hand").status_code == 403


def test_each_deed_is_logged(hub: Hub, caseworker: Person, page: str) -> None:
    key = key_in(caseworker.get(page).text)
    caseworker.post(page, page, **GOOD, key=key)
    caseworker.post(page, page, entry="claim", key=key, doe="remove")
    query = select(audit_log.c.action, audit_log.c.object).where(
        audit_log.c.action.in_(["entry_add", "entry_remove"])
    )
    with hub.reader.connect() as connection:
        found = [tuple(one) for one in connection.execute(query.order_by(audit_log.c.id))]
    assert found == [("entry_add", "hand: claim"), ("entry_remove", "hand: claim")]


def test_an_administrator_enters_what_is_about_the_source(hub: Hub, signed_in: Any) -> None:
    page = "/beheer/bronnen/hand/invoer"
    administrator = signed_in("beheerder")
    assert page in administrator.get("/beheer/bronnen/hand").text
    key = key_in(administrator.get(page).text)
    form = {"entry": "party", "key": key, "config.name": "Alle"}
    file = (io.BytesIO(b"Stad Waterschap"), "namen.txt")
    answer = administrator.post(page, page, **form, **{"config.list": file})
    assert answer.status_code == 200, answer.text
    with hub.reader.connect() as connection:
        names = set(
            connection.execute(select(participant.c.name).where(standing(participant))).scalars()
        )
    assert names == {"Stad", "Waterschap"}
    assert administrator.get("/beheer/bronnen/book/invoer").status_code == 404


def test_a_hub_without_such_a_source_shows_no_form(app: Flask, hub: Hub) -> None:
    add_source(hub, "hand", enabled=False)
    made = Person(create_web(hub).test_client())
    made.sign_in("hulpverlener")
    with hub.reader.connect() as connection:
        overview = f"/inwoners/{resident_of(connection, hub, BSNS[0])}"
    assert "zelf iets vastleggen" not in made.get(overview).text
    assert made.get(f"{overview}/opgave/hand").status_code == 404
