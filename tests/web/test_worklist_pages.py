"""The worklist as people use it: take together, put off with a reason, give away, open again."""

from __future__ import annotations

import re
from typing import Any

from hub.core import Hub

LIST = "/werklijst"
WHY = "De schuldeiser is gebeld en past het aan."


def chosen(page: str) -> dict[str, str]:
    """What a form sends with the first two findings chosen."""
    return dict(re.findall(r'name="(version\.\d+)" value="(\d+)"', page)[:2])


def batch(person: Any, page: str, versions: dict[str, str], step: str, **more: str) -> Any:
    ids = [name.partition(".")[2] for name in versions]
    (token,) = re.findall(r'name="csrf_token" value="([^"]+)"', page)[:1]
    form = {**versions, "id": ids, "stap": step, "csrf_token": token, **more}
    return person.client.post(LIST, data=form, follow_redirects=True)


def test_several_findings_get_one_step(hub: Hub, caseworker: Any, signed_in: Any) -> None:
    page = caseworker.get(LIST).text
    versions = chosen(page)
    assert len(versions) == 2
    done = batch(caseworker, page, versions, "take")
    assert "2 van 2 bevindingen: in behandeling bij u." in done.text
    assert "Van mij (2)" in done.text
    # Somebody who still sees the page of before overwrites nothing.
    late = batch(caseworker, done.text, versions, "take")
    assert "0 van 2 bevindingen" in late.text
    assert "door iemand anders gewijzigd" in late.text
    page = caseworker.get(f"{LIST}?wie=mij").text
    without = batch(caseworker, page, chosen(page), "postpone", until="2026-12-01")
    assert without.status_code == 400
    put_off = batch(caseworker, page, chosen(page), "postpone", until="2026-12-01", reason=WHY)
    assert "2 van 2 bevindingen: uitgesteld." in put_off.text
    assert "Uitgesteld (2)" in put_off.text
    assert "Van mij (0)" in put_off.text
    page = caseworker.get(f"{LIST}?wie=uitgesteld").text
    assert WHY in page
    again = batch(caseworker, page, chosen(page), "reopen")
    assert "Uitgesteld (0)" in again.text
    given = batch(caseworker, again.text, chosen(again.text), "assign", to="hulpverlener")
    assert "2 van 2 bevindingen: gegeven aan een collega." in given.text
    assert "Van mij (2)" in given.text
    none = batch(caseworker, given.text, {}, "take")
    assert (none.status_code, "Kies eerst" in none.text) == (400, True)


def test_one_finding_tells_all_that_people_did_with_it(hub: Hub, caseworker: Any) -> None:
    at = re.findall(r"/werklijst/\d+", caseworker.get(LIST).text)[0]
    field = "version." + at.rpartition("/")[2]
    steps: tuple[tuple[str, dict[str, str]], ...] = (
        ("take", {}),
        ("settle", {"reason": WHY}),
        ("reopen", {}),
        ("assign", {"to": "hulpverlener"}),
    )
    for number, (step, more) in enumerate(steps, start=1):
        assert caseworker.post(at, page=at, stap=step, **{field: str(number)}, **more)
    page = caseworker.get(at).text
    told = re.findall(
        r"(opgepakt|afgehandeld|teruggezet|gegeven aan)", page.partition("geschiedenis")[2]
    )
    assert told == ["opgepakt", "afgehandeld", "teruggezet", "gegeven aan"]
    stale = caseworker.post(at, page=at, stap="settle", reason=WHY, **{field: "1"})
    assert stale.status_code == 409
    assert "Er is niets overschreven" in stale.text


def test_the_list_begins_with_what_harms_most_and_is_latest(caseworker: Any) -> None:
    levels = re.findall(r'class="finding level(\d)', caseworker.get(LIST).text)
    assert levels == sorted(levels, reverse=True)
    assert len(levels) >= 2
