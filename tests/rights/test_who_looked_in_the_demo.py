"""Ten residents of the demo, looked at by several people: the report tells each look, no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask.testing import FlaskClient

from hub.clock import FrozenClock
from hub.core import Hub, open_hub
from hub.demo.run import Demo, demo_settings, fill, start_demo
from hub.rights.looks import MACHINE
from hub.rights.report import find, make_report
from hub.security.accounts import DEMO_ACCOUNTS, make_demo_accounts
from hub.security.audit import Actor
from hub.security.roles import CASEWORKERS, ROLES
from hub.web import create_web

PASSWORD = "een-lang-wachtwoord"
COLLEAGUES = {name: roles[0] for name, _, roles in DEMO_ACCOUNTS if roles[0] in CASEWORKERS}

#: A look as a colleague remembers it: role, what, result.
Look = tuple[str, str, str]


@pytest.fixture
def demo(database: str, tmp_path: Path, clock: FrozenClock) -> Iterator[Demo]:
    home = tmp_path / "hub"
    hub = open_hub(home, overrides=demo_settings(database_url=database), clock=clock)
    with start_demo(home, seed=1, size=60, clock=clock, hub=hub) as made:
        list(fill(made))
        make_demo_accounts(hub, PASSWORD)
        yield made
    hub.engine.dispose()


class Colleague:
    """Somebody at a browser who writes down whom he or she asked for, and what came of it."""

    def __init__(self, hub: Hub, name: str) -> None:
        self.role = ROLES[COLLEAGUES[name]].title
        self.client: FlaskClient = create_web(hub, nudge=lambda: None).test_client()
        self._post("/inloggen", name=name, password=PASSWORD)

    def _post(self, path: str, page: str = "/inloggen", **form: str) -> Any:
        text = self.client.get(page, follow_redirects=True).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', text)
        assert found is not None, page
        return self.client.post(path, data={**form, "csrf_token": found[1]})

    def search(self, bsn: str) -> Look:
        assert self._post("/inwoners/zoeken", "/", bsn=bsn).status_code == 200
        return self.role, "search", "allowed"

    def open(self, resident_id: str, page: str = "") -> Look:
        """Open the overview, or the page of rights."""
        status = self.client.get(f"/inwoners/{resident_id}{page}").status_code
        assert status in (200, 403)
        # Who is not let in sees the same page, whatever was asked for.
        what = "flags" if page and status == 200 else "overview"
        return self.role, what, "allowed" if status == 200 else "refused"


def test_the_report_tells_every_look_and_no_other(demo: Demo) -> None:
    hub, rng = demo.hub, Random(7)
    officer = Actor("petra", "privacy_officer")
    people = [dossier.person.bsn for dossier in demo.municipality.dossiers()]
    known = {bsn: id_ for bsn in people if (id_ := _id(hub, bsn))}
    chosen = rng.sample(sorted(known), 10)
    colleagues = [Colleague(hub, name) for name in COLLEAGUES]
    mine: dict[str, list[Look]] = {bsn: [] for bsn in chosen}
    for _ in range(80):
        who, bsn = rng.choice(colleagues), rng.choice(chosen)
        deed = rng.choice(("search", "overview", "rights"))
        if deed == "search":
            mine[bsn].append(who.search(bsn))
        else:
            page = "/rechten" if deed == "rights" else ""
            mine[bsn].append(who.open(known[bsn], page))
    for bsn in chosen:
        told = make_report(hub, bsn, officer)["looks"]
        people_looked = [one for one in told if one["who"] != MACHINE]
        assert [(one["who"], one["action"], one["result"]) for one in people_looked] == [
            *mine[bsn],
            ("privacy officer", "access_report", "allowed"),
        ]
        assert all(one["ground"] for one in people_looked)
        assert {one["result"] for one in told} <= {"allowed", "refused"}
    results = {result for looks in mine.values() for _, _, result in looks}
    assert results == {"allowed", "refused"}


def _id(hub: Hub, bsn: str) -> str | None:
    with hub.reader.connect() as connection:
        return find(connection, hub, bsn)
