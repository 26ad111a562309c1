"""Sessions: how long they last, how their token changes, who sees and who ends them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from visitors import PASSWORD, Person

from hub.core import Hub
from hub.security.accounts import Account, Guest
from hub.security.sessions import Resumed, resume, start
from hub.store import account, audit_log, sign_in_session
from hub.web import create_web

COOKIE = "hub-session"


def deeds(hub: Hub, action: str) -> list[Any]:
    query = select(audit_log).where(audit_log.c.action == action).order_by(audit_log.c.id)
    with hub.reader.connect() as connection:
        return list(connection.execute(query))


def rows(hub: Hub) -> list[Any]:
    with hub.reader.connect() as connection:
        return list(connection.execute(select(sign_in_session).order_by(sign_in_session.c.id)))


def cookie(person: Any) -> str:
    found = person.client.get_cookie(COOKIE)
    return str(found.value) if found else ""


def is_in(person: Any) -> bool:
    page = person.client.get("/sessies")
    assert page.status_code in (200, 302)
    return bool(page.status_code == 200)


def begin(hub: Hub, name: str = "u-1", roles: tuple[str, ...] = ("collector",)) -> str:
    guest = Guest(Account(name, name.title(), roles), "oidc")
    with hub.engine.begin() as connection:
        return start(connection, hub, guest, "10.0.0.7", "a browser")


def test_the_token_is_safe_in_its_cookie(make_hub: Any) -> None:
    from hub.security.accounts import make_demo_accounts

    hub = make_hub(secure_cookies=True)
    make_demo_accounts(hub, PASSWORD)
    client = create_web(hub).test_client()
    page = client.get("/inloggen", base_url="https://localhost")
    form = {"name": "hulpverlener", "password": PASSWORD}
    form["csrf_token"] = re.findall(r'name="csrf_token" value="([^"]+)"', page.text)[0]
    entered = client.post("/inloggen", data=form, base_url="https://localhost")
    (told,) = [
        one for one in entered.headers.getlist("Set-Cookie") if one.startswith("__Host-hub-session")
    ]
    parts = told.split("; ")
    assert re.fullmatch("__Host-hub-session=[0-9a-f]{64}", parts[0])
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} == set(parts[1:])
    assert parts[0].partition("=")[2] not in str(rows(hub)), "the store holds its digest"


def test_who_does_nothing_for_half_an_hour_is_out(hub: Hub, caseworker: Any) -> None:
    hub.clock.move(minutes=29)  # type: ignore[attr-defined]
    assert is_in(caseworker)
    hub.clock.move(minutes=31)  # type: ignore[attr-defined]
    assert not is_in(caseworker)
    (deed,) = deeds(hub, "session_end")
    assert (deed.actor, deed.machine) == ("hub", True)
    assert deed.reason == "nothing was done for too long"
    assert deed.object.endswith("of hulpverlener")


def test_who_is_in_for_ten_hours_signs_in_again(hub: Hub, caseworker: Any) -> None:
    for _ in range(23):
        hub.clock.move(minutes=25)  # type: ignore[attr-defined]
        assert is_in(caseworker)
    hub.clock.move(minutes=26)  # type: ignore[attr-defined]
    assert not is_in(caseworker)
    assert deeds(hub, "session_end")[0].reason == "its longest time is over"


def test_the_limits_are_settings(make_hub: Any) -> None:
    hub = make_hub(session_idle_minutes=5, session_hours=1)
    token = begin(hub)
    for _ in range(14):
        hub.clock.move(minutes=4)
        found = resume(hub, token)
        assert found is not None
        token = found.fresh or token
    hub.clock.move(minutes=4)
    assert resume(hub, token) is None
    token = begin(hub)
    hub.clock.move(minutes=5)
    assert resume(hub, token) is None


def test_an_end_without_a_last_click_is_logged_too(hub: Hub, caseworker: Any) -> None:
    hub.clock.move(hours=11)  # type: ignore[attr-defined]
    begin(hub)
    (deed,) = deeds(hub, "session_end")
    assert (deed.actor, deed.reason) == ("hub", "time is over")


def test_the_token_changes_and_the_one_before_is_good_for_a_minute(
    hub: Hub, app: Flask, caseworker: Any
) -> None:
    first = cookie(caseworker)
    hub.clock.move(minutes=14)  # type: ignore[attr-defined]
    assert is_in(caseworker)
    assert cookie(caseworker) == first
    hub.clock.move(minutes=1)  # type: ignore[attr-defined]
    assert is_in(caseworker)
    second = cookie(caseworker)
    assert second not in (first, "")
    under_way = Person(app.test_client())
    under_way.client.set_cookie(COOKIE, first)
    hub.clock.move(seconds=60)  # type: ignore[attr-defined]
    assert is_in(under_way)
    assert cookie(under_way) == second, "a browser that missed the answer is told again"


def test_a_token_that_was_copied_ends_the_session(hub: Hub, app: Flask, caseworker: Any) -> None:
    thief = Person(app.test_client())
    thief.client.set_cookie(COOKIE, cookie(caseworker))
    hub.clock.move(minutes=16)  # type: ignore[attr-defined]
    assert is_in(thief)
    hub.clock.move(minutes=2)  # type: ignore[attr-defined]
    assert not is_in(caseworker)
    assert not is_in(thief)
    assert deeds(hub, "session_end")[0].reason == "an old token came back"


def test_requests_at_once_get_one_and_the_same_new_token(make_hub: Any) -> None:
    hub = make_hub()
    token = begin(hub)
    hub.clock.move(minutes=16)
    together = Barrier(6)

    def ask(_: int) -> Resumed | None:
        together.wait()
        return resume(hub, token)

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(ask, range(6)))
    fresh = {one.fresh for one in found if one}
    assert len(fresh) == 1
    assert None not in found
    assert resume(hub, fresh.pop()) is not None


def test_being_seen_is_written_once_a_minute(hub: Hub, caseworker: Any) -> None:
    before = rows(hub)[0].seen_at
    hub.clock.move(seconds=59)  # type: ignore[attr-defined]
    assert is_in(caseworker)
    assert rows(hub)[0].seen_at == before
    hub.clock.move(seconds=1)  # type: ignore[attr-defined]
    assert is_in(caseworker)
    assert rows(hub)[0].seen_at == hub.clock.now()


def test_signing_out_makes_the_token_worthless(hub: Hub, app: Flask, caseworker: Any) -> None:
    kept = cookie(caseworker)
    token = re.findall(r'name="csrf_token" value="([^"]+)"', caseworker.get("/").text)[0]
    left = caseworker.client.post("/uitloggen", data={"csrf_token": token})
    assert left.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert cookie(caseworker) == ""
    again = Person(app.test_client())
    again.client.set_cookie(COOKIE, kept)
    assert not is_in(again)
    (deed,) = deeds(hub, "sign_out")
    assert (deed.actor, deed.origin) == ("hulpverlener", "127.0.0.1")


def test_a_planted_token_is_replaced_at_sign_in(hub: Hub, visitor: Any) -> None:
    planted = begin(hub, "attacker")
    visitor.client.set_cookie(COOKIE, planted)
    visitor.sign_in("hulpverlener")
    assert cookie(visitor) != planted
    assert "Sanne de Hulpverlener" in visitor.get("/").text
    assert resume(hub, planted) is None, "who was in at this browser is out"


@pytest.mark.parametrize("token", ["", "0" * 64, "x", "' OR 1=1 --", "é" * 400])
def test_a_token_that_is_none_is_nobody(hub: Hub, caseworker: Any, token: str) -> None:
    assert resume(hub, token) is None


def test_a_token_is_of_one_municipality(make_hub: Any) -> None:
    here, elsewhere = make_hub(), make_hub(municipality="8888")
    token = begin(here)
    assert resume(elsewhere, token) is None
    assert resume(here, token) is not None


def test_everybody_sees_and_ends_their_own_sessions(hub: Hub, signed_in: Any) -> None:
    here, there, colleague = (signed_in(n) for n in ("hulpverlener", "hulpverlener", "invorderaar"))
    page = here.get("/sessies").text
    assert "Sessies die nu open zijn: 2" in page
    assert "deze sessie" in page
    other = re.findall(r"/sessies/\d+/beeindigen", page)
    assert len(other) == 1
    assert "De sessie is beëindigd." in here.post(other[0], page="/sessies").text
    assert "Deze sessie was al" not in here.get("/sessies").text
    assert (is_in(there), is_in(here), is_in(colleague)) == (False, True, True)
    theirs = f"/sessies/{rows(hub)[2].id}/beeindigen"
    assert here.post(theirs, page="/sessies").status_code == 404
    assert is_in(colleague)
    (deed,) = deeds(hub, "session_end")
    assert (deed.actor, deed.reason) == ("hulpverlener", "ended by its owner")


def test_all_other_sessions_end_at_once(signed_in: Any) -> None:
    here, *others, colleague = (signed_in(n) for n in ["hulpverlener"] * 3 + ["invorderaar"])
    page = here.post("/sessies/andere/beeindigen", page="/sessies")
    assert "Uw andere sessies zijn beëindigd: 2." in page.text
    assert [is_in(one) for one in (here, *others, colleague)] == [True, False, False, True]


@pytest.mark.parametrize("guardian", ["beheerder", "privacy"])
def test_two_roles_see_and_end_the_sessions_of_all(
    hub: Hub, app: Flask, caseworker: Any, guardian: str
) -> None:
    person = Person(app.test_client())
    person.sign_in(guardian)
    page = person.get("/sessies/alle").text
    assert "Sanne de Hulpverlener" in page
    end = f"/sessies/{rows(hub)[0].id}/beeindigen"
    assert end in page
    assert "De sessie is beëindigd." in person.post(end, page="/sessies/alle", alle="1").text
    assert not is_in(caseworker)
    assert "Deze sessie was al beëindigd." in person.post(end, page="/sessies").text
    assert deeds(hub, "session_end")[0].actor == guardian


def test_the_list_of_all_is_for_no_caseworker(caseworker: Any) -> None:
    assert caseworker.get("/sessies/alle").status_code == 403


def test_who_loses_the_account_is_out_at_the_next_click(hub: Hub, caseworker: Any) -> None:
    with hub.engine.begin() as connection:
        connection.execute(update(account).values(enabled=False))
    assert not is_in(caseworker)
    assert deeds(hub, "session_end")[0].reason == "the account ended or was disabled"
