"""Attacks on every route and every form, found by walking the pages: none may get anywhere."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from book import BSNS, Book, add_source, book_plugin, facts_record, read_all, row_counts
from chain import hold
from crawl import KINDS, PEOPLE, Crawler, Form, links, paths, token
from flask import Flask
from flask.testing import FlaskClient
from hostile_text import MARK, PRODUCT, SQL, TIMES, XSS, poison
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html
from marshmallow import fields
from visitors import Person, hidden

from hub import logs
from hub.connector import ConfigSchema, Receipt, setting
from hub.core import Hub
from hub.reconcile import reconcile
from hub.security.accounts import make_demo_accounts
from hub.web import create_web

AWKWARD = (
    "\x00",
    "a\x00b",
    "\x1b[2J",
    "\r\nSet-Cookie: kwaad=1\r\n\r\n<html>",
    "regel 1\nregel 2: geen fout",
    "²",
    "١٢٣",
    "-1",
    "0",
    "1e309",
    "NaN",
    "99999999999999999999",
    "2147483648",
    "9" * 5000,
    "x" * 300,
    "x" * 9000,
    "x" * 20000,
    "../../../../etc/passwd",
    "..%2f..%2finstance%2fkeys",
    "//kwaad.example/",
    "https://kwaad.example/",
    f"{{{{{TIMES}}}}}",
    "${jndi:ldap://kwaad.example/a}",
    "=1+1",
    "0001-01-01",
    "9999-12-31",
    "31-12-99999",
    "𝕏\u202e\u200b\ufffd\ufeff",
    "",
    " ",
)

#: What is posted by a machine, and what vouches for it in place of a token of ours.
NO_FORM = {
    "/uitloggen/gemeente": "the logout token that the provider signed",
    f"/ontvangst/{'0' * 32}/": "an address nobody can guess, and what the connector checks",
    f"/ontvangst/{'0' * 32}/{'0' * 32}": "the same",
}

HOSTILE = (*XSS, *SQL, *AWKWARD)

#: What one kind of store takes and another refuses, with a text of each other kind.
STUMBLES = ("a\x00b", "2147483648", "9" * 5000, "NaN", "0001-01-01", "x" * 20000, SQL[1], XSS[0])


def unmarked(response: Any, what: object) -> None:
    """Hold one answer: no fault of ours, and nothing that was sent became markup or was run."""
    assert response.status_code < 500, what
    assert "kwaad" not in response.headers.get("Set-Cookie", ""), what
    assert "kwaad.example" not in response.headers.get("Location", ""), what
    if "html" not in response.content_type or not response.data:
        return
    assert PRODUCT not in response.text, f"a template ran what was sent: {what}"
    page = html.fromstring(response.text)
    wrong = page.xpath(
        f"//{MARK} | //@on{MARK} | //@href[starts-with(., 'javascript:')] | //script[not(@src)]"
        " | //@action[starts-with(., 'javascript:')] | //@src[starts-with(., 'javascript:')]"
        " | //style | //@style | //@*[starts-with(name(), 'on')]"
    )
    assert wrong == [], what


@pytest.fixture
def busy(hub: Hub, book: Book, signed_in: Any) -> Hub:
    """A hub in which every form has something to show: a hold, a refused order, a reject."""
    book.put("holds", hold())
    book.records["claims"].append(facts_record("fout", ("claim_statement", "F", {"type": "x"})))
    read_all(hub)
    reconcile(hub)
    book.answer = lambda command, key: Receipt("refused", "", "Deze inwoner kennen wij niet.")
    counsellor = signed_in("hulpverlener")
    found = counsellor.post("/inwoners/zoeken", page="/", bsn=BSNS[0], ground="wgs")
    path = next(link for link in links(found) if "/inwoners/" in link)
    counsellor.start(path, "pauze", until="2027-05-01")
    return hub


@pytest.fixture
def walked(app: Flask, busy: Hub, visitor: Any, request: pytest.FixtureRequest) -> Crawler:
    """Somebody who is signed in and saw every page of theirs; faults become pages."""
    app.testing = False
    visitor.sign_in(request.param)
    return Crawler(visitor)


class Sender:
    """Sends forms as a browser would, with a token that is good."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client
        self._token = ""

    def send(self, form: Form, told: dict[str, Any]) -> Any:
        """Send a form; a token goes on as long as it is good, which saves asking for the page."""
        if form.method == "get":
            return self._client.get(form.action, query_string=told)
        response = self._post(form, told)
        if response.status_code == 400 and "Pagina verlopen" in response.text:
            # The page may be gone or closed by now, as an earlier form may have changed things.
            page = self._client.get(form.page)
            good = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
            self._token = good[1] if good else ""
            response = self._post(form, told)
        return response

    def _post(self, form: Form, told: dict[str, Any]) -> Any:
        return self._client.post(form.action, data={**told, "csrf_token": self._token})


def attackable(walked: Crawler) -> list[Form]:
    """Return every form but those that end the session."""
    return [one for one in walked.forms.values() if "/uitloggen" not in one.action]


everybody = pytest.mark.parametrize("walked", PEOPLE, indirect=True)
#: One of each kind: the roles that look at residents have the same forms.
each_kind = pytest.mark.parametrize("walked", KINDS, indirect=True)


#: For what the kind of store makes no difference to.
one_store = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


# --- forged requests ---------------------------------------------------------------------------


@one_store
@pytest.mark.parametrize("name", ["", *KINDS])
def test_no_post_is_taken_without_a_token_of_this_session(
    app: Flask, visitor: Any, hub: Hub, name: str
) -> None:
    app.testing = False
    if name:
        visitor.sign_in(name)
    stranger = token(app.test_client().get("/inloggen"))
    posts = [path for path, methods in paths(app) if "POST" in methods and path not in NO_FORM]
    assert len(posts) > 10
    before = row_counts(hub)
    for path in posts:
        for told in ({}, {"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": stranger}):
            for options in ({}, {"headers": {"X-CSRFToken": stranger}}):
                response = visitor.client.post(path, data=told, **options)
                assert response.status_code == 400, (path, told, options)
                assert "Pagina verlopen" in response.text
    assert row_counts(hub) == before


@one_store
def test_a_method_in_a_header_or_field_is_not_believed(app: Flask, administrator: Any) -> None:
    page = administrator.get("/beheer/bronnen/book")
    told = {"csrf_token": token(page), "_method": "POST"}
    client = administrator.client
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        response = client.get("/beheer/bronnen/book/test", headers={name: "POST"})
        assert response.status_code == 405
    assert client.get("/beheer/bronnen/book/test", query_string=told).status_code == 405
    for path, methods in paths(app):
        for method in {"PUT", "PATCH", "DELETE", "TRACE", "CONNECT"} - methods:
            response = client.open(path, method=method)
            assert response.status_code == 405, (method, path)
            assert method not in response.text


@one_store
def test_options_changes_and_tells_nothing(app: Flask, hub: Hub, administrator: Any) -> None:
    before = row_counts(hub)
    known: dict[str, set[str]] = {}
    for path, methods in paths(app):
        known[path] = known.get(path, set()) | methods
    for path, methods in known.items():
        response = administrator.client.options(path, headers={"Origin": "https://kwaad.example"})
        assert response.status_code in (200, 302, 403, 404), path
        assert not [one for one, _ in response.headers if one.startswith("Access-Control")]
        if response.status_code == 200:
            assert response.data == b""
            assert {one.strip() for one in response.headers["Allow"].split(",")} <= methods
    assert row_counts(hub) == before


# --- hostile text in every form and address ----------------------------------------------------


@pytest.mark.slow
@each_kind
def test_hostile_text_in_any_field_does_no_harm(walked: Crawler, hub: Hub) -> None:
    sender = Sender(walked.person.client)
    texts = HOSTILE if hub.engine.dialect.name == "sqlite" else STUMBLES
    for form in attackable(walked):
        for name in form.fields:
            if name == "csrf_token":
                continue
            for text in texts:
                response = sender.send(form, {**form.fields, name: text})
                unmarked(response, (form.action, name, text[:60]))
                assert "Pagina verlopen" not in response.text, "what was sent was not read"
    with hub.reader.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM account").scalar_one() >= 7


@each_kind
def test_hostile_text_in_any_address_does_no_harm(app: Flask, hub: Hub, walked: Crawler) -> None:
    client = walked.person.client
    texts = HOSTILE if hub.engine.dialect.name == "sqlite" else STUMBLES
    names = {name for form in walked.forms.values() for name in form.fields}
    names |= {"regel", "pagina", "op", "koppeling", "next", "terug", "url", "redirect"}
    for path in [path for path, methods in paths(app) if "GET" in methods]:
        for text in texts:
            response = client.get(path, query_string=dict.fromkeys(sorted(names), text[:2000]))
            unmarked(response, (path, text[:60]))


@one_store
@each_kind
def test_hostile_text_sent_to_a_route_without_its_form_does_no_harm(
    app: Flask, walked: Crawler
) -> None:
    client = walked.person.client
    names = {name for form in walked.forms.values() for name in form.fields} | {"besluit", "id"}
    good = token(walked.person.get("/"))
    for path in [path for path, methods in paths(app) if "POST" in methods]:
        if "/uitloggen" in path or "/inloggen" in path:
            continue
        # A button that trains a model reads no field: to press it once is enough.
        for text in HOSTILE[:1] if path.endswith("/leren") else HOSTILE:
            told = {**dict.fromkeys(sorted(names), text[:2000]), "csrf_token": good}
            unmarked(client.post(path, data=told), (path, text[:60]))


def test_hostile_text_signs_nobody_in(app: Flask, visitor: Any) -> None:
    app.testing = False
    for text in HOSTILE:
        for told in ({"name": text, "password": "x"}, {"name": "beheerder", "password": text}):
            good = token(visitor.client.get("/inloggen"))
            response = visitor.client.post("/inloggen", data={**told, "csrf_token": good})
            unmarked(response, text[:60])
            assert visitor.client.get("/beheer").status_code == 302


@one_store
@each_kind
def test_hostile_text_as_part_of_an_address_does_no_harm(app: Flask, walked: Crawler) -> None:
    client = walked.person.client
    for rule in app.url_map.iter_rules():
        for text in HOSTILE:
            if not rule.arguments or not text.strip() or len(text) > 2000:
                continue
            path = re.sub(r"<[^>]+>", lambda _, text=text: text.replace("?", ""), str(rule))
            response = client.get(path.replace("\r\n", "%0d%0a").replace("\n", "%0a"))
            unmarked(response, (str(rule), text[:60]))


@one_store
@everybody
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_nothing_anybody_could_type_breaks_a_page(walked: Crawler, data: st.DataObject) -> None:
    forms = attackable(walked)
    if not forms:
        return
    form = data.draw(st.sampled_from(forms))
    text = st.one_of(
        st.sampled_from(HOSTILE),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
        st.integers().map(str),
        st.dates().map(str),
    )
    names = [*sorted(set(form.fields) - {"csrf_token"}), "extra", "id", "alles", "role"]
    told: dict[str, Any] = {}
    for name in data.draw(st.lists(st.sampled_from(names), unique=True)):
        # The same parameter twice, too.
        told[name] = data.draw(st.lists(text, min_size=1, max_size=2))
    unmarked(Sender(walked.person.client).send(form, {**form.fields, **told}), (form.action, told))


@one_store
@each_kind
def test_another_kind_of_body_is_not_read(app: Flask, walked: Crawler) -> None:
    client = walked.person.client
    bodies = (
        ("application/json", b'{"name": ["beheerder"], "anyway": true}'),
        ("application/xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n"),
        ("text/plain", b"\x00\xff"),
        ("application/x-www-form-urlencoded", b"%00=%00&a%ff=%ff&&&=&" + b"&a=1" * 2000),
        ("application/x-www-form-urlencoded; charset=utf-7", b"name=+ADw-zap+AD4-"),
    )
    page = client.get("/")
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    headers = {"X-CSRFToken": found[1] if found else ""}
    for path in [path for path, methods in paths(app) if "POST" in methods]:
        for kind, body in bodies:
            if "/uitloggen" in path:
                continue
            response = client.post(path, data=body, content_type=kind, headers=headers)
            unmarked(response, (path, kind))
            assert "root:" not in response.text


# --- what a register sends ---------------------------------------------------------------------


@pytest.fixture
def poisoned(make_hub: Any) -> Flask:
    """The pages of a hub whose register sends hostile text in every field."""
    book, file = Book(batch_size=100), Book()
    hub: Hub = make_hub(
        book_plugin(book),
        book_plugin(file, "file", "debt_help", {"all": "snapshot"}),
        secure_cookies=False,
    )
    for name in ("book", "file"):
        add_source(hub, name, title=f"{XSS[0]} {name}", owner=XSS[0][:40], max_age_hours=10**5)
    poison(book, file)
    for name in ("book", "file"):
        (outcome,) = read_all(hub, name)
        assert outcome.applied, outcome
    reconcile(hub)
    make_demo_accounts(hub, "een-lang-wachtwoord")
    app = create_web(hub)
    app.testing = False
    return app


@one_store
@pytest.mark.parametrize("name", KINDS)
def test_what_a_register_sends_is_text_on_every_page(poisoned: Flask, name: str) -> None:
    somebody = Person(poisoned.test_client())
    somebody.sign_in(name)
    crawled = Crawler(somebody)
    for path, response in crawled.pages.items():
        unmarked(response, path)
    if name in ("hulpverlener", "beheerder"):
        everything = "".join(response.text for response in crawled.pages.values())
        assert f"&lt;{MARK}" in everything, "the hostile text was really shown"


class OddConfig(ConfigSchema):
    """Settings whose words are hostile, as those of a plugin could be."""

    url = setting(fields.String, XSS[0], XSS[1])
    count = setting(fields.Integer, "Aantal", "Hoeveel.", load_default=1)


@one_store
def test_the_words_of_a_plugin_are_text_as_well(make_hub: Any) -> None:
    plugin = book_plugin(Book())
    connector = plugin.hub_connectors()[0]
    connector.config, connector.title = OddConfig, XSS[0]
    hub: Hub = make_hub(plugin, secure_cookies=False)
    make_demo_accounts(hub, "een-lang-wachtwoord")
    app = create_web(hub)
    app.testing = False
    admin = Person(app.test_client())
    admin.sign_in("beheerder")
    for path in ("/beheer", "/beheer/plugins", "/beheer/bronnen/nieuw?koppeling=book"):
        unmarked(admin.get(path), path)
    for count in ("²", "9" * 5000, "-1", "x"):
        page = admin.post(
            "/beheer/bronnen/nieuw?koppeling=book",
            page="/beheer/bronnen/nieuw?koppeling=book",
            name="odd",
            title="Odd",
            owner="stad",
            **{"config.url": XSS[0], "config.count": count},
        )
        unmarked(page, count[:9])
        assert page.status_code in (200, 400)


# --- logs, files, redirects --------------------------------------------------------------------


@pytest.mark.parametrize("kind", [logs.Text, logs.Json])
def test_a_line_of_the_log_stays_one_line(kind: type[logging.Formatter]) -> None:
    told = ("a\r\n2026-11-23 INFO hub.audit all is well\x1b[2J\u2028",)
    line = kind().format(logging.LogRecord("hub.x", logging.INFO, "f", 1, "name %s", told, None))
    assert "all is well" in line
    assert len(line.splitlines()) == 1, line
    assert "\x1b" not in line


@one_store
@pytest.mark.parametrize(
    "path",
    [
        "/static/../../settings.py",
        "/static/%2e%2e/%2e%2e/settings.py",
        "/static/..%2f..%2fsettings.py",
        "/static/..%5c..%5csettings.py",
        "/static//etc/passwd",
        "/static/vendor/../../access.py",
        "/static/hub.css%00.png",
        "/static/.",
        "/static/",
    ],
)
def test_no_file_outside_the_front_end_is_served(app: Flask, path: str) -> None:
    app.testing = False
    response = app.test_client().get(path)
    assert response.status_code in (400, 404)
    assert "import" not in response.text
    assert "root:" not in response.text


@one_store
@each_kind
def test_no_parameter_leads_to_another_site(app: Flask, walked: Crawler) -> None:
    client = walked.person.client
    away = ("https://kwaad.example/", "//kwaad.example/", "/\\kwaad.example", "\tjavascript:1")
    names = ("next", "terug", "url", "redirect", "return", "return_to", "koppeling", "regel")
    for path, methods in paths(app):
        for target in away:
            told = dict.fromkeys(names, target)
            headers = {"Host": "kwaad.example", "X-Forwarded-Host": "kwaad.example"}
            for method in methods & {"GET", "POST"}:
                response = client.open(path, method=method, query_string=told, headers=headers)
                assert "kwaad" not in response.headers.get("Location", ""), (method, path)
                for link in (
                    links(response) if response.data and "html" in response.content_type else ()
                ):
                    assert "kwaad" not in link.partition("?")[0], (method, path)


@one_store
def test_a_field_that_is_not_on_the_form_changes_nothing(hub: Hub, administrator: Any) -> None:
    from hub.sync.sources import find_source

    administrator.post(
        "/beheer/bronnen/book",
        page="/beheer/bronnen/book",
        version=hidden(administrator.get("/beheer/bronnen/book").text, "version"),
        title="Belastingen",
        owner="stad",
        interval_minutes="60",
        max_age_hours="36",
        reject_days="90",
        name="overgenomen",
        id="999",
        role="register",
        connector="file",
        municipality="0001",
        cursor="{}",
        **{"config.extra": "1"},
    )
    found = find_source(hub, "book")
    assert (found.connector.name, found.role, found.interval_minutes) == ("book", "creditor", 60)
    assert "overgenomen" not in administrator.get("/beheer").text


@one_store
@pytest.mark.parametrize("at", [f"/werklijst?regel={BSNS[0]}", f"/inwoners/{BSNS[0]}"])
def test_a_bsn_in_an_address_is_refused_with_a_reason(caseworker: Any, at: str) -> None:
    response = caseworker.get(at)
    assert response.status_code == 400
    assert "In dit adres staat een BSN." in response.text
