"""Sign-in through a certified OpenID Provider on a real socket: who comes in, and who does not."""

from __future__ import annotations

import logging
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from signin_stage import SECRET, Browser
from sqlalchemy import select

from hub import logs
from hub.errors import ConfigError
from hub.overview.privacy import concerns
from hub.security.accounts import make_emergency_account
from hub.settings import load_settings
from hub.store import alert, incident, sign_in_session


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> str:
    """SQLite alone: what the provider says is no matter of the store."""
    shutil.copy(sqlite_template, tmp_path / "hub.db")
    return f"sqlite:///{tmp_path / 'hub.db'}"


def test_who_signs_in_at_the_provider_is_in(serve: Callable[..., Any]) -> None:
    served = serve()
    browser = Browser(served.address)
    page = browser.sign_in()
    assert page.status_code == 200
    assert page.url == f"{served.address}/"
    assert "Sanne Voorbeeld (schuldhulpverlener)" in page.text
    (deed,) = served.deeds()
    assert (deed.actor, deed.role, deed.result) == ("u-17", "debt_counsellor", "allowed")
    assert (deed.origin, deed.object) == ("127.0.0.1", "method oidc")
    with served.hub.reader.connect() as connection:
        row = connection.execute(select(sign_in_session)).one()
    assert (row.account, row.title, row.method) == ("u-17", "Sanne Voorbeeld", "oidc")
    assert row.token != browser.http.cookies["hub-session"], "the store holds a digest"
    assert "gemeenteaccount" in browser.get("/sessies").text


def test_the_request_is_bound_to_this_browser_and_to_our_own_address(
    serve: Callable[..., Any],
) -> None:
    served = serve()
    asked = requests.get(
        f"{served.address}/inloggen/gemeente",
        headers={"Host": "elders.example"},
        allow_redirects=False,
        timeout=30,
    ).headers["Location"]
    told = dict(parse_qsl(urlsplit(asked).query))
    assert told["redirect_uri"] == f"{served.address}/inloggen/terug"
    assert (told["response_type"], told["code_challenge_method"]) == ("code", "S256")
    assert told["acr_values"] == "mfa"
    assert all(len(told[name]) >= 43 for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize(
    ("claim", "asked"),
    [
        ("acr", {"acr_values": "c1 c2"}),
        ("acrs", {"claims": '{"id_token": {"acrs": {"essential": true, "value": "c1"}}}'}),
        ("amr", {}),
    ],
)
def test_factors_are_asked_for_in_the_way_of_their_claim(
    serve: Callable[..., Any], claim: str, asked: dict[str, str]
) -> None:
    served = serve(oidc_acr_claim=claim, oidc_acr_values=["c1", "c2"])
    page = requests.get(f"{served.address}/inloggen/gemeente", allow_redirects=False, timeout=30)
    told = dict(parse_qsl(urlsplit(page.headers["Location"]).query))
    assert {name: told[name] for name in ("acr_values", "claims") if name in told} == asked


def test_the_page_that_was_asked_for_is_opened_afterwards(serve: Callable[..., Any]) -> None:
    served = serve()
    browser = Browser(served.address)
    assert browser.get("/werklijst").url.endswith("/inloggen")
    assert browser.sign_in().url == f"{served.address}/werklijst"


@pytest.mark.parametrize(
    "path",
    [
        "//elders.example/",
        "/%5Celders.example/",
        "/inloggen?next=http://elders.example/",
        "/inloggen/gemeente?next=//elders.example",
        "/werklijst?next=//elders.example",
    ],
)
def test_no_address_leads_elsewhere_after_signing_in(serve: Callable[..., Any], path: str) -> None:
    served = serve()
    browser = Browser(served.address)
    # Sent as it stands: the library would tidy it.
    asked = requests.Request("GET", served.address).prepare()
    asked.url = served.address + path
    first = browser.http.send(asked, allow_redirects=False, timeout=30)
    assert "elders" not in urlsplit(first.headers.get("Location", "")).netloc
    assert browser.sign_in().url.startswith(f"{served.address}/")


def test_roles_are_read_anew_at_each_sign_in(serve: Callable[..., Any], provider: Any) -> None:
    served = serve()
    assert "(schuldhulpverlener)" in Browser(served.address).sign_in().text
    provider.tell(claims={"name": "Sanne Voorbeeld", "roles": ["inning", "onbekend"]})
    assert "(invorderaar)" in Browser(served.address).sign_in().text
    provider.tell(claims={"name": "Sanne Voorbeeld", "roles": "schuldhulp"})
    assert "(schuldhulpverlener)" in Browser(served.address).sign_in().text


def test_somebody_with_two_roles_works_in_one_at_a_time(
    serve: Callable[..., Any], provider: Any
) -> None:
    served = serve(oidc_roles_claim="realm_access.roles")
    provider.tell(claims={"realm_access": {"roles": ["inning", "schuldhulp", "anders"]}})
    browser = Browser(served.address)
    page = browser.sign_in()
    assert "u-17 (schuldhulpverlener)" in page.text, "without a name the account is shown"
    before = browser.http.cookies["hub-session"]
    page = browser.post("/ik-werk-als", "/", role="collector")
    assert "u-17 (invorderaar)" in page.text
    assert browser.http.cookies["hub-session"] != before
    page = browser.post("/ik-werk-als", "/", role="administrator")
    assert page.status_code == 400
    assert "Deze rol hoort niet bij uw account." in page.text
    assert "u-17 (invorderaar)" in browser.get("/").text
    assert [deed.object for deed in served.deeds("work_as")] == ["role collector"]


@pytest.mark.parametrize("roles", [None, [], ["beheer"], {"schuldhulp": True}, 7])
def test_nobody_without_a_known_role_comes_in(
    serve: Callable[..., Any], provider: Any, roles: Any
) -> None:
    served = serve()
    provider.tell(claims={"name": "Sanne Voorbeeld", "roles": roles})
    page = Browser(served.address).sign_in()
    assert page.status_code == 403
    assert "U bent herkend, maar uw account heeft geen rol in de hub." in page.text
    (deed,) = served.deeds()
    assert (deed.actor, deed.result) == ("u-17", "refused")
    assert deed.reason == "no known role among the claims"


def test_one_factor_is_not_enough_where_two_are_demanded(
    serve: Callable[..., Any], provider: Any
) -> None:
    served = serve()
    provider.tell(acr="password")
    browser = Browser(served.address)
    page = browser.sign_in()
    assert page.status_code == 403
    assert "U logde niet in met een tweede stap" in page.text
    (deed,) = served.deeds()
    assert (deed.actor, deed.result) == ("u-17", "refused")
    assert deed.reason == "none of the demanded values in acr"
    assert browser.get("/").url.endswith("/inloggen")


@pytest.mark.parametrize(("amr", "status"), [(["pwd", "otp"], 200), (["pwd"], 403), (None, 403)])
def test_the_factors_may_stand_in_amr(
    serve: Callable[..., Any], provider: Any, amr: Any, status: int
) -> None:
    served = serve(oidc_acr_claim="amr", oidc_acr_values=["otp", "hwk"])
    provider.tell(amr=amr, acr="password")
    assert Browser(served.address).sign_in().status_code == status


def test_an_answer_of_the_provider_works_once_and_in_one_browser(
    serve: Callable[..., Any],
) -> None:
    served = serve()
    browser, other = Browser(served.address), Browser(served.address)
    address = browser.answer()
    other.get("/inloggen/gemeente")
    stolen = other.http.get(address, timeout=30)
    assert (stolen.status_code, stolen.url) == (403, address)
    assert browser.http.get(address, timeout=30).status_code == 200
    again = browser.http.get(address, timeout=30)
    assert again.status_code == 403
    assert "verlopen of al gebruikt" in again.text
    assert [deed.result for deed in served.deeds()] == ["refused", "allowed", "refused"]


def test_a_code_works_once_even_under_a_state_that_was_kept(serve: Callable[..., Any]) -> None:
    served = serve()
    browser = Browser(served.address)
    address = browser.answer()
    kept = browser.http.cookies.copy()
    assert browser.http.get(address, timeout=30).status_code == 200
    browser.http.cookies = kept
    assert browser.http.get(address, timeout=30).status_code == 403
    assert served.deeds()[-1].reason == "the provider refused the code: PermanentError"


def test_an_answer_that_comes_too_late_is_refused(serve: Callable[..., Any]) -> None:
    served = serve()
    browser = Browser(served.address)
    address = browser.answer()
    served.hub.clock.move(minutes=16)
    assert browser.http.get(address, timeout=30).status_code == 403


def test_an_answer_in_the_name_of_another_issuer_is_refused(serve: Callable[..., Any]) -> None:
    served = serve()
    for other in ("iss=http%3A%2F%2Felders.example", "nothing="):
        browser = Browser(served.address)
        address = re.sub("iss=[^&]+", other, browser.answer())
        assert browser.http.get(address, timeout=30).status_code == 403
        assert served.deeds()[-1].reason == "the answer names another issuer"


FAULTS: dict[str, dict[str, Any]] = {
    "wrong nonce": {"claims": {"nonce": "another"}},
    "no nonce": {"without": ["nonce"]},
    "another audience": {"claims": {"aud": "another"}},
    "no audience": {"without": ["aud"]},
    "meant for another too": {"claims": {"aud": ["hub", "another"], "azp": "another"}},
    "another issuer": {"claims": {"iss": "http://127.0.0.1:1"}},
    "expired": {"times": {"exp": -120, "iat": -720}},
    "without end": {"without": ["exp"]},
    "of the future": {"times": {"iat": +600, "exp": +1200}},
    "signed by another": {"signedBy": "foreign"},
    "signed with the client secret": {"signedBy": "secret"},
    "unsigned": {"unsigned": True},
    "nobody": {"without": ["sub"]},
    "another access token": {"claims": {"at_hash": "bm90LXRoaXMtb25l"}},
    "an account too long to log": {"claims": {"sub": "x" * 61}},
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_token_with_a_fault_lets_nobody_in(
    serve: Callable[..., Any], provider: Any, name: str
) -> None:
    served = serve()
    fault = dict(FAULTS[name])
    # Seconds from when the token is made, which in a long run of tests is long after the import.
    times = {claim: int(time.time()) + after for claim, after in fault.pop("times", {}).items()}
    provider.tell(fault=fault | {"claims": fault.get("claims", {}) | times})
    browser = Browser(served.address)
    page = browser.sign_in()
    assert page.status_code == 403, page.text
    assert "Het antwoord van de inlogdienst klopt niet" in page.text
    assert browser.get("/").url.endswith("/inloggen")
    (deed,) = served.deeds()
    assert (deed.actor, deed.result) == ("stranger", "refused")
    # The same token signed anew without the fault is good: it is the fault that was refused.
    provider.tell(fault={"claims": {}})
    assert Browser(served.address).sign_in().status_code == 200


def test_who_breaks_off_at_the_provider_may_begin_again(
    serve: Callable[..., Any], provider: Any
) -> None:
    served = serve()
    provider.tell(denied=True)
    page = Browser(served.address).sign_in()
    assert page.status_code == 403
    assert "Begin opnieuw met inloggen." in page.text
    assert served.deeds()[-1].reason == "the provider answered with an error"


def test_when_the_provider_is_down_the_page_says_so_and_an_emergency_account_works(
    serve: Callable[..., Any],
) -> None:
    served = serve(
        oidc_issuer="http://127.0.0.1:9",
        privacy_mail_to="privacy@gemeente.example",
        smtp_host="127.0.0.1",
    )
    browser = Browser(served.address)
    assert 'type="password"' not in browser.get("/inloggen").text, "there is no account"
    page = browser.get("/inloggen/gemeente")
    assert page.status_code == 503
    assert "De inlogdienst van de gemeente antwoordt niet goed." in page.text
    assert "een noodaccount maken" in page.text
    password = make_emergency_account(served.hub, "wacht", "debt_counsellor", 8, "cli:root")
    page = browser.post("/inloggen", "/inloggen", name="wacht", password=password)
    assert "Noodaccount wacht (schuldhulpverlener)" in page.text
    with served.hub.reader.connect() as connection:
        (concern,) = concerns(connection, served.hub)
        told = connection.execute(
            select(alert.c.channel).join(incident, incident.c.id == alert.c.incident_id)
        ).scalars()
        assert sorted(told) == ["log", "mail"]
    assert (concern.kind, concern.about) == ("emergency_account", "wacht")
    assert [(deed.actor, deed.object) for deed in served.deeds()] == [("wacht", "method emergency")]


def test_a_provider_of_another_name_is_not_trusted(
    serve: Callable[..., Any], provider: Any, caplog: pytest.LogCaptureFixture
) -> None:
    served = serve(oidc_issuer=f"{provider.issuer}/")
    with caplog.at_level(logging.WARNING, "hub.sign_in"):
        assert Browser(served.address).get("/inloggen/gemeente").status_code == 503
    assert "the provider's metadata name another issuer" in caplog.text


def test_a_wrong_client_secret_is_a_matter_for_the_administrator(
    serve: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    served = serve(oidc_client_secret="een-ander-geheim")
    with caplog.at_level(logging.WARNING, "hub.sign_in"):
        page = Browser(served.address).sign_in()
    assert page.status_code == 503
    assert "HTTP 401" in caplog.text
    assert "een-ander-geheim" not in caplog.text + page.text


def test_signing_out_leads_on_to_the_provider_and_ends_the_session_there(
    serve: Callable[..., Any],
) -> None:
    served = serve()
    browser, elsewhere = Browser(served.address), Browser(served.address)
    browser.sign_in()
    elsewhere.sign_in()
    page = browser.post("/uitloggen", "/")
    assert page.url == f"{served.address}/uitgelogd"
    assert "hub-session" not in browser.http.cookies
    (onward,) = set(re.findall(r'href="(http[^"]+/session/end[^"]+)"', page.text))
    confirm = browser.http.get(onward.replace("&amp;", "&"), timeout=30)
    xsrf = re.findall(r'name="xsrf" value="([^"]+)"', confirm.text)[0]
    (there,) = set(re.findall(r'action="([^"]+)"', confirm.text))
    done = browser.http.post(there, data={"xsrf": xsrf, "logout": "yes"}, timeout=30)
    assert done.url.startswith(f"{served.address}/inloggen")
    assert 'name="login"' in browser.get("/inloggen/gemeente").text, "one must sign in again"
    assert [deed.actor for deed in served.deeds("sign_out")] == ["u-17"]
    assert elsewhere.get("/").status_code == 200, "a session at another browser goes on"


def test_a_provider_without_sign_out_is_told_to_the_person(
    serve: Callable[..., Any], provider: Any
) -> None:
    served = serve()
    provider.tell(logout=False)
    browser = Browser(served.address)
    browser.sign_in()
    page = browser.post("/uitloggen", "/")
    assert "U bent nog ingelogd bij uw gemeenteaccount." in page.text


def test_an_end_at_the_provider_is_an_end_at_the_hub(serve: Callable[..., Any]) -> None:
    served = serve()
    browser = Browser(served.address)
    browser.sign_in()
    issuer = served.hub.settings.oidc_issuer
    confirm = browser.http.get(f"{issuer}/session/end", timeout=30)
    xsrf = re.findall(r'name="xsrf" value="([^"]+)"', confirm.text)[0]
    form = {"xsrf": xsrf, "logout": "yes"}
    browser.http.post(f"{issuer}/session/end/confirm", data=form, timeout=30)
    assert browser.get("/").url.endswith("/inloggen")
    (deed,) = served.deeds("session_end")
    assert (deed.actor, deed.machine) == ("provider", True)
    assert deed.reason == "signed out at the provider"


@pytest.mark.parametrize("made", ["", "a.b.c", "e30.e30.", "x" * 10000])
def test_a_logout_token_that_is_none_ends_nothing(serve: Callable[..., Any], made: str) -> None:
    served = serve()
    browser = Browser(served.address)
    browser.sign_in()
    refused = requests.post(
        f"{served.address}/uitloggen/gemeente", data={"logout_token": made}, timeout=30
    )
    assert refused.status_code == 400
    assert browser.get("/").status_code == 200
    assert not browser.get("/").url.endswith("/inloggen")


def test_the_secret_of_the_hub_comes_in_no_log(serve: Callable[..., Any]) -> None:
    served = serve()
    assert served.hub.settings.oidc_client_secret == SECRET
    assert SECRET not in logs.mask(f"posted {SECRET} to the provider")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"oidc_issuer": "http://login.example"}, "oidc_issuer: Geef een adres dat begint met"),
        ({"public_url": "hub.example"}, "public_url: Geef een adres dat begint met https://."),
        ({"oidc_client_id": ""}, "oidc_client_id: Verplicht bij oidc_issuer."),
        ({"oidc_roles": {}}, "oidc_roles: Verplicht bij oidc_issuer."),
        ({"oidc_roles": {"x": "boss"}}, "Onbekende rol: boss. Kies uit debt_counsellor"),
        ({"oidc_roles": "no json"}, "oidc_roles: Geef per waarde een rol."),
        ({"oidc_acr_values": 3}, "oidc_acr_values: Geef een lijst van woorden."),
    ],
)
def test_settings_that_cannot_work_are_told_at_the_start(
    tmp_path: Path, wrong: dict[str, Any], says: str
) -> None:
    good = {
        "public_url": "https://hub.example",
        "oidc_issuer": "https://login.example",
        "oidc_client_id": "hub",
        "oidc_client_secret": SECRET,
        "oidc_roles": '{"schuldhulp": "debt_counsellor"}',
        "oidc_acr_values": "mfa phr",
    }
    assert load_settings(tmp_path, good).oidc_acr_values == ("mfa", "phr")
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path, good | wrong)
    assert says in caught.value.user
