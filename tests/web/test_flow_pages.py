"""The pages of acting together: are you sure, who approves, what runs, what is switched on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from book import Book
from sqlalchemy import insert, select
from test_pages import open_first

from hub.connector import Receipt
from hub.core import Hub
from hub.flows.declared import FLOWS
from hub.store import account, audit_log, command


@pytest.fixture
def colleague(hub: Hub, signed_in: Any) -> Any:
    """A second debt counsellor, with the password of the first."""
    with hub.engine.begin() as connection:
        row = connection.execute(select(account).filter_by(name="hulpverlener")).one()
        values = {**row._mapping, "name": "collega", "title": "Cas de Collega"}
        del values["id"]
        connection.execute(insert(account).values(**values))
    return signed_in("collega")


def commands(hub: Hub) -> list[str]:
    with hub.reader.connect() as connection:
        return list(connection.scalars(select(command.c.kind)))


def deeds(hub: Hub) -> set[str]:
    with hub.reader.connect() as connection:
        return {one for one in connection.scalars(select(audit_log.c.action)) if "flow" in one}


def test_the_page_says_what_goes_to_whom_on_which_ground(hub: Hub, caseworker: Any) -> None:
    path, _ = open_first(caseworker)
    page = caseworker.get(f"{path}/samen/pauze").text
    assert "Weet u het zeker?" in page
    assert "BSN, begin- en einddatum van de pauze" in page
    assert "F. Wgs artikel 8, lid 2, en Bgs" in page
    assert "aanslag en andere beschikkingen" in page.partition("gaat gewoon door")[2]
    assert "dwangbevel" in page.partition("gaat gewoon door")[0]
    assert commands(hub) == [], "looking sends nothing"
    assert deeds(hub) == {"flow_plan"}


def test_one_button_starts_it_and_a_second_click_does_nothing_twice(
    hub: Hub, book: Book, caseworker: Any
) -> None:
    path, _ = open_first(caseworker)
    page = caseworker.start(path, "pauze")
    assert "Gestart." in page.text
    assert re.search(r"1\s+van\s+1\s+gedaan of bevestigd", page.text)
    again = caseworker.start(path, "pauze")
    assert "Er is niets te doen" in again.text
    assert commands(hub) == ["set_hold"]
    assert "Deze reden is voorbij" in caseworker.get(path).text
    done = caseworker.start(path, "reden-weg", reason="schuldhulp")
    assert "Gestart." in done.text
    assert commands(hub) == ["set_hold", "lift_hold"]


def test_a_refused_step_says_what_to_do_and_is_done_by_hand(
    hub: Hub, book: Book, caseworker: Any
) -> None:
    book.answer = lambda told, key: Receipt("refused", "", "Deze inwoner kennen wij niet.")
    path, _ = open_first(caseworker)
    page = caseworker.start(path, "pauze").text
    assert "Deze inwoner kennen wij niet." in page
    assert "Bel deze schuldeiser. Vraag om de incasso stil te zetten" in page
    at, step = re.findall(r'action="([^"]+/lopend/\d+)".*?name="klaar" value="(\d+)"', page, re.S)[
        0
    ]
    page = caseworker.post(at, page=path, klaar=step).text
    assert "Met de hand gedaan door hulpverlener" in page
    assert caseworker.post(at, page=path, klaar=step).status_code == 400
    assert caseworker.post(at, page=path).status_code == 400, "nothing is left to stop"


def test_the_asker_cannot_approve_and_another_can(
    hub: Hub, caseworker: Any, colleague: Any, administrator: Any
) -> None:
    settings = "/beheer/werkstromen"
    administrator.post(f"{settings}/pauze", page=settings, aan="ja", vier_ogen="ja")
    path, _ = open_first(caseworker)
    assert "Er gaat niets weg tot een collega" in caseworker.start(path, "pauze").text
    mine = caseworker.get("/goedkeuren").text
    assert "U vroeg dit zelf" in mine
    (at,) = set(re.findall(r"/goedkeuren/\d+", mine))
    (seen,) = re.findall(r'name="gezien" value="(\w+)"', mine)
    own = caseworker.post(at, page="/goedkeuren", doe="goedkeuren", gezien=seen)
    assert (own.status_code, commands(hub)) == (400, [])
    assert "Een andere medewerker moet het goedkeuren" in own.text
    stale = colleague.post(at, page="/goedkeuren", doe="goedkeuren", gezien="iets anders")
    assert (stale.status_code, commands(hub)) == (409, [])
    page = colleague.post(at, page="/goedkeuren", doe="goedkeuren", gezien=seen).text
    assert commands(hub) == ["set_hold"]
    assert "goedgekeurd door\n collega" in page or re.search(r"goedgekeurd door\s+collega", page)
    assert {"flow_start", "flow_approvals", "flow_goedkeuren", "flow_set"} <= deeds(hub)
    # One letter, or one hold by itself, is no way around the second person.
    administrator.post(f"{settings}/aanschrijven", page=settings, aan="ja", vier_ogen="ja")
    alone = caseworker.post(f"{path}/opdracht/saldoverzoek", page=path, party="stad")
    assert "tweede medewerker nodig" in alone.text


def test_a_refusal_with_its_reason_stands_at_the_resident(
    hub: Hub, caseworker: Any, colleague: Any, administrator: Any
) -> None:
    settings = "/beheer/werkstromen"
    administrator.post(f"{settings}/pauze", page=settings, aan="ja", vier_ogen="ja")
    path, _ = open_first(caseworker)
    caseworker.start(path, "pauze")
    (at,) = set(re.findall(r"/goedkeuren/\d+", colleague.get("/goedkeuren").text))
    remark = "De inwoner wil dit niet."
    page = colleague.post(at, page="/goedkeuren", doe="weigeren", remark=remark).text
    assert remark in page
    assert "Er is niets verstuurd." in page
    assert commands(hub) == []
    assert colleague.post(at, page=path, doe="goedkeuren").status_code == 400


def test_an_administrator_sees_the_ground_and_switches(
    hub: Hub, caseworker: Any, administrator: Any, signed_in: Any
) -> None:
    settings = "/beheer/werkstromen"
    page = administrator.get(settings).text
    assert page.count("Opslaan") == len(FLOWS)
    assert "A. Wgs artikel 8, lid 1, en Bgs" in page
    administrator.post(f"{settings}/pauze", page=settings, aan="nee", vier_ogen="nee")
    path, page = open_first(caseworker)
    assert "/samen/pauze" not in page.text
    assert "De beheerder heeft dit uitgezet." in caseworker.get(f"{path}/samen/pauze").text
    officer = signed_in("privacy")
    grounds = "/privacy/grondslagen"
    told = {"letter": "A", "title": "Besluit van het college", "starts_on": "2026-01-01"}
    officer.post(grounds, page=grounds, **told, ends_on="2026-11-23")
    page = administrator.get(settings).text
    assert page.count("Uit, want er is geen grondslag") == sum(
        "A" in flow.letters for flow in FLOWS.values()
    )
    refused = administrator.post(f"{settings}/pauze", page=settings, aan="ja")
    assert "kan niet aan: er geldt geen grondslag" in refused.text


def test_a_finding_offers_the_flow_that_answers_it_and_shows_how_it_went(
    hub: Hub, caseworker: Any
) -> None:
    page = caseworker.get("/werklijst?regel=vish_ontbreekt").text
    at = re.findall(r"/werklijst/\d+", page)[0]
    page = caseworker.get(at).text
    (link,) = set(re.findall(r"/inwoners/[0-9a-f]{32}/samen/vish-aanmelden\?bevinding=\d+", page))
    path, _, told = link.partition("/samen/vish-aanmelden?bevinding=")
    seen = caseworker.get(link).text
    hidden = r'type="hidden" name="(\w+)" value="([^"]*)"'
    form = dict(re.findall(hidden, seen.partition('id="zeker"')[2]))
    assert form["bevinding"] == told
    assert caseworker.post(f"{path}/samen/vish-aanmelden", page=link, **form).status_code == 200
    page = caseworker.get(at).text
    assert "Vanuit deze bevinding geregeld" in page
    assert "Bevestigd op" in page
