"""The page on which a person says whom a message without BSN is about."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from book import BSNS, resident_of
from chain import Chain
from sqlalchemy import select
from strangers import JAN, PEOPLE, known, told_of, unknown
from visitors import Person

from hub.core import Hub
from hub.reconcile import reconcile
from hub.reconcile.matching.verdicts import stamp
from hub.security.accounts import make_demo_accounts
from hub.security.audit import Actor
from hub.security.cases import link_case
from hub.store import audit_log, claim_statement, finding, processing_log
from hub.web import create_web

WHY = "Gebeld met de woningcorporatie."

#: Alike in all but the initials, and with a birth date that both twins have.
TWIN = {name: value for name, value in JAN.items() if name not in ("initials", "gender")}


@pytest.fixture
def chain(make_hub: Any) -> Chain:
    """Twins and their family, and in a debt-help file somebody who may be either twin."""
    made = Chain(lambda *told, **more: make_hub(*told, secure_cookies=False, **more))
    made.tell("tax", known(0), known(1), known(2, birth_date=JAN["birth_date"]), known(3))
    nobody = {"surname": "Nergensman", "initials": "B.", "birth_date": "1970-01-01"}
    made.tell("file", unknown("V1", TWIN), unknown("V2", nobody))
    reconcile(made.hub)
    make_demo_accounts(made.hub, "een-lang-wachtwoord")
    return made


@pytest.fixture
def sign_in(chain: Chain) -> Callable[[str], Person]:
    app = create_web(chain.hub)

    def make(name: str) -> Person:
        person = Person(app.test_client())
        person.sign_in(name)
        return person

    return make


@pytest.fixture
def counsellor(sign_in: Callable[[str], Person]) -> Person:
    return sign_in("hulpverlener")


def stranger(hub: Hub, key: str = "V1") -> str:
    """The address of the page of the stranger that a claim is of."""
    with hub.reader.connect() as connection:
        query = select(claim_statement.c.subject_id).where(claim_statement.c.key == key)
        return f"/wie-is-dit/{connection.execute(query).scalars().first()}"


def who(hub: Hub, number: int) -> str:
    with hub.reader.connect() as connection:
        return str(resident_of(connection, hub, BSNS[number]))


def decide(visitor: Person, page: str, verdict: str, resident_id: str, **more: str) -> Any:
    seen = re.search(r'name="seen" value="([^"]+)"', visitor.get(page).text)
    told = {"seen": seen[1] if seen else "", "reason": WHY, **more}
    return visitor.post(page, page, besluit=verdict, inwoner=resident_id, **told)


def open_resident(chain: Chain, resident_id: str) -> None:
    """Bring a resident into the caseload of debt help."""
    told = {"kind": "application", "number": "M-1", "starts_on": chain.hub.clock.today()}
    with chain.hub.engine.begin() as connection:
        link_case(connection, chain.hub, Actor("x", "debt_counsellor"), resident_id, **told)


def open_questions(hub: Hub) -> int:
    with hub.reader.connect() as connection:
        query = select(finding.c.id).where(
            finding.c.rule.startswith("wie_is_dit"), finding.c.closed_at.is_(None)
        )
        return len(connection.execute(query).all())


def test_both_sides_stand_field_by_field_with_their_weight(chain: Chain, counsellor: Any) -> None:
    listed = counsellor.get("/werklijst").text
    page = stranger(chain.hub)
    assert f'href="{page}"' in listed, "the worklist leads to the page"
    text = counsellor.get(page).text
    assert text.count('<section class="card" aria-labelledby="kandidaat-') == 2, "both twins"
    row = re.search(r'<th scope="row">Adres</th>(.*?)</tr>', text, re.DOTALL)
    assert row is not None
    assert row[1].count("9999 AB") == 2
    assert "gelijk" in row[1]
    assert "spreekt er sterk voor" in row[1]
    assert "bij een van beide onbekend" in text, "the initials were not told"
    assert not any(bsn in text for bsn in BSNS)
    with chain.hub.reader.connect() as connection:
        seen = select(processing_log.c.resident_id).where(
            processing_log.c.activity == "identify", processing_log.c.resident_id.is_not(None)
        )
        looked = set(connection.execute(seen).scalars())
    assert looked == {who(chain.hub, 0), who(chain.hub, 2)}, "each look at a candidate is logged"


def test_a_person_links_and_takes_it_back_from_the_residents_page(
    chain: Chain, counsellor: Any
) -> None:
    page, sofie = stranger(chain.hub), who(chain.hub, 2)
    assert open_questions(chain.hub) == 2
    done = decide(counsellor, page, "link", sofie)
    assert "Gekoppeld. Wat deze melding zegt" in done.text
    assert "Gekoppeld door</strong>" not in done.text
    assert "Gekoppeld door hulpverlener" in done.text
    assert WHY in done.text
    assert open_questions(chain.hub) == 0, "answered at once"
    assert told_of(chain, "V1") == (BSNS[2], "person", None)
    undone = decide(counsellor, page, "undo", sofie)
    assert "ongedaan gemaakt" in undone.text
    assert open_questions(chain.hub) == 2
    assert told_of(chain, "V1") == (None, None, None)
    with chain.hub.reader.connect() as connection:
        query = select(audit_log).where(audit_log.c.action.in_(("match_link", "match_undo")))
        told = connection.execute(query.order_by(audit_log.c.number)).all()
    assert [(row.action, row.actor, row.reason) for row in told] == [
        ("match_link", "hulpverlener", WHY),
        ("match_undo", "hulpverlener", WHY),
    ]


def test_the_residents_page_leads_to_what_was_linked(chain: Chain, counsellor: Any) -> None:
    jan = who(chain.hub, 0)
    decide(counsellor, stranger(chain.hub), "link", jan)
    open_resident(chain, jan)
    overview = counsellor.get(f"/inwoners/{jan}").text
    assert "gekoppeld door een medewerker" in overview
    assert f'href="{stranger(chain.hub)}"' in overview


def test_who_is_refused_is_asked_about_no_more(chain: Chain, counsellor: Any) -> None:
    page, jan = stranger(chain.hub), who(chain.hub, 0)
    decide(counsellor, page, "refuse", jan)
    assert open_questions(chain.hub) == 1
    chain.tell("tax", known(0), known(1), known(2, birth_date=JAN["birth_date"]))
    reconcile(chain.hub)
    assert open_questions(chain.hub) == 1
    assert "Afgewezen door hulpverlener" in counsellor.get(page).text


def test_of_two_who_decide_at_once_the_second_sees_it(chain: Chain, counsellor: Any) -> None:
    page, jan, sofie = stranger(chain.hub), who(chain.hub, 0), who(chain.hub, 2)
    seen = re.search(r'name="seen" value="([^"]+)"', counsellor.get(page).text)
    assert seen is not None
    decide(counsellor, page, "link", jan)
    late = decide(counsellor, page, "link", sofie, seen=seen[1])
    assert late.status_code == 409
    assert "Er is niets overschreven" in late.text
    assert told_of(chain, "V1")[0] == BSNS[0]


WRONG = [
    ({"besluit": "maybe"}, "Kies bij een inwoner wat u besluit"),
    ({"inwoner": "nobody"}, "Kies bij een inwoner wat u besluit"),
    ({"reason": "kort"}, "ten minste 10 tekens"),
    ({"reason": f"Het nummer is {BSNS[0]} zegt zij"}, "Zet geen BSN in de tekst"),
]


@pytest.mark.parametrize(("form", "why"), WRONG)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_wrong_is_told(
    chain: Chain, counsellor: Any, form: dict[str, str], why: str
) -> None:
    page = stranger(chain.hub)
    told = {"besluit": "link", "inwoner": who(chain.hub, 0), "reason": WHY, **form}
    answer = counsellor.post(page, page, **told, seen="")
    assert answer.status_code in (400, 409)
    seen = re.search(r'name="seen" value="([^"]+)"', counsellor.get(page).text)
    assert seen is not None
    answer = counsellor.post(page, page, **told, seen=seen[1])
    assert answer.status_code == 400
    assert why in answer.text
    assert BSNS[0] not in answer.text
    assert told_of(chain, "V1")[0] is None


def test_putting_it_off_rests_every_question_about_it(chain: Chain, counsellor: Any) -> None:
    page = stranger(chain.hub)
    text = counsellor.get(page).text
    ids = re.findall(r'name="id" value="(\d+)"', text)
    assert len(ids) == 2
    token = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert token is not None
    form = {"csrf_token": token[1], "stap": "postpone", "until": "2026-11-30", "reason": WHY}
    versions = {f"version.{id_}": "1" for id_ in ids}
    done = counsellor.client.post(
        "/werklijst", data={**form, **versions, "id": ids}, follow_redirects=True
    )
    assert "2 van 2 bevindingen: uitgesteld." in done.text
    assert "Uitgesteld" in counsellor.get(page).text


def test_nobody_found_is_listed_with_the_reason_and_linked_by_hand(
    chain: Chain, counsellor: Any
) -> None:
    listed = counsellor.get("/wie-is-dit").text
    assert "Nergensman" in listed
    assert "Er is niemand gevonden die erop lijkt." in listed
    assert "Droomberg" not in listed, "who is asked about stands on the worklist"
    source_id = re.search(r"bron=(\d+)", listed)
    assert source_id is not None
    assert "Nergensman" in counsellor.get(f"/wie-is-dit?bron={source_id[1]}&reden=unknown").text
    assert "Nergensman" not in counsellor.get("/wie-is-dit?reden=moved").text
    page, piet = stranger(chain.hub, "V2"), who(chain.hub, 3)
    elsewhere = counsellor.post(f"{page}/zoeken", page, bsn=BSNS[3])
    assert "buiten uw caseload" in elsewhere.text
    assert "Droomberg" not in elsewhere.text
    with chain.hub.reader.connect() as connection:
        seen = stamp(connection, int(page.split("/")[-1]))
    refused = decide(counsellor, page, "link", piet, seen=seen)
    assert refused.status_code == 403, "not in the caseload"
    open_resident(chain, piet)
    found = counsellor.post(f"{page}/zoeken", page, surname="Droomberg", birth_date="20-01-1955")
    assert "U zocht deze inwoner zelf op" in found.text
    assert piet in found.text
    decide(counsellor, page, "link", piet, seen=seen)
    assert told_of(chain, "V2") == (BSNS[3], "person", None)
    assert "Nergensman" not in counsellor.get("/wie-is-dit").text


def test_only_who_may_read_the_register_sees_its_strangers(
    chain: Chain, sign_in: Callable[[str], Person]
) -> None:
    """A collector works with tax claims, and has nothing to do with a debt-help file."""
    collector = sign_in("invorderaar")
    page = stranger(chain.hub)
    assert collector.get(page).status_code == 404
    assert collector.get(page.replace(page.split("/")[-1], "1")).status_code == 404, "has a BSN"
    assert "Nergensman" not in collector.get("/wie-is-dit").text
    refused = collector.post(page, "/werklijst", besluit="link", inwoner=who(chain.hub, 0))
    assert refused.status_code == 404
    chain.tell("tax", *(known(n) for n in range(len(PEOPLE))), unknown("K9", {"surname": "Verweg"}))
    reconcile(chain.hub)
    assert "Verweg" in collector.get("/wie-is-dit").text
    assert collector.get(stranger(chain.hub, "K9")).status_code == 200
