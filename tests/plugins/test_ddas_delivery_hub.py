"""From a source, through a whole hub, to who fetches it over a socket; and the log of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.serving import make_server

from hub.core import Hub
from hub.store import audit_log
from hub.sync.inbound import sync_source
from hub.sync.received import address_key
from hub.sync.sources import find_source, save_source
from hub.testing.town import Town
from hub.web import create_web
from plugins import ddas_delivery, debt_help, early_signals
from plugins.ddas_delivery.simulator import StatisticsOffice
from plugins.debt_help.simulator import DebtHelpSystem
from plugins.early_signals.simulator import SignalSystem

SINCE = {"aanleverperiodeStartdatum": "2020-01-01", "aanleverperiodeEinddatum": "2026-12-31"}


class Chain:
    """A hub that has read its sources and is served, and the office that fetches from it."""

    def __init__(self, hub: Hub, office: StatisticsOffice, address: str) -> None:
        self.hub, self.office, self._address = hub, office, address

    def fetch(self, standard: str) -> list[dict[str, Any]]:
        """Fetch a delivery in pages of five; return what stands in each."""
        one = find_source(self.hub, f"cbs-{standard}")
        address = f"{self._address}/ontvangst/{address_key(self.hub, one)}"
        report = self.office.fetch(standard, address, **SINCE, pageSize=5)
        assert report.faults == []
        return [one["gegevens"]["leveringen"][0] for one in report.pages]


@pytest.fixture
def chain(make_hub: Any, tmp_path: Path) -> Iterator[Chain]:
    hub: Hub = make_hub(ddas_delivery, debt_help, early_signals, secure_cookies=False)
    town = Town(30, today=hub.clock.today())
    sides = [
        kind(town, _folder(tmp_path, kind.name), hub.clock)
        for kind in (DebtHelpSystem, SignalSystem, StatisticsOffice)
    ]
    names = ("name", "title", "connector", "owner", "config")
    for side in sides:
        side.start()
        for spec in side.sources():
            save_source(hub, {name: getattr(spec, name) for name in names})
    for name in ("schuldhulp", "vroegsignalering"):
        for outcome in sync_source(hub, find_source(hub, name)):
            assert (outcome.status, outcome.rejected) == ("succeeded", 0)
    server = make_server("localhost", 0, create_web(hub), threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    assert isinstance(sides[2], StatisticsOffice)
    yield Chain(hub, sides[2], f"http://localhost:{server.server_port}")
    server.shutdown()
    server.server_close()
    for side in sides:
        side.stop()


def _folder(above: Path, name: str) -> Path:
    made = above / name
    made.mkdir()
    return made


def test_what_a_source_told_is_what_is_delivered(chain: Chain) -> None:
    system = SignalSystem(chain.office.municipality, chain.office.folder, chain.hub.clock)
    (theirs,) = system.answer({})["gegevens"]["leveringen"]
    pages = chain.fetch("vs")
    assert len(pages) > 1
    for name in ("vroegsignalen", "vroegsignaalzaken"):
        told = [one for page in pages for one in page[name]]
        assert sorted(map(repr, map(_sorted, told))) == sorted(
            map(repr, map(_sorted, theirs[name]))
        )


def _sorted(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _sorted(told[name]) for name in sorted(told) if told[name] != ""}
    return list(map(_sorted, told)) if isinstance(told, list) else told


def test_debt_help_is_delivered_with_its_clients(chain: Chain) -> None:
    town = chain.office.municipality
    cases = [one.case for one in town.dossiers() if one.case]
    told = [one for page in chain.fetch("shv") for one in page["schuldhulptrajecten"]]
    clients = sorted(
        sorted(client["Burgerservicenummer"] for client in one["client"]) for one in told
    )
    assert clients == sorted(sorted(person.bsn for person in case.clients) for case in cases)
    assert all(one["gemeentecode"] == chain.hub.municipality for one in told)


def test_every_export_is_in_the_log(chain: Chain) -> None:
    chain.fetch("shv")
    query = select(func.count()).where(audit_log.c.action == "export")
    with chain.hub.reader.connect() as connection:
        before = connection.execute(query).scalar_one()
        assert before > 0
    # The other pages of the day come out of the book.
    chain.fetch("shv")
    with chain.hub.reader.connect() as connection:
        assert connection.execute(query).scalar_one() == before
