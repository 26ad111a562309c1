"""The pages at their edges: what a person mistypes, a register is late with, or a proxy adds."""

from __future__ import annotations

import re
from typing import Any

import pytest
from book import BSNS
from flask import Flask
from sqlalchemy import func, select

from hub.core import Hub
from hub.store import audit_log, command


def open_first(caseworker: Any) -> tuple[str, Any]:
    """Search and open the first resident; return the address and the page."""
    found = caseworker.post("/inwoners/zoeken", page="/", bsn=BSNS[0])
    path = re.findall(r"/inwoners/[0-9a-f]{32}", found.text)[0]
    return path, caseworker.get(path)


def count(hub: Hub, table: Any) -> int:
    with hub.reader.connect() as connection:
        found: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
        return found


def test_forms_work_over_https(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/inloggen", base_url="https://localhost")
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page.text)[0]
    form = {"name": "hulpverlener", "password": "een-lang-wachtwoord", "csrf_token": token}
    # A browser sends no Referer, as our own Referrer-Policy tells it to.
    assert client.post("/inloggen", data=form, base_url="https://localhost").status_code == 302


def test_a_pause_needs_a_readable_end(hub: Hub, caseworker: Any) -> None:
    path, _ = open_first(caseworker)
    for until in ("", "31-31-2027", "morgen"):
        at = f"{path}/samen/pauze"
        page = caseworker.post(at, page=at, stap="ja", until=until)
        assert page.status_code == 400
        assert "Kies tot en met welke dag de pauze duurt" in page.text
    assert count(hub, command) == 0


@pytest.mark.parametrize("day", ["2026-02-31", "vandaag", "0001-01-01", "2026-11-24"])
def test_a_day_the_hub_cannot_look_back_to_is_told(hub: Hub, caseworker: Any, day: str) -> None:
    path, _ = open_first(caseworker)
    before = count(hub, audit_log)
    page = caseworker.get(f"{path}?op={day}")
    assert page.status_code == 400
    assert "Kies een dag die al geweest is, als 2026-03-31." in page.text
    assert count(hub, audit_log) == before
