"""The pages: who may see what, what they say, and what they never show."""

from __future__ import annotations

import re
from typing import Any

import pytest
from book import BSNS, Book, facts_record, read_all
from chain import tax_claim
from flask import Flask
from sqlalchemy import func, select
from visitors import PASSWORD, Person

from hub.core import Hub
from hub.errors import TransientError
from hub.reconcile import reconcile
from hub.store import account, audit_log, command, incident
from hub.sync.sources import find_source
from hub.web import create_web


def find(person: Any, bsn: str = BSNS[0]) -> Any:
    return person.post("/inwoners/zoeken", page="/", bsn=bsn)


def open_first(person: Any, bsn: str = BSNS[0]) -> tuple[str, Any]:
    """Search and open the resident; return the address and the page."""
    (path,) = set(re.findall(r"/inwoners/[0-9a-f]{32}", find(person, bsn).text))
    return path, person.get(path)


def looks(hub: Hub) -> list[tuple[str, str]]:
    kept = ("search", "overview", "command", "flow_start")
    query = select(audit_log).where(audit_log.c.action.in_(kept)).order_by(audit_log.c.number)
    with hub.reader.connect() as connection:
        return [(row.action, row.actor) for row in connection.execute(query)]


def test_every_page_declares_who_may_open_it(app: Flask) -> None:
    open_pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and not hasattr(app.view_functions[rule.endpoint], "roles")
    }
    assert open_pages == set()


def test_a_page_that_declares_nothing_is_open_to_nobody(hub: Hub) -> None:
    app = create_web(hub)
    app.add_url_rule("/vergeten", view_func=lambda: "geheim", endpoint="forgotten")
    assert app.test_client().get("/vergeten").status_code == 302
    for name in ("hulpverlener", "beheerder"):
        person = Person(app.test_client())
        person.sign_in(name)
        assert person.get("/vergeten").status_code == 403


CASEWORKER = ("/", "/werklijst")
ADMINISTRATOR = (
    "/beheer",
    "/beheer/plugins",
    "/beheer/bronnen/book",
    "/werklijst",
    "/beheer/runs/1",
)


def test_each_role_sees_its_own_pages(caseworker: Any, administrator: Any) -> None:
    path, page = open_first(caseworker)
    assert page.status_code == 200
    assert [caseworker.get(one).status_code for one in CASEWORKER] == [200] * 2
    assert [administrator.get(one).status_code for one in ADMINISTRATOR] == [200] * 5
    refused = administrator.get(path)
    assert refused.status_code == 403
    assert "Uw account mag deze pagina niet zien" in refused.text
    others = [one for one in ADMINISTRATOR if one.startswith("/beheer")]
    assert {caseworker.get(one).status_code for one in others} == {403}


def test_without_signing_in_every_page_leads_to_the_form(visitor: Any) -> None:
    for path in {*CASEWORKER, *ADMINISTRATOR, "/inwoners/abc"}:
        assert "<h1" in visitor.get(path).text
        assert "Inloggen" in visitor.get(path).text


def test_a_wrong_password_is_told_and_after_five_one_waits(hub: Hub, visitor: Any) -> None:
    for _ in range(5):
        page = visitor.sign_in("hulpverlener", "fout")
        assert page.status_code == 401
        assert "Deze naam en dit wachtwoord horen niet bij elkaar." in page.text
    page = visitor.sign_in("hulpverlener")
    assert page.status_code == 429
    assert "Wacht vijf minuten" in page.text
    hub.clock.move(minutes=6)  # type: ignore[attr-defined]
    assert visitor.sign_in("hulpverlener").status_code == 200


def test_a_disabled_account_is_out_at_its_next_click(hub: Hub, caseworker: Any) -> None:
    with hub.engine.begin() as connection:
        connection.execute(account.update().values(enabled=False))
    assert "Inloggen" in caseworker.get("/werklijst").text


def test_a_form_without_token_is_refused(caseworker: Any) -> None:
    page = caseworker.client.post("/inwoners/zoeken", data={"bsn": BSNS[0]})
    assert page.status_code == 400
    assert "Pagina verlopen" in page.text


@pytest.mark.parametrize("path", [*CASEWORKER, *ADMINISTRATOR, "/inloggen", "/nergens"])
def test_headers_on_every_page(signed_in: Any, path: str) -> None:
    name = "beheerder" if path in ADMINISTRATOR else "hulpverlener"
    headers = signed_in(name).get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_session_cookie_is_out_of_reach_of_scripts(visitor: Any) -> None:
    cookie = visitor.client.get("/inloggen").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"bsn": "12345"}, "Een BSN heeft negen cijfers; u vulde 5 tekens in."),
        ({"bsn": "123456789"}, "Dit BSN klopt niet."),
        ({"surname": "Proef0"}, "of een achternaam én een geboortedatum."),
        (
            {"surname": "Proef0", "birth_date": "1980"},
            "Vul de geboortedatum in als 31-12-1980.",
        ),
    ],
)
def test_a_search_that_cannot_be_done_says_why(
    hub: Hub, caseworker: Any, form: dict[str, str], says: str
) -> None:
    page = caseworker.post("/inwoners/zoeken", page="/", **form)
    assert page.status_code == 400
    assert says in page.text
    assert form.get("bsn", "no bsn") not in page.text
    assert looks(hub) == []


def test_a_search_by_name_and_birth_date(caseworker: Any) -> None:
    form = {"surname": "PROEF0", "birth_date": "01-05-1980"}
    page = caseworker.post("/inwoners/zoeken", page="/", **form)
    assert "Gevonden in uw caseload: 1" in page.text


def test_who_leafs_through_the_worklist_is_told_of(hub: Hub, signed_in: Any) -> None:
    hub.settings.values["looks_per_hour"] = 3  # type: ignore[index]
    caseworker = signed_in("hulpverlener")
    for looks in range(1, 4):
        assert caseworker.get("/werklijst").status_code == 200
        with hub.reader.connect() as connection:
            query = select(incident.c.about).where(incident.c.kind == "volume")
            told = connection.execute(query).scalars().all()
        assert told == (["hulpverlener"] if looks == 3 else [])


def test_nobody_found_is_not_nobody_in_debt(caseworker: Any) -> None:
    assert "Dat betekent niet dat er geen schulden zijn" in find(caseworker, BSNS[4]).text


def test_the_overview_tells_total_sources_and_contradiction(hub: Hub, caseworker: Any) -> None:
    path, page = open_first(caseworker)
    assert "€ 1.235,56" in page.text
    assert "ten minste" not in page.text
    assert "Wat elke bron zegt" in page.text
    assert "Dossier" in page.text
    assert "Bedragen verschillen" in page.text
    assert "in het dossier € 1.200,00, maar" in page.text
    assert not any(bsn in page.text + path for bsn in BSNS)
    assert looks(hub) == [("search", "hulpverlener"), ("overview", "hulpverlener")]


def test_a_look_that_cannot_be_logged_is_no_look(
    app: Flask, caseworker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = open_first(caseworker)
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def broken(*args: Any, **kwargs: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("hub.web.looks.log_deed", broken)
    page = caseworker.get(path)
    assert page.status_code == 500
    assert "1.235,56" not in page.text
    assert "Er is niets gewijzigd." in page.text


def test_a_silent_source_makes_the_total_a_lower_bound(
    hub: Hub, book: Book, caseworker: Any
) -> None:
    book.fail_after, book.failure = 0, TransientError("Dicht.")
    read_all(hub)
    _, page = open_first(caseworker)
    assert re.search(r"ten minste\s+€ 1.235,56", page.text)
    assert "Belastingen (claims) zwijgt. Laatst volledig gelezen: 23-11-2026" in page.text


def test_what_was_known_on_an_earlier_day(hub: Hub, book: Book, signed_in: Any) -> None:
    hub.clock.move(days=10)  # type: ignore[attr-defined]
    book.put("claims", tax_claim("A1", 100))
    read_all(hub)
    reconcile(hub)
    caseworker = signed_in("hulpverlener")
    path, page = open_first(caseworker)
    assert "€ 1,00" in page.text
    earlier = caseworker.get(f"{path}?op=2026-11-23").text
    assert "€ 1.235,56" in earlier
    assert "wat de hub wist aan het eind van 23-11-2026" in earlier


def test_a_pause_goes_out_and_its_confirmation_is_shown(
    hub: Hub, book: Book, caseworker: Any
) -> None:
    path, _ = open_first(caseworker)
    page = caseworker.start(path, "pauze", until="2027-03-01")
    assert "aangekomen en bevestigd met nummer P-17" in page.text
    ((sent, _),) = book.commands
    assert sent.data["ends_on"] == "2027-03-01"
    assert looks(hub)[-2:] == [("flow_start", "hulpverlener"), ("overview", "hulpverlener")]
    with hub.reader.connect() as connection:
        row = connection.execute(select(command)).one()
    assert (row.created_by, row.ground) == (
        "hulpverlener",
        "Schuldhulpverlening (Wgs artikel 3 en 8a); F: Wgs artikel 8, lid 2, en Bgs",
    )


def test_a_pause_in_the_past_is_told_and_makes_no_command(hub: Hub, caseworker: Any) -> None:
    path, _ = open_first(caseworker)
    at = f"{path}/samen/pauze"
    page = caseworker.post(at, page=at, stap="ja", until="2020-01-01")
    assert page.status_code == 400
    assert "vandaag of later" in page.text
    with hub.reader.connect() as connection:
        assert connection.execute(select(func.count()).select_from(command)).scalar_one() == 0


def test_the_worklist_leads_to_the_resident(caseworker: Any) -> None:
    page = caseworker.get("/werklijst")
    assert "Bedragen verschillen (1)" in page.text
    assert re.search(r"/inwoners/[0-9a-f]{32}", page.text)
    assert caseworker.get("/werklijst?regel=onzin").status_code == 404
    assert (
        "Er zijn hier geen bevindingen."
        in caseworker.get("/werklijst?regel=saldo_onbeantwoord").text
    )


def test_a_run_shows_counts_and_reasons(hub: Hub, book: Book, administrator: Any) -> None:
    bad = {"person": {"bsn": "123456789"}, "type": "ozb", "open": "12a", "as_of": "2026-11-20"}
    book.records["claims"].append(facts_record("B9", ("claim_statement", "B9", bad)))
    page = administrator.post("/beheer/bronnen/book/synchroniseren", page="/beheer")
    assert "4 gelezen, 0 verwerkt, 1 afgekeurd." in page.text
    assert "claim_statement.open is &#39;12a&#39;; verwacht een bedrag in hele centen" in page.text
    assert "123456789" not in page.text
    newest = re.findall(r"/beheer/runs/\d+", page.text)[1]
    detail = administrator.get(newest).text
    assert "deels gelukt" in detail
    assert "voldoet niet aan de elfproef" in detail


def test_a_failed_run_tells_the_person_and_the_log(
    hub: Hub, book: Book, administrator: Any
) -> None:
    book.fail_after, book.failure = 0, TransientError("De bron is dicht.", "connection refused")
    page = administrator.post("/beheer/bronnen/book/synchroniseren", page="/beheer")
    planned, failed = re.findall(r"/beheer/runs/\d+", page.text)[:2]
    assert "gepland" in administrator.get(planned).text, "it is tried again by itself"
    detail = administrator.get(failed).text
    assert "De bron is dicht." in detail
    assert "connection refused" in detail
    assert "Zwijgt. Laatst gehoord:" in administrator.get("/beheer").text


def test_unknown_pages_and_people_are_told(caseworker: Any, administrator: Any) -> None:
    open_first(caseworker)
    assert caseworker.get("/inwoners/" + "0" * 32).status_code == 404
    assert administrator.get("/beheer/runs/999").status_code == 404
    assert "Er is geen bron met de naam" in administrator.get("/beheer/bronnen/niets").text


@pytest.fixture
def tax_admin(tmp_path: Any, clock: Any) -> Any:
    """An administrator of a hub with the real connectors."""
    from hub.core import open_hub
    from hub.demo.run import demo_settings
    from hub.security.accounts import make_demo_accounts

    hub = open_hub(tmp_path / "real", overrides=demo_settings(), clock=clock)
    make_demo_accounts(hub, PASSWORD)
    person = Person(create_web(hub).test_client())
    person.sign_in("beheerder")
    yield hub, person
    hub.engine.dispose()


FORM = {
    "name": "belastingen",
    "title": "Belastingen",
    "owner": "stad",
    "interval_minutes": "60",
    "max_age_hours": "24",
    "enabled": "1",
    "config.transport": "http",
    "config.url": "http://localhost:1",
    "config.username": "hub",
    "config.password": "heel-geheim",
}
NEW = "/beheer/bronnen/nieuw?koppeling=tax"


def test_the_form_of_a_source_is_made_from_its_schema(tax_admin: Any) -> None:
    _, person = tax_admin
    page = person.get(NEW).text
    for text in ("Manier van leveren", "Gebruikersnaam", "Wachtwoord", 'type="password"'):
        assert text in page


def test_a_connection_is_tested_before_it_is_saved(tax_admin: Any) -> None:
    hub, person = tax_admin
    page = person.post(NEW, page=NEW, **FORM)
    assert page.status_code == 400
    assert "Er luistert niets op localhost:1" in page.text
    assert "Toch opslaan" in page.text
    assert "heel-geheim" not in page.text
    page = person.post(NEW, page=NEW, anyway="1", **FORM)
    assert "is opgeslagen" in page.text
    assert find_source(hub, "belastingen").config["password"] == "heel-geheim"


def test_a_secret_is_never_shown_and_stays_when_left_empty(tax_admin: Any) -> None:
    hub, person = tax_admin
    person.post(NEW, page=NEW, anyway="1", **FORM)
    path = "/beheer/bronnen/belastingen"
    assert "heel-geheim" not in person.get(path).text
    changed = FORM | {"config.password": "", "config.username": "ander", "version": "1"}
    person.post(path, page=path, anyway="1", **changed)
    config = find_source(hub, "belastingen").config
    assert (config["username"], config["password"]) == ("ander", "heel-geheim")
    with hub.reader.connect() as connection:
        from hub.store import source

        assert "heel-geheim" not in str(connection.execute(select(source)).all())


def test_wrong_settings_are_all_told(tax_admin: Any) -> None:
    _, person = tax_admin
    wrong = {k: v for k, v in FORM.items() if k != "config.url"} | {"name": "Hoofd Letter"}
    page = person.post(NEW, page=NEW, **wrong)
    assert "Vul een korte naam in" in page.text
