"""Linking in the store: what is asked, what a person says, totals, and reading again."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from book import BSNS, everything, person, resident_of
from chain import Chain, case, day, facts_record, tax_claim
from sqlalchemy import event, select

from hub.errors import ConfigError, Outdated
from hub.overview.resident import Overview, resident_overview
from hub.reconcile import reconcile
from hub.reconcile.linking.verdicts import look_again, say
from hub.security.audit import Actor
from hub.store import claim, claim_link, claim_statement, source, standing

ANNA = Actor("anna", "debt_counsellor")
WHY = "Gebeld met de gemeente."
ASKED = "zelfde_vordering_schuldhulp"


@pytest.fixture
def chain(make_hub: Any) -> Chain:
    return Chain(make_hub)


def shown(chain: Chain, who: int = 0) -> Overview:
    reconcile(chain.hub)
    with chain.hub.reader.connect() as connection:
        about = str(resident_of(connection, chain.hub, BSNS[who]))
        view = resident_overview(connection, chain.hub, everything(about))
    assert view is not None
    return view


def told(view: Overview) -> list[tuple[str, int, list[str]]]:
    """Number, open amount and sources of each claim that counts, and of those only listed."""
    found = [*view.claims, *view.listed]
    return sorted((one.reference, one.open, [s.source for s in one.statements]) for one in found)


def tell(chain: Chain, verdict: str, number: str, source_name: str = "file", **more: Any) -> None:
    """Let Anna say something of the one statement of a source and the claim with a number."""
    with chain.hub.engine.begin() as connection:
        ids = select(claim_statement.c.id).join(source)
        row = connection.execute(
            ids.where(source.c.name == source_name, standing(claim_statement))
        ).scalar_one()
        wanted = connection.execute(
            select(claim.c.id).where(claim.c.reference.in_(number.split()))
        ).scalars()
        say(connection, chain.hub, ANNA, row, verdict, list(wanted), more.get("why", WHY))


def links(chain: Chain) -> list[tuple[Any, ...]]:
    """Everything that linking wrote."""
    with chain.hub.reader.connect() as connection:
        return [
            tuple(row)
            for table in (claim, claim_link, claim_statement)
            for row in connection.execute(select(table).order_by(table.c.id))
        ]


def test_what_is_not_sure_is_asked_and_counted_apart(chain: Chain) -> None:
    chain.tell("tax", tax_claim("2026-01234", 28000), tax_claim("2025-09876", 28000))
    chain.tell("file", case(0, ("", 280, -1)))
    assert len(chain.findings(ASKED)) == 2
    view = shown(chain)
    assert [len(one.statements) for one in view.claims] == [1, 1]
    (listed,) = view.listed
    pairs = listed.statements[0].pairs
    assert [pair.reference for pair in pairs if pair.asked] == ["2025-09876", "2026-01234"]
    assert "het bedrag klopt op die dag" in pairs[0].why


def test_what_a_person_said_stands_until_it_is_taken_back(chain: Chain) -> None:
    chain.tell("tax", tax_claim("2026-01234", 28000), tax_claim("2025-09876", 28000))
    chain.tell("file", case(0, ("", 280, -1)))
    shown(chain)
    tell(chain, "link", "2025-09876")
    assert chain.findings(ASKED) == set()
    linked = [("2025-09876", 28000, ["Tax", "File"]), ("2026-01234", 28000, ["Tax"])]
    assert told(shown(chain)) == linked
    chain.tell("file", case(0, ("", 190, -1)))
    assert told(shown(chain)) == linked, "the next version of the line is the same line"
    (s,) = [s for one in shown(chain).claims for s in one.statements if s.source == "File"]
    assert (s.method, s.pairs[0].verdict, s.pairs[0].by) == ("person", "linked", "anna")
    tell(chain, "undo", "2025-09876")
    assert len(shown(chain).listed) == 1
    assert chain.findings(ASKED) == set(), "nothing fits an amount of 190"


def test_a_statement_that_was_unlinked_stays_apart(chain: Chain) -> None:
    chain.tell("tax", tax_claim("A1", 28000))
    chain.tell("file", case(0, ("A1", 280, -1)))
    assert told(shown(chain)) == [("A1", 28000, ["Tax", "File"])]
    tell(chain, "unlink", "A1")
    apart = [("A1", 28000, ["File"]), ("A1", 28000, ["Tax"])]
    assert told(shown(chain)) == apart
    chain.tell("tax", tax_claim("A1", 27000))
    chain.findings(full=True)
    assert [cents for _, cents, _ in told(shown(chain))] == [27000, 28000]
    tell(chain, "undo", "A1")
    assert told(shown(chain)) == [("A1", 27000, ["Tax", "File"])]


def test_a_verdict_needs_a_reason_and_what_is_there(chain: Chain) -> None:
    chain.tell("tax", tax_claim("A1", 28000))
    chain.tell("file", case(0, ("A1", 280, -1)))
    shown(chain)
    for fault in ({"why": "kort"}, {"why": f"Dit is {BSNS[0]} echt waar."}):
        with pytest.raises(ConfigError):
            tell(chain, "unlink", "A1", **fault)
    with pytest.raises(ConfigError, match="U koos 0 vorderingen"):
        tell(chain, "link", "bestaat-niet")
    with (
        chain.hub.engine.begin() as connection,
        pytest.raises(Outdated, match="does not stand"),
    ):
        say(connection, chain.hub, ANNA, 999, "unlink", [1], WHY)
    assert told(shown(chain)) == [("A1", 28000, ["Tax", "File"])]


def total(cents: int, **more: Any) -> Any:
    """The answer of a creditor with one total."""
    data = {
        "person": person(0),
        "creditor": "stad",
        "type": "overig",
        "open": cents,
        "as_of": day(-1).isoformat(),
        "collective": True,
        **more,
    }
    return facts_record("answer", ("claim_statement", "answer:total", data))


def test_a_total_is_one_statement_over_several_claims(chain: Chain) -> None:
    chain.tell("tax", tax_claim("A1", 28000), tax_claim("A2", 10000))
    chain.tell("skp", total(40000))
    view = shown(chain)
    assert (view.total, view.listed_total, len(view.claims)) == (38000, 0, 2)
    assert [len(one.statements) for one in view.claims] == [1, 1], "a difference of neither"
    (one,) = view.totals
    assert (one.open, one.together, one.difference) == (40000, 38000, 2000)
    assert [claim.reference for claim in one.claims] == ["A1", "A2"]
    assert not chain.findings("bedrag_verschilt")


def test_what_was_paid_after_the_day_of_a_total_is_no_difference(chain: Chain) -> None:
    paid = (("betaling", day(0), -3000),)
    chain.tell("tax", tax_claim("A1", 28000, events=paid), tax_claim("A2", 10000))
    chain.tell("skp", total(41000))
    (one,) = shown(chain).totals
    assert (one.together, one.difference) == (41000, 0)


def test_a_line_of_a_file_for_all_claims_lists_each_of_them(chain: Chain) -> None:
    chain.tell("tax", tax_claim("A1", 28000), tax_claim("A2", 10000))
    chain.tell("file", case(0, ("", 380, -1)))
    assert chain.findings("vordering_ontbreekt_in_dossier") == set()
    view = shown(chain)
    assert (view.total, view.listed_total, len(view.totals)) == (38000, 0, 1)
    assert view.totals[0].difference == 0
    chain.tell("file", case(0, ("", 770, -1)))
    assert len(chain.findings("vordering_ontbreekt_in_dossier")) == 2


def test_a_person_tells_that_a_line_is_a_total_or_none(chain: Chain) -> None:
    chain.tell("tax", tax_claim("A1", 28000), tax_claim("A2", 10000))
    chain.tell("file", case(0, ("", 390, -1)))
    assert shown(chain).listed_total == 39000
    tell(chain, "link", "A1 A2")
    view = shown(chain)
    assert (view.listed_total, view.totals[0].difference, view.totals[0].by_person) == (
        0,
        1000,
        True,
    )
    tell(chain, "unlink", "A1 A2")
    assert shown(chain).listed_total == 39000


def test_a_total_of_claims_that_nobody_tells_is_a_debt(chain: Chain) -> None:
    chain.tell("skp", total(40000))
    view = shown(chain)
    assert (view.total, view.totals) == (40000, [])


def test_the_creditors_word_decides_and_the_others_stay_visible(chain: Chain) -> None:
    chain.tell("tax", tax_claim("A1", 28000, as_of=day(-40).isoformat()))
    answer = {"creditor": "stad", "reference": "A1", "type": "overig", "open": 29000}
    answer |= {"person": person(0), "as_of": day(-2).isoformat()}
    chain.tell("skp", facts_record("answer", ("claim_statement", "answer:A1", answer)))
    chain.tell("file", case(0, ("A1", 250, -90)))
    (one,) = shown(chain).claims
    assert (one.open, one.as_of) == (28000, day(-40))
    assert [(s.source, s.difference, s.as_of) for s in one.statements] == [
        ("Tax", 0, day(-40)),
        ("Skp", 1000, day(-2)),
        ("File", -3000, day(-90)),
    ]


def test_reading_again_changes_nothing(chain: Chain) -> None:
    many = [tax_claim(f"2026-{n:05}", 10000 + n % 3 * 1000) for n in range(6)]
    chain.tell("tax", *many, tax_claim("B1", 5000, who=1))
    chain.tell("file", case((0, 1), ("", 50, -1), ("", 100, -1), ("2026-00013", 120, -1)))
    chain.tell("skp", total(70000))
    chain.findings()
    before = links(chain)
    with chain.hub.engine.begin() as connection:
        look_again(connection, chain.hub, str(resident_of(connection, chain.hub, BSNS[0])))
    chain.findings(full=True)
    assert links(chain) == before
    assert any(row.asked for row in _pairs(chain))


def _pairs(chain: Chain) -> list[Any]:
    with chain.hub.reader.connect() as connection:
        return list(connection.execute(select(claim_link)))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_order_of_arrival_does_not_matter_with_all_kinds(
    make_chain: Callable[[], Chain],
) -> None:
    story: dict[str, list[Any]] = {
        "tax": [tax_claim("2026-01234", 28000), tax_claim("2025-09876", 28000)],
        "file": [case(0, ("2026-01243", 280, -1), ("", 560, -1), ("K1", 90, -1))],
        "skp": [total(56000)],
    }
    outcomes = []
    for seed in range(3):
        chain = make_chain()
        order = list(story.items())
        random.Random(seed).shuffle(order)
        for name, records in order:
            chain.tell(name, *records)
            reconcile(chain.hub)
        view = shown(chain)
        covered = sorted((t.source, [c.reference for c in t.claims]) for t in view.totals)
        outcomes.append((told(view), covered, view.total, view.listed_total))
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert outcomes[0][2:] == (56000, 65000)


def test_many_residents_are_linked_with_as_many_selects_as_one(chain: Chain) -> None:
    counts = []
    for number in (1, 4):
        chain.tell("tax", *(tax_claim(f"{who}-1", 5000 + number, who=who) for who in range(number)))
        chain.tell("file", *(case(who, ("", 50, -1)) for who in range(number)))
        counts.append(_selects(chain))
    assert counts[0] == counts[1]


def _selects(chain: Chain) -> int:
    from hub.reconcile.link import link

    asked: list[str] = []

    def listen(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        asked.append(statement)

    with chain.hub.engine.connect() as connection:
        who = [str(one) for one in (resident_of(connection, chain.hub, bsn) for bsn in BSNS) if one]
        event.listen(chain.hub.engine, "before_cursor_execute", listen)
        link(connection, chain.hub, who)
        event.remove(chain.hub.engine, "before_cursor_execute", listen)
        connection.rollback()
    return len([one for one in asked if one.startswith("SELECT")])
