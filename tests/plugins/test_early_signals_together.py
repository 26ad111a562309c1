"""The rule that proposes to take up signals of one resident and one period as one case.

Today is Monday 23 November 2026.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from book import facts_record, person
from chain import Chain
from sqlalchemy import select
from visitors import PASSWORD, Person

import plugins.early_signals
from hub.connector import Record
from hub.overview.words import sentence
from hub.reconcile.engine import Scope, Tuning, tuned
from hub.security.accounts import make_demo_accounts
from hub.store import finding
from hub.sync.inbound import sync_source
from hub.sync.sources import find_source, save_source
from hub.web import create_web
from plugins.early_signals.matching import propose

RULE = "signalen_samen_oppakken"


@pytest.fixture
def chain(make_hub: Any) -> Chain:
    return Chain(
        lambda *parts, **more: make_hub(plugins.early_signals, *parts, secure_cookies=False, **more)
    )


def signal(reference: str, on: str | None, who: int = 0, **more: Any) -> Record:
    told = {"person": person(who), "reference": reference, "signalled_on": on, **more}
    return facts_record(reference, ("early_signal", reference, told))


def case(who: int = 0, **more: Any) -> Record:
    told = {"person": person(who), "reference": "Z", "signals": ["A"], **more}
    return facts_record("Z", ("signal_case", "Z", told))


EARLY, LATE = signal("A", "2026-10-02"), signal("B", "2026-10-30")


@pytest.mark.parametrize(
    ("why", "told", "periods"),
    [
        ("two in one month", (EARLY, LATE), {"2026-10"}),
        ("one in a month", (EARLY, signal("B", "2026-11-01")), set()),
        ("one of somebody else", (EARLY, signal("B", "2026-10-30", who=1)), set()),
        ("one on no day", (EARLY, signal("B", None)), set()),
        (
            "in December, the month that ends a year",
            (signal("A", "2025-12-01"), signal("B", "2025-12-31")),
            set(),
        ),
        ("both were done", (signal("A", "2026-10-02", status="Opgepakt"), LATE), set()),
        (
            "a status that nobody here knows",
            (signal("A", "2026-10-02", status_code="Iets anders"), LATE),
            set(),
        ),
        (
            "nothing was done yet, in words",
            (
                signal("A", "2026-10-02", status="Nog niet opgepakt"),
                signal("B", "2026-10-03", status_code="Nog niet opgepakt"),
            ),
            {"2026-10"},
        ),
        ("taken up", (EARLY, LATE, case(taken_up_on="2026-11-02")), set()),
        ("matched", (EARLY, LATE, case(matched_on="2026-10-30")), set()),
        (
            "together in a case that nobody took up",
            (EARLY, LATE, case(period_starts_on="2026-10-01", period_ends_on="2026-10-31")),
            set(),
        ),
        (
            "in a case of before",
            (EARLY, LATE, case(taken_up_on="2026-10-01", matched_on="2026-09-30")),
            {"2026-10"},
        ),
    ],
)
def test_signals_that_wait_beside_each_other(
    why: str, told: tuple[Record, ...], periods: set[str], chain: Chain
) -> None:
    chain.tell("file", *told)
    for full in (False, True):
        assert chain.findings(RULE, full=full) == {(RULE, one) for one in periods}, why


def test_the_worklist_says_how_many_and_of_when(chain: Chain) -> None:
    chain.tell("file", EARLY, LATE, signal("C", "2026-10-15", partner="Waterproef"))
    chain.findings(RULE)
    with chain.hub.reader.connect() as connection:
        query = select(finding.c.facts).where(finding.c.rule == RULE)
        facts = connection.execute(query).scalar_one()
    (rule,) = (one for one in chain.hub.plugins.rules() if one.id == RULE)
    assert sentence(rule, facts, {}) == (
        "3 vroegsignalen van 02-10-2026 tot en met 30-10-2026 vallen in één periode. Er is nog "
        "niets mee gedaan."
    )
    assert rule.groups == {"signal", "signal_result"}
    # Taken up, it closes by itself.
    chain.tell("file", EARLY, LATE, case(taken_up_on="2026-11-20"))
    assert chain.findings(RULE) == set()


DAYS = (
    *("2026-06-01", "2026-06-30", "2026-07-14", "2026-07-15", "2026-08-14", "2026-08-15"),
    *("2026-09-27", "2026-09-28", "2026-10-28", "2026-11-01", "2026-11-15", "2026-11-23"),
)


@pytest.mark.parametrize("first_day", [1, 2, 15, 28])
def test_the_rule_finds_what_matching_proposes(first_day: int, chain: Chain) -> None:
    days = {f"S{number:02}": date.fromisoformat(on) for number, on in enumerate(DAYS)}
    chain.tell("file", *(signal(name, on.isoformat()) for name, on in days.items()))
    chain.findings()
    signals = [
        {"reference": name, "signalled_on": on, "person": {"bsn": "x"}} for name, on in days.items()
    ]
    proposed = [one.signals for one in propose(signals, first_day) if one.multiple]
    (rule,) = (one for one in chain.hub.plugins.rules() if one.id == RULE)
    scope = Scope(chain.hub.municipality, chain.hub.clock.now(), chain.hub.clock.today())
    scope = tuned(rule, Tuning(True, {"dag": first_day, "dagen": 365}), scope)
    with chain.hub.reader.connect() as connection:
        rows = connection.execute(rule.query(scope)).all()
    assert proposed
    assert sorted((row.since, row.until, row._mapping["count"]) for row in rows) == [
        (days[names[0]], days[names[-1]], len(names)) for names in proposed
    ]


def test_the_early_signal_worker_sees_it_and_others_do_not(chain: Chain, tmp_path: Path) -> None:
    hub = chain.hub
    delivery = {"teller": 1, "gemeentecode": "9999", "aanleverendeOrganisatie": {}}
    signals = [
        {
            "ID": name,
            "signaaldatum": on,
            "signaalpartner": {"type": "Water"},
            "client": {"burgerservicenummer": "999990019"},
        }
        for name, on in (("A", "2026-11-02"), ("B", "2026-11-14"))
    ]
    told = {"aanleverdatumEnTijd": "2026-11-20T09:00:00Z"}
    told |= {"leveringen": [delivery | {"vroegsignalen": signals}]}
    (tmp_path / "levering.json").write_text(json.dumps(told))
    config = {"transport": "folder", "folder": str(tmp_path)}
    source = {"name": "vs", "title": "Signalen", "connector": "early_signals", "owner": "stad"}
    save_source(hub, {**source, "config": config})
    sync_source(hub, find_source(hub, "vs"))
    assert chain.findings(RULE) == {(RULE, "2026-11")}
    make_demo_accounts(hub, PASSWORD)
    app = create_web(hub)
    seen = {}
    for name in ("signaleerder", "hulpverlener", "invorderaar", "beheerder"):
        somebody = Person(app.test_client())
        assert somebody.sign_in(name).status_code == 200
        seen[name] = "vallen in één periode" in somebody.get("/werklijst").text
    assert seen == {
        "signaleerder": True,
        "hulpverlener": False,
        "invorderaar": False,
        "beheerder": False,
    }
