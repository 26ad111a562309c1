"""The main job, end to end: five registers over real sockets against the ground truth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from book import everything, resident_of, row_counts
from sqlalchemy import select

from hub.clock import FrozenClock
from hub.core import Hub, open_hub
from hub.demo.run import Demo, demo_settings, fill, start_demo
from hub.demo.scripts import RULES
from hub.overview.resident import resident_overview
from hub.reconcile import reconcile
from hub.store import finding, metadata, resident
from hub.sync.inbound import sync_source
from hub.sync.orders import put_hold
from hub.sync.outbound import deliver_due
from hub.sync.sources import all_sources, find_source
from hub.testing.world import Municipality

Finding = tuple[str, str, str]


@pytest.fixture
def hub(database: str, tmp_path: Path, clock: FrozenClock) -> Iterator[Hub]:
    made = open_hub(tmp_path / "hub", overrides=demo_settings(database_url=database), clock=clock)
    yield made
    made.engine.dispose()


def found(hub: Hub) -> set[Finding]:
    """Open findings about people: rule, BSN, key."""
    query = (
        select(finding.c.rule, finding.c.key, resident.c.bsn)
        .join(resident, resident.c.id == finding.c.resident_id)
        .where(finding.c.closed_at.is_(None))
    )
    with hub.reader.connect() as connection:
        return {
            (row.rule, hub.keys.open(row.bsn, "resident.bsn"), row.key)
            for row in connection.execute(query)
        }


def planted(demo: Demo) -> set[Finding]:
    lines = [json.loads(line) for line in demo.truth.read_text().splitlines()]
    return {(line["rule"], line["bsn"], line["key"]) for line in lines}


def of_rules(findings: set[Finding], rules: Iterable[str]) -> set[Finding]:
    """Return the findings of some rules."""
    return {one for one in findings if one[0] in rules}


#: Rules of which nothing is planted, but whose findings follow from the books of the town.
FOLLOWS = ("kosten_hoog", "niet_te_bellen", "meer_schuldeisers_dwingen")

PRESSING = {"aanmaning", "dwangbevel", "vooraankondiging", "vordering", "beslag"}


def follows(town: Municipality) -> Iterator[Finding]:
    """Yield what these rules should find, by a plain walk through the dossiers."""
    dossiers = list(town.dossiers())
    cases = [one.case for one in dossiers if one.case and one.case.ended_on is None]
    helped = {client.bsn for case in cases for client in case.clients}
    for one in dossiers:
        claims = [claim for claim in one.claims if claim.open > 0]
        for claim in claims:
            if claim.principal > 0 and claim.costs * 100 > claim.principal * 25:
                yield "kosten_hoog", one.person.bsn, claim.number
            if claim.stage in ("herinnering", "aanmaning") and not one.person.phone:
                yield "niet_te_bellen", one.person.bsn, claim.number
        pressing = {claim.creditor for claim in claims if claim.stage in PRESSING}
        if len(pressing) > 1 and one.person.bsn not in helped:
            yield "meer_schuldeisers_dwingen", one.person.bsn, "samen"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_findings_are_the_ground_truth(hub: Hub, tmp_path: Path, seed: int) -> None:
    # The seeds vary what is told, the stores how it is asked: there fewer people do.
    size = 2000 if hub.engine.dialect.name == "sqlite" else 500
    with start_demo(tmp_path / "hub", seed=seed, size=size, clock=hub.clock, hub=hub) as demo:
        runs = list(fill(demo))
        for name, outcome in runs:
            assert outcome.status == "succeeded", (name, outcome)
            assert outcome.read == outcome.applied + outcome.unchanged + outcome.rejected
        truth = planted(demo)
        assert len(RULES) == 7
        assert of_rules(found(hub), RULES) - truth == set(), "found, but not planted"
        assert truth - found(hub) == set(), "planted, but not found"
        by_hand = set(follows(demo.municipality))
        assert of_rules(found(hub), FOLLOWS) == by_hand, "what follows from the same books"
        assert {"kosten_hoog", "niet_te_bellen"} <= {rule for rule, _, _ in by_hand}

        hub.clock.move(minutes=1)  # type: ignore[attr-defined]
        before = row_counts(hub)
        again = [one for source in all_sources(hub) for one in sync_source(hub, source)]
        tally = reconcile(hub)
        assert sum(one.applied + one.removed for one in again) == 0
        assert not any(tally.opened.values())
        assert not any(tally.closed.values())
        assert row_counts(hub) == before | {"run": before["run"] + len(again)}


@pytest.mark.parametrize("silent", ["tax", "debt_help", "schuldenknooppunt", "vish", "clo"])
def test_a_register_that_falls_silent_takes_nothing_with_it(
    tmp_path: Path, clock: FrozenClock, silent: str
) -> None:
    hub = open_hub(tmp_path / "hub", overrides=demo_settings(), clock=clock)
    with start_demo(tmp_path / "hub", seed=1, size=300, clock=clock, hub=hub) as demo:
        list(fill(demo))
        bsn = next(d.person.bsn for d in demo.municipality.dossiers() if d.case)
        before, total = found(hub), overview_total(hub, bsn)
        demo.simulators[silent].stop()
        clock.move(hours=1)
        outcomes = {
            (source.name, one.status): one.message
            for source in all_sources(hub)
            for one in sync_source(hub, source)
        }
        reconcile(hub)
        assert any(
            status == "failed" and "Er luistert niets op" in (message or "")
            for (_, status), message in outcomes.items()
        )
        assert overview_total(hub, bsn) == (total[0], True), "the claims stay, the total is a floor"
        assert total[1] is False
        assert found(hub) == before, "nothing is closed and nothing is made up"

        demo.simulators[silent].start()
        clock.move(hours=1)
        for source in all_sources(hub):
            assert {one.status for one in sync_source(hub, source)} == {"succeeded"}
        reconcile(hub)
        assert overview_total(hub, bsn) == total
    hub.engine.dispose()


def overview_total(hub: Hub, bsn: str) -> tuple[int, bool]:
    with hub.reader.connect() as connection:
        about = str(resident_of(connection, hub, bsn))
        view = resident_overview(connection, hub, everything(about))
    assert view is not None
    return view.total, view.at_least


def test_a_hold_reaches_the_tax_office_and_comes_back_confirmed(
    tmp_path: Path, clock: FrozenClock
) -> None:
    hub = open_hub(tmp_path / "hub", overrides=demo_settings(), clock=clock)
    with start_demo(tmp_path / "hub", seed=1, size=300, clock=clock, hub=hub) as demo:
        list(fill(demo))
        main = demo.municipality.organisations[0].code
        bsn = next(
            dossier.person.bsn
            for dossier in demo.municipality.dossiers()
            if not dossier.holds
            and any(c.creditor == main and c.open for c in dossier.claims)
            and all(c.creditor == main for c in dossier.claims)
        )
        with hub.engine.begin() as connection:
            about = str(resident_of(connection, hub, bsn))
            until = clock.today().replace(year=2027)
            put_hold(connection, hub, about, until=until, ground="Wgs", by="test")
        clock.move(minutes=1)
        assert deliver_due(hub) == {"delivered": 1}
        with hub.reader.connect() as connection:
            view = resident_overview(connection, hub, everything(about))
        assert view is not None
        (held,) = view.holds
        assert (held.ends_on, held.confirmed_on) == (until, clock.today())
        assert all(one.on_hold for one in view.claims)
    hub.engine.dispose()


def test_no_bsn_of_the_municipality_stands_open_in_the_store(
    tmp_path: Path, clock: FrozenClock
) -> None:
    hub = open_hub(tmp_path / "hub", overrides=demo_settings(), clock=clock)
    with start_demo(tmp_path / "hub", seed=1, size=200, clock=clock, hub=hub) as demo:
        list(fill(demo))
        numbers = [dossier.person.bsn for dossier in demo.municipality.dossiers()]
        with hub.engine.connect() as connection:
            for table in metadata.sorted_tables:
                text = "\n".join(str(tuple(row)) for row in connection.execute(select(table)))
                assert [bsn for bsn in numbers if bsn in text] == [], table.name
    hub.engine.dispose()
    for file in (tmp_path / "hub").glob("hub.db*"):
        content = file.read_bytes()
        assert [bsn for bsn in numbers if bsn.encode() in content] == [], file.name


def test_one_wrong_setting_stops_no_other_source(tmp_path: Path, clock: FrozenClock) -> None:
    from hub.sync.sources import save_source

    hub = open_hub(tmp_path / "hub", overrides=demo_settings(), clock=clock)
    with start_demo(tmp_path / "hub", seed=1, size=100, clock=clock, hub=hub):
        tax = find_source(hub, "belastingen")
        values = {"name": tax.name, "title": tax.title, "connector": "tax", "owner": tax.owner}
        save_source(hub, {**values, "config": {**tax.config, "password": "fout"}})
        outcomes = {s.name: [o.status for o in sync_source(hub, s)] for s in all_sources(hub)}
        assert outcomes.pop("belastingen") == ["failed", "planned", "planned"], (
            "credentials that were refused are not offered a second time"
        )
        assert all(set(states) == {"succeeded"} for states in outcomes.values())
    hub.engine.dispose()
