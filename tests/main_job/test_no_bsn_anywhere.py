"""A whole day of the hub, and then a search for every BSN in everything it left behind."""

from __future__ import annotations

import io
import logging
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import select

from hub import logs
from hub.backup import backup
from hub.clock import FrozenClock
from hub.core import open_hub
from hub.demo.run import Demo, demo_settings, fill, start_demo
from hub.rights.report import make_report
from hub.security.accounts import DEMO_ACCOUNTS, make_demo_accounts
from hub.security.anchor import note_anchors
from hub.security.audit import HUB
from hub.store import metadata
from hub.web import create_web

PASSWORD = "een-lang-wachtwoord"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the log says, in the form in which machines read it, plugins traced."""
    monkeypatch.setenv("HUB_TRACE_PLUGINS", "1")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.Json())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


#: What stands in the form that says yes.
HIDDEN = r'type="hidden" name="(\w+)" value="([^"]*)"'


class Visitor:
    """Somebody at a browser who keeps every address and every title."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.seen: list[str] = []

    def get(self, path: str) -> str:
        answer = self.client.get(path, follow_redirects=True)
        return self._note(answer)

    def post(self, path: str, page: str, **form: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page))
        assert found is not None, page
        told = {**form, "csrf_token": found[1]}
        return self._note(self.client.post(path, data=told, follow_redirects=True))

    def _note(self, answer: Any) -> str:
        assert answer.status_code < 500
        tree = html.fromstring(answer.text)
        self.seen += [answer.request.url, str(answer.headers), *tree.xpath("//title/text()")]
        self.seen += tree.xpath("//@href | //@action | //h1//text()")
        return str(answer.text)


def work_of_a_day(demo: Demo, bsns: list[str]) -> list[str]:
    """Every role searches somebody, opens what that leads to, and puts something on hold."""
    hub, seen = demo.hub, []
    make_demo_accounts(hub, PASSWORD)
    app = create_web(hub)
    for name, _, _ in DEMO_ACCOUNTS:
        visitor = Visitor(app.test_client())
        visitor.post("/inloggen", "/inloggen", name=name, password=PASSWORD)
        first = visitor.get("/")
        if 'name="bsn"' in first:
            for bsn in bsns:
                text = visitor.post("/inwoners/zoeken", "/", bsn=bsn)
                for link in sorted(set(re.findall(r'href="(/inwoners/[0-9a-f]{32})"', text))):
                    if (at := f"{link}/samen/pauze") in visitor.get(link):
                        form = dict(re.findall(HIDDEN, visitor.get(at).partition('id="zeker"')[2]))
                        visitor.post(at, at, **form)
        for page in ("/werklijst", "/beheer/bronnen", "/privacy", "/privacy/logboek"):
            visitor.get(page)
        seen += visitor.seen
    token = {"Authorization": "Bearer meet"}
    metrics = app.test_client().get("/metrics", headers=token)
    assert metrics.status_code == 200
    return [*seen, metrics.text]


def stored(demo: Demo, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every row, the files of the database while it is open, a backup, and the rest of the folder.

    The demo's own folder holds the other side: what registers know of people.
    """
    hub = demo.hub
    with hub.engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).partitions(10_000):
                yield table.name, str(row).encode()
    backup(hub, folder / "backup.zip")
    with zipfile.ZipFile(folder / "backup.zip") as archive:
        for name in archive.namelist():
            yield f"backup: {name}", archive.read(name)
    for file in hub.settings.instance.rglob("*"):
        if file.is_file() and "demo" not in file.relative_to(hub.settings.instance).parts:
            yield file.name, file.read_bytes()


def test_no_bsn_stands_open_in_anything_the_hub_leaves_behind(
    tmp_path: Path, database: str, clock: FrozenClock, written: io.StringIO
) -> None:
    settings = demo_settings(
        database_url=database,
        secure_cookies=False,
        metrics_token="meet",
        audit_anchor_file=str(tmp_path / "hub" / "anchors"),
    )
    hub = open_hub(tmp_path / "hub", overrides=settings, clock=clock)
    with start_demo(tmp_path / "hub", seed=1, size=200, clock=clock, hub=hub) as demo:
        list(fill(demo))
        numbers = [dossier.person.bsn for dossier in demo.municipality.dossiers()]
        helped = {one.person.bsn for one in demo.municipality.dossiers() if one.case}
        pages = work_of_a_day(demo, sorted(helped)[:3])
        make_report(hub, sorted(helped)[0], HUB)
        assert note_anchors(hub)
        left = [("log", written.getvalue().encode()), ("pages", "\n".join(pages).encode())]
        left += stored(demo, tmp_path)
    hub.engine.dispose()
    # The search itself works: this is how a number would stand there.
    assert len(numbers) > 150
    looked = re.compile("|".join(numbers).encode())
    assert looked.search(f"x{numbers[7]}y".encode())
    assert {name for name, content in left if looked.search(content)} == set()
    assert any("/inwoners/" in one for one in pages)
    assert {"log", "pages", "resident", "processing_log", "keys", "anchors"} <= {n for n, _ in left}
    # The plugins were traced, and holds were set on real people.
    assert left[0][1].count(b"tax send set_hold: done") == 3
