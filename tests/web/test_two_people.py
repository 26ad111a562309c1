"""Two people at one page: the second is shown what the first did, and nothing is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from visitors import Person, hidden

from hub.core import Hub
from hub.sync.sources import find_source

one_store = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

SOURCE = "/beheer/bronnen/book"


def settings(page: str, **changed: str) -> dict[str, str]:
    told = {"owner": "stad", "interval_minutes": "60", "max_age_hours": "36", "reject_days": "90"}
    return {**told, "enabled": "1", "version": hidden(page, "version"), **changed, "anyway": "1"}


@one_store
def test_on_the_settings_of_a_source(hub: Hub, signed_in: Any) -> None:
    first, second = signed_in("beheerder"), signed_in("beheerder")
    seen = first.get(SOURCE).text
    first.post(SOURCE, SOURCE, **settings(seen, title="Naam van de eerste"))
    late = second.post(SOURCE, SOURCE, **settings(seen, title="Naam van de tweede"))
    assert late.status_code == 409
    assert "beheerder wijzigde deze bron intussen. Er is niets overschreven." in late.text
    assert (
        "Naam op het scherm: nu &#39;Naam van de eerste&#39;, u vulde in &#39;Naam van de tweede"
        in late.text
    )
    assert 'value="Naam van de tweede"' in late.text, "what was typed stays"
    assert find_source(hub, "book").title == "Naam van de eerste"
    again = second.post(SOURCE, SOURCE, **settings(late.text, title="Naam van de tweede"))
    assert again.status_code == 200
    assert find_source(hub, "book").title == "Naam van de tweede"


@one_store
def test_on_a_rule(signed_in: Any) -> None:
    page, rule = "/beheer/regels", "/beheer/regels/kosten_hoog"
    first, second = signed_in("beheerder"), signed_in("beheerder")
    first.post(rule, page, aan="nee", procent="30", stap="opslaan", version="0")
    late = second.post(rule, page, aan="ja", procent="40", stap="opslaan", version="0")
    assert late.status_code == 409
    assert "beheerder stelde de regel" in late.text
    assert "Gebruiken: nu nee, u koos ja." in late.text
    assert "nu 30, u koos 40." in late.text
    assert 'value="40"' in late.text
    assert 'value="40"' not in second.get(page).text
    kept = second.post(rule, page, aan="ja", procent="40", stap="opslaan", version="1")
    assert kept.status_code == 200
    assert 'value="40"' in kept.text


@one_store
def test_on_a_finding(caseworker: Person, signed_in: Any) -> None:
    other = signed_in("hulpverlener")
    found = re.search(r'href="(/werklijst/\d+)"', caseworker.get("/werklijst").text)
    assert found is not None
    path, id_ = found[1], found[1].rpartition("/")[2]
    name = f"version.{id_}"
    seen = hidden(caseworker.get(path).text, name)
    caseworker.post(path, path, **{name: seen, "stap": "take"})
    late = other.post(
        path, path, **{name: seen, "stap": "settle", "reason": "Dit is al opgelost geweest."}
    )
    assert late.status_code == 409
    assert "in behandeling door hulpverlener" in late.text
    assert "Er is niets overschreven" in late.text
    assert f'href="{path}"' in late.text, "it leads to how things stand now"
