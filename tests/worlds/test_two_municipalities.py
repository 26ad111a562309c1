"""Two municipalities in one store: each as it would be alone, and none touches the other.

Both have partly the same people (the same BSNs) and the same names of sources, so that anything
that forgets whose it is meets its twin.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from beginnings import begin
from book import everything
from sqlalchemy import ColumnElement, Table, select

from hub.core import Hub, keys_fit, open_hub
from hub.demo.run import demo_settings, fill, start_demo
from hub.errors import ConfigError
from hub.overview.findings import counts, worklist
from hub.overview.metrics import METRICS
from hub.overview.privacy import concerns, logged
from hub.overview.resident import resident_overview
from hub.overview.sources import run_detail, source_health
from hub.overview.trouble import held_difference, trouble
from hub.reconcile import reconcile
from hub.schedule.planning import plan_due_runs
from hub.schedule.worker import sweep, work_once
from hub.security.keys import load_keys
from hub.security.permits import permit
from hub.security.roles import CASEWORKERS
from hub.security.verify import verify
from hub.store import command, metadata, resident, run
from hub.sync import outbox
from hub.sync.cancel import cancel_run
from hub.sync.held import refuse, release
from hub.sync.inbound import plan_run, sync_source
from hub.sync.rejects import clean_rejects, open_ids
from hub.sync.sources import all_sources, find_source
from hub.web import create_web

A, B = "9999", "8888"


def demo_hub(url: str, folder: Path, code: str, clock: Any) -> Hub:
    values = demo_settings(municipality=code) | ({"database_url": url} if url else {})
    return open_hub(folder / code, overrides=values, clock=clock)


def filled(hub: Hub, seed: int, size: int) -> Hub:
    """Fill the hub from a municipality of its own; its registers are gone afterwards."""
    folder = hub.settings.instance
    with start_demo(folder, seed=seed, size=size, hub=hub, clock=hub.clock) as demo:
        list(fill(demo))
    return hub


@pytest.fixture(scope="module")
def keys_of_both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the keys of each, in a folder of its own."""
    folder = tmp_path_factory.mktemp("both")
    for code in (A, B):
        (folder / code).mkdir()
        load_keys(folder / code)
    return folder


@pytest.fixture
def pair(
    database: str, tmp_path: Path, clock: Any, keys_of_both: Path
) -> Iterator[tuple[Hub, Hub]]:
    shutil.copytree(keys_of_both, tmp_path, dirs_exist_ok=True)
    made = [demo_hub(database, tmp_path, code, clock) for code in (A, B)]

    def fill_both() -> None:
        for hub, size in zip(made, (40, 70), strict=True):
            filled(hub, 1, size)
            hub.engine.dispose()

    made[1].engine.dispose()
    begin(made[0], "two municipalities", fill_both)
    yield made[0], made[1]
    for hub in made:
        hub.engine.dispose()


def bsns(hub: Hub) -> dict[str, str]:
    query = select(resident.c.bsn, resident.c.id).where(
        resident.c.municipality == hub.municipality, resident.c.bsn.is_not(None)
    )
    with hub.reader.connect() as connection:
        return {hub.keys.open(bsn, "resident.bsn"): id_ for bsn, id_ in connection.execute(query)}


def told(hub: Hub) -> dict[str, Any]:
    """All that a hub shows, without ids."""
    people = bsns(hub)
    names = {id_: bsn for bsn, id_ in people.items()}
    with hub.reader.connect() as connection:
        views = {
            bsn: resident_overview(connection, hub, everything(id_)) for bsn, id_ in people.items()
        }
        shown = worklist(connection, hub, "debt_counsellor", size=10_000)
        work = [(names[one.resident_id or ""], one.rule, one.sentence) for one in shown]
        return {
            "people": {bsn: view.person.name for bsn, view in views.items() if view},
            "totals": {bsn: (v.total, v.listed_total) for bsn, v in views.items() if v},
            "findings": {
                bsn: sorted((f.rule, f.sentence, str(f.due_on)) for f in view.findings)
                for bsn, view in views.items()
                if view
            },
            "timeline": {
                bsn: sorted((str(m.on), m.text, m.source) for m in view.timeline)
                for bsn, view in views.items()
                if view
            },
            "counts": counts(connection, hub),
            "worklist": sorted(work),
            "health": [
                (one.name, one.silent, one.waiting, one.refused)
                for one in source_health(connection, hub)
            ],
            "trouble": len(trouble(connection, hub)),
            "metrics": {
                (metric.name, labels): value
                for metric in METRICS
                for labels, value in metric.samples(connection, hub)
                if "seconds" not in metric.name
            },
        }


@pytest.mark.slow
def test_each_is_as_it_would_be_alone(pair: tuple[Hub, Hub], tmp_path: Path, clock: Any) -> None:
    one, two = pair
    assert len(bsns(one).keys() & bsns(two).keys()) > 5, "they must have people in common"
    for hub, size in ((one, 40), (two, 70)):
        reconcile(hub, full=True)
        alone = demo_hub("", tmp_path / "alone", hub.municipality, clock)
        filled(alone, 1, size)
        shared, single = told(hub), told(alone)
        assert shared["people"], hub.municipality
        for part, value in single.items():
            assert shared[part] == value, (hub.municipality, part)
        alone.engine.dispose()


# --- whose a row is


def tie(table: Table, code: str, seen: frozenset[str] = frozenset()) -> ColumnElement[bool] | None:
    """The condition that a row is of a municipality: by itself, or by what it refers to."""
    if "municipality" in table.c:
        return table.c.municipality == code
    for key in sorted(table.foreign_keys, key=lambda one: one.parent.name):
        other = key.column.table
        if other.name not in seen:
            found = tie(other, code, seen | {table.name})
            if found is not None:
                return key.parent.in_(select(key.column).where(found))
    return None


def rows_of(hub: Hub) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of a municipality, by table."""
    found = {}
    with hub.reader.connect() as connection:
        for table in metadata.sorted_tables:
            condition = tie(table, hub.municipality)
            assert condition is not None
            rows = connection.execute(select(table).where(condition))
            found[table.name] = sorted(tuple(map(str, row)) for row in rows)
    return found


def test_every_table_tells_whose_its_rows_are() -> None:
    assert [one.name for one in metadata.sorted_tables if tie(one, A) is None] == []


def unknown(act: Callable[[], Any]) -> bool:
    """Tell whether an act with an id of another municipality finds nothing."""
    try:
        return not act()
    except ConfigError:
        return True


@pytest.mark.slow
def test_no_act_of_one_touches_or_finds_the_other(pair: tuple[Hub, Hub]) -> None:
    one, two = pair
    plan_run(two, all_sources(two)[0].id, "participants", two.clock.now())
    with two.engine.begin() as connection:
        (theirs, *_) = connection.execute(
            select(run.c.id).where(run.c.source_id.in_([s.id for s in all_sources(two)]))
        ).scalars()
        connection.execute(run.update().where(run.c.id == theirs).values(status="held"))
        their_command = (
            connection.execute(
                select(command.c.id).where(
                    command.c.source_id.in_([s.id for s in all_sources(two)])
                )
            )
            .scalars()
            .first()
        )
    before = rows_of(two)
    someone = next(iter(bsns(two).values()))

    for source in all_sources(one):
        sync_source(one, source)
    plan_due_runs(one)
    work_once(one)
    sweep(one)
    clean_rejects(one)
    reconcile(one, full=True)
    by_id: list[Callable[[], Any]] = [
        lambda: release(one, theirs, "x"),
        lambda: refuse(one, theirs, "x"),
        lambda: cancel_run(one, theirs),
        lambda: outbox.ask(one, str(their_command), "cancel", "x"),
        lambda: outbox.resume(one, str(their_command), "x"),
        lambda: outbox.take_note(one, str(their_command), "x"),
        lambda: open_ids(one, find_source(two, "belastingen")) and None,
    ]
    with one.reader.connect() as connection:
        by_id += [
            lambda: run_detail(connection, one, theirs),
            lambda: held_difference(connection, one, theirs),
            lambda: resident_overview(connection, one, everything(someone)),
            *[
                lambda role=role: permit(connection, one, "x", role, someone)
                for role in CASEWORKERS
            ],
        ]
        assert [number for number, act in enumerate(by_id) if not unknown(act)] == []
        assert all(row.municipality == A for row in logged(connection, one, size=10_000))
        assert concerns(connection, one) == []
        assert list(verify(connection, one)) == list(verify(connection, two)) == []
    assert rows_of(two) == before


def test_the_keys_of_one_open_nothing_of_the_other(pair: tuple[Hub, Hub]) -> None:
    one, two = pair
    common = sorted(bsns(one).keys() & bsns(two).keys())
    assert one.keys.fingerprint(f"bsn:{common[0]}") != two.keys.fingerprint(f"bsn:{common[0]}")
    with one.reader.connect() as connection:
        assert keys_fit(connection, one.keys, A)
        assert keys_fit(connection, two.keys, B)
        assert not keys_fit(connection, one.keys, B)
        query = select(resident.c.bsn).where(resident.c.municipality == B)
        sealed = str(connection.execute(query).scalars().first())
    with pytest.raises(ConfigError, match="cannot open"):
        one.keys.open(sealed, "resident.bsn")


def test_pages_know_no_run_or_source_of_the_other(pair: tuple[Hub, Hub]) -> None:
    import re

    from hub.security.accounts import make_demo_accounts

    one, two = pair
    make_demo_accounts(one, "een-lang-wachtwoord")
    client = create_web(one).test_client()
    page = client.get("/inloggen").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    form = {"name": "beheerder", "password": "een-lang-wachtwoord", "csrf_token": token[1]}
    assert client.post("/inloggen", data=form).status_code == 302
    with two.reader.connect() as connection:
        ids = [s.id for s in all_sources(two)]
        theirs = list(
            connection.execute(select(run.c.id).where(run.c.source_id.in_(ids))).scalars()
        )
    assert {client.get(f"/beheer/runs/{id_}").status_code for id_ in theirs} == {404}
