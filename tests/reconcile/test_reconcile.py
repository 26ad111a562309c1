"""Laws of reconciliation: order does not matter, incremental equals full, findings have a life."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from book import BSNS, everything, person, resident_of
from chain import Chain, case, day, entry, hold, message, party, tax_claim
from sqlalchemy import func, select

from hub.core import Hub
from hub.overview.resident import resident_overview
from hub.reconcile import reconcile
from hub.store import changed, claim, finding, reconciliation, resident, subject


@pytest.fixture
def chain(make_hub: Any) -> Chain:
    return Chain(make_hub)


def story() -> dict[str, list[Any]]:
    """What five sources say about three people, with most kinds of contradiction in it."""
    return {
        "clo": [party()],
        "tax": [
            tax_claim("A1", 50000, events=(("dwangbevel", day(-10), 5600),)),
            tax_claim("A2", 30000),
            tax_claim("B1", 20000, who=1),
            hold(who=1),
        ],
        "file": [case(0, ("A1", 700, -1)), case((1, 2), ("", 200, -1))],
        "vish": [entry(who=3)],
        "skp": [
            message("notice", date(2026, 11, 10)),
            message("balance_request", date(2026, 11, 2)),
        ],
    }


def total(hub: Hub) -> dict[str, tuple[int, int]]:
    """Total and listed total of each resident, by BSN."""
    found = {}
    with hub.reader.connect() as connection:
        for bsn in BSNS:
            if about := resident_of(connection, hub, bsn):
                view = resident_overview(connection, hub, everything(about))
                assert view is not None
                found[bsn] = view.total, view.listed_total
    return found


def test_the_order_in_which_sources_speak_does_not_matter(make_hub: Any, tmp_path: Any) -> None:
    outcomes = []
    for seed in range(3):
        chain = Chain(
            lambda *a, s=seed, **k: make_hub(*a, **k, database_url=f"sqlite:///{tmp_path}/{s}.db")
        )
        order = list(story().items())
        random.Random(seed).shuffle(order)
        for name, records in order:
            chain.tell(name, *records)
            reconcile(chain.hub)
        outcomes.append((chain.findings(), total(chain.hub)))
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert len(outcomes[0][0]) > 5
    assert outcomes[0][1][BSNS[0]] == (80000, 0)
    assert outcomes[0][1][BSNS[1]] == (20000, 0), "the file's debt without number is claim B1"


def test_incremental_equals_full(chain: Chain) -> None:
    for name, records in story().items():
        chain.tell(name, *records)
        reconcile(chain.hub)
    step_by_step = chain.findings()
    with chain.hub.reader.connect() as connection:
        before = connection.execute(select(func.count()).select_from(finding)).scalar_one()
    assert chain.findings(full=True) == step_by_step
    with chain.hub.reader.connect() as connection:
        after = connection.execute(select(func.count()).select_from(finding)).scalar_one()
    assert before == after, "a full pass opens and closes nothing"


def test_a_finding_closes_by_itself_and_reopens_with_its_history(chain: Chain) -> None:
    chain.tell("file", case())
    assert ("vish_ontbreekt", "vish") in chain.findings()
    chain.tell("vish", entry())
    assert chain.findings("vish_ontbreekt") == set()
    chain.tell("vish")
    assert chain.findings("vish_ontbreekt") == {("vish_ontbreekt", "vish")}
    with chain.hub.reader.connect() as connection:
        rows = connection.execute(select(finding).where(finding.c.rule == "vish_ontbreekt")).all()
    (row,) = rows
    assert row.closed_at is None
    assert [entry["step"] for entry in row.history] == ["closed", "returned"]


def test_a_claim_that_leaves_the_file_is_missing_from_then_on(chain: Chain) -> None:
    chain.tell("clo", party())
    chain.tell("tax", tax_claim("A1", 50000, who=1))
    chain.tell("file", case((0, 1), ("A1", 500, -1)))
    assert chain.findings("vordering_ontbreekt_in_dossier") == set()
    chain.tell("file", case((0, 1)))
    assert chain.findings("vordering_ontbreekt_in_dossier") == {
        ("vordering_ontbreekt_in_dossier", "A1")
    }


def test_three_sources_tell_of_one_claim(chain: Chain) -> None:
    chain.tell("clo", party())
    chain.tell("tax", tax_claim("A1", 50000))
    chain.tell("file", case(0, ("A1", 498, -1), ("Z9", 70, -1)))
    reconcile(chain.hub)
    with chain.hub.reader.connect() as connection:
        who = everything(str(resident_of(connection, chain.hub, BSNS[0])))
        view = resident_overview(connection, chain.hub, who)
    assert view is not None
    (one,) = view.claims
    assert (one.open, view.total) == (50000, 50000), "the creditor's word decides"
    assert [(s.source, s.open, s.difference) for s in one.statements] == [
        ("Tax", 50000, 0),
        ("File", 49800, -200),
    ]
    assert (view.listed_total, view.listed[0].reference) == (7000, "Z9")


def test_people_are_one_resident_by_bsn_and_kept_apart_without(chain: Chain) -> None:
    chain.tell("tax", tax_claim("A1", 1), tax_claim("A2", 1, who=1))
    nameless = person(0) | {"bsn": None}
    chain.tell("file", case(0), tax_claim("A3", 1, person=nameless))
    reconcile(chain.hub)
    with chain.hub.reader.connect() as connection:
        assert connection.execute(select(func.count()).select_from(resident)).scalar_one() == 2
        row = connection.execute(select(subject).where(subject.c.bsn_hash.is_(None))).one()
        assert row.resident_id is None
        linked = connection.execute(
            select(subject.c.method).where(subject.c.resident_id != "")
        ).scalars()
        assert set(linked) == {"bsn"}
        assert connection.execute(select(func.count()).select_from(changed)).scalar_one() == 0


def test_new_terms_of_a_covenant_make_the_pass_a_full_one(chain: Chain) -> None:
    chain.tell("skp", message("notice", date(2026, 11, 10)))
    assert chain.findings("pauze_niet_bevestigd") == set()
    chain.tell("clo", party())
    assert len(chain.findings("pauze_niet_bevestigd")) == 1
    with chain.hub.reader.connect() as connection:
        assert connection.execute(select(reconciliation.c.full)).scalars().all()[-1] is True


def test_what_was_known_on_an_earlier_day(chain: Chain) -> None:
    chain.tell("tax", tax_claim("A1", 50000))
    reconcile(chain.hub)
    then = chain.hub.clock.now()
    chain.hub.clock.move(days=30)  # type: ignore[attr-defined]
    chain.tell("tax", tax_claim("A1", 12300))
    reconcile(chain.hub)
    with chain.hub.reader.connect() as connection:
        who = everything(str(resident_of(connection, chain.hub, BSNS[0])))
        now = resident_overview(connection, chain.hub, who)
        before = resident_overview(connection, chain.hub, who, at=then)
    assert now is not None
    assert before is not None
    assert (now.total, before.total) == (12300, 50000)


def test_no_bsn_stands_in_the_open_anywhere(chain: Chain) -> None:
    for name, records in story().items():
        chain.tell(name, *records)
    chain.findings(full=True)
    from hub.store import metadata

    with chain.hub.reader.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)):
                assert not any(bsn in str(row) for bsn in BSNS), table.name


def test_a_claim_whose_statements_are_gone_stays_without_amount(chain: Chain) -> None:
    chain.tell("tax", tax_claim("A1", 1), tax_claim("A2", 2))
    reconcile(chain.hub)
    chain.tell("tax", tax_claim("A1", 1))
    reconcile(chain.hub)
    with chain.hub.reader.connect() as connection:
        found = connection.execute(select(claim.c.reference, claim.c.statement_id)).all()
    assert {row.reference: row.statement_id is None for row in found} == {"A1": False, "A2": True}
