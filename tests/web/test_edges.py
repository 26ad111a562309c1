"""The pages at their edges: what a person mistypes, a register is late with, or a proxy adds."""

from __future__ import annotations

import re
from typing import Any

import pytest
from book import BSNS, Book, facts_record, person, read_all
from flask import Flask
from sqlalchemy import func, select

from hub.core import Hub
from hub.errors import TransientError
from hub.reconcile import reconcile
from hub.store import command, look, source
from hub.sync.sources import all_sources, find_source
from hub.web import create_web


def open_first(caseworker: Any) -> tuple[str, Any]:
    """Search and open the first resident; return the address and the page."""
    found = caseworker.post("/inwoners/zoeken", page="/", bsn=BSNS[0], ground="wgs")
    path = re.findall(r"/inwoners/[0-9a-f]{32}", found.text)[0]
    return path, caseworker.get(path)


def count(hub: Hub, table: Any) -> int:
    with hub.reader.connect() as connection:
        found: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
        return found


def test_forms_work_over_https(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/inloggen", base_url="https://localhost")
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page.text)[0]
    form = {"name": "hulpverlener", "password": "een-lang-wachtwoord", "csrf_token": token}
    # A browser sends no Referer, as our own Referrer-Policy tells it to.
    assert client.post("/inloggen", data=form, base_url="https://localhost").status_code == 302


@pytest.mark.parametrize("secure", [True, False])
def test_https_is_demanded_where_cookies_are_secure(make_hub: Any, secure: bool) -> None:
    headers = create_web(make_hub(secure_cookies=secure)).test_client().get("/inloggen").headers
    assert ("Strict-Transport-Security" in headers) is secure


def test_a_pause_needs_a_readable_end(hub: Hub, caseworker: Any) -> None:
    path, _ = open_first(caseworker)
    for until in ("", "31-31-2027", "morgen"):
        page = caseworker.post(f"{path}/opdracht/pauze", page=path, until=until, sure="1")
        assert page.status_code == 400
        assert "Vul in tot en met welke dag de pauze duurt, als 31-12-2027." in page.text
    assert count(hub, command) == 0


def test_an_order_goes_out_after_a_second_yes_only(hub: Hub, book: Book, caseworker: Any) -> None:
    path, _ = open_first(caseworker)
    asked = caseworker.post(f"{path}/opdracht/pauze", page=path, until="2027-03-01")
    assert asked.status_code == 200
    for text in ("Weet u het zeker?", "01-03-2027", "Schuldhulpverlening (Wgs artikel 3 en 8a)"):
        assert text in asked.text
    assert (count(hub, command), book.commands) == (0, [])
    caseworker.post(f"{path}/opdracht/pauze", page=path, until="2027-03-01", sure="1")
    assert count(hub, command) == 1


@pytest.mark.parametrize("day", ["2026-02-31", "vandaag", "0001-01-01", "2026-11-24"])
def test_a_day_the_hub_cannot_look_back_to_is_told(hub: Hub, caseworker: Any, day: str) -> None:
    path, _ = open_first(caseworker)
    before = count(hub, look)
    page = caseworker.get(f"{path}?op={day}")
    assert page.status_code == 400
    assert "Kies een dag die al geweest is, als 2026-03-31." in page.text
    assert count(hub, look) == before


def test_a_pause_without_end_is_shown(hub: Hub, book: Book, caseworker: Any) -> None:
    data = {
        "person": person(0),
        "reference": "P-1",
        "starts_on": "2026-11-01",
        "ends_on": None,
        "confirmed_on": "2026-11-02",
        "creditor": "stad",
    }
    book.put("holds", facts_record("P-1", ("hold", "P-1", data)))
    assert [one.rejected for one in read_all(hub)] == [0, 0]
    reconcile(hub)
    page = open_first(caseworker)[1]
    assert page.status_code == 200
    assert "1 lopend" in page.text
    assert "onbepaald" in page.text


def test_a_page_waits_for_an_answer_a_minute_and_no_longer(
    hub: Hub, book: Book, caseworker: Any
) -> None:
    def closed(*_: Any) -> Any:
        raise TransientError("De bron is dicht.")

    book.answer = closed
    path, _ = open_first(caseworker)
    order = {"until": "2027-03-01", "sure": "1"}
    page = caseworker.post(f"{path}/opdracht/pauze", page=path, **order)
    assert 'http-equiv="refresh"' in page.text
    hub.clock.move(minutes=2)  # type: ignore[attr-defined]
    page = caseworker.get(path)
    assert "staat klaar om te versturen" in page.text
    assert 'http-equiv="refresh"' not in page.text


def test_a_page_of_the_worklist_that_is_not_there(caseworker: Any) -> None:
    for number in ("2", "99999999999999999999", "-1", "x"):
        page = caseworker.get(f"/werklijst?pagina={number}")
        assert page.status_code == 200
        assert "Bedragen verschillen" in page.text


def test_a_run_number_no_database_holds(administrator: Any) -> None:
    assert administrator.get("/beheer/runs/99999999999999999999").status_code == 404


def settings(**more: str) -> dict[str, str]:
    told = {"title": "Boek", "owner": "stad", "interval_minutes": "60", "max_age_hours": "24"}
    return told | {"enabled": "1"} | more


NEW = "/beheer/bronnen/nieuw?koppeling=file"


def test_a_new_source_cannot_take_the_place_of_another(hub: Hub, administrator: Any) -> None:
    page = administrator.post(NEW, page=NEW, anyway="1", **settings(name="book"))
    assert page.status_code == 400
    assert "Er is al een bron met de naam book. Kies een andere naam." in page.text
    assert find_source(hub, "book").connector.name == "book"


def test_a_source_cannot_be_called_after_the_page_for_new_ones(
    hub: Hub, administrator: Any
) -> None:
    page = administrator.post(NEW, page=NEW, anyway="1", **settings(name="nieuw"))
    assert page.status_code == 400
    assert len(all_sources(hub)) == 2


@pytest.mark.parametrize("minutes", ["", "vaak", "0", "-5", "99999999999999999999"])
def test_an_interval_that_is_no_number_is_told(hub: Hub, administrator: Any, minutes: str) -> None:
    path, before = "/beheer/bronnen/book", find_source(hub, "book")
    form = settings(interval_minutes=minutes)
    page = administrator.post(path, page=path, anyway="1", **form)
    assert page.status_code == 400
    assert "Vul bij minuten en uren een heel getal van 1 of meer in." in page.text
    assert find_source(hub, "book") == before


def test_a_source_that_is_off_can_be_found_and_switched_on(hub: Hub, administrator: Any) -> None:
    with hub.engine.begin() as connection:
        connection.execute(source.update().where(source.c.name == "book").values(enabled=False))
    page = administrator.get("/beheer").text
    assert "/beheer/bronnen/book" in page
    assert "Staat uit" in page


def test_the_sources_page_tells_what_the_last_runs_came_to(administrator: Any) -> None:
    assert "3 gelezen: 3 verwerkt, 0 ongewijzigd, 0 afgekeurd" in administrator.get("/beheer").text


def test_reading_now_tells_when_it_failed(book: Book, administrator: Any) -> None:
    book.fail_after, book.failure = 0, TransientError("De bron is dicht.")
    page = administrator.post("/beheer/bronnen/book/synchroniseren", page="/beheer").text
    alerts = re.findall(r'utrecht-alert--(\w+)" role="\w+"><p>([^<]+)', page)
    assert ("error", "Claims: mislukt. De bron is dicht.") in alerts
    assert "ok" not in {kind for kind, _ in alerts}


def test_a_refusal_leads_back_to_the_resident(caseworker: Any) -> None:
    path, _ = open_first(caseworker)
    form = {"until": "2020-01-01", "sure": "1"}
    page = caseworker.post(f"{path}/opdracht/pauze", page=path, **form)
    assert f'href="{path}"' in page.text
