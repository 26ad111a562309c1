"""Each rule in a table: what triggers it, and what looks alike and does not.

Today is Monday 23 November 2026.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from chain import Chain, answer, case, day, days, entry, hold, message, party, tax_claim

from hub.connector import Record


@pytest.fixture
def chain(make_hub: Any) -> Chain:
    found = Chain(make_hub)
    found.tell("clo", party())
    return found


def writ(on: int, open_cents: int = 50000) -> Record:
    return tax_claim("A1", open_cents, events=(("dwangbevel", day(on), 5600),))


@pytest.mark.parametrize(
    ("why", "tax", "file", "found"),
    [
        ("a writ while the case runs", [writ(-10)], [case()], True),
        ("a writ on the first day of the case", [writ(-100)], [case()], True),
        ("a writ the day before the case", [writ(-101)], [case()], False),
        (
            "a writ under a case that has ended",
            [writ(-10)],
            [case(ends=-5, phase="uitstroom")],
            False,
        ),
        ("a case that ends today has ended", [writ(-10)], [case(ends=0, phase="uitstroom")], False),
        ("a writ while collection is on hold", [writ(-10), hold()], [], True),
        ("a writ before the hold", [writ(-31), hold()], [], False),
        ("a writ under a hold that has ended", [writ(-10), hold(ends=-1)], [], False),
        ("the hold is of somebody else", [writ(-10), hold(who=1)], [], False),
        ("a writ on a claim that is settled", [writ(-10, 0)], [case()], False),
        (
            "a reminder is no coercion",
            [tax_claim("A1", 500, events=(("herinnering", day(-10), 0),))],
            [case()],
            False,
        ),
    ],
)
def test_coercion_during_help(
    chain: Chain, why: str, tax: list[Record], file: list[Record], found: bool
) -> None:
    chain.tell("tax", *tax)
    chain.tell("file", *file)
    expected = {("dwang_tijdens_hulp", "A1-0")} if found else set()
    assert chain.findings("dwang_tijdens_hulp") == expected, why


@pytest.mark.parametrize(
    ("why", "file", "vish", "found"),
    [
        ("a plan and no entry", [case()], [], {("vish_ontbreekt", "vish")}),
        ("a plan and an entry", [case()], [entry()], set()),
        (
            "a plan and an entry that ended",
            [case()],
            [entry(ends=-1)],
            {("vish_ontbreekt", "vish")},
        ),
        ("a plan made two days ago", [case(plan=-2)], [], {("vish_ontbreekt", "vish")}),
        ("a plan made yesterday", [case(plan=-1)], [], set()),
        ("no plan yet", [case(phase="intake", plan=None)], [], set()),
        ("an entry and no case", [], [entry()], {("vish_zonder_traject", "V0")}),
        (
            "an entry and a case that ended",
            [case(ends=-1, phase="uitstroom")],
            [entry()],
            {("vish_zonder_traject", "V0")},
        ),
        ("an entry that ended and no case", [], [entry(ends=-1)], set()),
        ("an entry under an intake", [case(phase="intake", plan=None)], [entry()], set()),
    ],
)
def test_vish(
    chain: Chain, why: str, file: list[Record], vish: list[Record], found: set[Any]
) -> None:
    chain.tell("file", *file)
    chain.tell("vish", *vish)
    assert chain.findings() == found, why


@pytest.mark.parametrize(
    ("why", "sent", "tax", "terms", "found"),
    [
        ("sent Thursday, one working day passed on Friday", date(2026, 11, 19), [], {}, True),
        ("sent Friday, the term ends today", date(2026, 11, 20), [], {}, False),
        ("confirmed", date(2026, 11, 10), [hold()], {}, False),
        ("confirmed by another creditor", date(2026, 11, 10), [hold(creditor="polder")], {}, True),
        ("the pause has ended", date(2026, 11, 10), [hold(ends=-1)], {}, True),
        ("the party left before", date(2026, 11, 10), [], {"valid_until": "2026-11-09"}, False),
        ("the party joined later", date(2026, 11, 10), [], {"valid_from": "2026-11-11"}, False),
        ("a longer term", date(2026, 11, 16), [], {"hold_confirm_working_days": 5}, False),
        ("a longer term, passed", date(2026, 11, 13), [], {"hold_confirm_working_days": 5}, True),
    ],
)
def test_hold_not_confirmed(
    chain: Chain, why: str, sent: date, tax: list[Record], terms: dict[str, Any], found: bool
) -> None:
    chain.tell("clo", party(**terms))
    chain.tell("tax", *tax)
    chain.tell("skp", message("notice", sent))
    expected = {("pauze_niet_bevestigd", f"stad:{sent}")} if found else set()
    assert chain.findings("pauze_niet_bevestigd") == expected, why


@pytest.mark.parametrize(
    ("why", "sent", "answers", "found"),
    [
        ("sent Friday 6 November: ten working days end on the 20th", date(2026, 11, 6), [], True),
        ("sent Monday 9 November: the term ends today", date(2026, 11, 9), [], False),
        ("sent on a Sunday", date(2026, 11, 8), [], True),
        ("answered", date(2026, 11, 2), ["balance_request-stad-2026-11-02"], False),
        ("another question was answered", date(2026, 11, 2), ["something else"], True),
    ],
)
def test_balance_request_unanswered(
    chain: Chain, why: str, sent: date, answers: list[str], found: bool
) -> None:
    chain.tell("skp", message("balance_request", sent), *(answer(one) for one in answers))
    expected = {("saldo_onbeantwoord", f"stad:{sent}")} if found else set()
    assert chain.findings("saldo_onbeantwoord") == expected, why


paid = ("betaling", day(-10), -10000)


@pytest.mark.parametrize(
    ("why", "tax", "listed", "found"),
    [
        ("the same", tax_claim("A1", 50000), ("A1", 500, -1), False),
        ("rounded to the euro", tax_claim("A1", 50049), ("A1", 500, -1), False),
        ("one euro apart", tax_claim("A1", 50100), ("A1", 500, -1), True),
        (
            "paid after the file's day",
            tax_claim("A1", 40000, events=(paid,)),
            ("A1", 500, -20),
            False,
        ),
        (
            "paid before the file's day",
            tax_claim("A1", 40000, events=(paid,)),
            ("A1", 500, -5),
            True,
        ),
        ("a number with spaces", tax_claim("A1", 70000), (" a 1", 500, -1), True),
    ],
)
def test_amounts_differ(
    chain: Chain, why: str, tax: Record, listed: tuple[str, int, int], found: bool
) -> None:
    chain.tell("tax", tax)
    chain.tell("file", case(0, listed))
    expected = {("bedrag_verschilt", "A1")} if found else set()
    assert chain.findings("bedrag_verschilt") == expected, why


@pytest.mark.parametrize(
    ("why", "tax", "file", "found"),
    [
        ("not in the file", tax_claim("A1", 500), case(), True),
        ("in the file", tax_claim("A1", 50000), case(0, ("A1", 500, -1)), False),
        ("in the file without number", tax_claim("A1", 50020), case(0, ("", 500, -1)), False),
        ("another amount without number", tax_claim("A1", 70000), case(0, ("", 500, -1)), True),
        ("nothing open", tax_claim("A1", 0), case(), False),
        ("due today", tax_claim("A1", 500, due_on=days(0)), case(), False),
        ("due yesterday", tax_claim("A1", 500, due_on=days(-1)), case(), True),
        ("no plan yet", tax_claim("A1", 500), case(phase="intake", plan=None), False),
        ("the partner's claim", tax_claim("A1", 500, who=1), case((0, 1)), True),
        ("listed for the couple", tax_claim("A1", 500, who=1), case((0, 1), ("A1", 5, -1)), False),
        (
            "listed for the couple without number",
            tax_claim("A1", 50000, who=1),
            case((0, 1), ("", 500, -1)),
            False,
        ),
    ],
)
def test_claim_missing_in_the_file(
    chain: Chain, why: str, tax: Record, file: Record, found: bool
) -> None:
    chain.tell("tax", tax)
    chain.tell("file", file)
    expected = {("vordering_ontbreekt_in_dossier", "A1")} if found else set()
    assert chain.findings("vordering_ontbreekt_in_dossier") == expected, why


def test_a_silent_source_is_one_finding_until_it_speaks(chain: Chain) -> None:
    from book import read_all

    from hub.errors import TransientError

    book = chain.books["vish"]
    book.fail_after, book.failure = 0, TransientError("Dicht.")
    read_all(chain.hub, "vish")
    assert chain.findings("bron_stil") == {("bron_stil", "all")}
    assert chain.findings("bron_stil") == {("bron_stil", "all")}
    book.fail_after = None
    read_all(chain.hub, "vish")
    assert chain.findings("bron_stil") == set()


def test_a_source_whose_word_is_old_is_silent(chain: Chain) -> None:
    chain.hub.clock.move(days=50_000)  # type: ignore[attr-defined]
    assert len(chain.findings("bron_stil")) == 1  # all five in turn say "all"
