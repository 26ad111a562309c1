"""Which statements are of one debt: by number, by likeness, handed over, or several at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statements import claims, line, outcome_of, placed, said

from hub.overview.links import WHY
from hub.reconcile.linking import numbers
from hub.reconcile.linking.groups import UPPER, Verdicts
from schemas.payment_reference import check_digit

KENMERK = check_digit("000000012345678") + "000000012345678"


@pytest.mark.parametrize(
    ("told", "known", "more"),
    [
        ("2026-00123", "2026-00123", {}),
        (" 2026 00123 ", "2026-00123", {}),
        ("2026.00123", "2026-00123", {}),
        ("2026-123", "2026-00123", {}),
        ("002026-00123", "2026-00123", {}),
        ("a17 / b", "A17/B", {}),
        ("Factuurnr. 2026-00123", "2026-00123", {}),
        (KENMERK, "F1", {"payment_reference": KENMERK}),
        (" ".join(KENMERK[at : at + 4] for at in range(0, 16, 4)), KENMERK, {}),
        (KENMERK[1:], "F1", {"payment_reference": KENMERK}),
        (KENMERK[1:].lstrip("0"), "F1", {"payment_reference": KENMERK}),
    ],
)
def test_a_number_is_known_however_it_is_written(told: str, known: str, more: Any) -> None:
    creditor = said("tax", known, 50000, **more)
    found = outcome_of(said("file", "x", 12300, reference=told), creditor)
    assert (found.key, found.method) == (creditor.base_key, "number")


@pytest.mark.parametrize(
    ("told", "known"),
    [("2026-124", "2026-123"), ("20261-23", "2026-123456"), ("K7", "2026-123"), ("", "2026-123")],
)
def test_another_number_with_another_amount_is_another_debt(told: str, known: str) -> None:
    found = outcome_of(said("file", "x", 99900, reference=told), said("tax", known, 50000))
    assert (found.method, found.asked) == ("own", ())


def test_numbers_that_the_creditor_itself_tells_apart_stay_apart() -> None:
    both = said("tax", "1-23", 100), said("tax", "12-3", 200)
    assert len(claims(*both)) == 2
    exact = said("file", "x", 100, reference="12-3")
    assert outcome_of(exact, *both).key == "stad/12-3"
    unclear = outcome_of(said("file", "x", 70000, reference="123"), *both)
    assert (unclear.method, len(unclear.asked)) == ("own", 2)


def test_the_number_of_somebody_elses_claim_is_a_slip_and_not_that_claim() -> None:
    theirs = said("tax", "2026-00123", 50000, resident_id="piet")
    mine = said("file", "x", 50000, reference="2026-00123")
    assert len(claims(theirs, mine)) == 2


GONE: dict[str, Any] = {"stage": "overgedragen", "holder": "naam:deurwaarder"}

# (what is told of it, what the creditor tells, expected)
LIKENESS = [
    ("the amount on that day", line(50000), {}, "link"),
    ("the amount in whole euros", line(50000), {"open": 49960}, "link"),
    ("a small amount", line(2500), {"open": 2500}, "link"),
    ("rounded to tens", line(53000), {"open": 52780}, "link"),
    ("another amount", line(50000), {"open": 12000}, "own"),
    ("nearly the amount", line(50100), {"open": 51000}, "ask"),
    ("imposed after that day", line(50000), {"imposed_on": date(2026, 11, 21)}, "own"),
    ("of another year", line(50000, year=2024), {"year": 2025}, "ask"),
    ("of the same year, but for the amount", line(70000, year=2025), {"year": 2025}, "ask"),
    ("of another kind", line(50000, type="ozb"), {"type": "leges"}, "ask"),
    ("nothing open, which says nothing", line(0), {"open": 0}, "ask"),
    ("of another creditor", line(50000, creditor="naam:energie"), {}, "own"),
    (
        "what was open a month before, as the day is wrong",
        line(50000),
        {"open": 10000, "course": ((date(2026, 10, 20), -40000), (date(2026, 9, 1), 50000))},
        "link",
    ),
    (
        "two digits swapped",
        said("file", "x", 50000, reference="2026-01324"),
        {"key": "2026-01234"},
        "link",
    ),
    (
        "a digit wrong",
        said("file", "x", 50000, reference="2026-01235"),
        {"key": "2026-01234"},
        "link",
    ),
    (
        "a digit left out",
        said("file", "x", 50000, reference="202601234"),
        {"key": "2026-012345"},
        "link",
    ),
    (
        "a digit wrong and another amount",
        said("file", "x", 20000, reference="2026-01235"),
        {"key": "2026-01234"},
        "own",
    ),
    (
        "a digit wrong and nearly the amount",
        said("file", "x", 50000, reference="2026-01235"),
        {"key": "2026-01234", "open": 51000},
        "ask",
    ),
    ("another number, and the amount", said("file", "x", 50000, reference="K77"), {}, "ask"),
    (
        "the first digit wrong, by a zero",
        said("file", "x", 50000, reference="0026-01234"),
        {"key": "2026-01234"},
        "link",
    ),
    ("costs of a collector, and the year", line(56000, year=2026, **GONE), {"year": 2026}, "link"),
    (
        "costs of a collector, and the type",
        line(56000, type="ozb", **GONE),
        {"type": "ozb"},
        "link",
    ),
    ("costs of a collector, and nothing else", line(56000, **GONE), {}, "ask"),
    ("costs, but nobody tells of a collector", line(56000, year=2026), {"year": 2026}, "ask"),
    ("more than a collector may add", line(62000, year=2026, **GONE), {"year": 2026}, "ask"),
    (
        "costs of a collector, and a slip in the number",
        said("file", "x", 56000, reference="2026-01235", type="ozb", **GONE),
        {"type": "ozb"},
        "ask",
    ),
    ("what was settled long ago", line(50000, year=2026), {"open": 0, "year": 2026}, "own"),
]


@pytest.mark.parametrize(
    ("why", "told", "known", "expected"), LIKENESS, ids=[r[0] for r in LIKENESS]
)
def test_without_the_number(why: str, told: Any, known: dict[str, Any], expected: str) -> None:
    values = {"key": "2026-01234", "open": 50000, **known}
    creditor = said("tax", values.pop("key"), values.pop("open"), **values)
    found = outcome_of(told, creditor)
    became = "link" if found.key == creditor.base_key else "ask" if found.asked else "own"
    assert became == expected, found
    assert found.score >= UPPER
    degrees = {(name, degree) for one in found.asked for name, (degree, _) in one.weights.items()}
    assert degrees <= {*WHY, ("before", "")}, "who is asked reads each of them in words"


def test_two_claims_that_fit_alike_are_asked_and_never_linked() -> None:
    twins = [said("tax", number, 28000) for number in ("2026-01234", "2025-09876")]
    found = outcome_of(line(28000), *twins)
    assert (found.method, len(found.asked)) == ("own", 2)
    assert all(asked.score < 0.5 for asked in found.asked)
    assert outcome_of(line(28000, year=2025), twins[0], said("tax", "2025-1", 28000, year=2025)).key


def test_two_lines_that_fit_one_claim_are_asked_and_never_linked() -> None:
    lines = line(28000, "one"), line(28000, "two")
    found = placed(*lines, said("tax", "2026-01234", 28000))
    assert [outcome.method for _, outcome in found[:2]] == ["own", "own"]


def test_a_claim_that_the_file_lists_already_is_not_listed_twice() -> None:
    known = said("tax", "F1", 28000), said("tax", "F2", 28000)
    found = outcome_of(line(28000), said("file", "x", 28000, reference="F1"), *known)
    assert found.key == "stad/F2", "F1 has its line"


def test_a_number_mistyped_into_that_of_a_sister_is_asked() -> None:
    sisters = said("tax", "2026-01234", 50000), said("tax", "2026-01235", 7000)
    found = outcome_of(said("file", "x", 50000, reference="2026-01235"), *sisters)
    assert (found.method, len(found.asked)) == ("own", 2)
    settled = said("tax", "2026-01235", 0)
    found = outcome_of(said("file", "x", 50000, reference="2026-01235"), sisters[0], settled)
    assert (found.method, len(found.asked)) == ("own", 1)
    right = said("file", "y", 7000, reference="2026-01235")
    found = outcome_of(said("file", "x", 50000, reference="2026-01235"), right, *sisters)
    assert found.key == "stad/2026-01234", "the number has a line that fits it"


def test_what_one_file_tells_of_a_collector_explains_no_amount_in_another() -> None:
    known = said("tax", "2026-01234", 50000, type="ozb")
    gone = said("other_file", "y", 56000, reference="2026-01234", type="ozb", **GONE)
    found = outcome_of(line(65000, type="ozb"), gone, known)
    assert found.method == "own"


def test_a_joint_case_is_about_the_claims_of_both() -> None:
    hers = said("tax", "F1", 50000, resident_id="els")
    both = frozenset({"jan", "els"})
    assert outcome_of(line(50000, debtors=both), hers).key == "stad/F1"
    assert outcome_of(line(50000), hers).method == "own"


# Handed over

GIVEN = {"stage": "overgedragen", "holder": "jansen", "principal": 50000}


@pytest.mark.parametrize(
    ("why", "told", "known"),
    [
        (
            "the old number in the file of the bailiff",
            {"creditor": "jansen", "former": "stad", "former_number": "2026 0123"},
            {},
        ),
        (
            "the principal, with costs of the bailiff on top",
            {"creditor": "jansen", "principal": 50000, "costs": 9500},
            GIVEN,
        ),
        (
            "the amount without those costs",
            {"creditor": "jansen", "costs": 9500},
            {"holder": "jansen"},
        ),
        ("who it was of", {"creditor": "jansen", "former": "stad", "principal": 50000}, GIVEN),
    ],
)
def test_a_claim_that_was_handed_over_stays_one(why: str, told: Any, known: Any) -> None:
    stad = said("tax", "2026-0123", 0 if "principal" in known else 50000, **known)
    bailiff = said("bailiff", "D77", 59500, **told)
    outcome = outcome_of(bailiff, stad, said("tax", "2026-9999", 59500))
    assert (outcome.key, outcome.method) == ("stad/2026-0123", "transfer")


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("by the old number", {"creditor": "stad", "reference": "2026-0123"}),
        ("by the old number, at the bailiff", {"creditor": "jansen", "reference": "2026-0123"}),
        ("by the number of the bailiff", {"creditor": "jansen", "reference": "D77"}),
        ("by that number, of the old creditor", {"creditor": "stad", "reference": "D77"}),
        ("by the amount at the bailiff", {"creditor": "jansen", "reference": ""}),
    ],
)
def test_a_file_may_name_either_of_a_claim_that_was_handed_over(why: str, told: Any) -> None:
    stad = said("tax", "2026-0123", 0, **GIVEN)
    bailiff = said("bailiff", "D77", 59500, creditor="jansen", principal=50000, costs=9500)
    found = outcome_of(said("file", "x", 59500, **told), stad, bailiff)
    assert found.key == "stad/2026-0123"


def test_an_equal_claim_of_a_stranger_was_not_handed_over() -> None:
    stad = said("tax", "2026-0123", 50000, principal=50000)
    assert len(claims(stad, said("bailiff", "D77", 50000, creditor="jansen", principal=50000))) == 2
    other = said("file", "x", 90000, creditor="naam:energie", reference="2026-0123")
    assert len(claims(stad, other)) == 2, "the number of another creditor says nothing by itself"


# Totals

THREE = [said("tax", f"2026-000{n}", cents) for n, cents in enumerate((10000, 25000, 7700), 1)]


def test_a_line_that_is_the_sum_is_over_all_claims() -> None:
    total = outcome_of(line(42700), *THREE)
    assert (total.method, len(total.covers)) == ("total", 3)
    assert total.score >= UPPER
    assert len(claims(line(42700), *THREE)) == 3, "and no debt of its own"


def test_what_is_told_as_a_total_is_believed_and_may_differ() -> None:
    told = said("skp", "answer", 50000, reference="", collective=True)
    assert outcome_of(told, *THREE).covers == tuple(one.base_key for one in THREE)
    alone = outcome_of(told)
    assert (alone.method, alone.covers) == ("own", ()), "nobody tells the claims apart"


def test_a_total_leaves_out_what_has_a_line_of_its_own_or_nothing_open() -> None:
    paid = said("tax", "2026-0009", 0)
    own = said("file", "x", 10000, reference="2026-0001")
    total = outcome_of(line(32700), own, paid, *THREE)
    assert total.covers == ("stad/2026-0002", "stad/2026-0003")


def test_the_sum_of_some_is_no_total() -> None:
    assert outcome_of(line(17700), *THREE).method == "own"


def test_a_sum_that_one_claim_fits_as_well_is_not_decided_by_the_hub() -> None:
    some = [said("tax", "2026-0001", 30000), said("tax", "2026-0002", 0)]
    two = [said("tax", "A-10001", 10000), said("tax", "A-20002", 20000)]
    assert outcome_of(line(30000), *some).key == "stad/2026-0001"
    late = said("tax", "A-30003", 30000, imposed_on=date(2026, 11, 1))
    assert outcome_of(line(30000), late, *two).method != "total"


# People


def test_what_a_person_said_comes_before_everything() -> None:
    tax = said("tax", "F1", 50000)
    listed = said("file", "x", 50000, reference="F1")
    apart = Verdicts(refused=frozenset({"stad/F1"}))
    assert len(claims(tax, listed, x=apart)) == 2
    other = line(123, "y")
    assert claims(tax, other, y=Verdicts(linked=("stad/F1",))) == [{"file:y", "tax:F1"}]


def test_a_person_may_link_either_of_two() -> None:
    tax, other = said("tax", "F1", 50000), line(123, "y")
    assert claims(tax, other, F1=Verdicts(linked=("file:y",))) == [{"file:y", "tax:F1"}]


def test_a_person_may_tell_that_it_is_a_total() -> None:
    found = outcome_of(
        line(99, "y"), *THREE, y=Verdicts(linked=("stad/2026-0001", "stad/2026-0003"))
    )
    assert (found.method, found.by) == ("total", "person")
    assert found.covers == ("stad/2026-0001", "stad/2026-0003")


def test_a_verdict_follows_what_it_was_about() -> None:
    loose, other = said("other_file", "z", 50000, reference=""), line(123, "y")
    verdict = Verdicts(linked=("other_file:z",))
    assert claims(loose, other, y=verdict) == [{"file:y", "other_file:z"}]
    tax = said("tax", "F1", 50000)
    assert claims(tax, loose, other, y=verdict) == [{"file:y", "other_file:z", "tax:F1"}]


# Laws

AMOUNTS = st.sampled_from([0, 10000, 25000, 35000, 28000])
NUMBERS = st.sampled_from(["", "2026-00001", "2026-00002", "202600001", "2026-00010", "D1"])


@st.composite
def statements(draw: Any) -> Any:
    """A statement of any source, of few amounts and numbers so that many go together."""
    source = draw(st.sampled_from(["tax", "ledger", "bailiff", "skp", "file", "other_file"]))
    owner = "jansen" if source == "bailiff" else draw(st.sampled_from(["stad", "stad", "jansen"]))
    return said(
        source,
        draw(st.sampled_from("abcdefgh")),
        draw(AMOUNTS),
        reference=draw(NUMBERS),
        creditor=owner,
        holder=draw(st.sampled_from(["", "", "jansen"])) if owner == "stad" else "",
        former_number=draw(st.sampled_from(["", "2026-00001"])) if source == "bailiff" else "",
        resident_id=draw(st.sampled_from(["jan", "els"])),
        debtors=frozenset({"jan", "els"}),
        collective=source == "skp" and draw(st.booleans()),
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(statements(), max_size=9, unique_by=lambda s: s.identity), st.randoms())
def test_the_order_of_arrival_does_not_matter(some: list[Any], rng: Any) -> None:
    before = {one.own_key: outcome for one, outcome in placed(*some)}
    rng.shuffle(some)
    assert {one.own_key: outcome for one, outcome in placed(*some)} == before
    for outcome in before.values():
        assert not set(outcome.covers) & {outcome.key}
        assert all(asked.key != outcome.key for asked in outcome.asked)
        assert set(outcome.covers) <= {o.key for o in before.values() if o.method != "total"}


def test_what_one_ledger_tells_apart_is_not_one_debt_by_way_of_a_third() -> None:
    """The ledger holds the books of both; the bailiff's claim has the amount of the other."""
    theirs = said("tax", "2026-00002", 25000, holder="jansen")
    bailiff = said("bailiff", "2026-00001", 25000, creditor="jansen")
    both = (
        said("ledger", "2026-00001", 0, creditor="jansen"),
        said("ledger", "2026-00002", 0),
    )
    assert outcome_of(bailiff, theirs).key == theirs.base_key
    assert outcome_of(bailiff, theirs, *both).key == bailiff.base_key


@settings(max_examples=200, deadline=None)
@given(st.lists(statements(), max_size=9, unique_by=lambda s: s.identity))
def test_a_creditor_tells_of_each_claim_once(some: list[Any]) -> None:
    found: dict[str, list[Any]] = {}
    for one, outcome in placed(*some):
        if one.role == "creditor":
            found.setdefault(outcome.key, []).append(one)
    for told in found.values():
        by_source: dict[str, set[str]] = {}
        for one in told:
            by_source.setdefault(one.source, set()).add(numbers.strict(one.reference))
        for name, numbers_told in by_source.items():
            assert name == "bailiff" or len(numbers_told) == 1
