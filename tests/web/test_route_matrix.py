"""Every route × method × role × whose resident, visited and compared with one table.

A route that is not in the table fails the test, so nobody adds a page without saying who may
open it. `protocol` is an address where the message decides: of OpenID Connect (test_oidc), or
where outside systems call (test_received).

The table is read as: method, address, who may, and of which resident: `own` caseload,
`any` resident of the municipality, or nothing when the address names no resident. `unknown`: the
role may come here, and is told that what it asks for (a finding of others) is not there.

The routes of the API are visited by programs with a token; those of the pages by people who are
signed in.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from book import BSNS, add_source, resident_of
from chain import Chain, case, entry, hold, tax_claim
from flask import Flask
from forms import hand_plugin
from sqlalchemy import select
from strangers import unknown

from hub.api import PREFIX, create_api
from hub.core import open_hub
from hub.flows.declared import FLOWS
from hub.flows.life import Asked, begin, work_of
from hub.front.access import SIGNED_IN
from hub.reconcile import reconcile
from hub.security.accounts import DEMO_ACCOUNTS, make_demo_accounts
from hub.security.audit import Actor
from hub.security.cases import KINDS, link_case
from hub.security.roles import CASEWORKERS
from hub.security.tokens import make_api_account
from hub.site import create_site
from hub.store import finding, resident, sign_in_session, subject
from hub.sync.orders import register_vish
from hub.web import create_web

PASSWORD = "een-lang-wachtwoord"

#: caseworker: every role that looks at residents.
TABLE = """
GET    /api/v1/openapi.json                        everybody
POST   /api/v1/residents/_search                   caseworker
GET    /api/v1/residents/<resident_id>             caseworker:own
GET    /api/v1/residents/<resident_id>/claims      caseworker:own
GET    /api/v1/residents/<resident_id>/claims/<claim_id>  debt_counsellor:own collector:own +
       remission_officer:own caseworker:unknown
GET    /api/v1/residents/<resident_id>/holds       caseworker:own
POST   /api/v1/residents/<resident_id>/holds       debt_counsellor:own
GET    /api/v1/residents/<resident_id>/holds/<hold_id>        caseworker:own
DELETE /api/v1/residents/<resident_id>/holds/<hold_id>        debt_counsellor:own
GET    /api/v1/residents/<resident_id>/commands    caseworker:own
POST   /api/v1/residents/<resident_id>/commands    debt_counsellor:own
GET    /api/v1/residents/<resident_id>/commands/<command_id>  debt_counsellor:own caseworker:unknown
POST   /api/v1/residents/<resident_id>/commands/<command_id>/acts  debt_counsellor:own
GET    /api/v1/findings                            caseworker administrator
GET    /api/v1/findings/<finding_id>   debt_counsellor caseworker:unknown administrator:unknown
POST   /api/v1/findings/<finding_id>/steps  debt_counsellor caseworker:unknown administrator:unknown
GET    /api/v1/sources                             administrator
GET    /api/v1/sources/<name>                      administrator
PATCH  /api/v1/sources/<name>                      administrator
GET    /api/v1/sources/<name>/runs                 administrator
POST   /api/v1/sources/<name>/runs                 administrator
GET    /api/v1/runs/<run_id>                       administrator
POST   /api/v1/runs/<run_id>/acts                  administrator
GET  /                                             caseworker administrator privacy_officer
GET  /inloggen                                     everybody
POST /inloggen                                     everybody
GET  /inloggen/gemeente                            protocol
GET  /inloggen/terug                               protocol
GET  /uitgelogd                                    protocol
POST /uitloggen/gemeente                           protocol
POST /uitloggen                                    caseworker administrator privacy_officer
POST /ik-werk-als                                  caseworker administrator privacy_officer
GET  /sessies                                      caseworker administrator privacy_officer
GET  /sessies/alle                                 administrator privacy_officer
POST /sessies/<session_id>/beeindigen              caseworker administrator privacy_officer
POST /sessies/andere/beeindigen                    caseworker administrator privacy_officer
GET  /health                                       everybody
GET  /ready                                        everybody
GET  /metrics                                      nobody
GET  /ontvangst/<key>/                             protocol
POST /ontvangst/<key>/                             protocol
PUT  /ontvangst/<key>/                             protocol
PATCH /ontvangst/<key>/                             protocol
DELETE /ontvangst/<key>/                             protocol
GET  /ontvangst/<key>/<path>                       protocol
POST /ontvangst/<key>/<path>                       protocol
PUT  /ontvangst/<key>/<path>                       protocol
PATCH /ontvangst/<key>/<path>                       protocol
DELETE /ontvangst/<key>/<path>                       protocol
GET  /inwoners/zoeken                              caseworker
POST /inwoners/zoeken                              caseworker
GET  /inwoners/<resident_id>                       caseworker:own
POST /inwoners/<resident_id>/opdracht/<kind>       debt_counsellor:own
POST /inwoners/<resident_id>/opdrachten/<id_>      debt_counsellor:own
POST /inwoners/<resident_id>/opgaven/<id_>         debt_counsellor:own collector:own
GET  /inwoners/<resident_id>/toegang               caseworker:any
POST /inwoners/<resident_id>/dossier               caseworker:any
POST /inwoners/<resident_id>/dossier/<id_>/einde   caseworker:own
POST /inwoners/<resident_id>/toestemming           caseworker:any
POST /inwoners/<resident_id>/toestemming/<id_>/intrekken  caseworker:own
POST /inwoners/<resident_id>/noodtoegang           caseworker:any
GET  /werklijst                                    caseworker administrator
POST /werklijst                                    caseworker administrator
GET  /werklijst/<id_>   debt_counsellor caseworker:unknown administrator:unknown
POST /werklijst/<id_>   debt_counsellor caseworker:unknown administrator:unknown
GET  /wie-is-dit                                   caseworker
GET  /wie-is-dit/<id_>                             debt_counsellor caseworker:unknown
POST /wie-is-dit/<id_>                             debt_counsellor caseworker:unknown
POST /wie-is-dit/<id_>/zoeken                      debt_counsellor caseworker:unknown
GET  /inwoners/<resident_id>/samenvoegen           caseworker:own
POST /inwoners/<resident_id>/samenvoegen           caseworker:own
POST /inwoners/<resident_id>/samenvoegen/zoeken    caseworker:own
POST /inwoners/<resident_id>/splitsen/<id_>        caseworker:own
GET  /inwoners/<resident_id>/opgave/<name>         debt_counsellor:own
POST /inwoners/<resident_id>/opgave/<name>         debt_counsellor:own
GET  /inwoners/<resident_id>/bericht/<name>        debt_counsellor:own
POST /inwoners/<resident_id>/bericht/<name>        debt_counsellor:own
GET  /inwoners/<resident_id>/samen/<flow_id>        debt_counsellor:own
POST /inwoners/<resident_id>/samen/<flow_id>        debt_counsellor:own
POST /inwoners/<resident_id>/samen/lopend/<id_>     debt_counsellor:own
GET  /goedkeuren                                   debt_counsellor collector
POST /goedkeuren/<id_>                             debt_counsellor:unknown collector:unknown
GET  /beheer                                       administrator
GET  /beheer/bronnen/<name>                        administrator
POST /beheer/bronnen/<name>                        administrator
GET  /beheer/bronnen/nieuw                         administrator
POST /beheer/bronnen/nieuw                         administrator
POST /beheer/bronnen/<name>/test                   administrator
POST /beheer/bronnen/<name>/synchroniseren         administrator
POST /beheer/bronnen/<name>/afgekeurd              administrator
POST /beheer/bronnen/<name>/opnieuw                administrator
GET  /beheer/bronnen/<name>/invoer                 administrator
POST /beheer/bronnen/<name>/invoer                 administrator
GET  /beheer/runs/<run_id>                         administrator
POST /beheer/runs/<run_id>/besluit                 administrator
POST /beheer/runs/<run_id>/stoppen                 administrator
GET  /beheer/plugins                               administrator
GET  /beheer/regels                                administrator
POST /beheer/regels/<rule_id>                      administrator
GET  /beheer/werkstromen                           administrator
POST /beheer/werkstromen/<flow_id>                 administrator
GET  /beheer/herkennen                             administrator
POST /beheer/herkennen                             administrator
POST /beheer/herkennen/leren                       administrator
GET  /privacy                                      privacy_officer
POST /privacy/meldingen/<id_>                      privacy_officer
POST /privacy/noodtoegang/<id_>                    privacy_officer
GET  /privacy/toegang                              privacy_officer administrator
GET  /privacy/grondslagen                          privacy_officer
POST /privacy/grondslagen                          privacy_officer
POST /privacy/grondslagen/<id_>/einde              privacy_officer
GET  /privacy/logboek                              privacy_officer
GET  /privacy/inwoner                              privacy_officer
POST /privacy/inwoner                              privacy_officer
GET  /inwoners/<resident_id>/rechten               caseworker:own privacy_officer:any
POST /inwoners/<resident_id>/rechten               caseworker:own privacy_officer:any
POST /inwoners/<resident_id>/rechten/<id_>/einde   caseworker:own privacy_officer:any
POST /inwoners/<resident_id>/rechten/inzage        privacy_officer:any
GET  /privacy/vernietigen                          privacy_officer
GET  /privacy/vernietigen/<id_>                    privacy_officer
POST /privacy/vernietigen/<id_>/besluit            privacy_officer
POST /privacy/vernietigen/bewaren/<id_>            privacy_officer
"""

ROLES = {name: roles[0] for name, _, roles in DEMO_ACCOUNTS}
WHOSE = ("own", "other", "elsewhere")


def routes(app: Flask, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every method and address of the application, converters left out of the address."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, prefix + re.sub(r"<\w+:", "<", rule.rule)


def table() -> dict[tuple[str, str], dict[str, str]]:
    """The table: by method and address, of which resident each role may open it."""
    found = {}
    for line in TABLE.strip().replace("+\n", "").splitlines():
        method, address, *who = line.split()
        allowed: dict[str, str] = {}
        for one in who:
            role, _, whose = one.partition(":")
            names = CASEWORKERS if role == "caseworker" else (role,)
            # Who is named alone comes before the group it belongs to.
            allowed |= {name: whose for name in names if name not in allowed}
        found[method, address] = allowed
    return found


def expected(allowed: dict[str, str], role: str, whose: str) -> str:
    """What the table says: open, closed, unknown, or sign_in for who is not signed in."""
    if "everybody" in allowed:
        return "open"
    if "nobody" in allowed:
        return "unknown"
    if role == "nobody":
        return "sign_in"
    # Whoever gets to open a page about residents finds nobody of elsewhere.
    comes_in = role in allowed or (role in CASEWORKERS and bool({*allowed} & {*CASEWORKERS}))
    if whose == "elsewhere" and comes_in:
        return "unknown"
    if role not in allowed:
        return "closed"
    if allowed[role] == "unknown":
        return "unknown" if whose == "own" else "closed"
    if not allowed[role] or whose == "own":
        return "open"
    return "open" if allowed[role] == "any" else "closed"


class World:
    """Two municipalities in one store, and a resident of each kind for every role."""

    def __init__(self, make_hub: Any, database: str, folder: Any) -> None:
        chain = Chain(lambda *told, **more: make_hub(*told, hand_plugin(), **more))
        add_source(chain.hub, "hand")
        add_source(chain.hub, "letters")
        chain.tell("tax", tax_claim("A1", 50000), hold(0))
        chain.tell("file", case(0), unknown("V1", {"surname": "Nergensman"}))
        chain.tell("vish", entry(2))
        self.hub = chain.hub
        reconcile(self.hub)
        with self.hub.engine.begin() as connection:
            self.own = str(resident_of(connection, self.hub, BSNS[0]))
            self.other = str(resident_of(connection, self.hub, BSNS[2]))
            for role in CASEWORKERS:
                link_case(
                    connection,
                    self.hub,
                    Actor("begin", role),
                    self.own,
                    kind=next(iter(KINDS[role])),
                    number="M-1",
                    starts_on=self.hub.clock.today(),
                )
            self.command, *_ = register_vish(connection, self.hub, self.own, ground="g", by="begin")
            self.run = str(begun(connection, self.hub, self.own))
            about_own = select(finding.c.id).where(finding.c.resident_id == self.own)
            without_bsn = select(subject.c.id).where(subject.c.bsn_hash.is_(None))
            self.stranger = str(connection.execute(without_bsn).scalar_one())
            self.finding = str(connection.execute(about_own).scalars().first())
        self.elsewhere = self._another(database, folder)
        make_demo_accounts(self.hub, PASSWORD)

    def _another(self, database: str, folder: Any) -> str:
        values = {"database_url": database, "municipality": "8888", "demo": True}
        other = open_hub(folder, overrides=values, clock=self.hub.clock, plugins=self.hub.plugins)
        add_source(other, "tax", max_age_hours=10**6)
        from book import read_all

        read_all(other, "tax")
        reconcile(other)
        with other.reader.connect() as connection:
            query = select(resident.c.id).where(resident.c.municipality == "8888")
            found = str(connection.execute(query).scalars().first())
        if other.engine is not self.hub.engine:
            other.engine.dispose()
        return found


def begun(connection: Any, hub: Any, resident_id: str) -> int:
    """A flow that somebody asked for, of which somebody else sees the page."""
    asked = Asked(FLOWS["pauze"], resident_id, "k", "", until=hub.clock.today())
    seen = FLOWS["pauze"].plan(work_of(connection, hub, asked)).digest
    return begin(connection, hub, Actor("begin", "debt_counsellor"), replace(asked, seen=seen))


@pytest.fixture
def world(make_hub: Any, database: str, tmp_path: Any) -> World:
    return World(make_hub, database, tmp_path / "other")


ARGUMENTS = {
    "<name>": "tax",
    "<rule_id>": "kosten_hoog",
    "<run_id>": "1",
    "<id_>": "1",
    "<kind>": "saldoverzoek",
    "<flow_id>": "vish-aanmelden",
}


def visit(client: Any, token: str, method: str, address: str) -> str:
    """Open a route and tell what became of it; a form that is wrong was open all the same."""
    form = (
        {"csrf_token": token, "doe": "pause", "key": "0" * 32, "stap": "take"}
        if method == "POST"
        else None
    )
    answer = client.open(address, method=method, data=form)
    if answer.status_code == 302 and answer.headers["Location"].startswith("/inloggen"):
        return "sign_in"
    assert answer.status_code < 500, f"{method} {address}: {answer.status_code}"
    return {403: "closed", 404: "unknown", 401: "open"}.get(answer.status_code, "open")


def signed_in(app: Flask, name: str) -> tuple[Any, str]:
    client = app.test_client()
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/inloggen").text)
    assert found is not None
    form = {"name": name, "password": PASSWORD, "csrf_token": found[1]}
    if name == "nobody":
        return client, found[1]
    page = client.post("/inloggen", data=form, follow_redirects=True).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    return client, token[1]


def session_of(world: World, name: str) -> str:
    """The id of the session that this person has now."""
    with world.hub.reader.connect() as connection:
        query = select(sign_in_session.c.id).where(sign_in_session.c.account == name)
        return str(connection.execute(query).scalar() or 999)


#: What ends the access that the next visit needs comes last.
LAST = ("/intrekken", "/einde", "<session_id>/beeindigen", "/uitloggen")


def in_order(one: tuple[str, str]) -> int:
    return max((rank for rank, part in enumerate(LAST, 1) if one[1].endswith(part)), default=0)


#: What each route of the API that takes something is sent.
BODIES = {
    "/_search": {"bsn": BSNS[0]},
    "/holds": {"until": "2027-01-01"},
    "/commands": {"kind": "register"},
    "/commands/<command_id>/acts": {"act": "pause"},
    "/steps": {"step": "take"},
    "/sources/<name>": {},
    "/runs/<run_id>/acts": {"act": "cancel"},
}


def call(client: Any, token: str, method: str, address: str, path: str) -> str:
    """Call a route of the API and tell what became of it."""
    ends = [one for one in BODIES if address.endswith(one)]
    body = BODIES[max(ends, key=len)] if ends and method in ("POST", "PATCH") else None
    headers = {"Idempotency-Key": uuid.uuid4().hex, "If-Match": '"1"'}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    more = {} if body is None else {"json": body}
    answer = client.open(path, method=method, headers=headers, **more)
    assert answer.status_code not in (400, 415), f"{method} {path}: {answer.text}"
    assert answer.status_code < 500, f"{method} {path}: {answer.status_code}"
    return {401: "sign_in", 403: "closed", 404: "unknown"}.get(answer.status_code, "open")


def test_every_route_is_in_the_table(world: World) -> None:
    pages, programs = routes(create_web(world.hub)), routes(create_api(world.hub), PREFIX)
    assert {*pages, *programs} == set(table())


@pytest.mark.parametrize("role", ["nobody", *ROLES.values()])
def test_every_route_of_the_api_is_open_to_whom_the_table_says(world: World, role: str) -> None:
    app = create_site(world.hub, nudge=lambda: None)
    token = make_api_account(world.hub, "program", role, 1, "cli") if role in SIGNED_IN else ""
    people = {"own": world.own, "other": world.other, "elsewhere": world.elsewhere}
    rules, differences = table(), []
    parts = {"<command_id>": world.command, "<finding_id>": world.finding}
    parts |= {"<claim_id>": "1", "<hold_id>": "1", "<run_id>": "1", "<name>": "tax"}
    for method, address in sorted(routes(create_api(world.hub), PREFIX)):
        for whose in WHOSE if "<resident_id>" in address else ("own",):
            path = address.replace("<resident_id>", people[whose])
            for part, value in parts.items():
                path = path.replace(part, value)
            told = call(app.test_client(), token, method, address, path)
            wanted = expected(rules[method, address], role, whose)
            if told != wanted:
                differences.append(f"{method} {address} ({whose}): {told}, not {wanted}")
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("name", ["nobody", *ROLES])
def test_every_route_is_open_to_whom_the_table_says(world: World, name: str) -> None:
    app = create_web(world.hub, nudge=lambda: None)
    client, token = signed_in(app, name)
    session_id = session_of(world, name)
    role, rules, differences = ROLES.get(name, "nobody"), table(), []
    people = {"own": world.own, "other": world.other, "elsewhere": world.elsewhere}
    for method, address in sorted(routes(app), key=in_order):
        about = WHOSE if "<resident_id>" in address else ("own",)
        for whose in about:
            path = address.replace("<resident_id>", people[whose])
            path = path.replace("opdrachten/<id_>", f"opdrachten/{world.command}")
            path = path.replace("lopend/<id_>", f"lopend/{world.run}")
            path = path.replace("<session_id>", session_id)
            path = path.replace("werklijst/<id_>", f"werklijst/{world.finding}")
            path = path.replace("wie-is-dit/<id_>", f"wie-is-dit/{world.stranger}")
            if re.search("/(opgave|invoer)", path):
                path = path.replace("<name>", "hand")
            path = path.replace("bericht/<name>", "bericht/letters")
            for argument, value in ARGUMENTS.items():
                path = path.replace(argument, value)
            told = visit(client, token, method, path)
            wanted = expected(rules[method, address], role, whose)
            if address == "/uitloggen":
                wanted = "sign_in"  # where it leads
            if told != wanted and "protocol" not in rules[method, address]:
                differences.append(f"{method} {address} ({whose}): {told}, not {wanted}")
    assert not differences, "\n".join(differences)


def test_a_hub_of_another_municipality_opens_nobody_of_this_one(world: World) -> None:
    assert world.elsewhere not in (world.own, world.other, "None")
    with world.hub.reader.connect() as connection:
        query = select(resident.c.municipality).where(resident.c.id == world.elsewhere)
        assert connection.execute(query).scalar_one() == "8888"
