"""The evaluation: a truth that is honest, a measure that sees every mistake, limits that hold."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.cli import main
from hub.evaluate import measure, run
from hub.evaluate.report import Findings, Linked, Report
from hub.evaluate.rivals import Rivals
from hub.evaluate.statements import statements
from hub.evaluate.strangers import strangers
from hub.evaluate.town import LifelikeTown
from hub.testing.claim_noise import mistyped, written_otherwise
from hub.testing.noise import Description
from hub.testing.world import Person


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A municipality that nobody tuned anything for, small enough for every day."""
    return run.evaluate(tmp_path_factory.mktemp("evaluate"), seed=4711, size=500)


def test_every_limit_holds(report: Report) -> None:
    missed = [line for line in report.lines() if not line.holds]
    assert not missed, report
    assert report.persons.linkable > 50, "or nothing was measured"
    assert report.persons.told == 100
    assert report.claims.linkable > 30
    assert sum(report.findings.planted.values()) > 5


def test_learning_from_the_municipality_does_no_harm(report: Report) -> None:
    trained, untrained = report.persons, report.untrained
    assert trained.wrong <= untrained.wrong
    assert trained.found >= untrained.found - 1
    assert trained.asked <= untrained.asked + 3


# --- the truth -----------------------------------------------------------------------------------


TOWN = LifelikeTown(5, 1200)


def test_the_town_has_what_makes_matching_hard() -> None:
    people = [one.person for one in TOWN.dossiers()]
    homes: dict[Any, list[Person]] = {}
    for one in people:
        homes.setdefault((one.postcode, one.house_number, one.addition), []).append(one)
    twins = [h for h in homes.values() if len({p.birth_date for p in h}) < len(h)]
    namesakes = [h for h in homes.values() if len({(p.surname, p.initials) for p in h}) < len(h)]
    assert twins
    assert namesakes
    flats = {key[:2] for key in homes if key[2] == "B"} & {
        key[:2] for key in homes if key[2] == "A"
    }
    assert flats
    (_, most), *_ = Counter(one.surname for one in people).most_common(1)
    assert 0.01 < most / len(people) < 0.06


def test_strangers_are_the_same_at_every_call_and_many_must_not_be_linked() -> None:
    told = list(strangers(TOWN))
    assert told == list(strangers(TOWN))
    assert told != list(strangers(LifelikeTown(6, 1200)))
    nobody = [one for one in told if one.bsn is None]
    assert 0.2 < len(nobody) / len(told) < 0.4
    assert not any(one.linkable for one in nobody)
    assert sum(one.linkable for one in told if one.bsn) / (len(told) - len(nobody)) > 0.9


WHO = next(TOWN.dossiers()).person
TWIN = replace(WHO, number=1, bsn="x", initials="Q.")


def _told(who: Person, *noise: str, **more: Any) -> Description:
    person = {
        "surname": who.surname,
        "initials": who.initials,
        "birth_date": who.birth_date.isoformat(),
        "gender": who.sex,
        "postcode": who.postcode,
        "house_number": who.house_number,
        "addition": who.addition,
    }
    return Description(person | more, frozenset(noise))


def test_who_has_a_rival_is_not_linkable() -> None:
    rivals = Rivals([WHO, TWIN])
    assert rivals.only(WHO, _told(WHO))
    assert not rivals.only(WHO, _told(WHO, initials=""))
    assert not rivals.only(WHO, _told(WHO, "no_name", surname="", initials=""))
    other = replace(TWIN, sex="Man" if WHO.sex == "Vrouw" else "Vrouw")
    assert Rivals([WHO, other]).only(WHO, _told(WHO, initials=""))
    assert Rivals([WHO]).only(WHO, _told(WHO, "moved", initials="", postcode="1234 AB"))


def test_statements_point_at_open_claims_and_totals_at_none() -> None:
    told = list(statements(TOWN))
    numbers = {claim.number for one in TOWN.dossiers() for claim in one.claims if claim.open}
    assert {one.number for one in told} - {""} <= numbers
    assert [one for one in told if not one.number and one.linkable] == []
    assert sum(one.linkable for one in told) / len(told) > 0.8


def test_some_statements_are_of_a_debt_of_somebody_else() -> None:
    theirs = {d.person.bsn: {claim.number for claim in d.claims} for d in TOWN.dossiers()}
    told = [one for one in statements(TOWN) if one.key.startswith("m")]
    assert 3 < len(told) < len(theirs) / 100
    numbers = {one.statement["reference"] for one in told}
    assert numbers & set.union(*theirs.values()), "as written on the letter"
    assert not [one for one in told if one.statement["reference"] in theirs[one.bsn]]


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_a_number_written_otherwise_is_the_same_and_a_mistyped_one_is_not(seed: int) -> None:
    number, rng = "2026-0000123-01", Random(seed)
    written = written_otherwise(number, {"spaces", "lower_case", "leading_zeros"}, rng)
    assert "".join(written.split()).lstrip("0") == number
    assert mistyped(number, rng) != number
    assert len(mistyped(number, rng)) == len(number)


# --- the measure ---------------------------------------------------------------------------------


def test_shares_are_of_what_they_say() -> None:
    one = Linked(told=100, right=40, wrong=10, linkable=50, found=30, asked=4)
    assert (one.precision, one.recall, one.worklist) == (0.8, 0.6, 0.04)
    nothing = Linked()
    assert (nothing.precision, nothing.recall, nothing.worklist) == (1.0, 1.0, 0.0)


GOOD = Linked(told=1000, right=900, wrong=0, linkable=900, found=900, asked=10)
BAD = [
    ("a wrong link", {"persons": replace(GOOD, wrong=1)}),
    ("too few found", {"persons": replace(GOOD, found=870)}),
    ("too many asked", {"persons": replace(GOOD, asked=31)}),
    ("a wrong claim", {"claims": replace(GOOD, wrong=1)}),
    ("too few claims", {"claims": replace(GOOD, found=890)}),
    ("too many claims asked", {"claims": replace(GOOD, asked=31)}),
    ("a finding missing", {"findings": Findings({"a": 1}, {"a": 1}, {})}),
    ("a finding too many", {"findings": Findings({"a": 1}, {}, {"b": 1})}),
]


@pytest.mark.parametrize("spoilt", [one[1] for one in BAD], ids=[one[0] for one in BAD])
def test_a_missed_limit_ends_the_command_with_one(
    spoilt: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Report(1, 10, GOOD, GOOD, GOOD, Findings({"a": 1}, {}, {}))
    outcome = {"made": good}

    def evaluate(folder: Path, seed: int, size: int) -> Report:
        return outcome["made"]

    monkeypatch.setattr(run, "evaluate", evaluate)
    assert CliRunner().invoke(main, ["evaluate", "1"]).exit_code == 0
    outcome["made"] = replace(good, **spoilt)
    done = CliRunner().invoke(main, ["evaluate", "1", "--json"])
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert [line["holds"] for line in told["lines"]].count(False) == 1


def test_a_size_that_cannot_be_made_is_told() -> None:
    done = CliRunner().invoke(main, ["evaluate", "1", "--size", "0"])
    assert done.exit_code == 1
    assert "size is 0" in done.output


def test_a_wrong_link_is_counted_whoever_it_is() -> None:
    """To somebody else, or of somebody nobody knows; and right is only right for the linkable."""
    marks = [
        Counter(measure.marks(linked, right, linkable))
        for linked, right, linkable in (
            (True, False, True),
            (True, False, False),
            (True, True, False),
            (False, False, True),
        )
    ]
    assert [one["wrong"] for one in marks] == [1, 1, 0, 0]
    assert [one["found"] for one in marks] == [0, 0, 0, 0]
    assert [one["linkable"] for one in marks] == [1, 0, 0, 1]
