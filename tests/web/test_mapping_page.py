"""Trying out a mapping in the browser: on a sample that is shown, and kept nowhere."""

from __future__ import annotations

import html
import io
import json
from typing import Any

from book import BSNS
from sqlalchemy import select
from visitors import PASSWORD, Person

import plugins.mapped_files
import plugins.webis
from hub.security.accounts import make_demo_accounts
from hub.store import audit_log
from hub.web import create_web
from plugins.mapped_files.examples import MAPPINGS

HEAD = "Nummer;BSN;Naam;Fase;Ontstaan;Bedrag;Saldo;Peildatum"

LINE = f"T1;{BSNS[0]};Proef;A;01-04-2025;100,00;10,00;20-11-2026"


def test_an_administrator_tries_a_mapping_in_the_browser(make_hub: Any) -> None:
    hub = make_hub(plugins.mapped_files, secure_cookies=False)
    make_demo_accounts(hub, PASSWORD)
    person = Person(create_web(hub).test_client())
    person.sign_in("beheerder")
    page = "/beheer/bronnen/nieuw?koppeling=mapped_claims"
    form = {
        "name": "nieuw",
        "title": "Nieuw",
        "owner": "stad",
        "config.folder": "/nergens",
        "config.mapping": MAPPINGS["mapped_benefit"],
        "try": "1",
    }
    sample = f"{HEAD}\n{LINE}\n{LINE.replace('10,00', 'tien')}\n".encode()
    told = person.post(page, page, **form, sample=(io.BytesIO(sample), "a.csv"))  # type: ignore[arg-type]
    assert "10,00 → 1000" in told.text
    assert "&#39;tien&#39; is geen bedrag" in told.text
    assert f"•••••{BSNS[0][-4:]}" in told.text
    assert BSNS[0] not in told.text
    assert "claim_statement" in told.text, "what was typed still stands in the form"
    assert "Van 2 rijen kloppen er 1." in told.text
    answer = person.post(page, page, **form)
    assert "Kies eerst een bestand" in answer.text
    bad = {**form, "config.mapping": '{"format": "csv"}'}
    answer = person.post(page, page, **bad, sample=(io.BytesIO(sample), "a.csv"))  # type: ignore[arg-type]
    assert "Vertaling: facts: ontbreekt; key: ontbreekt;" in answer.text
    with hub.reader.connect() as connection:
        deeds = connection.execute(select(audit_log).where(audit_log.c.action == "trial")).all()
    assert [one.object for one in deeds] == ["mapped_claims", "mapped_claims"]


def test_a_new_source_begins_with_an_example_to_change(make_hub: Any) -> None:
    hub = make_hub(plugins.mapped_files, secure_cookies=False)
    make_demo_accounts(hub, PASSWORD)
    person = Person(create_web(hub).test_client())
    person.sign_in("beheerder")
    for name, mapping in MAPPINGS.items():
        page = person.get(f"/beheer/bronnen/nieuw?koppeling={name}").text
        typed = page.split("<textarea")[1].split(">", 1)[1].split("</")[0]
        assert json.loads(html.unescape(typed)) == (json.loads(mapping))
    assert "excel_date: datum, of een dagnummer van Excel (46387)" in page


def test_a_connector_of_which_little_is_known_starts_switched_off(make_hub: Any) -> None:
    hub = make_hub(plugins.mapped_files, plugins.webis, secure_cookies=False)
    make_demo_accounts(hub, PASSWORD)
    person = Person(create_web(hub).test_client())
    person.sign_in("beheerder")
    page = person.get("/beheer/bronnen/nieuw?koppeling=webis").text
    assert "Over Webis is niets openbaar" in page
    assert 'name="enabled" value="1" checked' not in page
    other = person.get("/beheer/bronnen/nieuw?koppeling=mapped_claims").text
    assert 'name="enabled" value="1" checked' in other
