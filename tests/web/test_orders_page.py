"""Orders by a form: a credit bank asks the guarantee fund, and reads what it decided."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from book import BSNS, Book, add_source, book_plugin, read_all, resident_of
from chain import case, tax_claim
from registers import Town
from sqlalchemy import select
from visitors import PASSWORD, Person

import plugins.waarborgfonds
from hub.core import Hub
from hub.reconcile import reconcile
from hub.security.accounts import make_demo_accounts
from hub.store import audit_log, command, message
from hub.sync.inbound import sync_source
from hub.sync.sources import find_source, save_source
from plugins.waarborgfonds.connector import GuaranteeConnector
from plugins.waarborgfonds.simulator import Fund

LOAN = {
    "order": "guarantee_request",
    "config.reference": "SK-2026-1",
    "config.loan_sort": "SK",
    "config.category": "100",
    "config.gross_loan": "4.999,99",
    "config.months": "36",
    "config.postcode_area": "9999",
    "config.contact_email": "kredietbank@voorbeeldstad.example",
    "config.bevolkingsgroep": "1",
    "config.betalende_instantie": "2",
    "config.kredietdoel": "3",
    "config.leeftijdsgroep": "4",
    "config.soort_borgstelling": "5",
}


@pytest.fixture
def hub(make_hub: Any) -> Hub:
    """One resident with a claim and a debt case, another with a claim and none."""
    book, file = Book(), Book()
    made: Hub = make_hub(
        book_plugin(book, modes={"claims": "snapshot"}),
        book_plugin(file, "file", "debt_help", {"all": "snapshot"}),
        plugins.waarborgfonds,
        secure_cookies=False,
    )
    for name in ("book", "file"):
        add_source(made, name, max_age_hours=10**5)
    book.put("claims", tax_claim("A1", 123456), tax_claim("B1", 5, who=1))
    file.put("all", case(0))
    for name in ("book", "file"):
        read_all(made, name)
    reconcile(made)
    make_demo_accounts(made, PASSWORD)
    return made


@pytest.fixture
def fund(hub: Hub, tmp_path: Path) -> Iterator[Fund]:
    made = Fund(Town(()), tmp_path, hub.clock)
    made.start()
    (spec,) = made.sources()
    save_source(
        hub,
        {
            "name": spec.name,
            "title": spec.title,
            "connector": spec.connector,
            "owner": spec.owner,
            "config": spec.config,
        },
    )
    yield made
    made.stop()


@pytest.fixture
def page(hub: Hub, fund: Fund) -> str:
    with hub.reader.connect() as connection:
        return f"/inwoners/{resident_of(connection, hub, BSNS[0])}/bericht/waarborgfonds"


def key_in(text: str) -> str:
    """The number that the first form on a page gives to what it sends."""
    return re.findall(r'name="key" value="([^"]+)"', text)[0]


def ordered(hub: Hub) -> list[Any]:
    with hub.reader.connect() as connection:
        return list(connection.execute(select(command)))


def test_a_guarantee_is_asked_and_the_decision_stands_with_the_resident(
    hub: Hub, fund: Fund, caseworker: Person, page: str
) -> None:
    key = key_in(caseworker.get(page).text)
    for _ in range(2):  # the form sent twice is one request
        answer = caseworker.post(page, page, **LOAN, key=key)
        assert "Het bericht staat klaar om te versturen." in answer.text
    number = str(uuid.UUID(key))
    assert fund.effects() == {number: 1}
    assert fund.guarantees["SK-2026-1"].loan.gross == 499_999
    (row,) = ordered(hub)
    assert (row.state, row.id) == ("delivered", number)
    assert "A:" in row.ground
    sync_source(hub, find_source(hub, "waarborgfonds"))
    reconcile(hub)
    with hub.reader.connect() as connection:
        told = connection.execute(
            select(message.c.status, message.c.direction).where(
                message.c.resident_id == page.split("/")[2]
            )
        ).all()
    assert {tuple(one) for one in told} == {("", "out"), ("borgstelling afgegeven", "in")}
    overview = caseworker.get(page.rpartition("/bericht")[0]).text
    assert "borgstelling afgegeven" in overview
    assert "Waarborgfonds: een bericht sturen" in overview


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_sent(
    hub: Hub, fund: Fund, caseworker: Person, page: str
) -> None:
    key = key_in(caseworker.get(page).text)
    wrong = {"config.months": "61", "config.postcode_area": "9999AB", "config.gross_loan": "veel"}
    answer = caseworker.post(page, page, **{**LOAN, **wrong, "config.category": ""}, key=key)
    assert answer.status_code == 400
    for sentence in (
        "Looptijd in maanden: Vul een getal in van 1 tot en met 60.",
        "Postcodegebied: Vul alleen de vier cijfers in.",
        "Bruto kredietsom: &#39;veel&#39; is geen bedrag",
        "Categorie: Vul dit in.",
    ):
        assert sentence in answer.text
    assert 'value="SK-2026-1"' in answer.text, "what was typed stays"
    assert ordered(hub) == []
    assert fund.received == {}


@pytest.mark.parametrize("form", GuaranteeConnector.order_forms, ids=lambda one: one.command)
def test_every_form_makes_a_command_that_the_fund_takes(
    fund: Fund, caseworker: Person, page: str, form: Any
) -> None:
    """Filled in with the sort of field alone: no form leaves out what its command needs."""
    samples = {"Euros": "12,50", "Date": "2026-11-20", "Integer": "12", "Email": "a@b.example"}
    values = {
        f"config.{name}": LOAN.get(f"config.{name}", samples.get(type(field).__name__, "k-1"))
        for name, field in form.schema().fields.items()
        if type(field).__name__ != "Boolean"
    }
    answer = caseworker.post(page, page, order=form.command, key=uuid.uuid4().hex, **values)
    assert "staat klaar" in answer.text, re.findall("<li>(.*?)</li>", answer.text)
    assert len(fund.received) == 1


def test_arrears_are_told_whole_or_not_at_all() -> None:
    (report,) = (one for one in GuaranteeConnector.order_forms if "report" in one.command)
    typed: dict[str, Any] = {
        "reference": "k-1",
        "paid_out_on": "2026-01-01",
        "loan_bruto": "5000",
        "loan_netto": "4500",
        "payments_last_on": "2026-11-01",
        "payments_aflossing": "100",
        "payments_kredietvergoeding": "1",
        "payments_vertragingsrente": "0",
        "payments_boeterente": "0",
    }
    assert "arrears" not in report.schema().load(typed)
    told = report.schema().load({**typed, "arrears_aflossing": "25,50"})
    assert told["arrears"] == {
        "aflossing": 2550,
        "kredietvergoeding": 0,
        "vertragingsrente": 0,
        "boeterente": 0,
    }


def test_a_form_of_nothing_that_exists_is_not_there(caseworker: Person, page: str) -> None:
    key = uuid.uuid4().hex
    assert caseworker.get(page.replace("waarborgfonds", "book")).status_code == 404
    assert caseworker.get(page.replace("waarborgfonds", "nergens")).status_code == 404
    assert caseworker.post(page, page, **{**LOAN, "order": "notice"}, key=key).status_code == 404
    assert caseworker.post(page, page, **LOAN, key="1").status_code == 404


def test_who_may_not_write_help_files_gets_no_form(
    hub: Hub, signed_in: Any, page: str, caseworker: Person
) -> None:
    collector = signed_in("invorderaar")
    assert collector.get(page).status_code == 403
    assert "een bericht sturen" not in collector.get(page.rpartition("/bericht")[0]).text
    caseworker.get(page)
    with hub.reader.connect() as connection:
        acts = set(connection.execute(select(audit_log.c.action)).scalars())
    assert "order_forms" in acts
